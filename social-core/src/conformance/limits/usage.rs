use super::{HOUR, about, calls, granted, spent, waits};
use crate::{
    conformance::Harness,
    error::Result,
    store::{Limits, Usage},
};

/// A key that nobody booked is unused.
pub async fn an_unknown_key_is_unused(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.usage(&calls(1)).await?, Usage::default());
    Ok(())
}

/// Usage tells what was granted in the window, who waits, and for how long a newcomer would.
pub async fn usage_tells_for_how_long_a_newcomer_would_wait(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(2)];
    granted(&*store, &limit, "a").await?;
    let usage = store.usage(&limit[0]).await?;
    assert_eq!(usage, Usage::new(1, 0, std::time::Duration::ZERO), "free");
    harness.advance(HOUR / 4).await;
    granted(&*store, &limit, "b").await?;
    for (holder, quarters) in [("c", 3), ("d", 4), ("e", 7)] {
        let usage = store.usage(&limit[0]).await?;
        about(usage.wait, quarters * HOUR / 4, "a newcomer");
        waits(&*store, &limit, holder, quarters * HOUR / 4).await?;
    }
    assert_eq!(spent(&*store, &limit[0]).await?, (2, 3));
    Ok(())
}

/// Asking for the usage spends nothing and takes no place.
pub async fn usage_spends_nothing(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for _ in 0..5 {
        store.usage(&calls(1)).await?;
    }
    granted(&*store, &[calls(1)], "a").await?;
    for _ in 0..5 {
        store.usage(&calls(1)).await?;
    }
    assert_eq!(spent(&*store, &calls(1)).await?, (1, 0));
    waits(&*store, &[calls(1)], "b", HOUR).await
}

/// A newcomer waits for a block to end.
pub async fn usage_knows_of_a_block(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    store.block("example/calls", HOUR / 3).await?;
    let usage = store.usage(&calls(1)).await?;
    assert_eq!((usage.used, usage.waiting), (0, 0), "nothing is spent");
    about(usage.wait, HOUR / 3, "a newcomer");
    Ok(())
}
