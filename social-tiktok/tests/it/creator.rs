use std::time::Duration;

use social_core::{
    ErrorKind, LimitScope, MediaStoreExt, PublishRequest, Remedy,
    publish::{Consent, Effect, MediaItem, MediaRef, Outcome, Preflight, Publisher, Step},
};
use social_sandbox::Endpoint;
use social_tiktok::{PostOptions, Privacy};

use crate::{
    play::{CREATOR, Play, VIDEO, outcome, put_off},
    stage::Stage,
};

async fn preflight(stage: &Stage, request: &PublishRequest) -> Preflight {
    let deadline = stage.deadline();
    stage
        .publisher
        .preflight(&stage.cx(request, &deadline), request)
        .await
        .unwrap()
}

fn rules(found: &Preflight, soft: bool) -> Vec<&str> {
    let matching = found
        .violations
        .iter()
        .filter(|violation| violation.soft == soft);
    matching.map(|violation| violation.rule.as_str()).collect()
}

#[tokio::test]
async fn a_request_that_is_well_passes_and_begins_nothing() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let found = preflight(&stage, &request).await;
    assert!(found.is_clear(), "{found:?}");
    assert!(
        found.violations.is_empty() && found.not_checked.is_empty(),
        "{found:?}"
    );
    assert!(found.passed.len() >= 6, "{found:?}");
    assert!(stage.control().publishes().is_empty());
}

#[tokio::test]
async fn every_violation_is_found_at_once() {
    let stage = Stage::of("studio-private", &["video.publish"]).await;
    let text = &include_bytes!("../../../examples/fixtures/not-a-video.mp4")[..];
    let media = stage.media.put_bytes(text).await.unwrap();
    let options = PostOptions::direct(Privacy::Public, Consent::given_by("ann"))
        .allow_duet()
        .allow_comment();
    let request = PublishRequest::video(media)
        .caption("a".repeat(2201))
        .options(options)
        .unwrap();
    let found = preflight(&stage, &request).await;
    assert_eq!(
        rules(&found, false),
        ["caption.length", "media.container", "privacy.offered"]
    );
    assert_eq!(rules(&found, true), ["interaction.duet_disabled"]);
    let caption = &found.violations[0];
    assert!(
        caption.line().contains("2201") && caption.line().contains("2200"),
        "{caption:?}"
    );
}

#[tokio::test]
async fn captions_are_counted_in_utf16_units() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    // A face outside the basic plane is two units.
    let fits = request.clone().caption("\u{1F600}".repeat(1100));
    assert!(stage.publisher.plan(&fits).is_ok());
    let error = stage
        .publisher
        .plan(&request.caption("\u{1F600}".repeat(1101)))
        .unwrap_err();
    let rule = "caption.length".to_owned();
    assert_eq!(
        error.remedy(),
        &Remedy::FixInput {
            field: "caption".to_owned(),
            rule
        }
    );
}

#[tokio::test]
async fn a_request_without_consent_or_for_a_bad_address_is_refused_when_submitted() {
    let stage = Stage::new().await;
    let mut request = stage.request(60_000).await;
    request.options.as_mut().unwrap().consent = None;
    assert_eq!(
        stage.publisher.plan(&request).unwrap_err().kind(),
        ErrorKind::Invalid
    );
    let mut fetched = stage.request(60_000).await;
    for (address, rule) in [
        ("http://media.example/clip.mp4", "address.https"),
        ("https://192.0.2.1/clip.mp4", "address.domain"),
        ("https://ann:1@media.example/clip.mp4", "address.userinfo"),
    ] {
        fetched.media = vec![MediaItem::video(MediaRef::Url(address.parse().unwrap()))];
        let error = stage.publisher.plan(&fetched).unwrap_err();
        let (field, rule) = ("media".to_owned(), rule.to_owned());
        assert_eq!(error.remedy(), &Remedy::FixInput { field, rule });
    }
}

#[tokio::test]
async fn an_audience_that_is_not_offered_fails_the_post() {
    let stage = Stage::of("studio-private", &["video.publish"]).await;
    let request = stage.request_for(60_000, Privacy::Public).await;
    let done = stage.publish(&request).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    let rule = "privacy.offered".to_owned();
    assert_eq!(
        error.remedy(),
        &Remedy::FixInput {
            field: "privacy".to_owned(),
            rule
        }
    );
    assert!(
        error.user_message().contains("FOLLOWER_OF_CREATOR"),
        "{}",
        error.user_message()
    );
    assert!(stage.control().publishes().is_empty());
}

