//! Every endpoint is asked as TikTok documents it.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use social_core::{ErrorKind, Remedy};
use social_tiktok::{
    DirectPhotoInfo, InboxVideoInit, PhotoInfo, PhotoInit, PhotoMedia, PhotoSource, PostMode,
    Privacy, SourceInfo, UserField, VideoField,
};
use wiremock::Request;

use crate::scripted::Scripted;

fn access() -> SecretString {
    SecretString::from("act.1")
}

async fn sent(scripted: &Scripted) -> Request {
    let mut all = scripted.server.received_requests().await.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn json_body(sent: &Request) -> Value {
    let kind = sent.headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/json"), "{kind}");
    serde_json::from_slice(&sent.body).unwrap()
}

fn form(sent: &Request) -> &str {
    assert_eq!(
        sent.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(!sent.headers.contains_key("authorization"));
    std::str::from_utf8(&sent.body).unwrap()
}

fn is_call(sent: &Request, method: &str, path: &str) {
    assert_eq!(sent.method.as_str(), method);
    assert_eq!(sent.url.path(), format!("/open.tiktokapis.com{path}"));
}

fn with_bearer(sent: &Request) {
    assert_eq!(sent.headers["authorization"], "Bearer act.1");
}

const OK: &str = r#"{"data":{},"error":{"code":"ok","message":"","log_id":"1"}}"#;
const TOKEN: &str = r#"{"access_token":"act.2","expires_in":7200,"open_id":"-000a","refresh_expires_in":15552000,"refresh_token":"rft.2","scope":"user.info.basic","token_type":"Bearer"}"#;

#[tokio::test]
async fn a_code_is_exchanged_as_documented() {
    let code = SecretString::from("a*b!c");
    for (verifier, ends) in [
        (None, ""),
        (Some(SecretString::from("v~1")), "&code_verifier=v%7E1"),
    ] {
        let scripted = Scripted::answering(200, TOKEN).await;
        let (client, deadline) = (scripted.client(), scripted.deadline());
        let redirect = "https://app.example/callback";
        let token = client
            .exchange(&code, redirect, verifier.as_ref(), &deadline)
            .await;
        assert_eq!(token.unwrap().access.expose_secret(), "act.2");
        let sent = sent(&scripted).await;
        is_call(&sent, "POST", "/v2/oauth/token/");
        let start = "client_key=sbaw-demo&client_secret=demo-secret&code=a*b%21c&grant_type=authorization_code&\
            redirect_uri=https%3A%2F%2Fapp.example%2Fcallback";
        assert_eq!(form(&sent), format!("{start}{ends}"));
    }
}

#[tokio::test]
async fn a_client_token_is_asked_for_as_documented() {
    let body = r#"{"access_token":"clt.example","expires_in":7200,"token_type":"Bearer"}"#;
    let scripted = Scripted::answering(200, body).await;
    let token = scripted
        .client()
        .client_token(&scripted.deadline())
        .await
        .unwrap();
    assert_eq!(token.access.expose_secret(), "clt.example");
    assert_eq!(token.expires_in, Some(7_200));
    assert!(!format!("{token:?}").contains("clt.example"));
    let sent = sent(&scripted).await;
    is_call(&sent, "POST", "/v2/oauth/token/");
    let expected = "client_key=sbaw-demo&client_secret=demo-secret&grant_type=client_credentials";
    assert_eq!(form(&sent), expected);
}

#[tokio::test]
async fn a_refused_client_token_concerns_the_app_and_a_lost_one_nobody() {
    let wrong = r#"{"error":"invalid_client","error_description":"d","log_id":"1"}"#;
    for (status, body, kind, remedy) in [
        (401, wrong, ErrorKind::Unauthorized, Remedy::Operator),
        (200, wrong, ErrorKind::Unauthorized, Remedy::Operator),
        (503, "", ErrorKind::Unavailable, Remedy::Backoff),
        (200, "{}", ErrorKind::Protocol, Remedy::Backoff),
    ] {
        let scripted = Scripted::answering(status, body).await;
        let answer = scripted.client().client_token(&scripted.deadline()).await;
        let error = answer.unwrap_err();
        assert_eq!(
            (error.kind(), error.remedy()),
            (kind, &remedy),
            "{status} {body}"
        );
    }
}

/// The documentation says that the body is empty, its sample shows an empty object.
#[tokio::test]
async fn a_grant_is_revoked_as_documented() {
    for body in ["", "{}"] {
        let scripted = Scripted::answering(200, body).await;
        let answer = scripted
            .client()
            .revoke(&access(), &scripted.deadline())
            .await;
        answer.unwrap();
        let sent = sent(&scripted).await;
        is_call(&sent, "POST", "/v2/oauth/revoke/");
        let expected = "client_key=sbaw-demo&client_secret=demo-secret&token=act.1";
        assert_eq!(form(&sent), expected);
    }
}

#[tokio::test]
async fn a_profile_is_asked_for_as_documented() {
    let body = r#"{"data":{"user":{"open_id":"-000a"}},"error":{"code":"ok"}}"#;
    let scripted = Scripted::answering(200, body).await;
    let fields = [
        UserField::OpenId,
        UserField::AvatarUrl100,
        UserField::LikesCount,
    ];
    let answer = scripted
        .client()
        .user_info(&access(), &fields, &scripted.deadline())
        .await;
    assert_eq!(answer.unwrap().open_id.as_deref(), Some("-000a"));
    let sent = sent(&scripted).await;
    is_call(&sent, "GET", "/v2/user/info/");
    with_bearer(&sent);
    assert_eq!(
        sent.url.query(),
        Some("fields=open_id,avatar_url_100,likes_count")
    );
}

#[tokio::test]
async fn a_list_of_videos_is_asked_for_as_documented() {
    let body = r#"{"data":{"videos":[{"id":7080213458555737986}],"cursor":1646883959000,"has_more":true},"error":{"code":"ok"}}"#;
    for (cursor, expected) in [
        (None, json!({"max_count": 20})),
        (
            Some(1_646_883_959_000),
            json!({"max_count": 20, "cursor": 1_646_883_959_000_i64}),
        ),
    ] {
        let scripted = Scripted::answering(200, body).await;
        let fields = [VideoField::Id, VideoField::CreateTime];
        let (client, deadline) = (scripted.client(), scripted.deadline());
        let page = client
            .video_list(&access(), &fields, 20, cursor, &deadline)
            .await
            .unwrap();
        assert_eq!(page.videos[0].id.as_deref(), Some("7080213458555737986"));
        assert_eq!(
            (page.cursor, page.has_more),
            (Some(1_646_883_959_000), true)
        );
        let sent = sent(&scripted).await;
        is_call(&sent, "POST", "/v2/video/list/");
        with_bearer(&sent);
        assert_eq!(sent.url.query(), Some("fields=id,create_time"));
        assert_eq!(json_body(&sent), expected);
    }
}

#[tokio::test]
async fn videos_are_asked_for_by_id_as_documented() {
    let body = r#"{"data":{"videos":[{"id":"7"}]},"error":{"code":"ok"}}"#;
    let scripted = Scripted::answering(200, body).await;
    let (client, deadline) = (scripted.client(), scripted.deadline());
    let fields = [VideoField::Id];
    let asked = client
        .video_query(&access(), &fields, &["7", "8"], &deadline)
        .await;
    assert_eq!(asked.unwrap().len(), 1, "those of others are left out");
    let sent = sent(&scripted).await;
    is_call(&sent, "POST", "/v2/video/query/");
    assert_eq!(sent.url.query(), Some("fields=id"));
    assert_eq!(
        json_body(&sent),
        json!({"filters": {"video_ids": ["7", "8"]}})
    );
}

#[tokio::test]
async fn at_most_twenty_videos_are_asked_for_and_only_by_number() {
    let scripted = Scripted::answering(200, OK).await;
    let (client, deadline) = (scripted.client(), scripted.deadline());
    let fields = [VideoField::Id];
    for count in [0, 21] {
        let answer = client
            .video_list(&access(), &fields, count, None, &deadline)
            .await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Invalid);
        let ids = vec!["7"; count];
        let answer = client
            .video_query(&access(), &fields, &ids, &deadline)
            .await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Invalid);
    }
    for id in ["v_pub_file~v2-1.123456789", "", "-7", "7.5"] {
        let answer = client
            .video_query(&access(), &fields, &[id], &deadline)
            .await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Invalid, "{id}");
    }
    assert!(
        scripted
            .server
            .received_requests()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_creator_is_asked_for_as_documented() {
    let scripted = Scripted::answering(200, OK).await;
    let answer = scripted
        .client()
        .creator_info(&access(), &scripted.deadline())
        .await;
    answer.unwrap();
    let sent = sent(&scripted).await;
    is_call(&sent, "POST", "/v2/post/publish/creator_info/query/");
    with_bearer(&sent);
}

#[tokio::test]
async fn a_status_and_a_stop_are_asked_for_as_documented() {
    let scripted = Scripted::answering(200, OK).await;
    let answer = scripted
        .client()
        .status(&access(), "v~1", &scripted.deadline())
        .await;
    assert_eq!(answer.unwrap().state, None);
    let sent_status = sent(&scripted).await;
    is_call(&sent_status, "POST", "/v2/post/publish/status/fetch/");
    with_bearer(&sent_status);
    assert_eq!(json_body(&sent_status), json!({"publish_id": "v~1"}));
    // Its answer has no data.
    let bare = r#"{"error":{"code":"ok","message":"","log_id":"1"}}"#;
    let scripted = Scripted::answering(200, bare).await;
    scripted
        .client()
        .cancel(&access(), "v~1", &scripted.deadline())
        .await
        .unwrap();
    let sent_stop = sent(&scripted).await;
    is_call(&sent_stop, "POST", "/v2/post/publish/cancel/");
    with_bearer(&sent_stop);
    assert_eq!(json_body(&sent_stop), json!({"publish_id": "v~1"}));
}

const BEGUN: &str =
    r#"{"data":{"publish_id":"p~1"},"error":{"code":"ok","message":"","log_id":"1"}}"#;

#[tokio::test]
async fn an_inbox_video_is_begun_as_documented() {
    let scripted = Scripted::answering(200, BEGUN).await;
    let video_url = "https://media.example.com/clip.mp4".parse().unwrap();
    let init = InboxVideoInit {
        source_info: SourceInfo::Pull { video_url },
    };
    let (client, deadline) = (scripted.client(), scripted.deadline());
    let begun = client
        .inbox_video_init(&access(), &init, &deadline)
        .await
        .unwrap();
    assert_eq!(
        (begun.publish_id.as_str(), begun.upload_url.is_none()),
        ("p~1", true)
    );
    let sent = sent(&scripted).await;
    is_call(&sent, "POST", "/v2/post/publish/inbox/video/init/");
    with_bearer(&sent);
    let source =
        json!({"source": "PULL_FROM_URL", "video_url": "https://media.example.com/clip.mp4"});
    assert_eq!(json_body(&sent), json!({"source_info": source}));
}

#[tokio::test]
async fn photos_are_begun_as_documented() {
    let scripted = Scripted::answering(200, BEGUN).await;
    let init = PhotoInit {
        media_type: PhotoMedia::Photo,
        post_mode: PostMode::Direct,
        post_info: PhotoInfo {
            title: "t".to_owned(),
            description: String::new(),
            direct: Some(DirectPhotoInfo {
                privacy_level: Privacy::SelfOnly,
                disable_comment: false,
                auto_add_music: false,
                brand_content_toggle: false,
                brand_organic_toggle: false,
            }),
        },
        source_info: PhotoSource {
            photo_images: vec!["https://media.example.com/1.webp".parse().unwrap()],
            photo_cover_index: 0,
        },
    };
    let (client, deadline) = (scripted.client(), scripted.deadline());
    let begun = client
        .photo_init(&access(), &init, &deadline)
        .await
        .unwrap();
    assert_eq!(begun.publish_id, "p~1");
    let sent = sent(&scripted).await;
    is_call(&sent, "POST", "/v2/post/publish/content/init/");
    with_bearer(&sent);
    let body = json_body(&sent);
    assert_eq!(body["media_type"], "PHOTO");
    assert_eq!(body["post_info"]["privacy_level"], "SELF_ONLY");
    assert_eq!(
        body["source_info"]["photo_cover_index"], 0,
        "the first is said too"
    );
}
