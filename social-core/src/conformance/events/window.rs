use std::time::Duration;

use super::{ended, event, keep, listed};
use crate::{
    conformance::{
        Harness,
        fixtures::{MINUTE, at},
    },
    error::Result,
    store::{EventState, EventStore, Purge},
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How old a window is when the next one begins.
const WINDOW: Duration = DAY.saturating_mul(4);

/// Whether event 1 is taken for a new one.
async fn is_new<S: EventStore>(store: &S) -> Result<bool> {
    Ok(store.insert(&[event(1)]).await? == [true])
}

/// What ended, and was removed, is known for four days at least, whenever the windows turn.
pub async fn an_id_is_known_for_four_days(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    let all = Purge::new(EventState::Done, at(9_999_999), 9);
    assert_eq!(store.purge(&all).await?, 1);
    // The next window begins just after it came.
    harness.advance(WINDOW).await;
    store.maintain(None).await?;
    harness.advance(WINDOW - MINUTE).await;
    store.maintain(None).await?;
    assert!(!is_new(&*store).await?, "almost four days later");
    Ok(())
}

/// An id is new again when the window after its own is over, and not known for ever.
pub async fn an_id_is_new_again_after_two_windows(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1, 2], EventState::Done).await?;
    let before = listed(&*store, EventState::Done).await?;
    harness.advance(WINDOW).await;
    store.maintain(None).await?;
    assert!(!is_new(&*store).await?, "in the next window");
    harness.advance(WINDOW).await;
    store.maintain(None).await?;
    assert!(is_new(&*store).await?, "after the next window");
    assert!(!is_new(&*store).await?, "and known again");
    let done = listed(&*store, EventState::Done).await?;
    assert_eq!(done, before, "what was kept stays");
    let waiting = listed(&*store, EventState::Waiting).await?;
    assert!(waiting[0].number > before[0].number, "numbers go on");
    Ok(())
}

/// A window lasts four days, however often it is looked after, and one look turns it once, however late it comes.
pub async fn windows_turn_when_they_are_four_days_old(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    for _ in 0..3 {
        harness.advance(DAY).await;
        store.maintain(None).await?;
        store.maintain(None).await?;
    }
    harness.advance(9 * WINDOW).await;
    store.maintain(None).await?;
    store.maintain(None).await?;
    assert!(!is_new(&*store).await?, "the next window has just begun");
    Ok(())
}

/// While nobody looks after them, ids stay known.
pub async fn without_upkeep_ids_stay_known(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    harness.advance(9 * WINDOW).await;
    assert!(!is_new(&*store).await?, "no window has turned");
    Ok(())
}

/// What waits, and what ended since, is left alone by it.
pub async fn upkeep_removes_nothing_that_counts(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    ended(&*store, &[2], EventState::Dead).await?;
    keep(&*store, &[event(3)]).await?;
    harness.advance(9 * WINDOW).await;
    store.maintain(Some(at(0))).await?;
    store.maintain(Some(at(0))).await?;
    for state in [EventState::Dead, EventState::Done, EventState::Waiting] {
        assert_eq!(listed(&*store, state).await?.len(), 1, "{state:?}");
    }
    Ok(())
}
