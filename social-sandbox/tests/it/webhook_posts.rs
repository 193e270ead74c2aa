//! Webhooks about what users and moderation do with a post.

use serde_json::{Value, json};
use social_sandbox::{DEMO_CLIENT_KEY, MediaHost, Ruling};

use crate::client::{Stage, send};
use crate::posting::{HOST, VIDEO, pull_body, sample_video};
use crate::receiver::{Heard, held, names, upload};

fn contents(heard: &[Heard]) -> Vec<Value> {
    heard.iter().map(Heard::content).collect()
}

/// Sends a video to the inbox and returns its publish id.
async fn share(stage: &Stage) -> String {
    let token = stage
        .control()
        .grant(DEMO_CLIENT_KEY, "studio-account", &["video.upload"])
        .unwrap()
        .access_token;
    let body = json!({ "source_info": {
        "source": "FILE_UPLOAD",
        "video_size": 3,
        "chunk_size": 3,
        "total_chunk_count": 1,
    } });
    let path = "/v2/post/publish/inbox/video/init/";
    let begun = send(stage.post(path, &token, &body)).await;
    assert_eq!(begun.code(), "ok", "{}", begun.text);
    let data = &begun.json()["data"];
    let stored = stage
        .chunk(data["upload_url"].as_str().unwrap(), b"abc", 0, 3)
        .await;
    assert_eq!(stored.status.as_u16(), 201, "{}", stored.text);
    data["publish_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_share_is_told_when_it_is_delivered_and_each_time_the_user_posts_it() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    let publish_id = share(&stage).await;
    stage.advance(30);
    control.deliver_due().await;
    let posts: Vec<String> = ["One", "Two"]
        .map(|title| {
            control
                .post_from_inbox(&publish_id, Some(title), None)
                .unwrap()
        })
        .map(|post| post.post_id)
        .to_vec();
    control.deliver_due().await;
    let heard = receiver.heard();
    let expected = [
        "post.publish.inbox_delivered",
        "post.publish.complete",
        "post.publish.complete",
    ];
    assert_eq!(names(&heard), expected);
    let content = json!({ "publish_id": publish_id, "publish_type": "INBOX_SHARE" });
    assert_eq!(contents(&heard), [&content; 3].map(Clone::clone));

    stage.advance(61);
    control.deliver_due().await;
    let public = &receiver.heard()[3..];
    assert_eq!(names(public), ["post.publish.publicly_available"; 2]);
    let mut ids: Vec<String> = contents(public)
        .iter()
        .map(|content| content["post_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    let mut posts = posts;
    posts.sort();
    assert_eq!(ids, posts);
}

#[tokio::test]
async fn a_post_that_is_no_longer_public_is_told_in_tiktoks_own_spelling() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    let token = stage.grant("studio-account").access_token;
    let publish_id = upload(&stage, &token).await;
    stage.advance(91);
    let post_id = control.posts()[0].post_id.clone();
    control.withdraw(&post_id).unwrap();
    control.deliver_due().await;
    let heard = receiver.heard();
    let last = heard.last().unwrap();
    assert_eq!(last.event(), "post.publish.no_longer_publicaly_available");
    let expected = json!({
        "publish_id": publish_id,
        "publish_type": "DIRECT_PUBLISH",
        "post_id": post_id,
    });
    assert_eq!(last.content(), expected);
    assert_eq!(heard.len(), 3);
}

#[tokio::test]
async fn a_post_that_moderation_refuses_is_told_with_the_reason() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    let token = stage.grant("studio-account").access_token;
    let publish_id = upload(&stage, &token).await;
    let ruling = Ruling::new().fail("spam_risk_text");
    control.rule(&publish_id, ruling).unwrap();
    stage.advance(91);
    control.deliver_due().await;
    let heard = receiver.heard();
    assert_eq!(names(&heard), ["post.publish.failed"]);
    assert_eq!(heard[0].content()["reason"], "spam_risk_text");
}

#[tokio::test]
async fn a_cancelled_download_is_told_as_failed() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.mp4"), sample_video()).unwrap();
    let slow = MediaHost::new(HOST, folder.path()).bytes_per_second(100);
    control.add_media(slow).unwrap();
    control
        .add_domain(DEMO_CLIENT_KEY, "cdn.example.org")
        .unwrap();
    let token = stage.grant("studio-account").access_token;
    let body = pull_body(&format!("{HOST}a.mp4"));
    let publish_id = stage.begun(VIDEO, &token, &body).await;
    assert_eq!(stage.cancel(&token, &publish_id).await.code(), "ok");
    control.deliver_due().await;
    let heard = receiver.heard();
    assert_eq!(names(&heard), ["post.publish.failed"]);
    let expected = json!({
        "publish_id": publish_id,
        "publish_type": "DIRECT_PUBLISH",
        "reason": "publish_cancelled",
    });
    assert_eq!(heard[0].content(), expected);
}
