use std::time::Duration;

use super::{HOUR, about, calls, granted, holders, named, spent, waits};
use crate::{
    conformance::{Harness, fixtures::MINUTE},
    error::Result,
    store::{Block, Limits},
};

const KEY: &str = "example/calls";

/// Lists what is blocked; the times are compared by [`about`].
async fn blocked<S: Limits>(store: &S, limit: u32, expected: &[(&str, Duration)]) -> Result<()> {
    let blocks = store.blocks(limit).await?;
    let keys: Vec<_> = blocks.iter().map(|block| block.key.as_str()).collect();
    let named: Vec<_> = expected.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, named, "what is blocked, and longest first");
    for (Block { key, left }, (_, expected)) in blocks.iter().zip(expected) {
        about(*left, *expected, key);
    }
    Ok(())
}

/// A key that an operator lets go is granted at once, however long it was blocked for.
pub async fn an_unblocked_key_is_granted_at_once(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    store.block(KEY, 30_000 * HOUR).await?;
    waits(&*store, &[calls(9)], "a", 30_000 * HOUR).await?;
    assert!(store.unblock(KEY).await?, "it was blocked");
    granted(&*store, &[calls(9)], "a").await?;
    blocked(&*store, 9, &[]).await?;
    store.block(KEY, HOUR).await?;
    waits(&*store, &[calls(9)], "b", HOUR).await
}

/// Only a block ends: what is booked stays, and the limit holds.
pub async fn an_unblocked_key_keeps_its_bookings(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    store.block(KEY, 5 * HOUR).await?;
    assert!(store.unblock(KEY).await?);
    assert_eq!(spent(&*store, &calls(1)).await?, (1, 1));
    waits(&*store, &[calls(1)], "b", HOUR).await?;
    waits(&*store, &[calls(1)], "c", 2 * HOUR).await
}

/// An unblock is its key's own.
pub async fn an_unblock_is_its_keys_own(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    store.block(KEY, 2 * HOUR).await?;
    store.block("example/holders", 3 * HOUR).await?;
    assert!(store.unblock(KEY).await?);
    waits(&*store, &[holders(9)], "a", 3 * HOUR).await?;
    granted(&*store, &[calls(9)], "a").await
}

/// What is not blocked, or no longer, is let go by nobody.
pub async fn what_is_not_blocked_is_not_unblocked(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    assert!(!store.unblock(KEY).await?, "nobody has named it");
    granted(&*store, &[calls(1)], "a").await?;
    assert!(!store.unblock(KEY).await?, "it is spent, not blocked");
    store.block(KEY, HOUR).await?;
    harness.advance(HOUR + MINUTE).await;
    assert!(!store.unblock(KEY).await?, "it has ended");
    store.block(KEY, HOUR).await?;
    assert!(store.unblock(KEY).await?);
    assert!(!store.unblock(KEY).await?, "once");
    Ok(())
}

/// Lists what is blocked and for how long yet, the longest first, and no more than asked for.
pub async fn blocks_are_listed(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    blocked(&*store, 9, &[]).await?;
    for (key, hours) in [("b", 2), ("d", 9), ("a", 4), ("c", 1)] {
        store.block(key, hours * HOUR).await?;
    }
    granted(&*store, &[named("free", calls(1))], "a").await?;
    let all = [
        ("d", 9 * HOUR),
        ("a", 4 * HOUR),
        ("b", 2 * HOUR),
        ("c", HOUR),
    ];
    blocked(&*store, 9, &all).await?;
    blocked(&*store, 2, &all[..2]).await?;
    blocked(&*store, 0, &[]).await?;
    harness.advance(2 * HOUR + MINUTE).await;
    let left = [("d", 7 * HOUR - MINUTE), ("a", 2 * HOUR - MINUTE)];
    blocked(&*store, 9, &left).await
}
