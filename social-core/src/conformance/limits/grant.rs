use std::time::Duration;

use super::{HOUR, calls, granted, holders, spent, waits};
use crate::{
    conformance::{Harness, fixtures::MINUTE},
    error::Result,
    store::{Limit, Limits, Window},
};

/// So many are granted as the limit says; the next one is told when the first leaves the window.
pub async fn grants_up_to_the_limit(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for holder in ["a", "b", "c"] {
        granted(&*store, &[calls(3)], holder).await?;
    }
    waits(&*store, &[calls(3)], "d", HOUR).await?;
    assert_eq!(spent(&*store, &calls(3)).await?, (3, 1));
    Ok(())
}

/// Where each call counts, who books again after a grant books another one.
pub async fn each_call_counts(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for used in 1..=2 {
        granted(&*store, &[calls(2)], "a").await?;
        assert_eq!(spent(&*store, &calls(2)).await?, (used, 0));
    }
    waits(&*store, &[calls(2)], "a", HOUR).await
}

/// Where each holder counts once, who books again after a grant has it still.
pub async fn a_holder_counts_once(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for _ in 0..5 {
        granted(&*store, &[holders(2)], "a").await?;
        assert_eq!(spent(&*store, &holders(2)).await?, (1, 0));
    }
    granted(&*store, &[holders(2)], "b").await?;
    waits(&*store, &[holders(2)], "c", HOUR).await?;
    granted(&*store, &[holders(2)], "a").await
}

/// A holder's grant is over when it leaves the window: then it counts anew.
pub async fn a_holder_counts_anew_after_the_window(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[holders(1)], "a").await?;
    harness.advance(HOUR - MINUTE).await;
    granted(&*store, &[holders(1)], "a").await?;
    harness.advance(MINUTE).await;
    assert_eq!(spent(&*store, &holders(1)).await?, (0, 0), "it has left");
    granted(&*store, &[holders(1)], "a").await?;
    waits(&*store, &[holders(1)], "b", HOUR).await
}

/// A booking leaves the window when the window's time has passed on the store's clock, and not before.
pub async fn a_booking_leaves_exactly_after_its_window(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    harness.advance(HOUR - MINUTE).await;
    waits(&*store, &[calls(1)], "b", MINUTE).await?;
    harness.advance(MINUTE).await;
    granted(&*store, &[calls(1)], "b").await
}

/// A limit by the minute is one in any sixty seconds.
pub async fn a_minute_is_sixty_seconds(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [Limit::of_calls("minute", Window::per_minute(2))];
    for _ in 0..2 {
        granted(&*store, &limit, "a").await?;
    }
    waits(&*store, &limit, "a", MINUTE).await?;
    harness.advance(MINUTE).await;
    granted(&*store, &limit, "a").await
}

/// A limit by the day is one in any 24 hours, not one of calendar days: what is spent is regained one by one.
pub async fn a_day_rolls(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [Limit::new("day", Window::per_day(2))];
    granted(&*store, &limit, "at 0").await?;
    harness.advance(12 * HOUR).await;
    granted(&*store, &limit, "at 12").await?;
    waits(&*store, &limit, "at 24", 12 * HOUR).await?;
    harness.advance(12 * HOUR).await;
    granted(&*store, &limit, "at 24").await?;
    waits(&*store, &limit, "at 36", 12 * HOUR).await?;
    harness.advance(11 * HOUR).await;
    waits(&*store, &limit, "at 36", HOUR).await?;
    harness.advance(HOUR).await;
    granted(&*store, &limit, "at 36").await
}

/// A limit of nothing grants nothing: whoever asks is to wait for a whole window, again and again.
pub async fn a_limit_of_nothing_grants_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    for _ in 0..3 {
        waits(&*store, &[calls(0)], "a", HOUR).await?;
        waits(&*store, &[holders(0)], "a", HOUR).await?;
        let usage = store.usage(&calls(0)).await?;
        assert_eq!(usage.used, 0, "nothing is granted");
        super::about(usage.wait, HOUR, "a newcomer");
        harness.advance(HOUR).await;
    }
    Ok(())
}

/// A limit that is larger than anything spent is never in the way.
pub async fn a_limit_never_reached_grants_all(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for _ in 0..100 {
        granted(&*store, &[calls(u32::MAX)], "a").await?;
    }
    assert_eq!(spent(&*store, &calls(u32::MAX)).await?, (100, 0));
    waits(&*store, &[calls(100)], "a", HOUR).await
}

/// What was granted is not taken away by a window that is said to be smaller, and a larger one grants more: the window is
/// what the call says.
pub async fn a_window_is_what_the_call_says(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let of = |limit, per: Duration| Limit::of_calls("key", Window::new(limit, per));
    granted(&*store, &[of(1, HOUR)], "a").await?;
    granted(&*store, &[of(3, HOUR)], "b").await?;
    harness.advance(HOUR / 2).await;
    granted(&*store, &[of(3, HOUR)], "c").await?;
    assert_eq!(store.usage(&of(1, HOUR)).await?.used, 3, "more than one");
    assert_eq!(store.usage(&of(1, HOUR / 2)).await?.used, 1, "shorter");
    waits(&*store, &[of(1, HOUR / 2)], "d", HOUR / 2).await?;
    store.refund(&["key"], "d").await?;
    waits(&*store, &[of(2, HOUR)], "d", HOUR / 2).await?;
    store.refund(&["key"], "d").await?;
    waits(&*store, &[of(2, 3 * HOUR)], "d", 5 * HOUR / 2).await
}
