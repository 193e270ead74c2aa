//! Shares in the inbox: delivered, posted, posted again, discarded, lapsed.

use http::StatusCode;
use serde_json::{Value, json};

use crate::client::{Stage, form, sha256};
use crate::posting::{
    CONTENT, INBOX, SAMPLE_JPEG, SAMPLE_VIDEO, SAMPLE_WEBP, inbox_body, patient, photo_share,
    pull_body,
};

const DAY: u64 = 24 * 60 * 60;

fn page_url(stage: &Stage) -> String {
    format!("{}/www.tiktok.com/inbox", stage.sandbox.url())
}

async fn page(stage: &Stage) -> String {
    let answer = crate::client::send(stage.http.get(page_url(stage))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    answer.text
}

async fn press(stage: &Stage, fields: &[(&str, &str)]) -> (u16, String) {
    let answer = stage.post_form(&page_url(stage), &form(fields)).await;
    (answer.status.as_u16(), answer.header("location").to_owned())
}

#[tokio::test]
async fn an_uploaded_share_ends_in_the_inbox_for_the_app() {
    let stage = patient().await;
    let token = stage.scoped("studio-account", &["video.upload"]);
    let mut body = inbox_body(3);
    body["post_info"] = json!({ "title": "A draft", "privacy_level": "PUBLIC_TO_EVERYONE" });
    let answer = stage.call(INBOX, &token, &body).await.json();
    let id = answer["data"]["publish_id"].as_str().unwrap();
    assert!(id.starts_with("v_inbox_file~") && id.len() <= 64, "{id}");
    let url = answer["data"]["upload_url"].as_str().unwrap();
    let data = stage.status_data(&token, id).await;
    assert_eq!(data["status"], "PROCESSING_UPLOAD");
    assert_eq!(
        stage.chunk(url, b"abc", 0, 3).await.status,
        StatusCode::CREATED
    );
    assert_eq!(stage.status_data(&token, id).await["uploaded_bytes"], 3);
    stage.advance(61);
    assert_eq!(
        stage.status_data(&token, id).await,
        json!({ "status": "SEND_TO_USER_INBOX" })
    );
    stage.advance(60);
    assert_eq!(
        stage.status_data(&token, id).await["status"],
        "SEND_TO_USER_INBOX"
    );
    assert!(
        stage.control().posts().is_empty(),
        "the user has posted nothing"
    );
    let [item] = &stage.control().inbox()[..] else {
        panic!("one share")
    };
    assert_eq!(
        (item.publish_id.as_str(), item.title.as_str(), item.posts),
        (id, "A draft", 0)
    );
}

#[tokio::test]
async fn an_upload_that_never_comes_is_never_delivered() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage.begun(INBOX, &token, &inbox_body(3)).await;
    let data = stage.settled(&token, &id).await;
    assert_eq!(
        (&data["status"], &data["fail_reason"]),
        (&json!("FAILED"), &json!("internal"))
    );
    assert!(stage.control().inbox().is_empty());
}

#[tokio::test]
async fn the_user_posts_twice_from_one_share_by_the_page() {
    let stage = patient().await;
    let token = stage.grant("studio-account").access_token;
    assert!(page(&stage).await.contains("Nothing is waiting"));
    let id = stage.delivered(&token).await;
    let shown = page(&stage).await;
    for part in [
        id.as_str(),
        "studio-account",
        "PUBLIC_TO_EVERYONE",
        "posts made of it: 0",
    ] {
        assert!(shown.contains(part), "{part}");
    }
    let everyone = [
        ("publish_id", id.as_str()),
        ("action", "post"),
        ("title", "One <b>"),
        ("privacy_level", "PUBLIC_TO_EVERYONE"),
    ];
    assert_eq!(press(&stage, &everyone).await, (303, "inbox".to_owned()));
    let data = stage.status_data(&token, &id).await;
    assert_eq!(data["status"], "PUBLISH_COMPLETE");
    assert_eq!(
        data["publicaly_available_post_id"],
        json!([]),
        "moderation takes its time"
    );
    let friends = [
        ("publish_id", id.as_str()),
        ("action", "post"),
        ("privacy_level", "MUTUAL_FOLLOW_FRIENDS"),
    ];
    assert_eq!(press(&stage, &friends).await.0, 303);
    assert_eq!(press(&stage, &everyone).await.0, 303);
    assert!(page(&stage).await.contains("posts made of it: 3"));
    stage.advance(61);
    let ids = stage.status_data(&token, &id).await["publicaly_available_post_id"].clone();
    assert_eq!(
        ids.as_array().unwrap().len(),
        2,
        "of the public ones: {ids}"
    );
    let posts = stage.control().posts();
    assert_eq!(posts.len(), 3);
    assert_eq!(posts[0].title, "One <b>");
    assert_eq!(posts[0].sha256.as_deref(), Some(sha256(b"abc").as_str()));
    let public: Vec<&str> = posts
        .iter()
        .filter(|post| post.public)
        .map(|post| post.post_id.as_str())
        .collect();
    let told: Vec<String> = ids
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(public, told);
}

