use std::{sync::Arc, time::Duration};

use super::{undisturbed, whole_or_nothing};
use crate::{
    conformance::Harness,
    error::Result,
    store::{Limit, Limits, Window},
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Two limits of one holder, each of its own.
fn limits(number: usize) -> [Limit; 2] {
    ["one", "other"].map(|key| Limit::new(format!("{key} {number}"), Window::new(1, HOUR)))
}

async fn booked<S: Limits>(store: Arc<S>, number: usize) -> Result<usize> {
    store.book(&limits(number), "a").await?;
    Ok(number)
}

async fn nothing<S: Limits>(_: Arc<S>, number: usize) -> Result<usize> {
    Ok(number)
}

async fn shown<S: Limits>(store: Arc<S>, number: usize) -> Result<String> {
    let mut shown = String::new();
    for limit in limits(number) {
        let usage = store.usage(&limit).await?;
        let free = usage.wait.is_zero();
        shown += &format!("{} {} {free}; ", usage.used, usage.waiting);
    }
    Ok(shown)
}

/// Each of several keys is granted, or none is.
pub async fn a_dropped_booking_is_granted_whole_or_not(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        nothing,
        |store, number| async move { store.book(&limits(number), "a").await },
        shown,
    )
    .await
}

/// A place is taken in the queue of each key, or in none.
pub async fn a_dropped_booking_has_a_place_for_each_key_or_none(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        booked,
        |store, number| async move { store.book(&limits(number), "b").await },
        shown,
    )
    .await
}

/// Each of several keys is refunded, or none is.
pub async fn a_dropped_refund_is_of_all_keys_or_none(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        booked,
        |store, number| async move {
            let [one, other] = limits(number);
            store.refund(&[&one.key, &other.key], "a").await
        },
        shown,
    )
    .await
}

/// All that is missing of what the platform counts is added, or nothing.
pub async fn a_dropped_observation_adds_all_or_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        booked,
        |store, number| async move { store.observe(&limits(number)[0], 7).await },
        shown,
    )
    .await
}

/// A key is blocked, or is not.
pub async fn a_dropped_block_holds_or_not(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        nothing,
        |store, number| async move { store.block(&limits(number)[0].key, HOUR).await },
        shown,
    )
    .await
}

/// A block is ended, or is not.
pub async fn a_dropped_unblock_ends_a_block_or_not(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        |store, number| async move {
            store.block(&limits(number)[0].key, HOUR).await?;
            Ok(number)
        },
        |store, number| async move { store.unblock(&limits(number)[0].key).await },
        shown,
    )
    .await
}

/// Asking for the usage, and removing what has left its window, may be dropped.
pub async fn dropped_looks_at_limits_disturb_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let unused = &limits(1)[0];
    undisturbed("usage", || store.usage(unused)).await?;
    for number in 0..30 {
        booked(Arc::clone(&store), number).await?;
    }
    harness.advance(HOUR).await;
    booked(Arc::clone(&store), 99).await?;
    let mut attempts = super::Attempts::default();
    while attempts.next().is_some() {
        if let Some(purged) = attempts.drop_after(store.purge(1)).await {
            assert!(purged? <= 1, "the limit holds");
        }
        let seen = shown(Arc::clone(&store), 99).await?;
        assert_eq!(seen, "1 0 false; 1 0 false; ", "what counts stays");
    }
    Ok(())
}
