use super::{HOUR, calls, granted, holders, named, spent, waits};
use crate::{conformance::Harness, error::Result, store::Limits};

/// A refunded grant is free at once, and those who wait move up.
pub async fn a_refund_moves_others_up(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "b", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    store.refund(&["example/calls"], "a").await?;
    granted(&*store, &limit, "b").await?;
    waits(&*store, &limit, "c", HOUR).await
}

/// Who gives up its place lets those behind move up, and those ahead stay.
pub async fn a_refunded_place_moves_others_up(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    for (holder, hours) in [("b", 1), ("c", 2), ("d", 3)] {
        waits(&*store, &limit, holder, hours * HOUR).await?;
    }
    store.refund(&["example/calls"], "c").await?;
    assert_eq!(spent(&*store, &limit[0]).await?, (1, 2), "a place is gone");
    waits(&*store, &limit, "b", HOUR).await?;
    waits(&*store, &limit, "d", 2 * HOUR).await?;
    waits(&*store, &limit, "c", 3 * HOUR).await
}

/// A slot that is refunded is free for another, and its holder has it no more.
pub async fn a_slot_is_freed_by_its_refund(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [holders(2)];
    granted(&*store, &limit, "a").await?;
    granted(&*store, &limit, "b").await?;
    waits(&*store, &limit, "c", HOUR).await?;
    store.refund(&["example/holders"], "a").await?;
    granted(&*store, &limit, "c").await?;
    waits(&*store, &limit, "a", HOUR).await?;
    granted(&*store, &limit, "b").await
}

/// Of several grants the latest is taken back: the earlier ones leave the window when they would.
pub async fn a_refund_takes_the_latest_grant(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(2)];
    granted(&*store, &limit, "a").await?;
    harness.advance(HOUR / 2).await;
    granted(&*store, &limit, "a").await?;
    store.refund(&["example/calls"], "a").await?;
    assert_eq!(spent(&*store, &limit[0]).await?, (1, 0), "one of two");
    granted(&*store, &limit, "b").await?;
    waits(&*store, &limit, "c", HOUR / 2).await
}

/// A place and the latest grant are taken back together, and nothing of anybody else.
pub async fn a_refund_takes_place_and_grant_of_its_holder_only(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(2)];
    granted(&*store, &limit, "a").await?;
    granted(&*store, &limit, "b").await?;
    waits(&*store, &limit, "a", HOUR).await?;
    waits(&*store, &limit, "c", HOUR).await?;
    store.refund(&["example/calls"], "a").await?;
    assert_eq!(spent(&*store, &limit[0]).await?, (1, 1), "b and c are left");
    granted(&*store, &limit, "c").await
}

/// Several keys are refunded together, and other keys stay.
pub async fn a_refund_names_its_keys(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limits = ["one", "two", "three"].map(|key| named(key, calls(1)));
    granted(&*store, &limits, "a").await?;
    store.refund(&["three", "one"], "a").await?;
    for (limit, used) in limits.iter().zip([0, 1, 0]) {
        assert_eq!(spent(&*store, limit).await?, (used, 0), "{}", limit.key);
    }
    Ok(())
}

/// What is not booked is passed over: unknown keys, other holders, and what was refunded before.
pub async fn a_refund_passes_over_what_is_not_booked(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(2)];
    store.refund(&[], "a").await?;
    store.refund(&["example/calls", "unknown"], "a").await?;
    granted(&*store, &limit, "a").await?;
    granted(&*store, &limit, "b").await?;
    for _ in 0..3 {
        store.refund(&["unknown", "example/calls"], "a").await?;
        store.refund(&["example/calls"], "c").await?;
        store.refund(&["EXAMPLE/calls"], "b").await?;
        assert_eq!(spent(&*store, &limit[0]).await?, (1, 0), "b has its own");
    }
    Ok(())
}
