//! Posts after a restore, clone or failover: more may have been done of them than the checkpoint says.

use serde_json::json;
use social_core::{
    MediaStoreExt, PublishRequest,
    conformance::named,
    publish::{Checkpoint, Exposure, Outcome, Step},
    time::Clock,
};

use crate::{
    play::{CREATOR, Play, STATUS, VIDEO, direct, outcome, url},
    stage::video,
};

const LIST: &str = "video/list/";
const CAPTION: &str = "a caption of its own";
const SCOPES: [&str; 2] = ["video.publish", "video.list"];

/// A play whose data were restored.
async fn restored(scopes: &[&'static str]) -> Play {
    let mut play = Play::new(scopes).await;
    play.restored = true;
    play
}

async fn file(play: &Play) -> PublishRequest {
    let media = play.media.inner.put_bytes(video(60_000)).await.unwrap();
    let request = PublishRequest::video(media).caption(CAPTION);
    request.options(direct()).unwrap()
}

fn fetched() -> PublishRequest {
    let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4"));
    request.caption(CAPTION).options(direct()).unwrap()
}

/// An upload that was begun here and whose parts were not sent.
async fn begun(play: &Play, request: &PublishRequest) -> Checkpoint {
    play.says_creator().await;
    let address = format!("{}/open-upload.tiktokapis.com/video/", play.server.uri());
    let begun = json!({"publish_id": "v_pub_file~1", "upload_url": address});
    play.says_data(VIDEO, begun).await;
    let at = play.until(request, "upload").await;
    assert_eq!(at.exposure, Exposure::Nothing, "without its last part");
    at
}

async fn shows(play: &Play, id: &str) {
    let now = play.clock.now().timestamp() + 5;
    let shown = json!({
        "id": id, "create_time": now, "video_description": CAPTION,
        "share_url": format!("https://www.tiktok.com/@ann/video/{id}"),
    });
    play.says_data(LIST, json!({"videos": [shown], "has_more": false}))
        .await;
}

async fn shows_nothing(play: &Play) {
    play.says_data(LIST, json!({"videos": [], "has_more": false}))
        .await;
}

fn is_published(step: Result<Step, social_core::Error>, id: &str) {
    let (Outcome::Published(links), _) = outcome(step) else {
        panic!("it is not found")
    };
    assert_eq!(links[0].id, id);
}

/// Nothing was begun here, and in the other copy all of it may have been done.
#[tokio::test]
async fn a_post_that_nobody_began_here_is_looked_for() {
    for step in ["creator", "init"] {
        let play = restored(&SCOPES).await;
        for request in [file(&play).await, fetched()] {
            play.says_creator().await;
            let at = play.until(&request, step).await;
            shows(&play, "77").await;
            is_published(play.reconcile(&request, &at).await, "77");
            shows_nothing(&play).await;
            let (nobody_knows, watch) = outcome(play.reconcile(&request, &at).await);
            assert_eq!(nobody_knows, Outcome::Undecided, "{step}");
            assert!(watch.is_some(), "moderation may hold it back");
        }
        assert!(play.heard(VIDEO).await.is_empty(), "nothing was begun");
    }
    let play = restored(&["video.publish"]).await;
    let request = file(&play).await;
    let (nobody_knows, watch) = outcome(play.reconcile(&request, &play.plan(&request)).await);
    assert_eq!((nobody_knows, watch), (Outcome::Undecided, None));
    assert!(play.heard(CREATOR).await.is_empty(), "nor was it asked for");
}

/// That the upload of the checkpoint came to nothing says nothing of one that was begun after it in the other copy.
#[tokio::test]
async fn an_upload_that_came_to_nothing_is_not_begun_anew() {
    let play = restored(&SCOPES).await;
    let request = file(&play).await;
    let at = begun(&play, &request).await;
    let lost = json!({"status": "FAILED", "fail_reason": "internal", "uploaded_bytes": 0});
    // One whose hour is over is begun anew without a verdict, so another reason says as little of what followed.
    let of_old = json!({"status": "FAILED", "fail_reason": "file_format_check_failed"});
    for status in [lost.clone(), of_old, json!({"status": "FAILED"})] {
        play.says_data(STATUS, status).await;
        shows(&play, "77").await;
        is_published(play.reconcile(&request, &at).await, "77");
    }
    play.says_data(STATUS, lost).await;
    shows_nothing(&play).await;
    let (nobody_knows, _) = outcome(play.reconcile(&request, &at).await);
    assert_eq!(nobody_knows, Outcome::Undecided);
    // Nor when its address lapses before the platform says so.
    play.clock.advance(std::time::Duration::from_secs(3_700));
    let going_on = json!({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0});
    play.says_data(STATUS, going_on).await;
    shows_nothing(&play).await;
    let (nobody_knows, _) = outcome(play.reconcile(&request, &at).await);
    assert_eq!(nobody_knows, Outcome::Undecided);
    assert_eq!(play.heard(VIDEO).await.len(), 1, "begun once");
}

/// The same of what TikTok fetches itself.
#[tokio::test]
async fn a_fetch_that_came_to_nothing_is_not_begun_anew() {
    let play = restored(&SCOPES).await;
    let request = fetched();
    play.says_creator().await;
    shows_nothing(&play).await;
    play.says_data(VIDEO, json!({"publish_id": "v_pub_url~1"}))
        .await;
    let at = play.until(&request, "status").await;
    assert_eq!(at.exposure, Exposure::PostMayExist);
    let lost = json!({"status": "FAILED", "fail_reason": "video_pull_failed"});
    play.says_data(STATUS, lost).await;
    shows(&play, "77").await;
    is_published(play.reconcile(&request, &at).await, "77");
    // A reason for which no copy begins anew ends it.
    let refused = json!({"status": "FAILED", "fail_reason": "spam_risk_too_many_posts"});
    play.says_data(STATUS, refused).await;
    let (failed, _) = outcome(play.reconcile(&request, &at).await);
    assert!(matches!(failed, Outcome::Failed(_)), "{failed:?}");
    assert_eq!(play.heard(VIDEO).await.len(), 1, "begun once");
}

/// What TikTok says of the upload itself counts as ever, and an upload that goes on goes on: it is one post.
#[tokio::test]
async fn an_upload_of_before_the_restore_goes_on() {
    let play = restored(&SCOPES).await;
    let request = file(&play).await;
    let at = begun(&play, &request).await;
    let going_on = json!({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0});
    play.says_data(STATUS, going_on).await;
    let step = play.reconcile(&request, &at).await.unwrap();
    let Step::Pending { checkpoint, .. } = step else {
        panic!("{step:?}")
    };
    assert_eq!(checkpoint.remote_id(), Some(&named("v_pub_file~1")));
    play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
        .await;
    let (done, _) = outcome(play.reconcile(&request, &at).await);
    assert_eq!(done, Outcome::Published(Vec::new()));
    assert_eq!(play.heard(VIDEO).await.len(), 1, "begun once");
}

/// Stopped here, it may be out from there.
#[tokio::test]
async fn what_is_cancelled_may_be_out_already() {
    let play = restored(&SCOPES).await;
    let request = file(&play).await;
    let at = play.plan(&request);
    shows(&play, "77").await;
    is_published(play.cancel(&request, &at).await, "77");
    shows_nothing(&play).await;
    let (nobody_knows, _) = outcome(play.cancel(&request, &at).await);
    assert_eq!(nobody_knows, Outcome::Undecided);
}
