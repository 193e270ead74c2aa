use super::{
    HOUR, calls,
    ending::{DAY, day},
    granted, holders, spent, waits,
};
use crate::{
    conformance::{Reopen, fixtures::MINUTE},
    error::Result,
    store::Limits,
};

/// What was granted counts in the next process, and its holder has it still.
pub async fn bookings_outlive_their_process(harness: &impl Reopen<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    granted(&*store, &[holders(1)], "a").await?;
    let store = harness.reopen(store).await;
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    waits(&*store, &[holders(1)], "b", HOUR).await?;
    granted(&*store, &[holders(1)], "a").await
}

/// Places and promises are kept in the next process.
pub async fn places_outlive_their_process(harness: &impl Reopen<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    waits(&*store, &[calls(1)], "c", 2 * HOUR).await?;
    let store = harness.reopen(store).await;
    waits(&*store, &[calls(1)], "d", 3 * HOUR).await?;
    waits(&*store, &[calls(1)], "c", 2 * HOUR).await?;
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    assert_eq!(spent(&*store, &calls(1)).await?, (1, 3));
    Ok(())
}

/// Blocks hold in the next process.
pub async fn blocks_outlive_their_process(harness: &impl Reopen<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    store.block("example/calls", 2 * HOUR).await?;
    let store = harness.reopen(store).await;
    waits(&*store, &[calls(1)], "a", 2 * HOUR).await
}

/// What an operator let go is free in the next process.
pub async fn unblocks_outlive_their_process(harness: &impl Reopen<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    store.block("example/calls", 2 * HOUR).await?;
    assert!(store.unblock("example/calls").await?);
    let store = harness.reopen(store).await;
    granted(&*store, &[calls(1)], "a").await
}

/// What was refunded does not come back in the next process.
pub async fn refunds_outlive_their_process(harness: &impl Reopen<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    store.refund(&["example/calls"], "a").await?;
    let store = harness.reopen(store).await;
    granted(&*store, &[calls(1)], "b").await
}

/// Windows, promises and blocks are measured on one clock, which goes on from process to process.
pub async fn time_goes_on_from_process_to_process(
    harness: &impl Reopen<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    store.block("example/holders", HOUR).await?;
    harness.advance(HOUR / 2).await;
    let store = harness.reopen(store).await;
    harness.advance(HOUR / 2 - MINUTE).await;
    waits(&*store, &[calls(1)], "b", MINUTE).await?;
    waits(&*store, &[holders(1)], "c", MINUTE).await?;
    let store = harness.reopen(store).await;
    harness.advance(MINUTE).await;
    granted(&*store, &[calls(1)], "b").await?;
    granted(&*store, &[holders(1)], "c").await
}

/// What bookings cost, and when their windows end, is known in the next process; the end comes on the same clock.
pub async fn costs_and_ends_outlive_their_process(
    harness: &impl Reopen<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(1_000, HOUR).costing(700)], "a").await?;
    waits(&*store, &[day(1_000, HOUR).costing(400)], "b", HOUR).await?;
    harness.advance(HOUR / 2).await;
    let store = harness.reopen(store).await;
    assert_eq!(spent(&*store, &day(1_000, HOUR / 2)).await?, (700, 1));
    waits(&*store, &[day(1_000, HOUR / 2).costing(400)], "b", HOUR / 2).await?;
    harness.advance(HOUR / 2).await;
    granted(&*store, &[day(1_000, DAY).costing(400)], "b").await?;
    let store = harness.reopen(store).await;
    assert_eq!(spent(&*store, &day(1_000, DAY)).await?, (400, 0));
    Ok(())
}