#[tokio::test]
async fn a_discarded_share_is_gone_and_the_app_is_not_told() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage.delivered(&token).await;
    let discard = [("publish_id", id.as_str()), ("action", "discard")];
    assert_eq!(press(&stage, &discard).await.0, 303);
    assert_eq!(
        stage.status_data(&token, &id).await["status"],
        "SEND_TO_USER_INBOX"
    );
    assert!(page(&stage).await.contains("Nothing is waiting"));
    assert_eq!(press(&stage, &discard).await.0, 409);
    let post = [("publish_id", id.as_str()), ("action", "post")];
    assert_eq!(press(&stage, &post).await.0, 409);
    assert!(stage.control().posts().is_empty());
}

#[tokio::test]
async fn a_share_lapses_after_a_day() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage.delivered(&token).await;
    stage.advance(DAY - 600);
    assert_eq!(stage.control().inbox().len(), 1);
    stage.advance(600);
    assert!(stage.control().inbox().is_empty());
    let late = stage
        .control_call("POST", "/inbox/post", &json!({ "publish_id": id }))
        .await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    assert!(late.text.contains("lapsed"), "{}", late.text);
    let token = stage.grant("studio-account").access_token;
    assert_eq!(
        stage.status_data(&token, &id).await["status"],
        "SEND_TO_USER_INBOX"
    );
}

