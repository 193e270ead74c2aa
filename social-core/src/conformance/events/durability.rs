use super::{begun, claimed, ended, event, keep, listed, none_claimed, only, ready, trouble};
use crate::{
    conformance::{
        Reopen,
        fixtures::{LEASE, at},
    },
    error::Result,
    store::{EventState, EventStore},
};

/// An insertion that was answered is there in the next process, and not new there.
pub async fn events_outlive_their_process(harness: &impl Reopen<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1), event(2)]).await?;
    let before = listed(&*store, EventState::Waiting).await?;
    let store = harness.reopen(store).await;
    assert_eq!(listed(&*store, EventState::Waiting).await?, before);
    let new = store.insert(&[event(3), event(2), event(1)]).await?;
    assert_eq!(new, [true, false, false], "ids outlive the process");
    let newest = listed(&*store, EventState::Waiting).await?.remove(0);
    assert!(newest.number > before[0].number, "numbers go on");
    Ok(())
}

/// A lease holds, and attempts are known of, in the next process.
pub async fn leases_and_attempts_outlive_their_process(
    harness: &impl Reopen<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    let store = harness.reopen(store).await;
    none_claimed(&*store, at(9), "the lease outlives the process").await?;
    harness.advance(LEASE).await;
    let next = claimed(&*store, at(1)).await?;
    assert_eq!(next.record.attempts, 2, "the attempt is known of");
    assert!(next.epoch > first.epoch, "epochs go on");
    let store = harness.reopen(store).await;
    let written = store.complete(&[first, next], at(2)).await?;
    assert_eq!(written, [false, true], "claims outlive the process");
    Ok(())
}

/// What became of events, and their failures, is known in the next process.
pub async fn ends_and_failures_outlive_their_process(
    harness: &impl Reopen<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    ended(&*store, &[2], EventState::Dead).await?;
    keep(&*store, &[event(3)]).await?;
    let claim = claimed(&*store, at(0)).await?;
    store.retry(&claim, at(5), Some(&trouble())).await?;
    let mut before = Vec::new();
    for state in EventState::ALL {
        before.push(listed(&*store, state).await?);
    }
    let store = harness.reopen(store).await;
    for (state, before) in EventState::ALL.into_iter().zip(before) {
        assert_eq!(listed(&*store, state).await?, before, "{state:?}");
    }
    let claims = store.claim(&ready(at(9))).await?;
    assert_eq!(super::numbers_of(&claims), [3]);
    assert_eq!(claims[0].record.failures, 1, "failures are known of");
    Ok(())
}

/// What was removed does not come back in the next process, its id stays known, and its number is not given again.
pub async fn what_was_purged_stays_away(harness: &impl Reopen<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    let number = only(&*store, EventState::Done).await?.number;
    let all = crate::store::Purge::new(EventState::Done, at(99), 9);
    assert_eq!(store.purge(&all).await?, 1);
    let store = harness.reopen(store).await;
    assert_eq!(listed(&*store, EventState::Done).await?, []);
    let new = store.insert(&[event(1), event(2)]).await?;
    assert_eq!(new, [false, true], "ids outlive the process");
    let kept = only(&*store, EventState::Waiting).await?;
    assert!(kept.number > number, "numbers go on");
    Ok(())
}
