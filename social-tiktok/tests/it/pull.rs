//! Videos that TikTok fetches itself: begun at most once, whatever becomes of the answer.

use std::time::Duration;

use serde_json::json;
use social_core::{
    ErrorKind, PublishRequest, Remedy, Result,
    conformance::named,
    publish::{Checkpoint, Effect, OtherPost, Outcome, PostLink, Step},
    time::Clock,
};
use social_tiktok::{PostOptions, Privacy};

use crate::play::{CANCEL, CREATOR, INBOX, Play, STATUS, VIDEO, consent, direct, outcome, url};

const PUBLISH: [&str; 1] = ["video.publish"];
const LISTED: [&str; 2] = ["video.publish", "video.list"];
const LIST: &str = "video/list/";
const CAPTION: &str = "A caption #fun";

fn request(options: PostOptions) -> PublishRequest {
    let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4?key=sesame"));
    request.caption(CAPTION).options(options).unwrap()
}

#[tokio::test]
async fn a_video_by_address_is_begun_once_and_followed() {
    let play = Play::new(&PUBLISH).await;
    play.says_creator().await;
    play.says_data(VIDEO, json!({"publish_id": "v_pub_url~v2.1"}))
        .await;
    play.says_data(
        STATUS,
        json!({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [7]}),
    )
    .await;
    let request = request(direct().allow_comment().cover_at(1_500));
    let at = play.until(&request, "init").await;
    assert!(matches!(at.next, Effect::Once { .. }));
    let at = play.goes_on(&request, &at).await;
    assert_eq!(
        (at.remote_id(), at.next),
        (Some(&named("v_pub_url~v2.1")), Effect::Repeatable)
    );
    let expected = json!({
        "post_info": {
            "title": CAPTION,
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_duet": true,
            "disable_comment": false,
            "disable_stitch": true,
            "video_cover_timestamp_ms": 1_500,
            "brand_content_toggle": false,
            "brand_organic_toggle": false,
            "is_aigc": false,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "video_url": "https://media.example.com/clip.mp4?key=sesame",
        },
    });
    assert_eq!(play.heard(VIDEO).await, [expected]);
    let (published, watch) = outcome(play.step(&request, &at).await);
    let link = PostLink::new("7", Some(url("https://www.tiktok.com/@ann/video/7")));
    assert_eq!((published, watch), (Outcome::Published(vec![link]), None));
}

#[tokio::test]
async fn a_video_by_address_for_the_inbox_needs_no_creator() {
    let play = Play::new(&["video.upload"]).await;
    play.says_data(INBOX, json!({"publish_id": "v_inbox_url~v2.1"}))
        .await;
    play.says_data(STATUS, json!({"status": "SEND_TO_USER_INBOX"}))
        .await;
    let request = request(PostOptions::inbox(consent()));
    let at = play.until(&request, "status").await;
    let expected = json!({"source_info": {
        "source": "PULL_FROM_URL",
        "video_url": "https://media.example.com/clip.mp4?key=sesame",
    }});
    assert_eq!(
        play.heard(INBOX).await,
        [expected],
        "TikTok ignores everything else"
    );
    assert!(play.heard(CREATOR).await.is_empty());
    let (waiting, watch) = outcome(play.step(&request, &at).await);
    assert_eq!(waiting, Outcome::AwaitingUser);
    assert!(watch.is_some());
}

/// Begins, and loses the answer.
async fn lost(play: &Play, request: &PublishRequest, status: u16, body: &str) -> Checkpoint {
    play.says_creator().await;
    play.says_raw(VIDEO, status, body).await;
    let at = play.until(request, "init").await;
    let error = play.step(request, &at).await.unwrap_err();
    assert_eq!(
        error.remedy(),
        &Remedy::Reconcile,
        "{status} {body}: it may have begun"
    );
    at
}

