use super::{HOUR, calls, granted, holders, named, spent, waits};
use crate::{
    conformance::{Harness, fixtures::UNICODE},
    error::Result,
    store::{Limit, Limits, Window},
};

const NAMES: [&str; 8] = [
    UNICODE,
    "it's \"quoted\" $1 ?1 :key",
    "example/init/1",
    "example/init/10",
    "EXAMPLE/INIT/1",
    "example/init/1 ",
    "%",
    "_",
];

/// Keys of any script are kept, and those that merely look alike are counted apart.
pub async fn keys_of_any_script_are_told_apart(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    for name in NAMES {
        granted(&*store, &[named(name, calls(1))], "a").await?;
    }
    for name in NAMES {
        waits(&*store, &[named(name, calls(1))], "b", HOUR).await?;
        store.refund(&[name], "a").await?;
        assert_eq!(spent(&*store, &named(name, calls(1))).await?, (0, 1));
    }
    Ok(())
}

/// Holders of any script are told apart.
pub async fn holders_of_any_script_are_told_apart(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limit = holders(8);
    for _ in 0..2 {
        for (name, used) in NAMES.into_iter().zip(1..) {
            granted(&*store, std::slice::from_ref(&limit), name).await?;
            let (spent, _) = spent(&*store, &limit).await?;
            assert!(spent == used || spent == 8, "{name} counts once: {spent}");
        }
    }
    assert_eq!(spent(&*store, &limit).await?, (8, 0));
    waits(&*store, &[limit], "a", HOUR).await
}

/// Nothing at all is granted at once.
pub async fn booking_nothing_is_granted(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[], "a").await
}

/// A grant of several keys counts in each of them.
pub async fn a_grant_of_several_keys_counts_in_each(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let both = [named("one", calls(2)), named("other", holders(1))];
    granted(&*store, &both, "a").await?;
    assert_eq!(spent(&*store, &both[0]).await?, (1, 0));
    assert_eq!(spent(&*store, &both[1]).await?, (1, 0));
    granted(&*store, &both, "a").await?;
    assert_eq!(spent(&*store, &both[0]).await?, (2, 0), "each call");
    assert_eq!(spent(&*store, &both[1]).await?, (1, 0), "each holder");
    Ok(())
}

/// Where one key is spent nothing is granted, and nothing is spent of the others.
pub async fn several_keys_are_granted_all_or_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let (free, full) = (named("free", calls(9)), named("full", calls(1)));
    granted(&*store, std::slice::from_ref(&full), "a").await?;
    for both in [[free.clone(), full.clone()], [full.clone(), free.clone()]] {
        waits(&*store, &both, "b", HOUR).await?;
        assert_eq!(spent(&*store, &free).await?, (0, 1), "nothing is spent");
        assert_eq!(spent(&*store, &full).await?, (1, 1));
    }
    harness.advance(HOUR).await;
    granted(&*store, &[free.clone(), full.clone()], "b").await?;
    assert_eq!(spent(&*store, &free).await?, (1, 0));
    assert_eq!(spent(&*store, &full).await?, (1, 0));
    Ok(())
}

/// Several keys are promised for the time at which the last of them is free, and are granted then.
pub async fn several_keys_wait_for_the_slowest(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let slow = Limit::of_calls("slow", Window::new(1, 3 * HOUR));
    granted(&*store, &[calls(1)], "a").await?;
    granted(&*store, std::slice::from_ref(&slow), "a").await?;
    let both = [calls(1), slow];
    waits(&*store, &both, "b", 3 * HOUR).await?;
    harness.advance(HOUR).await;
    waits(&*store, &both, "b", 2 * HOUR).await?;
    harness.advance(2 * HOUR).await;
    granted(&*store, &both, "b").await
}

/// Who waits for several keys has a place in the queue of each: who comes later for one of them stands behind.
pub async fn a_place_for_several_keys_is_one_in_each(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let (one, other) = (named("one", calls(1)), named("other", calls(1)));
    granted(&*store, std::slice::from_ref(&one), "a").await?;
    waits(&*store, &[one.clone(), other.clone()], "b", HOUR).await?;
    waits(&*store, std::slice::from_ref(&other), "c", 2 * HOUR).await?;
    store.refund(&["one", "other"], "b").await?;
    granted(&*store, &[other], "c").await
}