#[tokio::test]
async fn the_control_surface_plays_the_user_too() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-private").access_token;
    let id = stage.delivered(&token).await;
    let listed = stage
        .control_call("GET", "/inbox", &Value::Null)
        .await
        .json();
    assert_eq!(listed[0]["publish_id"], id.as_str());
    assert_eq!(
        (&listed[0]["medium"], &listed[0]["posts"]),
        (&json!("video"), &json!(0))
    );
    let everyone = json!({ "publish_id": id, "privacy_level": "PUBLIC_TO_EVERYONE" });
    let refused = stage.control_call("POST", "/inbox/post", &everyone).await;
    assert_eq!(
        refused.status,
        StatusCode::BAD_REQUEST,
        "the account is private"
    );
    let post = json!({ "publish_id": id, "title": "Mine", "privacy_level": "SELF_ONLY" });
    let posted = stage.control_call("POST", "/inbox/post", &post).await;
    assert_eq!(posted.status, StatusCode::CREATED);
    assert_eq!(
        (&posted.json()["title"], &posted.json()["public"]),
        (&json!("Mine"), &json!(false))
    );
    let data = stage.settled(&token, &id).await;
    assert_eq!(data["status"], "PUBLISH_COMPLETE");
    assert_eq!(data["publicaly_available_post_id"], json!([]));
    let gone = json!({ "publish_id": id });
    let discard = || stage.control_call("POST", "/inbox/discard", &gone);
    assert_eq!(discard().await.status, StatusCode::NO_CONTENT);
    assert_eq!(discard().await.status, StatusCode::BAD_REQUEST);
    for wrong in [json!({}), json!({ "publish_id": id, "titel": "x" })] {
        let answer = stage.control_call("POST", "/inbox/post", &wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn pulled_videos_and_photos_are_delivered_too() {
    let stage = patient().await;
    let token = stage.grant("studio-account").access_token;
    let video = json!({ "source_info": pull_body(SAMPLE_VIDEO)["source_info"] });
    let photos = photo_share(&[SAMPLE_JPEG, SAMPLE_WEBP]);
    for (path, body, prefix, medium) in [
        (INBOX, video, "v_inbox_url~", "video"),
        (CONTENT, photos, "p_inbox_url~", "photos"),
    ] {
        let answer = stage.call(path, &token, &body).await.json();
        assert!(answer["data"].get("upload_url").is_none());
        let id = answer["data"]["publish_id"].as_str().unwrap();
        assert!(id.starts_with(prefix), "{id}");
        assert_eq!(
            stage.status_data(&token, id).await["status"],
            "PROCESSING_DOWNLOAD"
        );
        stage.advance(61);
        assert_eq!(
            stage.status_data(&token, id).await,
            json!({ "status": "SEND_TO_USER_INBOX" })
        );
        let post = stage.control().post_from_inbox(id, None, None).unwrap();
        assert_eq!(serde_json::to_value(post.medium).unwrap(), medium);
    }
    let posts = stage.control().posts();
    assert_eq!(
        (posts[1].title.as_str(), posts[1].description.as_str()),
        ("Photos", "Two of them")
    );
    assert_eq!(posts[1].photos_sha256.len(), 2);
}

#[tokio::test]
async fn forms_of_other_pages_do_nothing() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage.delivered(&token).await;
    let body = form(&[("publish_id", &id), ("action", "discard")]);
    let request = stage
        .http
        .post(page_url(&stage))
        .header("content-type", crate::client::FORM);
    let foreign = request
        .header("sec-fetch-site", "cross-site")
        .body(body.clone());
    assert_eq!(
        crate::client::send(foreign).await.status,
        StatusCode::FORBIDDEN
    );
    for fields in [
        [("publish_id", id.as_str()), ("action", "burn"), ("x", "")],
        [
            ("publish_id", id.as_str()),
            ("action", "post"),
            ("privacy_level", "FRIENDS"),
        ],
    ] {
        assert_eq!(press(&stage, &fields).await.0, 400);
    }
    assert_eq!(
        press(
            &stage,
            &[("action", "post"), ("publish_id", "v_inbox_file~v2.7")]
        )
        .await
        .0,
        409
    );
    assert_eq!(stage.control().inbox().len(), 1);
    let own = stage
        .http
        .post(page_url(&stage))
        .header("content-type", crate::client::FORM);
    let own = own.header("sec-fetch-site", "same-origin").body(body);
    assert_eq!(crate::client::send(own).await.status, StatusCode::SEE_OTHER);
    let transcript =
        crate::client::send(stage.http.get(format!("{}/_sandbox", stage.sandbox.url()))).await;
    assert!(transcript.text.contains("href=\"/www.tiktok.com/inbox\""));
}

#[tokio::test]
async fn removing_the_app_leaves_what_is_delivered() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    let delivered = stage.delivered(&tokens.access_token).await;
    let waiting = stage
        .begun(INBOX, &tokens.access_token, &inbox_body(3))
        .await;
    let token = tokens.access_token.as_str();
    let fields = [
        ("client_key", social_sandbox::DEMO_CLIENT_KEY),
        ("client_secret", social_sandbox::DEMO_CLIENT_SECRET),
        ("token", token),
    ];
    let revoked = stage
        .post_form(&stage.api("/v2/oauth/revoke/"), &form(&fields))
        .await;
    assert_eq!(revoked.status, StatusCode::OK);
    let token = stage.grant("studio-account").access_token;
    assert_eq!(
        stage.status_data(&token, &delivered).await["status"],
        "SEND_TO_USER_INBOX"
    );
    assert_eq!(
        stage.status_data(&token, &waiting).await["fail_reason"],
        "auth_removed"
    );
    stage
        .control()
        .post_from_inbox(&delivered, None, None)
        .unwrap();
}
