use super::{begun, ended, ended_at, event, keep, listed, numbers, only};
use crate::{
    conformance::{
        Harness,
        fixtures::{at, micros},
    },
    error::Result,
    store::{EventState, EventStore, Purge},
};

/// What ended before the given time is removed and counted; what ended then, or later, stays.
pub async fn purges_what_ended_before(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    for state in [EventState::Dead, EventState::Done] {
        let store = harness.store().await;
        ended_at(&*store, &[event(1)], state, at(10)).await?;
        ended_at(&*store, &[event(2)], state, at(20)).await?;
        let purged = store.purge(&Purge::new(state, at(10), 9)).await?;
        assert_eq!(purged, 0, "not before");
        let after = at(10) + micros(1);
        assert_eq!(store.purge(&Purge::new(state, after, 9)).await?, 1);
        assert_eq!(numbers(&listed(&*store, state).await?), [2], "it stays");
        assert_eq!(store.purge(&Purge::new(state, after, 9)).await?, 0);
    }
    Ok(())
}

/// What ended first is removed first, whenever it came, and the limit holds.
pub async fn purges_what_ended_first_first(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(1, 30), (2, 10), (3, 20), (4, 10), (5, 40)] {
        ended_at(&*store, &[event(number)], EventState::Done, at(second)).await?;
    }
    let three = Purge::new(EventState::Done, at(999), 3);
    assert_eq!(store.purge(&three).await?, 3, "the limit holds");
    let left = listed(&*store, EventState::Done).await?;
    assert_eq!(numbers(&left), [5, 1], "what ended last is left");
    let none = Purge::new(EventState::Done, at(999), 0);
    assert_eq!(store.purge(&none).await?, 0);
    assert_eq!(store.purge(&three).await?, 2, "the rest");
    Ok(())
}

/// What waits is never removed, however old, held or not.
pub async fn what_waits_is_never_purged(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    keep(&*store, &[event(2)]).await?;
    for state in EventState::ALL {
        let purged = store.purge(&Purge::new(state, at(9_999_999), 9)).await?;
        assert_eq!(purged, 0, "{state:?}");
    }
    assert_eq!(listed(&*store, EventState::Waiting).await?.len(), 2);
    Ok(())
}

/// Dead letters stay when what was done is removed, and the other way round.
pub async fn purges_one_state_only(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    ended(&*store, &[2], EventState::Dead).await?;
    let done = Purge::new(EventState::Done, at(999), 9);
    assert_eq!(store.purge(&done).await?, 1);
    assert_eq!(numbers([&only(&*store, EventState::Dead).await?]), [2]);
    Ok(())
}

/// An event that was removed is known when it is sent again; a claim on it is over.
pub async fn a_purged_event_is_still_known(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    for state in [EventState::Dead, EventState::Done] {
        let store = harness.store().await;
        ended(&*store, &[1], state).await?;
        assert_eq!(store.purge(&Purge::new(state, at(999), 9)).await?, 1);
        let again = store.insert(&[event(1), event(2)]).await?;
        assert_eq!(again, [false, true], "it was sent before");
    }
    let store = harness.store().await;
    let old = begun(&*store).await?;
    store.complete(std::slice::from_ref(&old), at(1)).await?;
    let all = Purge::new(EventState::Done, at(999), 9);
    assert_eq!(store.purge(&all).await?, 1);
    let written = store.complete(&[old], at(2)).await?;
    assert_eq!(written, [false], "the claim is over");
    Ok(())
}
