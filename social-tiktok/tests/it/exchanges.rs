use secrecy::{ExposeSecret, SecretString};
use social_core::{ErrorKind, Remedy};
use social_tiktok::{PostInfo, Privacy, PublishState, SourceInfo, UserField, VideoInit};

use crate::scripted::Scripted;

fn access() -> SecretString {
    SecretString::from("act.1")
}

fn init() -> VideoInit {
    VideoInit {
        post_info: PostInfo {
            title: "this will be a funny #cat video on your @tiktok #fyp".to_owned(),
            privacy_level: Privacy::Friends,
            disable_duet: false,
            disable_comment: true,
            disable_stitch: false,
            video_cover_timestamp_ms: Some(1000),
            brand_content_toggle: false,
            brand_organic_toggle: true,
            is_aigc: false,
        },
        source_info: SourceInfo::File {
            video_size: 50_000_123,
            chunk_size: 10_000_000,
            total_chunk_count: 5,
        },
    }
}

const BEGUN: &str = r#"{"data":{"publish_id":"v_pub_file~v2-1.123456789","upload_url":"https://open-upload.tiktokapis.com/video/?upload_id=67890&upload_token=Xza123"},"error":{"code":"ok","message":"","log_id":"202210112248442CB9319E1FB30C1073F3"}}"#;