#[tokio::test]
async fn an_audience_that_is_withdrawn_before_init_fails_the_post() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    stage.arm(
        Endpoint::Init,
        social_sandbox::FaultKind::Status {
            status: 403,
            body: serde_json::json!({"data": {}, "error": {"code": "privacy_level_option_mismatch", "log_id": "7"}}),
        },
    );
    let done = stage.publish(&request).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert_eq!(
        (error.code(), error.request_id()),
        (Some("privacy_level_option_mismatch"), Some("7"))
    );
}

#[tokio::test]
async fn files_that_are_no_videos_fail_before_anything_is_begun() {
    for (rule, file) in [
        (
            "media.container",
            &include_bytes!("../../../examples/fixtures/not-a-video.mp4")[..],
        ),
        (
            "media.readable",
            &include_bytes!("../../../examples/fixtures/absurd-counts.mp4")[..],
        ),
        (
            "media.frame_rate",
            &include_bytes!("../../../examples/fixtures/clip-15fps.mp4")[..],
        ),
    ] {
        let stage = Stage::new().await;
        let mut request = stage.request(60_000).await;
        let media = stage.media.put_bytes(file).await.unwrap();
        request.media = vec![MediaItem::video(media.id)];
        let found = preflight(&stage, &request).await;
        assert_eq!(rules(&found, false), [rule]);
        let done = stage.publish(&request).await;
        let Outcome::Failed(error) = &done.outcome else {
            panic!("{done:?}")
        };
        let expected = rule.to_owned();
        assert_eq!(
            error.remedy(),
            &Remedy::FixInput {
                field: "media".to_owned(),
                rule: expected
            }
        );
        assert_eq!(done.steps, ["creator"]);
    }
}

#[tokio::test]
async fn a_creator_who_has_posted_too_much_waits_and_then_fails() {
    let stage = Stage::of("studio-capped", &["video.publish"]).await;
    let request = stage.request(60_000).await;
    let found = preflight(&stage, &request).await;
    assert_eq!(rules(&found, false), ["account.blocked"]);
    let at = stage.plan(&request);
    // It may have waited for days before it is tried; only here: on the platform the token would have ended.
    let two_days = Duration::from_secs(48 * 3600);
    stage.clock.advance(2 * two_days);
    let (at, error) = put_off(stage.step(&request, &at).await);
    assert_eq!(error.code(), Some("spam_risk_too_many_posts"));
    let wait = Duration::from_secs(3600);
    assert_eq!(
        error.remedy(),
        &Remedy::After {
            wait,
            scope: LimitScope::Account
        }
    );
    stage.clock.advance(two_days / 2);
    let (at, _) = put_off(stage.step(&request, &at).await);
    stage.clock.advance(two_days / 2);
    let step = stage.step(&request, &at).await.unwrap();
    assert!(
        matches!(
            step,
            Step::Settled {
                outcome: Outcome::Failed(_),
                ..
            }
        ),
        "{step:?}"
    );
    assert!(stage.control().publishes().is_empty());
}

/// A block that ends is forgotten: the next one has its whole time.
#[tokio::test]
async fn a_block_counts_from_its_first_refusal() {
    let play = Play::new(&["video.publish"]).await;
    let request = PublishRequest::video_at(crate::play::url("https://media.example.com/clip.mp4"))
        .caption("A caption")
        .options(crate::play::direct())
        .unwrap();
    let blocked = "spam_risk_too_many_posts";
    let day = Duration::from_secs(24 * 3600);
    play.refuses(CREATOR, 200, blocked).await;
    let (at, _) = put_off(play.step(&request, &play.plan(&request)).await);
    play.clock.advance(day);
    play.says_creator().await;
    let at = play.goes_on(&request, &at).await;
    assert_eq!(at.step, "init");
    play.clock.advance(day);
    play.refuses(VIDEO, 403, blocked).await;
    let (at, _) = put_off(play.step(&request, &at).await);
    assert!(matches!(at.next, Effect::Once { .. }), "still at most once");
    play.clock.advance(2 * day);
    play.refuses(VIDEO, 403, blocked).await;
    let (outcome, _) = outcome(play.step(&request, &at).await);
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
}

#[tokio::test]
async fn without_the_scope_nothing_is_asked() {
    let stage = Stage::of("studio-account", &["user.info.basic"]).await;
    let request = stage.request(60_000).await;
    let error = stage
        .step(&request, &stage.plan(&request))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Permission, &Remedy::Reauthorize)
    );
    assert_eq!(
        rules(&preflight(&stage, &request).await, false),
        ["account.scope"]
    );
    assert!(stage.control().transcript().is_empty());
}
