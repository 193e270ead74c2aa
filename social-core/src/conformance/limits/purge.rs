use super::{HOUR, calls, granted, holders, named, spent, waits};
use crate::{conformance::Harness, error::Result, store::Limits};

/// What left its window is removed and counted, no more than the limit at a time.
pub async fn purges_what_left_its_window(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for holder in ["a", "b", "c"] {
        granted(&*store, &[calls(9)], holder).await?;
        granted(&*store, &[holders(9)], holder).await?;
    }
    assert_eq!(store.purge(9).await?, 0, "all are in their window");
    harness.advance(HOUR).await;
    assert_eq!(store.purge(0).await?, 0, "the limit holds");
    assert_eq!(store.purge(4).await?, 4, "the limit holds");
    assert_eq!(store.purge(9).await?, 2, "the rest");
    assert_eq!(store.purge(9).await?, 0, "none is left");
    Ok(())
}

/// What still counts stays: grants, places and blocks, so that nobody notices a purge.
pub async fn a_purge_leaves_what_counts(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "b", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    store.block("blocked", 3 * HOUR).await?;
    assert_eq!(store.purge(9).await?, 0, "all of it counts");
    harness.advance(HOUR).await;
    assert_eq!(store.purge(9).await?, 1, "one has left");
    assert_eq!(spent(&*store, &limit[0]).await?, (0, 2), "two wait");
    waits(&*store, &limit, "c", HOUR).await?;
    granted(&*store, &limit, "b").await?;
    waits(&*store, &[named("blocked", calls(1))], "a", 2 * HOUR).await
}

/// A place that lapsed is removed too; who comes back for it comes last, purged or not.
pub async fn purges_places_that_lapsed(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "late", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    harness.advance(2 * HOUR).await;
    assert_eq!(store.purge(9).await?, 2, "a grant and a place");
    assert_eq!(spent(&*store, &limit[0]).await?, (0, 1), "one waits");
    waits(&*store, &limit, "late", HOUR).await?;
    granted(&*store, &limit, "c").await
}
