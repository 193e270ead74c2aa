use std::time::Duration;

use super::{HOUR, calls, granted, holders, named, spent, waits};
use crate::{
    conformance::{Harness, fixtures::MINUTE},
    error::Result,
    store::Limits,
};

const KEY: &str = "example/calls";

/// A blocked key is granted to nobody until the block ends, and then at once.
pub async fn a_block_ends_exactly_when_it_says(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    store.block(KEY, 2 * HOUR).await?;
    waits(&*store, &[calls(9)], "a", 2 * HOUR).await?;
    harness.advance(2 * HOUR - MINUTE).await;
    waits(&*store, &[calls(9)], "a", MINUTE).await?;
    harness.advance(MINUTE).await;
    granted(&*store, &[calls(9)], "a").await
}

/// A shorter block leaves a longer one as it is; a longer one takes its place.
pub async fn a_longer_block_stays(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    store.block(KEY, 2 * HOUR).await?;
    store.block(KEY, HOUR).await?;
    store.block(KEY, Duration::ZERO).await?;
    waits(&*store, &[calls(9)], "a", 2 * HOUR).await?;
    store.block(KEY, 3 * HOUR).await?;
    waits(&*store, &[calls(9)], "a", 3 * HOUR).await?;
    harness.advance(2 * HOUR).await;
    store.block(KEY, HOUR / 2).await?;
    waits(&*store, &[calls(9)], "a", HOUR).await
}

/// A block is its key's own, and whoever needs several keys waits for the blocked one.
pub async fn a_block_is_its_keys_own(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    store.block(KEY, HOUR).await?;
    granted(&*store, &[named("free", calls(1))], "a").await?;
    let both = [named("other", calls(1)), calls(1)];
    waits(&*store, &both, "b", HOUR).await?;
    harness.advance(HOUR).await;
    granted(&*store, &both, "b").await
}

/// A block puts off what was promised, and the order of the queue stays.
pub async fn a_block_puts_off_what_was_promised(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "b", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    store.block(KEY, 3 * HOUR).await?;
    waits(&*store, &limit, "b", 3 * HOUR).await?;
    waits(&*store, &limit, "c", 4 * HOUR).await?;
    harness.advance(3 * HOUR).await;
    waits(&*store, &limit, "c", HOUR).await?;
    granted(&*store, &limit, "b").await
}

/// A limit of nothing waits for a block that is longer than its window.
pub async fn a_block_outlasts_a_limit_of_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    store.block(KEY, 5 * HOUR).await?;
    waits(&*store, &[calls(0)], "a", 5 * HOUR).await
}

/// Who has a slot keeps it through a block: it was spent before.
pub async fn a_block_takes_nothing_away(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[holders(2)], "a").await?;
    store.block("example/holders", HOUR / 2).await?;
    granted(&*store, &[holders(2)], "a").await?;
    assert_eq!(spent(&*store, &holders(2)).await?, (1, 0));
    waits(&*store, &[holders(2)], "b", HOUR / 2).await
}

/// A block may last for years.
pub async fn a_block_may_last_for_years(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let years = 20 * 365 * 24 * HOUR;
    store.block(KEY, years).await?;
    waits(&*store, &[calls(1)], "a", years).await?;
    super::about(
        store.usage(&calls(1)).await?.wait,
        years + HOUR,
        "a newcomer",
    );
    Ok(())
}