#[tokio::test]
async fn init_is_sent_as_documented() {
    let scripted = Scripted::answering(200, BEGUN).await;
    let begun = scripted
        .client()
        .video_init(&access(), &init(), &scripted.deadline())
        .await;
    let begun = begun.unwrap();
    assert_eq!(begun.publish_id, "v_pub_file~v2-1.123456789");
    assert!(
        begun
            .upload_url
            .as_ref()
            .unwrap()
            .expose_secret()
            .ends_with("upload_token=Xza123")
    );
    assert!(!format!("{begun:?}").contains("Xza123"));
    let sent = &scripted.server.received_requests().await.unwrap()[0];
    assert_eq!(
        sent.url.path(),
        "/open.tiktokapis.com/v2/post/publish/video/init/"
    );
    assert_eq!(sent.headers["authorization"], "Bearer act.1");
    let body: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    let expected = serde_json::json!({
        "post_info": {
            "title": "this will be a funny #cat video on your @tiktok #fyp",
            "privacy_level": "MUTUAL_FOLLOW_FRIENDS",
            "disable_duet": false,
            "disable_comment": true,
            "disable_stitch": false,
            "video_cover_timestamp_ms": 1000,
            "brand_content_toggle": false,
            "brand_organic_toggle": true,
            "is_aigc": false,
        },
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": 50_000_123,
            "chunk_size": 10_000_000,
            "total_chunk_count": 5,
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_upload_address_elsewhere_is_refused() {
    for url in [
        "https://evil.example/?upload_token=Xza123",
        "http://open-upload.tiktokapis.com/?upload_token=Xza123",
    ] {
        let body = format!(r#"{{"data":{{"publish_id":"v~1","upload_url":"{url}"}}}}"#);
        let scripted = Scripted::answering(200, &body).await;
        let answer = scripted
            .client()
            .video_init(&access(), &init(), &scripted.deadline())
            .await;
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(!format!("{error:?} {error}").contains("Xza123"));
    }
}

#[tokio::test]
async fn an_init_without_its_ids_may_have_begun() {
    for body in [
        "{}",
        r#"{"data":{"publish_id":"v~1"}}"#,
        r#"{"data":{"publish_id":"","upload_url":"https://a.tiktokapis.com/"}}"#,
        "nonsense",
    ] {
        let scripted = Scripted::answering(200, body).await;
        let answer = scripted
            .client()
            .video_init(&access(), &init(), &scripted.deadline())
            .await;
        let error = answer.unwrap_err();
        assert_eq!(
            (error.kind(), error.remedy()),
            (ErrorKind::Protocol, &Remedy::Reconcile),
            "{body}"
        );
    }
}

#[tokio::test]
async fn creators_are_read() {
    let body = r#"{"data":{"creator_avatar_url":"https://lf16-tt4d.tiktokcdn.com/obj/x","creator_username":"tiktok","creator_nickname":"TikTok Official","privacy_level_options":["PUBLIC_TO_EVERYONE","MUTUAL_FOLLOW_FRIENDS","SELF_ONLY","NEW_ONE"],"comment_disabled":false,"duet_disabled":false,"stitch_disabled":true,"max_video_post_duration_sec":300},"error":{"code":"ok","message":"","log_id":"1"}}"#;
    let scripted = Scripted::answering(200, body).await;
    let creator = scripted
        .client()
        .creator_info(&access(), &scripted.deadline())
        .await
        .unwrap();
    assert_eq!(creator.username.as_deref(), Some("tiktok"));
    assert_eq!(creator.max_duration.unwrap().as_secs(), 300);
    assert!(creator.stitch_disabled && !creator.duet_disabled);
    let other = Privacy::Other("NEW_ONE".to_owned());
    assert_eq!(
        creator.privacy_options,
        [Privacy::Public, Privacy::Friends, Privacy::SelfOnly, other]
    );
}

#[tokio::test]
async fn a_creator_who_may_not_post_is_told_with_http_200() {
    for (code, kind) in [
        ("spam_risk_too_many_posts", ErrorKind::RateLimited),
        ("spam_risk_user_banned_from_posting", ErrorKind::Rejected),
        ("reached_active_user_cap", ErrorKind::RateLimited),
    ] {
        let body =
            format!(r#"{{"data":{{}},"error":{{"code":"{code}","message":"","log_id":"LOG1"}}}}"#);
        let scripted = Scripted::answering(200, &body).await;
        let answer = scripted
            .client()
            .creator_info(&access(), &scripted.deadline())
            .await;
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, Some(code)));
        assert_eq!(error.request_id(), Some("LOG1"));
    }
}

#[tokio::test]
async fn statuses_are_read_with_every_digit() {
    let body = r#"{"data":{"status":"PUBLISH_COMPLETE","publicaly_available_post_id":[7654321098765432109],"uploaded_bytes":50000123},"error":{"code":"ok","message":"","log_id":"1"}}"#;
    let scripted = Scripted::answering(200, body).await;
    let status = scripted
        .client()
        .status(&access(), "v~1", &scripted.deadline())
        .await
        .unwrap();
    assert_eq!(status.state, Some(PublishState::Complete));
    assert_eq!(status.post_ids, ["7654321098765432109"]);
    let least = r#"{"data":{"status":"SEND_TO_USER_INBOX"},"error":{"code":"ok"}}"#;
    let scripted = Scripted::answering(200, least).await;
    let status = scripted
        .client()
        .status(&access(), "v~1", &scripted.deadline())
        .await
        .unwrap();
    assert_eq!(status.state, Some(PublishState::SentToInbox));
}

#[tokio::test]
async fn profiles_are_asked_for_by_field() {
    let body = r#"{"data":{"user":{"open_id":"723f24d7","union_id":"c9c60f44","display_name":"Tik Toker","avatar_url":"https://p19.example/a.jpeg"}},"error":{"code":"ok","message":"","log_id":"1"}}"#;
    let scripted = Scripted::answering(200, body).await;
    let fields = [UserField::OpenId, UserField::DisplayName];
    let user = scripted
        .client()
        .user_info(&access(), &fields, &scripted.deadline())
        .await
        .unwrap();
    assert_eq!(user.display_name.as_deref(), Some("Tik Toker"));
    let sent = &scripted.server.received_requests().await.unwrap()[0];
    assert_eq!(sent.url.query(), Some("fields=open_id,display_name"));
}

#[tokio::test]
async fn errors_keep_code_and_request_id_in_every_shape() {
    for (status, body, code) in [
        (
            401,
            r#"{"code":"access_token_invalid","message":"m","log_id":"LOG1"}"#,
            "access_token_invalid",
        ),
        (
            400,
            r#"{"error":{"code":"invalid_params","message":"The request post info is empty or incorrect","logid":"LOG1"}}"#,
            "invalid_params",
        ),
        (
            403,
            r#"{"error":{"code":"unaudited_client_can_only_post_to_private_accounts","message":"m","log_id":"LOG1"}}"#,
            "unaudited_client_can_only_post_to_private_accounts",
        ),
        (
            400,
            r#"{"error":{"code":"brand_new","log_id":"LOG1"}}"#,
            "brand_new",
        ),
    ] {
        let scripted = Scripted::answering(status, body).await;
        let answer = scripted
            .client()
            .status(&access(), "v~1", &scripted.deadline())
            .await;
        let error = answer.unwrap_err();
        assert_eq!(
            (error.code(), error.request_id()),
            (Some(code), Some("LOG1"))
        );
        assert_eq!(error.operation(), Some("status"));
        assert_eq!(error.platform().map(|name| name.as_str()), Some("tiktok"));
    }
}
