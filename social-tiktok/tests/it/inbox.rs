//! Files for the inbox, which the person finishes in TikTok's app.

use serde_json::json;
use social_core::{
    ErrorKind, MediaStoreExt, PublishRequest, Remedy,
    conformance::named,
    publish::{Effect, Outcome, Publisher},
};
use social_tiktok::{PostOptions, Privacy};

use crate::{
    play::{CREATOR, INBOX, Play, STATUS, consent, outcome},
    stage::video,
};

const UPLOAD: [&str; 1] = ["video.upload"];

async fn request(play: &Play) -> PublishRequest {
    let media = play.media.inner.put_bytes(video(60_000)).await.unwrap();
    let options = PostOptions::inbox(consent());
    PublishRequest::video(media).options(options).unwrap()
}

async fn accepts(play: &Play) {
    let at = "/open-upload.tiktokapis.com/video/";
    let put = wiremock::Mock::given(wiremock::matchers::path(at));
    let put = put.respond_with(wiremock::ResponseTemplate::new(201));
    put.mount(&play.server).await;
    let address = format!("{}{at}?upload_id=1&upload_token=sesame", play.server.uri());
    let begun = json!({"publish_id": "v_inbox_file~v2.1", "upload_url": address});
    play.says_data(INBOX, begun).await;
}

#[tokio::test]
async fn a_file_for_the_inbox_is_uploaded_and_waits_for_the_person() {
    let play = Play::new(&UPLOAD).await;
    accepts(&play).await;
    play.says_data(STATUS, json!({"status": "SEND_TO_USER_INBOX"}))
        .await;
    play.says_data(STATUS, json!({"status": "SEND_TO_USER_INBOX"}))
        .await;
    play.says_data(
        STATUS,
        json!({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [7, 8]}),
    )
    .await;
    let request = request(&play).await;
    let at = play.until(&request, "init").await;
    assert_eq!(
        at.next,
        Effect::Repeatable,
        "without its address nothing can arrive"
    );
    let at = play.until(&request, "status").await;
    let expected = json!({"source_info": {
        "source": "FILE_UPLOAD", "video_size": 60_000, "chunk_size": 60_000, "total_chunk_count": 1,
    }});
    assert_eq!(play.heard(INBOX).await, [expected]);
    assert!(play.heard(CREATOR).await.is_empty());
    for _ in 0..2 {
        let (waiting, watch) = outcome(play.step(&request, &at).await);
        assert_eq!(waiting, Outcome::AwaitingUser);
        assert!(watch.is_some(), "it may be finished later");
    }
    let (published, _) = outcome(play.step(&request, &at).await);
    let Outcome::Published(links) = published else {
        panic!("{published:?}")
    };
    let ids: Vec<_> = links.iter().map(|link| link.id.as_str()).collect();
    assert_eq!(ids, ["7", "8"], "one draft may become several posts");
}

#[tokio::test]
async fn a_lost_beginning_of_a_file_is_repeated() {
    let play = Play::new(&UPLOAD).await;
    let request = request(&play).await;
    let at = play.until(&request, "init").await;
    for (status, body) in [
        (502, ""),
        (200, "nonsense"),
        (
            200,
            r#"{"data":{"publish_id":"v~0"},"error":{"code":"ok"}}"#,
        ),
    ] {
        play.says_raw(INBOX, status, body).await;
        let error = play.step(&request, &at).await.unwrap_err();
        assert_eq!(error.remedy(), &Remedy::Reconcile, "{body}");
        let again = play.reconcile(&request, &at).await.unwrap();
        assert!(
            matches!(again, social_core::publish::Step::Pending { checkpoint, .. } if checkpoint == at)
        );
    }
    accepts(&play).await;
    let at = play.goes_on(&request, &at).await;
    assert_eq!(
        (at.step.as_str(), at.remote_id()),
        ("upload", Some(&named("v_inbox_file~v2.1")))
    );
}

/// Five may wait in the inbox; what the person finishes makes room.
#[tokio::test]
async fn five_wait_in_the_inbox_and_the_sixth_waits_for_them() {
    let play = Play::new(&UPLOAD).await;
    let request = request(&play).await;
    let at = play.until(&request, "init").await;
    for number in 1..=5 {
        accepts(&play).await;
        let post = crate::play::post(number);
        play.step_of(post, &request, &at).await.unwrap();
    }
    play.clock.advance(std::time::Duration::from_secs(61));
    let sixth = crate::play::post(6);
    let error = play.step_of(sixth, &request, &at).await.unwrap_err();
    let account = social_core::LimitScope::Account;
    assert!(matches!(error.remedy(), Remedy::After { scope, .. } if *scope == account));
    assert_eq!(play.heard(INBOX).await.len(), 5);
    // The first is finished, and the place is free.
    let at_first = play.until(&request, "init").await;
    accepts(&play).await;
    let first = play.goes_on(&request, &at_first).await;
    let first = play.goes_on(&request, &first).await;
    let first = play.goes_on(&request, &first).await;
    play.says_data(STATUS, json!({"status": "PUBLISH_COMPLETE"}))
        .await;
    let (done, _) = outcome(play.step(&request, &first).await);
    assert!(matches!(done, Outcome::Published(_)));
    accepts(&play).await;
    play.clock.advance(std::time::Duration::from_secs(61));
    play.step_of(sixth, &request, &at).await.unwrap();
}

#[tokio::test]
async fn what_the_inbox_does_not_take_over_is_refused() {
    let with = |options: PostOptions| {
        let media = social_core::model::MediaId::from_digest([1; 32]);
        PublishRequest::video(media).options(options)
    };
    for options in [
        PostOptions::inbox(consent()).allow_comment(),
        PostOptions::inbox(consent()).branded_content(),
        PostOptions::inbox(consent()).ai_generated(),
        PostOptions::inbox(consent()).cover_at(1),
        PostOptions::inbox(consent()).auto_add_music(),
    ] {
        let error = with(options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.user_message().contains("in the TikTok app"));
    }
    let mut audience = PostOptions::inbox(consent());
    audience.privacy = Some(Privacy::Public);
    assert!(with(audience).is_err());
    let play = Play::new(&["video.publish"]).await;
    let request = request(&play).await;
    let at = play.publisher.plan(&request).unwrap();
    let error = play.step(&request, &at).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Permission,
        "the scope of the other mode is not enough"
    );
}
