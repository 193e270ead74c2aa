use super::{HOUR, calls, granted, holders, spent, wait, waits};
use crate::{
    conformance::{Harness, fixtures::MINUTE},
    error::Result,
    store::Limits,
};

/// Each who waits is promised the time at which it is granted, and not a moment later.
pub async fn the_promised_time_is_when_it_is_granted(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(2)];
    granted(&*store, &limit, "a").await?;
    harness.advance(HOUR / 4).await;
    granted(&*store, &limit, "b").await?;
    let quarter = HOUR / 4;
    for (holder, promised) in [("c", 3), ("d", 4), ("e", 7), ("f", 8), ("g", 11)] {
        waits(&*store, &limit, holder, promised * quarter).await?;
    }
    for holder in ["c", "d", "e", "f", "g"] {
        let exactly = wait(&*store, &limit, holder).await?;
        if exactly > 2 * MINUTE {
            harness.advance(exactly - 2 * MINUTE).await;
            waits(&*store, &limit, holder, 2 * MINUTE).await?;
        }
        let exactly = wait(&*store, &limit, holder).await?;
        harness.advance(exactly).await;
        granted(&*store, &limit, holder).await?;
    }
    Ok(())
}

/// Who asked first is granted it first, whoever comes back first.
pub async fn queues_in_the_order_of_asking(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "b", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    harness.advance(HOUR).await;
    waits(&*store, &limit, "c", HOUR).await?;
    granted(&*store, &limit, "b").await?;
    waits(&*store, &limit, "c", HOUR).await
}

/// Asking again keeps the place and the time, and takes no second one.
pub async fn asking_again_keeps_the_place(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for limit in [calls(1), holders(1)] {
        let limit = [limit];
        granted(&*store, &limit, "a").await?;
        waits(&*store, &limit, "b", HOUR).await?;
        waits(&*store, &limit, "c", 2 * HOUR).await?;
        harness.advance(HOUR / 2).await;
        for _ in 0..3 {
            waits(&*store, &limit, "b", HOUR / 2).await?;
            waits(&*store, &limit, "c", 3 * HOUR / 2).await?;
        }
        assert_eq!(spent(&*store, &limit[0]).await?, (1, 2), "two wait");
        harness.advance(HOUR / 2).await;
        granted(&*store, &limit, "b").await?;
    }
    Ok(())
}

/// A newcomer stands behind those who wait, also when their time has come and they are not back yet.
pub async fn a_newcomer_stands_behind_the_queue(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(2)];
    granted(&*store, &limit, "a").await?;
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "b", HOUR).await?;
    harness.advance(HOUR + MINUTE).await;
    granted(&*store, &limit, "c").await?;
    waits(&*store, &limit, "d", HOUR - MINUTE).await?;
    granted(&*store, &limit, "b").await
}

/// A place that nobody comes back for lapses a window after its promised time; those behind lose nothing by it.
pub async fn a_place_that_nobody_comes_back_for_lapses(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "gone", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    harness.advance(2 * HOUR - MINUTE).await;
    assert_eq!(spent(&*store, &limit[0]).await?, (0, 2), "not yet lapsed");
    waits(&*store, &limit, "c", MINUTE).await?;
    harness.advance(MINUTE).await;
    assert_eq!(spent(&*store, &limit[0]).await?, (0, 1), "lapsed");
    granted(&*store, &limit, "c").await?;
    assert_eq!(spent(&*store, &limit[0]).await?, (1, 0));
    Ok(())
}

/// Who comes back after the place lapsed comes last, and has one place.
pub async fn who_comes_back_after_the_lapse_comes_last(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "late", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    waits(&*store, &limit, "d", 3 * HOUR).await?;
    harness.advance(2 * HOUR).await;
    waits(&*store, &limit, "late", 2 * HOUR).await?;
    granted(&*store, &limit, "c").await?;
    waits(&*store, &limit, "d", HOUR).await?;
    waits(&*store, &limit, "late", 2 * HOUR).await?;
    assert_eq!(spent(&*store, &limit[0]).await?, (1, 2), "one place each");
    Ok(())
}

/// Who comes late, but before the place lapses, is granted it; the window counts from then on, and who stands behind
/// waits for it.
pub async fn who_comes_late_never_lifts_the_limit(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = [calls(1)];
    granted(&*store, &limit, "a").await?;
    waits(&*store, &limit, "late", HOUR).await?;
    waits(&*store, &limit, "c", 2 * HOUR).await?;
    harness.advance(2 * HOUR - MINUTE).await;
    granted(&*store, &limit, "late").await?;
    harness.advance(MINUTE).await;
    waits(&*store, &limit, "c", HOUR - MINUTE).await?;
    harness.advance(HOUR - MINUTE).await;
    granted(&*store, &limit, "c").await
}
