use super::{altered, ended, event, keep, keep_each, kept, listed, only};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, OTHER, named, race},
    },
    error::Result,
    store::{EventState, EventStore},
};

/// An event that is sent again is not new, and what was kept stays, whatever else differs.
pub async fn an_event_is_kept_once(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    let again = altered(2, |again| again.id = event(1).event.id);
    assert_eq!(store.insert(&[again]).await?, [false], "it is kept once");
    let first = only(&*store, EventState::Waiting).await?;
    assert_eq!(kept(&first), event(1), "what was kept stays");
    Ok(())
}

/// An id is its platform's: the same one of another platform is another event.
pub async fn the_same_id_of_another_platform_is_another_event(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let elsewhere = altered(1, |event| event.platform = OTHER);
    keep(&*store, &[event(1), elsewhere.clone()]).await?;
    let listed = listed(&*store, EventState::Waiting).await?;
    let listed: Vec<_> = listed.iter().map(kept).collect();
    assert_eq!(listed, [elsewhere, event(1)]);
    Ok(())
}

/// An id is its app's: a platform that sends one thing to two apps under one id has sent two events.
pub async fn the_same_id_for_another_app_is_another_event(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let other_app = altered(1, |event| event.app = named("another app"));
    let both = [event(1), other_app.clone()];
    keep(&*store, &both).await?;
    assert_eq!(store.insert(&both).await?, [false, false], "both are known");
    let listed = listed(&*store, EventState::Waiting).await?;
    let listed: Vec<_> = listed.iter().map(kept).collect();
    assert_eq!(listed, [other_app, event(1)]);
    Ok(())
}

/// Of two events with the same id in one batch the first is kept, and the second is not new.
pub async fn of_two_with_the_same_id_in_one_batch_the_first_is_kept(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let twin = altered(9, |twin| twin.id = event(1).event.id);
    let batch = [event(2), event(1), twin.clone(), event(3), twin];
    let new = store.insert(&batch).await?;
    assert_eq!(new, [true, true, false, true, false], "the first is new");
    let listed = listed(&*store, EventState::Waiting).await?;
    let listed: Vec<_> = listed.iter().map(kept).collect();
    assert_eq!(listed, [event(3), event(1), event(2)]);
    Ok(())
}

/// The answers stand in the order of the batch.
pub async fn says_of_each_of_a_batch_whether_it_was_new(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, &[5, 3, 1]).await?;
    let batch = [9, 5, 8, 1, 2, 3].map(event);
    let new = store.insert(&batch).await?;
    assert_eq!(new, [true, false, true, false, true, false]);
    assert_eq!(listed(&*store, EventState::Waiting).await?.len(), 6);
    Ok(())
}

/// Whatever became of an event, it is not new when it is sent again, and is not handled again.
pub async fn an_event_that_ended_is_not_new(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1], EventState::Done).await?;
    ended(&*store, &[2], EventState::Dead).await?;
    let new = store.insert(&[event(1), event(2)]).await?;
    assert_eq!(new, [false, false], "they were sent before");
    super::none_claimed(&*store, crate::conformance::fixtures::at(9), "they ended").await
}

/// Many insert the same events at once, in batches that overlap and run in opposite orders: of each event one hears that
/// it is new, and nobody waits for ever.
pub async fn of_many_inserters_one_hears_that_an_event_is_new(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    const EVENTS: usize = 60;
    let store = harness.store().await;
    let batch = |task: usize| -> Vec<usize> {
        let shifted = (0..EVENTS / 2).map(|number| (number + task * 7) % EVENTS);
        match task % 2 {
            0 => shifted.collect(),
            _ => shifted.rev().collect(),
        }
    };
    let answers = race(&store, |store, task| async move {
        let events: Vec<_> = batch(task).into_iter().map(event).collect();
        Ok((task, store.insert(&events).await?))
    })
    .await;
    let mut heard = vec![0; EVENTS];
    for answer in answers {
        let (task, new) = answer?;
        assert_eq!(new.len(), EVENTS / 2, "an answer for each");
        for (number, new) in batch(task).into_iter().zip(new) {
            heard[number] += usize::from(new);
        }
    }
    assert_eq!(heard, vec![1; EVENTS], "one of {CROWD} hears yes");
    let kept = listed(&*store, EventState::Waiting).await?;
    let mut numbers = super::numbers(&kept);
    numbers.sort_unstable();
    let all: Vec<_> = (0..EVENTS).collect();
    assert_eq!(numbers, all, "each is kept once");
    Ok(())
}
