use super::{HOUR, about, granted, holders, named, spent, wait, waits};
use crate::{
    conformance::Harness,
    error::{ErrorKind, Result},
    store::{Limit, Limits, Window},
};

const KEY: &str = "example/units";

/// So many units an hour, of which a booking takes some.
fn units(limit: u32, cost: u32) -> Limit {
    Limit::of_calls(KEY, Window::new(limit, HOUR)).costing(cost)
}

/// A booking of 400 units takes 400: what is left goes to whoever costs no more.
pub async fn a_booking_takes_what_it_costs(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[units(1_000, 400)], "a").await?;
    harness.advance(HOUR / 2).await;
    granted(&*store, &[units(1_000, 400)], "b").await?;
    assert_eq!(spent(&*store, &units(1_000, 1)).await?, (800, 0));
    waits(&*store, &[units(1_000, 400)], "c", HOUR / 2).await?;
    store.refund(&[KEY], "c").await?;
    granted(&*store, &[units(1_000, 200)], "d").await?;
    waits(&*store, &[units(1_000, 1)], "e", HOUR / 2).await?;
    harness.advance(HOUR / 2).await;
    granted(&*store, &[units(1_000, 1)], "e").await?;
    granted(&*store, &[units(1_000, 399)], "f").await?;
    waits(&*store, &[units(1_000, 1)], "g", HOUR / 2).await
}

/// One booking may take all there is.
pub async fn a_booking_may_take_all_there_is(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[units(400, 400)], "a").await?;
    waits(&*store, &[units(400, 1)], "b", HOUR).await?;
    waits(&*store, &[units(400, 400)], "c", 2 * HOUR).await?;
    harness.advance(HOUR).await;
    granted(&*store, &[units(400, 1)], "b").await?;
    waits(&*store, &[units(400, 400)], "c", HOUR).await
}

/// Who costs little does not pass who costs much and asked before: else that one would wait for ever.
pub async fn who_costs_little_stands_behind_who_costs_much(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[units(10, 6)], "a").await?;
    waits(&*store, &[units(10, 5)], "much", HOUR).await?;
    harness.advance(HOUR / 2).await;
    waits(&*store, &[units(10, 1)], "little", HOUR / 2).await?;
    assert_eq!(spent(&*store, &units(10, 1)).await?, (6, 2), "two places");
    harness.advance(HOUR / 2).await;
    granted(&*store, &[units(10, 5)], "much").await?;
    granted(&*store, &[units(10, 1)], "little").await?;
    assert_eq!(spent(&*store, &units(10, 1)).await?, (6, 0));
    Ok(())
}

/// Several keys with a cost of their own each are granted together, or none of them is.
pub async fn several_costs_are_granted_all_or_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let all = [
        units(1_000, 450),
        named("uploads", units(100, 1)),
        named("minute", units(60, 50)),
    ];
    let used = async |expected: [u32; 3]| -> Result<()> {
        for (limit, expected) in all.iter().zip(expected) {
            let (used, _) = spent(&*store, limit).await?;
            assert_eq!(used, expected, "of {}", limit.key);
        }
        Ok(())
    };
    granted(&*store, &all, "a").await?;
    used([450, 1, 50]).await?;
    waits(&*store, &all, "b", HOUR).await?;
    used([450, 1, 50]).await?;
    harness.advance(HOUR).await;
    granted(&*store, &all, "b").await?;
    used([450, 1, 50]).await
}

/// What costs more than the window ever takes is refused, and says so, instead of waiting for ever; nothing of it is
/// booked.
pub async fn a_cost_above_the_limit_is_invalid(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    invalid(&*store, units(400, 401), &[KEY, "401", "400"]).await?;
    granted(&*store, &[units(400, 400)], "a").await?;
    invalid(&*store, units(400, 401), &[KEY, "401", "400"]).await?;
    // Nothing is granted for now, which may become more.
    waits(&*store, &[named("closed", units(0, 400))], "a", HOUR).await
}

/// A booking of no units is refused.
pub async fn a_cost_of_nothing_is_invalid(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    invalid(&*store, units(400, 0), &[KEY, "0 units"]).await?;
    let holders = named(KEY, holders(0)).costing(0);
    invalid(&*store, holders, &[KEY, "0 units"]).await
}

