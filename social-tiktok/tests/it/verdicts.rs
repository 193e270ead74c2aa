//! Only a word that the table calls a verdict says that nothing was begun; no status does, and no unknown word.

use serde_json::json;
use social_core::{
    ErrorKind, MediaStoreExt, PublishRequest, Remedy,
    conformance::named,
    publish::{Checkpoint, MediaRef, Outcome},
};
use social_tiktok::PostOptions;

use crate::{
    play::{CREATOR, INBOX, PHOTOS, Play, STATUS, VIDEO, consent, direct, outcome, url},
    stage::video,
};

/// Answers after which TikTok may have begun it.
const OPEN: [(u16, &str); 14] = [
    (200, r#"{"error":{"code":"internal_error","log_id":"1"}}"#),
    (400, r#"{"error":{"code":"internal_error","log_id":"1"}}"#),
    (403, r#"{"error":{"code":"internal_error","log_id":"1"}}"#),
    (500, r#"{"error":{"code":"internal_error","log_id":"1"}}"#),
    (200, r#"{"error":{"code":"brand_new","log_id":"1"}}"#),
    (400, r#"{"error":{"code":"brand_new","log_id":"1"}}"#),
    (403, r#"{"error":{"code":"brand_new","log_id":"1"}}"#),
    (302, ""),
    (400, ""),
    (401, ""),
    (403, "<html>"),
    (409, "{}"),
    (429, ""),
    (503, ""),
];

fn photos(options: PostOptions) -> PublishRequest {
    let photo = MediaRef::Url(url("https://media.example.com/a.jpg"));
    let request = PublishRequest::photos([photo]).caption("words");
    request.options(options).unwrap()
}

fn pull(options: PostOptions) -> PublishRequest {
    let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4"));
    request.caption("words").options(options).unwrap()
}

#[tokio::test]
async fn what_tiktok_fetches_is_begun_once_whatever_the_status_of_an_open_word() {
    for (endpoint, request) in [
        (PHOTOS, photos(direct())),
        (PHOTOS, photos(PostOptions::inbox(consent()))),
        (VIDEO, pull(direct())),
        (INBOX, pull(PostOptions::inbox(consent()))),
    ] {
        for (status, body) in OPEN {
            let play = Play::new(&["video.publish", "video.upload"]).await;
            play.says_creator().await;
            play.says_raw(endpoint, status, body).await;
            let at = play.until(&request, "init").await;
            let error = play.step(&request, &at).await.unwrap_err();
            assert_eq!(error.remedy(), &Remedy::Reconcile, "{status} {body}");
            assert_eq!(play.heard(endpoint).await.len(), 1);
        }
    }
}

/// The address of an upload was never heard, so no byte can reach it: an unknown refusal is the end, and everything else is
/// tried again.
#[tokio::test]
async fn an_upload_is_never_stuck_by_an_open_word() {
    for (status, body) in OPEN {
        let play = Play::new(&["video.publish"]).await;
        let media = play.media.inner.put_bytes(video(60_000)).await.unwrap();
        let request = PublishRequest::video(media).options(direct()).unwrap();
        play.says_creator().await;
        play.says_raw(VIDEO, status, body).await;
        let at = play.until(&request, "init").await;
        let refused = matches!(status, 200 | 400 | 403 | 409) && !body.contains("internal_error");
        match play.step(&request, &at).await {
            Ok(step) => {
                assert!(refused, "{status} {body}");
                let (end, _) = outcome(Ok(step));
                assert!(matches!(end, Outcome::Failed(_)), "{end:?}");
            }
            Err(error) => {
                assert!(!refused, "{status} {body}");
                let again = [Remedy::Backoff, Remedy::Reconcile, Remedy::Refresh];
                assert!(again.contains(error.remedy()), "{status} {body}: {error:?}");
            }
        }
    }
}

/// A question that is refused in whatever words says nothing about the post.
#[tokio::test]
async fn a_refused_question_is_asked_again_and_decides_nothing() {
    for (status, code) in [
        (400, "invalid_params"),
        (400, "brand_new"),
        (200, "brand_new"),
        (400, "token_not_authorized_for_specified_publish_id"),
        (200, "internal_error"),
    ] {
        let play = Play::new(&["video.publish"]).await;
        let (request, at) = begun(&play, json!({"publish_id": "v~1"})).await;
        play.refuses(STATUS, status, code).await;
        let error = play.step(&request, &at).await.unwrap_err();
        assert_eq!(error.remedy(), &Remedy::Backoff, "{status} {code}");
        assert_eq!(error.code(), Some(code));
        play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
            .await;
        let (end, _) = outcome(play.step(&request, &at).await);
        assert_eq!(end, Outcome::Published(Vec::new()));
    }
}

/// The same of the list in which a lost beginning is looked for: who is refused it looks again.
#[tokio::test]
async fn a_refused_list_is_asked_for_again() {
    for (status, code) in [
        (400, "invalid_params"),
        (400, "brand_new"),
        (200, "brand_new"),
    ] {
        let play = Play::new(&["video.publish", "video.list"]).await;
        play.says_creator().await;
        play.says_raw(VIDEO, 502, "").await;
        let request = pull(direct());
        let at = play.until(&request, "init").await;
        play.step(&request, &at).await.unwrap_err();
        play.refuses("video/list/", status, code).await;
        let error = play.reconcile(&request, &at).await.unwrap_err();
        assert_eq!(error.remedy(), &Remedy::Backoff, "{status} {code}");
        assert_eq!(play.heard(VIDEO).await.len(), 1);
    }
}

async fn begun(play: &Play, answer: serde_json::Value) -> (PublishRequest, Checkpoint) {
    play.says_creator().await;
    play.says_data(VIDEO, answer).await;
    let request = pull(direct());
    let at = play.until(&request, "init").await;
    let at = play.goes_on(&request, &at).await;
    (request, at)
}

/// An upload address is of no use to what TikTok fetches: wherever it leads, the post has begun.
#[tokio::test]
async fn a_fetch_has_begun_whatever_address_its_answer_names() {
    for address in ["https://elsewhere.example/video/", "no address", ""] {
        let play = Play::new(&["video.publish"]).await;
        let answer = json!({"publish_id": "v_pub_url~7", "upload_url": address});
        let (_, at) = begun(&play, answer).await;
        assert_eq!(
            (at.step.as_str(), at.remote_id()),
            ("status", Some(&named("v_pub_url~7")))
        );
    }
    let play = Play::new(&["video.publish"]).await;
    play.says_creator().await;
    let answer = json!({"publish_id": "p_pub_url~7", "upload_url": "https://elsewhere.example/"});
    play.says_data(PHOTOS, answer).await;
    let request = photos(direct());
    let at = play.until(&request, "init").await;
    let at = play.goes_on(&request, &at).await;
    assert_eq!(at.remote_id(), Some(&named("p_pub_url~7")));
}

/// What only asks leaves nothing open: an unknown word is judged by its status.
#[tokio::test]
async fn a_creator_who_is_asked_for_is_never_in_doubt() {
    for (status, body) in OPEN {
        let play = Play::new(&["video.publish"]).await;
        let request = pull(direct());
        play.says_raw(CREATOR, status, body).await;
        match play.step(&request, &play.plan(&request)).await {
            Ok(step) => {
                let (end, _) = outcome(Ok(step));
                assert!(
                    matches!(end, Outcome::Failed(_)),
                    "{status} {body}: {end:?}"
                );
            }
            Err(error) => {
                assert_ne!(error.remedy(), &Remedy::Reconcile, "{status} {body}");
                assert_ne!(error.kind(), ErrorKind::Invalid);
            }
        }
    }
}

/// Who leaves a draft alone is asked about ever more rarely, and for a week.
#[tokio::test]
async fn a_draft_that_nobody_finishes_is_not_looked_at_for_ever() {
    let play = Play::new(&["video.upload"]).await;
    let request = pull(PostOptions::inbox(consent()));
    play.says_data(INBOX, json!({"publish_id": "v_inbox_url~1"}))
        .await;
    let mut at = play.until(&request, "status").await;
    let mut waits = Vec::new();
    loop {
        play.clock.advance(std::time::Duration::from_secs(60));
        play.says_data(STATUS, json!({"status": "SEND_TO_USER_INBOX"}))
            .await;
        let step = play.step(&request, &at).await;
        let Ok(social_core::publish::Step::Settled {
            checkpoint,
            outcome: Outcome::AwaitingUser,
            watch,
            ..
        }) = step
        else {
            panic!("{step:?}")
        };
        let Some(wait) = watch else { break };
        waits.push(wait.as_secs() / 60);
        assert!(waits.len() < 60, "without end: {waits:?}");
        play.clock.advance(wait);
        at = checkpoint;
    }
    assert_eq!(waits[..2], [60, 60]);
    assert!(waits.is_sorted(), "{waits:?}");
    let (whole, week) = (waits.iter().sum::<u64>(), 7 * 24 * 60);
    assert!(
        (week - 60..week + 2 * 24 * 60).contains(&whole),
        "{waits:?}"
    );
}
