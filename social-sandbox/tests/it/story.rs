//! From the authorize URL to a public post.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use social_sandbox::{PublishStatus, Settings};

use crate::client::{SCOPES, Stage, find, value};

#[tokio::test]
async fn a_video_is_posted() {
    let stage = Stage::new().await;
    let settings = Settings::default().processing(Duration::from_secs(30));
    stage
        .control()
        .set(settings.moderation(Duration::from_secs(60)));

    let back = stage
        .allow(&stage.authorize_url(&[]), "studio-account")
        .await;
    assert_eq!(value(&back, "state"), "state-of-this-test");
    assert_eq!(value(&back, "scopes"), SCOPES.join(","));
    assert_eq!(find(&back, "scope"), None);
    let code = value(&back, "code");
    assert!(code.contains('*') && code.contains('!'), "{code}");

    let tokens = stage.exchange(&code).await;
    assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
    let tokens = tokens.json();
    assert_eq!(tokens["expires_in"], 7200);
    assert_eq!(tokens["refresh_expires_in"], 15_552_000);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], SCOPES.join(","));
    assert!(tokens["open_id"].as_str().unwrap().starts_with("-000"));
    let token = tokens["access_token"].as_str().unwrap();
    assert!(token.starts_with("act."));
    assert!(
        tokens["refresh_token"]
            .as_str()
            .unwrap()
            .starts_with("rft.")
    );

    let creator = stage.creator_info(token).await.json();
    assert_eq!(creator["data"]["creator_username"], "studio-account");
    assert_eq!(
        creator["data"]["privacy_level_options"],
        json!(["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"])
    );

    let video: Vec<u8> = (0..=255).cycle().take(12_000_123).collect();
    let (publish_id, url) = stage.begin(token, 12_000_123, 5_000_000).await;
    assert!(publish_id.starts_with("v_pub_file~v2-1.") && publish_id.len() <= 64);
    assert!(
        url.starts_with(stage.sandbox.url()) && url.len() <= 256,
        "{url}"
    );
    let first = stage.chunk(&url, &video[..5_000_000], 0, 12_000_123).await;
    assert_eq!(first.status, StatusCode::PARTIAL_CONTENT, "{}", first.text);
    assert_eq!(first.header("content-range"), "bytes 0-4999999/12000123");
    let data = stage.status_data(token, &publish_id).await;
    let expected = json!({
        "status": "PROCESSING_UPLOAD",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 5_000_000,
    });
    assert_eq!(data, expected);
    let last = stage
        .chunk(&url, &video[5_000_000..], 5_000_000, 12_000_123)
        .await;
    assert_eq!(last.status, StatusCode::CREATED, "{}", last.text);
    assert_eq!(last.header("content-range"), "bytes 0-12000122/12000123");

    assert_eq!(
        stage.status_data(token, &publish_id).await["status"],
        "PROCESSING_UPLOAD"
    );
    assert!(stage.control().posts().is_empty());
    stage.advance(30);
    let data = stage.status_data(token, &publish_id).await;
    assert_eq!(data["status"], "PUBLISH_COMPLETE");
    assert_eq!(data["publicaly_available_post_id"], json!([]));
    stage.advance(60);
    let data = stage.status_data(token, &publish_id).await;
    let post_id = data["publicaly_available_post_id"][0].as_i64().unwrap();
    assert!(post_id > 1 << 53);

    let [post] = &stage.control().posts()[..] else {
        panic!("one post")
    };
    assert_eq!(post.post_id, post_id.to_string());
    assert_eq!(post.publish_id, publish_id);
    assert_eq!(
        (post.account.as_str(), post.size),
        ("studio-account", 12_000_123)
    );
    assert_eq!(
        post.sha256.as_deref(),
        Some(crate::client::sha256(&video).as_str())
    );
    let [publish] = &stage.control().publishes()[..] else {
        panic!("one publish")
    };
    assert_eq!(publish.status, PublishStatus::PublishComplete);
    stage.sandbox.stop().await;
}