#[tokio::test]
async fn a_beginning_whose_answer_is_lost_is_never_repeated() {
    for (status, body) in [
        (500, r#"{"error":{"code":"internal_error","log_id":"1"}}"#),
        (502, ""),
        (503, "<html>"),
        (200, "nonsense"),
        (200, r#"{"data":{},"error":{"code":"ok"}}"#),
        (200, r#"{"data":{"publish_id":""},"error":{"code":"ok"}}"#),
    ] {
        let play = Play::new(&PUBLISH).await;
        let request = request(direct());
        let at = lost(&play, &request, status, body).await;
        let (undecided, watch) = outcome(play.reconcile(&request, &at).await);
        assert_eq!(
            (undecided, watch),
            (Outcome::Undecided, None),
            "nobody can tell"
        );
        assert_eq!(play.heard(VIDEO).await.len(), 1);
        assert!(
            play.heard(STATUS).await.is_empty(),
            "there is no publish id to ask for"
        );
    }
}

fn video(id: &str, at: i64, words: &str) -> serde_json::Value {
    let link = format!("https://www.tiktok.com/@ann/video/{id}");
    json!({"id": id, "create_time": at, "video_description": words, "share_url": link})
}

async fn shows(play: &Play, videos: serde_json::Value) {
    let page = json!({"videos": videos, "cursor": 0, "has_more": false});
    play.says_data(LIST, page).await;
}

/// Begins once the account shows these posts, waits for an hour until the call is made, and loses its answer.
async fn lost_after(play: &mut Play, before: serde_json::Value) -> Checkpoint {
    let request = request(direct());
    shows(play, before).await;
    play.says_creator().await;
    let at = play.until(&request, "init").await;
    play.clock.advance(HOUR);
    play.started_at = Some(play.clock.now());
    play.says_raw(VIDEO, 502, "").await;
    play.step(&request, &at).await.unwrap_err();
    play.clock.advance(Duration::from_secs(120));
    at
}

/// What is found among these public posts, beside these others of the service.
async fn matched_beside(others: Vec<OtherPost>, videos: serde_json::Value) -> Result<Step> {
    let mut play = Play::new(&LISTED).await;
    let at = lost_after(&mut play, json!([video("6", BEGUN - 86_400, CAPTION)])).await;
    play.others = others;
    shows(&play, videos).await;
    let step = play.reconcile(&request(direct()), &at).await;
    assert_eq!(play.heard(VIDEO).await.len(), 1, "nothing is begun");
    step
}

async fn matched(videos: serde_json::Value) -> Result<Step> {
    matched_beside(Vec::new(), videos).await
}

const HOUR: Duration = Duration::from_secs(3_600);
/// When the call was made.
const BEGUN: i64 = 1_767_225_600 + 3_600;

fn found(id: &str) -> (Outcome, Option<Duration>) {
    let link = format!("https://www.tiktok.com/@ann/video/{id}");
    let link = PostLink::new(id, Some(url(&link)));
    (Outcome::Published(vec![link]), None)
}

#[tokio::test]
async fn a_lost_post_is_found_by_its_words_when_there_is_only_one() {
    let one = json!([
        video("19", BEGUN + 30, "another caption"),
        video("18", BEGUN + 20, CAPTION),
        video("7", BEGUN - 600, CAPTION),
    ]);
    assert_eq!(outcome(matched(one).await), found("18"));
    // TikTok tells whole seconds.
    let at_once = json!([video("8", BEGUN, CAPTION)]);
    assert_eq!(outcome(matched(at_once).await), found("8"));
}

#[tokio::test]
async fn two_that_could_be_it_or_none_leave_it_undecided() {
    for videos in [
        json!([
            video("9", BEGUN + 30, CAPTION),
            video("8", BEGUN + 20, CAPTION)
        ]),
        json!([video("7", BEGUN - 600, CAPTION)]),
        json!([video("9", BEGUN + 30, "A caption")]),
        json!([]),
    ] {
        let (undecided, watch) = outcome(matched(videos).await);
        assert_eq!(undecided, Outcome::Undecided);
        assert!(watch.is_some(), "moderation may hold it back");
    }
}

/// It waited for its turn; meanwhile others with the same words were posted.
#[tokio::test]
async fn a_post_that_was_there_before_the_call_is_another_one() {
    for before in [3_000, 60, 1] {
        let earlier = json!([video("7", BEGUN - before, CAPTION)]);
        let (undecided, _) = outcome(matched(earlier).await);
        assert_eq!(undecided, Outcome::Undecided, "{before} s before");
    }
    // By our clock, which is behind, it is later; but it had been shown before.
    let shown = json!([
        video("6", BEGUN + 20, CAPTION),
        video("5", BEGUN + 20, CAPTION)
    ]);
    assert_eq!(outcome(matched(shown).await).0, Outcome::Undecided);
    let shown = json!([
        video("18", BEGUN + 25, CAPTION),
        video("6", BEGUN + 20, CAPTION)
    ]);
    assert_eq!(outcome(matched(shown).await), found("18"));
}

#[tokio::test]
async fn a_post_that_another_of_ours_is_is_not_taken_for_it() {
    let begun = |seconds| chrono::DateTime::from_timestamp(BEGUN + seconds, 0);
    let other = |words: &str, seconds, outcome| OtherPost::new(words, begun(seconds), outcome);
    let published = |id: &str| Some(Outcome::Published(vec![PostLink::new(id, None)]));
    let theirs = || other(CAPTION, 10, published("7"));
    let videos = || {
        json!([
            video("8", BEGUN + 40, CAPTION),
            video("7", BEGUN + 20, CAPTION)
        ])
    };
    let only_theirs = json!([video("7", BEGUN + 20, CAPTION)]);
    let (undecided, watch) = outcome(matched_beside(vec![theirs()], only_theirs).await);
    assert_eq!(undecided, Outcome::Undecided);
    assert!(watch.is_some(), "ours may still appear");
    let ours = matched_beside(vec![theirs()], videos()).await;
    assert_eq!(outcome(ours), found("8"));
    // Nobody knows yet which one that of ours is.
    let one = || json!([video("8", BEGUN + 40, CAPTION)]);
    for open in [
        None,
        Some(Outcome::Undecided),
        Some(Outcome::Published(Vec::new())),
    ] {
        let others = vec![other(CAPTION, -3_600, open.clone())];
        let (undecided, _) = outcome(matched_beside(others, one()).await);
        assert_eq!(undecided, Outcome::Undecided, "{open:?}");
    }
    // Long ago, or with more words.
    let others = vec![
        other(CAPTION, -4 * 86_400, Some(Outcome::Undecided)),
        other("A caption #fun and more", 0, None),
    ];
    assert_eq!(outcome(matched_beside(others, one()).await), found("8"));
}

/// Captions that differ only where TikTok no longer shows them look the same.
#[tokio::test]
async fn captions_that_begin_alike_are_told_apart_by_nobody() {
    let long = |end: &str| format!("{}{end}", "Good morning! ".repeat(12));
    let mut play = Play::new(&LISTED).await;
    let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4"));
    let request = request.caption(long("one")).options(direct()).unwrap();
    shows(&play, json!([])).await;
    play.says_creator().await;
    let at = play.until(&request, "init").await;
    play.says_raw(VIDEO, 502, "").await;
    play.step(&request, &at).await.unwrap_err();
    let now = play.clock.now();
    (play.started_at, play.others) = (
        Some(now),
        vec![OtherPost::new(long("two"), Some(now), None)],
    );
    let shown: String = long("").chars().take(150).collect();
    let videos = json!([video("8", now.timestamp() + 9, &shown)]);
    shows(&play, videos.clone()).await;
    assert_eq!(
        outcome(play.reconcile(&request, &at).await).0,
        Outcome::Undecided
    );
    play.others.clear();
    shows(&play, videos).await;
    assert_eq!(outcome(play.reconcile(&request, &at).await), found("8"));
}

/// How long it is looked for counts from the call, not from when work on it began.
#[tokio::test]
async fn a_post_that_waited_for_days_is_looked_for_all_the_same() {
    let mut play = Play::new(&LISTED).await;
    let request = request(direct());
    shows(&play, json!([])).await;
    play.says_creator().await;
    let at = play.until(&request, "init").await;
    play.clock.advance(48 * HOUR);
    play.started_at = Some(play.clock.now());
    play.says_raw(VIDEO, 502, "").await;
    play.step(&request, &at).await.unwrap_err();
    shows(&play, json!([])).await;
    let (undecided, watch) = outcome(play.reconcile(&request, &at).await);
    assert_eq!(undecided, Outcome::Undecided);
    assert!(watch.is_some());
}

/// What came before cannot be had: that is no reason not to post.
#[tokio::test]
async fn a_list_that_cannot_be_had_before_a_post_keeps_nobody_waiting() {
    let play = Play::new(&LISTED).await;
    let request = request(direct());
    play.says_raw(LIST, 503, "").await;
    play.says_creator().await;
    let at = play.until(&request, "init").await;
    play.says_data(VIDEO, json!({"publish_id": "v~1"})).await;
    assert_eq!(play.goes_on(&request, &at).await.step, "status");
}

#[tokio::test]
async fn it_is_looked_for_ever_more_rarely_and_for_a_day() {
    let play = Play::new(&LISTED).await;
    let request = request(direct());
    shows(&play, json!([])).await;
    let mut at = lost(&play, &request, 502, "").await;
    let mut waits = Vec::new();
    loop {
        shows(&play, json!([])).await;
        let Step::Settled {
            checkpoint,
            watch: Some(wait),
            ..
        } = play.reconcile(&request, &at).await.unwrap()
        else {
            break;
        };
        waits.push(wait.as_secs() / 60);
        play.clock.advance(wait);
        at = checkpoint;
    }
    assert_eq!(waits[..3], [1, 2, 3]);
    assert!(waits.is_sorted() && waits.len() < 60, "{waits:?}");
    let (whole, day) = (waits.iter().sum::<u64>(), 24 * 60);
    assert!((day..day + 60).contains(&whole), "{waits:?}");
}

#[tokio::test]
async fn what_no_list_shows_is_not_looked_for() {
    for options in [
        PostOptions::direct(Privacy::SelfOnly, consent()),
        PostOptions::direct(Privacy::Friends, consent()),
    ] {
        let play = Play::new(&LISTED).await;
        let request = request(options);
        let at = lost(&play, &request, 502, "").await;
        let (undecided, watch) = outcome(play.reconcile(&request, &at).await);
        assert_eq!((undecided, watch), (Outcome::Undecided, None));
        assert!(play.heard(LIST).await.is_empty());
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_asked_for_again() {
    let play = Play::new(&LISTED).await;
    let request = request(direct());
    shows(&play, json!([])).await;
    let at = lost(&play, &request, 502, "").await;
    play.says_raw(LIST, 503, "").await;
    let error = play.reconcile(&request, &at).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unavailable, &Remedy::Backoff)
    );
}

#[tokio::test]
async fn a_refusal_is_certain_and_may_be_tried_again() {
    for (status, code, remedy) in [
        (401, "access_token_invalid", Remedy::Refresh),
        (401, "scope_not_authorized", Remedy::Reauthorize),
        (403, "url_ownership_unverified", Remedy::Operator),
    ] {
        let play = Play::new(&PUBLISH).await;
        play.says_creator().await;
        play.refuses(VIDEO, status, code).await;
        let request = request(direct());
        let at = play.until(&request, "init").await;
        let error = play.step(&request, &at).await.unwrap_err();
        assert_eq!((error.code(), error.remedy()), (Some(code), &remedy));
        play.says_data(VIDEO, json!({"publish_id": "v~1"})).await;
        let at = play.goes_on(&request, &at).await;
        assert_eq!(at.step, "status");
    }
}

async fn begun(play: &Play) -> (PublishRequest, Checkpoint) {
    play.says_creator().await;
    play.says_data(VIDEO, json!({"publish_id": "v~1"})).await;
    let request = request(direct());
    let at = play.until(&request, "status").await;
    (request, at)
}

#[tokio::test]
async fn what_tiktok_fetches_can_be_stopped() {
    let play = Play::new(&PUBLISH).await;
    let (request, at) = begun(&play).await;
    play.says(
        CANCEL,
        200,
        &json!({"error": {"code": "ok", "message": "", "log_id": "1"}}),
    )
    .await;
    play.says_data(
        STATUS,
        json!({"status": "FAILED", "fail_reason": "publish_cancelled"}),
    )
    .await;
    let Step::Pending { checkpoint, .. } = play.cancel(&request, &at).await.unwrap() else {
        panic!("TikTok does what it can; the status tells")
    };
    assert_eq!(play.heard(CANCEL).await, [json!({"publish_id": "v~1"})]);
    let (end, _) = outcome(play.cancel(&request, &checkpoint).await);
    assert_eq!(end, Outcome::Cancelled);
    assert_eq!(play.heard(CANCEL).await.len(), 1);
}

#[tokio::test]
async fn what_is_too_late_to_stop_becomes_what_it_becomes() {
    let play = Play::new(&PUBLISH).await;
    let (request, at) = begun(&play).await;
    play.refuses(CANCEL, 400, "publish_not_cancellable").await;
    play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
        .await;
    let Step::Pending { checkpoint, .. } = play.cancel(&request, &at).await.unwrap() else {
        panic!("the status tells")
    };
    let (end, _) = outcome(play.cancel(&request, &checkpoint).await);
    assert_eq!(end, Outcome::Published(Vec::new()));
}

#[tokio::test]
async fn a_stop_that_cannot_be_asked_for_is_asked_for_again() {
    let play = Play::new(&PUBLISH).await;
    let (request, at) = begun(&play).await;
    for (status, body) in [
        (503, ""),
        (401, r#"{"error":{"code":"access_token_invalid"}}"#),
    ] {
        play.says_raw(CANCEL, status, body).await;
        assert!(play.cancel(&request, &at).await.is_err());
    }
}

#[tokio::test]
async fn a_post_that_another_stopped_has_failed() {
    let play = Play::new(&PUBLISH).await;
    let (request, at) = begun(&play).await;
    play.says_data(
        STATUS,
        json!({"status": "FAILED", "fail_reason": "publish_cancelled"}),
    )
    .await;
    let (end, _) = outcome(play.step(&request, &at).await);
    let Outcome::Failed(error) = end else {
        panic!("{end:?}")
    };
    assert_eq!(error.code(), Some("publish_cancelled"));
}

/// Unknown words, no word, an unknown publish id: none of them says that there is no post.
#[tokio::test]
async fn what_is_not_understood_is_asked_again_and_never_begun_anew() {
    let play = Play::new(&PUBLISH).await;
    let (request, at) = begun(&play).await;
    play.says_data(STATUS, json!({"status": "BRAND_NEW", "fresh": 1}))
        .await;
    play.says_data(STATUS, json!({})).await;
    let at = play.goes_on(&request, &at).await;
    let at = play.goes_on(&request, &at).await;
    assert_eq!(at.step, "status");
    play.refuses(STATUS, 400, "invalid_publish_id").await;
    let error = play.step(&request, &at).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Backoff);
    // A day later nobody knows, and it is looked at now and then for two more.
    play.clock.advance(Duration::from_secs(24 * 3_600));
    play.says_data(STATUS, json!({"status": "PROCESSING_DOWNLOAD"}))
        .await;
    let (undecided, watch) = outcome(play.step(&request, &at).await);
    assert_eq!(
        (undecided, watch),
        (Outcome::Undecided, Some(Duration::from_secs(3_600)))
    );
    play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
        .await;
    let (published, _) = outcome(play.step(&request, &at).await);
    assert_eq!(published, Outcome::Published(Vec::new()));
    assert_eq!(play.heard(VIDEO).await.len(), 1);
}
