use super::{about, begun, came, claimed, keep, listed, none_claimed, numbers, overtaken, trouble};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, at, micros},
    },
    error::Result,
    store::{EventRecord, EventState, EventStore, Replay},
};

/// What is another process's comes again at its time, as if nobody had looked: no failure, and no attempt.
pub async fn what_is_for_another_process_counts_no_failure(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    harness.advance(LEASE).await;
    let claim = claimed(&*store, at(0)).await?;
    assert_eq!(claim.record.attempts, 2, "the first one nobody ended");
    assert!(store.defer(&claim, at(30)).await?, "it held");
    let expected = EventRecord {
        ready_at: at(30),
        attempts: 0,
        ..claim.record.clone()
    };
    let kept = super::only(&*store, EventState::Waiting).await?;
    assert_eq!(kept, expected, "as if nobody had looked");
    assert!(!store.defer(&claim, at(40)).await?, "a claim ends once");
    none_claimed(&*store, at(30) - micros(1), "not yet ready").await?;
    let again = claimed(&*store, at(30)).await?;
    assert_eq!(store.complete(&[again], at(31)).await?, [true], "handled");
    Ok(())
}

/// Whoever lost the event to another worker gives nothing back.
pub async fn who_was_overtaken_defers_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    let deferred = store.defer(&late, at(9)).await?;
    assert!(!deferred, "who was overtaken defers nothing");
    assert_eq!(store.complete(&[next], at(2)).await?, [true], "it holds");
    Ok(())
}

/// What no process could handle is set aside in time, those that came first first; not what waits and was never looked at, is
/// in somebody's hands, or was tried.
pub async fn what_no_process_handles_is_set_aside(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(1, -40), (2, -50), (3, -5), (4, -60), (5, -70)] {
        keep(&*store, &[came(number, second)]).await?;
        let claim = claimed(&*store, at(0)).await?;
        assert!(store.defer(&claim, at(100)).await?, "it held");
    }
    // The fifth fails by now, the fourth is held; the sixth has only just been found.
    let mut held = store.claim(&super::ready(at(100))).await?;
    assert_eq!(held.len(), 5, "all come again");
    held.sort_by_key(|claim| claim.record.number);
    for claim in &held[..3] {
        store.defer(claim, at(200)).await?;
    }
    store.retry(&held[4], at(200), Some(&trouble())).await?;
    keep(&*store, &[came(6, -80)]).await?;
    assert_eq!(
        store.set_aside(at(-10), at(101), 1).await?,
        1,
        "nobody handles it"
    );
    let first = listed(&*store, EventState::Unmatched).await?;
    assert_eq!(numbers(&first), [2], "what came first");
    assert_eq!(
        store.set_aside(at(-10), at(102), 9).await?,
        1,
        "not what waits"
    );
    assert_eq!(store.set_aside(at(-10), at(102), 9).await?, 0, "no more");
    let aside = listed(&*store, EventState::Unmatched).await?;
    assert_eq!(numbers(&aside), [2, 1], "what no process handles");
    assert_eq!(aside[1].ended_at, Some(at(102)));
    let waits = listed(&*store, EventState::Waiting).await?;
    assert_eq!(numbers(&waits), [6, 5, 4, 3], "not what waits");
    // Somebody has the app by now.
    let replay = Replay::new(EventState::Unmatched, 9);
    assert_eq!(store.replay(&replay, at(200)).await?, 2);
    assert_eq!(
        store.set_aside(at(-10), at(201), 9).await?,
        0,
        "not what waits"
    );
    Ok(())
}

/// What is set aside holds nobody of its subject back.
pub async fn what_is_set_aside_lets_the_next_go(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[about(1, "post"), about(2, "post")]).await?;
    let claim = claimed(&*store, at(0)).await?;
    store.defer(&claim, at(500)).await?;
    none_claimed(&*store, at(1), "one of a subject at a time").await?;
    assert_eq!(store.set_aside(at(1), at(2), 1).await?, 1);
    let next = claimed(&*store, at(2)).await?;
    assert_eq!(numbers([&next.record]), [2], "the next one");
    Ok(())
}