async fn invalid<S: Limits>(store: &S, limit: Limit, words: &[&str]) -> Result<()> {
    let free = named("beside", units(9, 1));
    let both = [free.clone(), limit.clone()];
    for refused in [
        store.book(&both, "a").await.map(drop),
        store.usage(&limit).await.map(drop),
        store.observe(&limit, 9).await,
    ] {
        let Err(error) = refused else {
            panic!("it is invalid, but is taken: {limit:?}");
        };
        assert_eq!(error.kind(), ErrorKind::Invalid);
        for word in words {
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }
    assert_eq!(spent(store, &free).await?, (0, 0), "nothing is booked");
    Ok(())
}

/// A refund gives back all that a booking cost, granted or promised.
pub async fn a_refund_gives_the_whole_cost_back(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[units(1_000, 100)], "a").await?;
    granted(&*store, &[units(1_000, 400)], "b").await?;
    waits(&*store, &[units(1_000, 600)], "c", HOUR).await?;
    waits(&*store, &[units(1_000, 500)], "d", 2 * HOUR).await?;
    store.refund(&[KEY], "b").await?;
    assert_eq!(spent(&*store, &units(1_000, 1)).await?, (100, 2));
    store.refund(&[KEY], "c").await?;
    granted(&*store, &[units(1_000, 500)], "d").await?;
    assert_eq!(spent(&*store, &units(1_000, 1)).await?, (600, 0));
    granted(&*store, &[units(1_000, 400)], "e").await
}

/// Usage and observations count the same units: what the platform counts beyond them is added, and a newcomer waits for what
/// it costs.
pub async fn usage_and_observations_count_units(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[units(1_000, 400)], "a").await?;
    store.observe(&units(1_000, 1), 400).await?;
    assert_eq!(spent(&*store, &units(1_000, 400)).await?, (400, 0));
    harness.advance(HOUR / 2).await;
    store.observe(&units(1_000, 50), 650).await?;
    assert_eq!(spent(&*store, &units(1_000, 1)).await?, (650, 0));
    for (cost, expected) in [(350, 0), (351, 1), (750, 1), (751, 2)] {
        let usage = store.usage(&units(1_000, cost)).await?;
        about(usage.wait, expected * HOUR / 2, "a newcomer");
        assert_eq!(usage.wait.is_zero(), expected == 0, "{cost} units");
    }
    Ok(())
}

/// A holder who counts once keeps what it was granted, whatever it says now that it costs.
pub async fn a_holder_keeps_what_its_grant_cost(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let slot = |cost| named(KEY, holders(10)).costing(cost);
    for cost in [6, 9, 1] {
        granted(&*store, &[slot(cost)], "a").await?;
        assert_eq!(spent(&*store, &slot(1)).await?, (6, 0));
    }
    waits(&*store, &[slot(5)], "b", HOUR).await
}

/// Who asks again for its place says anew what it costs.
pub async fn a_place_costs_what_was_said_last(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[units(10, 6)], "a").await?;
    waits(&*store, &[units(10, 9)], "b", HOUR).await?;
    waits(&*store, &[units(10, 5)], "c", 2 * HOUR).await?;
    waits(&*store, &[units(10, 5)], "b", HOUR).await?;
    waits(&*store, &[units(10, 5)], "c", HOUR).await?;
    let exactly = wait(&*store, &[units(10, 5)], "b").await?;
    harness.advance(exactly).await;
    granted(&*store, &[units(10, 5)], "b").await?;
    granted(&*store, &[units(10, 5)], "c").await?;
    assert_eq!(spent(&*store, &units(10, 1)).await?, (10, 0));
    Ok(())
}

/// A purge counts bookings, whatever they cost.
pub async fn a_purge_counts_bookings_not_units(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    for holder in ["a", "b", "c"] {
        granted(&*store, &[units(2_000, 400)], holder).await?;
    }
    store.observe(&units(2_000, 1), 1_900).await?;
    harness.advance(HOUR).await;
    assert_eq!(store.purge(3).await?, 3, "three of four");
    assert_eq!(store.purge(9).await?, 1, "the rest");
    Ok(())
}
