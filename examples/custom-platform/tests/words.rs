//! A platform of words alone says so of everything else.

use std::time::Duration;

use social_core::{
    PublishRequest, Remedy,
    conformance::publisher::PublisherHarness as _,
    model::MediaId,
    publish::{MediaItem, Preflight, StepContext},
    time::Deadline,
};

use super::stage::Stage;

async fn check(stage: &Stage, request: &PublishRequest) -> Preflight {
    let deadline = Deadline::after(stage.clock(), Duration::from_secs(60));
    let (tokens, began) = (stage.tokens().await, stage.clock().now());
    let cx = StepContext::new(
        stage.account(),
        &tokens,
        request,
        stage.media(),
        stage.limits(),
        began,
        &deadline,
        &(),
    );
    stage.publisher.preflight(&cx, request).await.unwrap()
}

#[tokio::test]
async fn a_post_with_media_is_refused_by_its_rule() {
    let stage = Stage::new().await;
    let words = PublishRequest::text("From the sea");
    assert!(check(&stage, &words).await.is_clear());
    let file = || MediaId::from_digest([1; 32]);
    for item in [
        MediaItem::captions(file()),
        MediaItem::document(file()),
        MediaItem::photo(file()),
        MediaItem::video(file()),
    ] {
        let request = PublishRequest::new([item]).caption("From the sea");
        let found = check(&stage, &request).await;
        assert_eq!(found.violations[0].rule, "media.none", "{found:?}");
        assert!(!found.is_clear());
        let error = stage.publisher.plan(&request).unwrap_err();
        let by_rule =
            matches!(error.remedy(), Remedy::FixInput { rule, .. } if rule == "media.none");
        assert!(by_rule, "{error:?}");
    }
}
