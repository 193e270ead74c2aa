use super::{HOUR, calls, granted, holders, spent, waits};
use crate::{
    conformance::{Harness, fixtures::MINUTE},
    error::Result,
    store::Limits,
};

/// What the platform counts beyond what was booked here is added.
pub async fn an_observation_adds_what_is_missing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(5)], "a").await?;
    store.observe(&calls(5), 4).await?;
    assert_eq!(spent(&*store, &calls(5)).await?, (4, 0));
    granted(&*store, &[calls(5)], "a").await?;
    waits(&*store, &[calls(5)], "a", HOUR).await
}

/// When the platform counts less, or as much, nothing changes: it may not have heard of everything yet.
pub async fn an_observation_of_less_changes_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    for _ in 0..3 {
        granted(&*store, &[calls(3)], "a").await?;
    }
    for used in [3, 2, 0] {
        store.observe(&calls(3), used).await?;
        assert_eq!(spent(&*store, &calls(3)).await?, (3, 0));
    }
    Ok(())
}

/// What was observed counts from then on, for the length of the window.
pub async fn what_was_observed_counts_from_now(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(2)], "a").await?;
    harness.advance(HOUR / 2).await;
    store.observe(&calls(2), 2).await?;
    waits(&*store, &[calls(2)], "b", HOUR / 2).await?;
    waits(&*store, &[calls(2)], "c", HOUR).await?;
    harness.advance(HOUR - MINUTE).await;
    waits(&*store, &[calls(2)], "c", MINUTE).await?;
    harness.advance(MINUTE).await;
    granted(&*store, &[calls(2)], "c").await
}

/// The platform may count more than the limit.
pub async fn more_than_the_limit_may_be_observed(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    store.observe(&calls(2), 50).await?;
    assert_eq!(spent(&*store, &calls(2)).await?, (50, 0));
    waits(&*store, &[calls(2)], "a", HOUR).await?;
    harness.advance(HOUR).await;
    assert_eq!(spent(&*store, &calls(2)).await?, (0, 1));
    granted(&*store, &[calls(2)], "a").await
}

/// Who waits has spent nothing: an observation counts grants only, and leaves the places.
pub async fn an_observation_leaves_the_places(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    store.observe(&calls(1), 2).await?;
    assert_eq!(spent(&*store, &calls(1)).await?, (2, 1));
    harness.advance(HOUR).await;
    granted(&*store, &[calls(1)], "b").await
}

/// What the platform counted belongs to nobody here: no holder has it, and none gives it back.
pub async fn nobody_refunds_what_the_platform_counted(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    store.observe(&holders(3), 2).await?;
    for holder in ["a", "b"] {
        store.refund(&["example/holders"], holder).await?;
    }
    assert_eq!(spent(&*store, &holders(3)).await?, (2, 0));
    granted(&*store, &[holders(3)], "a").await?;
    waits(&*store, &[holders(3)], "b", HOUR).await
}
