use super::{
    altered, begun, came, claimed, ended, ended_at, event, keep, kept, listed, numbers, only,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{OTHER, PLATFORM, at, micros, named},
    },
    error::Result,
    model::{AccountKey, OwnerId},
    store::{EventRecord, EventState, EventStore, ReceivedEvent, Replay},
};

/// A replayed dead letter waits as if it had just come: ready at `now`, with no attempts, failures and trouble.
pub async fn replays_dead_letters(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Dead).await?;
    let dead = only(&*store, EventState::Dead).await?;
    let all = Replay::new(EventState::Dead, 9);
    assert_eq!(store.replay(&all, at(60)).await?, 1);
    let expected = EventRecord {
        ready_at: at(60),
        ..EventRecord::new(dead.number, event(1))
    };
    assert_eq!(only(&*store, EventState::Waiting).await?, expected);
    super::none_claimed(&*store, at(59), "not yet ready").await?;
    let again = claimed(&*store, at(60)).await?.record;
    assert_eq!(again.attempts, 1, "its first attempt");
    Ok(())
}

/// What was handled can be handled again.
pub async fn replays_what_was_done(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    let dead = Replay::new(EventState::Dead, 9);
    assert_eq!(store.replay(&dead, at(60)).await?, 0, "none is dead");
    let done = Replay::new(EventState::Done, 9);
    assert_eq!(store.replay(&done, at(60)).await?, 1);
    assert_eq!(store.replay(&done, at(60)).await?, 0, "none is left");
    let waiting = only(&*store, EventState::Waiting).await?;
    assert_eq!(waiting.ended_at, None, "it has not ended");
    Ok(())
}

/// What waits is passed over, whatever is asked for: who holds it goes on.
pub async fn a_replay_passes_over_what_waits(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    for state in EventState::ALL {
        let replayed = store.replay(&Replay::new(state, 9), at(60)).await?;
        assert_eq!(replayed, 0, "{state:?}");
    }
    assert_eq!(only(&*store, EventState::Waiting).await?, claim.record);
    assert_eq!(store.complete(&[claim], at(1)).await?, [true]);
    Ok(())
}

/// Of many events those that came first are replayed first, and the limit holds.
pub async fn replays_those_that_came_first_first(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended_at(&*store, &[event(5)], EventState::Dead, at(9)).await?;
    ended_at(&*store, &[event(3), event(4)], EventState::Dead, at(8)).await?;
    ended_at(&*store, &[event(1)], EventState::Dead, at(7)).await?;
    let two = Replay::new(EventState::Dead, 2);
    assert_eq!(store.replay(&two, at(60)).await?, 2);
    let dead = listed(&*store, EventState::Dead).await?;
    assert_eq!(numbers(&dead), [1, 4], "the first are replayed");
    assert_eq!(store.replay(&two, at(70)).await?, 2);
    let claims = store.claim(&super::ready(at(99))).await?;
    assert_eq!(super::numbers_of(&claims), [5, 3, 4, 1], "in that order");
    let none = Replay::new(EventState::Dead, 0);
    assert_eq!(store.replay(&none, at(80)).await?, 0);
    Ok(())
}

/// Two dead events that differ in one thing, of which only the first is asked for.
async fn replays_one_of_two<S: EventStore>(
    store: &S,
    other: ReceivedEvent,
    which: Replay,
) -> Result<()> {
    ended(store, &[1], EventState::Dead).await?;
    let differs = other.clone();
    ended_at(store, &[other], EventState::Dead, at(0)).await?;
    let replayed = store.replay(&which, at(60)).await?;
    assert_eq!(replayed, 1, "one of two is asked for by {which:?}");
    let waiting = listed(store, EventState::Waiting).await?;
    assert_eq!(kept(&waiting[0]), event(1), "the one asked for");
    let dead = listed(store, EventState::Dead).await?;
    assert_eq!(kept(&dead[0]), differs, "the other stays");
    Ok(())
}

/// A platform may be asked for.
pub async fn replays_by_platform(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let other = altered(1, |event| event.platform = OTHER);
    let which = Replay {
        platform: Some(PLATFORM),
        ..Replay::new(EventState::Dead, 9)
    };
    replays_one_of_two(&*harness.store().await, other, which).await
}

/// One event may be asked for by its id, exactly.
pub async fn replays_by_id(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let other = altered(1, |event| event.id = event.id.to_uppercase());
    let which = Replay {
        id: Some(event(1).event.id),
        ..Replay::new(EventState::Dead, 9)
    };
    replays_one_of_two(&*harness.store().await, other, which).await
}

/// A kind may be asked for, exactly.
pub async fn replays_by_kind(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let other = altered(2, |event| event.kind = "video.published.late".to_owned());
    let which = Replay {
        kind: Some(event(1).event.kind),
        ..Replay::new(EventState::Dead, 9)
    };
    replays_one_of_two(&*harness.store().await, other, which).await
}

/// An account may be asked for, by platform, app and id, whoever owns it.
pub async fn replays_by_account(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let which = Replay {
        account: Some(AccountKey::new(
            named("anybody"),
            named("app"),
            PLATFORM,
            named("account-001"),
        )),
        ..Replay::new(EventState::Dead, 9)
    };
    let others = [
        altered(2, |event| event.account = Some(named("account-002"))),
        altered(2, |event| event.account = None),
        altered(2, |event| event.app = named("another app")),
        altered(2, |event| event.platform = OTHER),
    ];
    for other in others {
        replays_one_of_two(&*harness.store().await, other, which.clone()).await?;
    }
    Ok(())
}

/// Events may be asked for by when they came, from one time up to before another.
pub async fn replays_by_when_they_came(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let seconds = [-30, -20, -10, 0];
    let events = (0..).zip(seconds);
    let events = events.map(|(number, second)| came(number, second));
    let events: Vec<_> = events.collect();
    ended_at(&*store, &events, EventState::Done, at(0)).await?;
    let between = Replay {
        since: Some(at(-20)),
        until: Some(at(0)),
        ..Replay::new(EventState::Done, 9)
    };
    let later = Replay {
        since: Some(at(-20) + micros(1)),
        ..between.clone()
    };
    assert_eq!(store.replay(&later, at(60)).await?, 1, "after -20");
    assert_eq!(store.replay(&between, at(60)).await?, 1, "at -20");
    let done = listed(&*store, EventState::Done).await?;
    assert_eq!(numbers(&done), [3, 0], "until excludes its moment");
    Ok(())
}

/// All that is asked for must be so.
pub async fn replays_what_meets_every_wish(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1, 2], EventState::Dead).await?;
    keep(&*store, &[event(3)]).await?;
    let which = Replay {
        platform: Some(PLATFORM),
        id: Some(event(2).event.id),
        kind: Some(event(2).event.kind),
        account: Some(AccountKey::new(
            OwnerId::nobody(),
            named("app"),
            PLATFORM,
            named("account-001"),
        )),
        since: Some(at(0)),
        until: Some(at(1)),
        ..Replay::new(EventState::Dead, 9)
    };
    let elsewhere = Replay {
        platform: Some(OTHER),
        ..which.clone()
    };
    assert_eq!(store.replay(&elsewhere, at(60)).await?, 0, "contradicts");
    assert_eq!(store.replay(&which, at(60)).await?, 1);
    let dead = listed(&*store, EventState::Dead).await?;
    assert_eq!(numbers(&dead), [1], "the other stays");
    Ok(())
}
