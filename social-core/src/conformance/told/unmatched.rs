use std::sync::Arc;

use super::{Both, about, begun, claims, due, hand, known, listed, told, with_ids};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, at},
    },
    error::Result,
    store::{
        ClaimEvents, EventState, EventStore, HandedOver, PostStore, Purge, ReceivedEvent, Replay,
    },
};

/// An event about an id that no post has waits: no claim takes it, however long, it is counted apart, and later ones about the
/// same id pass it.
pub async fn an_event_without_a_post_waits(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    for number in [1, 2] {
        let handed = hand(&*store, &about(number, "remote-1"), 0).await?;
        assert_eq!(handed, HandedOver::Unmatched, "nobody has the id");
    }
    harness.advance(LEASE * 2).await;
    let which = ClaimEvents::new(at(9_999), LEASE, 100);
    assert!(EventStore::claim(&*store, &which).await?.is_empty());
    assert_eq!(EventStore::next_ready(&*store).await?, None);
    let backlog = store.backlog(at(0)).await?;
    assert_eq!((backlog.handed, backlog.unmatched), (2, 2));
    assert_eq!((backlog.ready, backlog.later, backlog.dead), (0, 0, 0));
    Ok(())
}

/// It is told once a checkpoint with its id is recorded, whatever the record says when the post is due.
pub async fn what_came_before_its_post_is_told_when_the_id_is_recorded(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    hand(&*store, &about(1, "remote-1"), 0).await?;
    hand(&*store, &about(2, "remote-2"), 0).await?;
    let claim = begun(&*store, 1).await?;
    let ids = with_ids(&["remote-1"], 9_999);
    store.record(&claim, &ids).await?;
    let claim = due(&*store, 0).await?;
    assert_eq!(told(&*store, &claim).await?, ["event-1"]);
    assert_eq!(store.told(&claim, 100).await?.due_at, Some(at(9_999)));
    let backlog = store.backlog(at(0)).await?;
    assert_eq!((backlog.handed, backlog.unmatched), (2, 1));
    // An id that comes later brings its own.
    let ids = with_ids(&["remote-1", "remote-2"], 9_999);
    store.record(&claim, &ids).await?;
    let claim = due(&*store, 0).await?;
    assert_eq!(told(&*store, &claim).await?, ["event-1", "event-2"]);
    Ok(())
}

/// Of many events that are handed over while the id is recorded none is lost, whichever is first.
pub async fn none_is_lost_while_the_id_is_recorded(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    for round in 1..=8 {
        let store = harness.store().await;
        let post = begun(&*store, 1).await?;
        let events: Vec<ReceivedEvent> = (0..CROWD)
            .map(|number| about(number as u64, &format!("remote-{}", number % 4)))
            .collect();
        store.insert(&events).await?;
        let ids: Vec<_> = (0..4).map(|number| format!("remote-{number}")).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let step = with_ids(&ids, 9_999);
        let (writer, handed) = (Arc::clone(&store), at(0));
        let record = async move { writer.record(&post, &step).await };
        let hands = async {
            loop {
                let which = ClaimEvents::new(at(0), LEASE, 4);
                let claims = EventStore::claim(&*store, &which).await?;
                if claims.is_empty() {
                    return Ok::<_, crate::Error>(());
                }
                let mut tasks = tokio::task::JoinSet::new();
                for claim in claims {
                    let store = Arc::clone(&store);
                    tasks.spawn(async move { store.hand_over(&claim, handed).await });
                }
                for answer in tasks.join_all().await {
                    answer?;
                }
            }
        };
        let (recorded, handed) = tokio::join!(record, hands);
        recorded?;
        handed?;
        let claim = due(&*store, 0).await?;
        let all = told(&*store, &claim).await?.len();
        assert_eq!(all, CROWD, "each is told, round {round}");
    }
    Ok(())
}

/// What no post came for in time is set aside, those that came first first, which is no error; replayed it finds a post
/// that is there by now.
pub async fn what_no_post_came_for_is_set_aside(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 9, "remote-9", 9_999).await?;
    for (number, second) in [(1, -30), (2, -20), (3, -10)] {
        let mut kept = about(number, "remote-1");
        kept.received_at = at(second);
        hand(&*store, &kept, 0).await?;
    }
    let mut kept = about(9, "remote-9");
    kept.received_at = at(-99);
    hand(&*store, &kept, 0).await?;
    assert_eq!(store.set_aside(at(-10), at(1), 1).await?, 1, "the limit");
    assert_eq!(store.set_aside(at(-10), at(1), 100).await?, 1);
    assert_eq!(store.set_aside(at(-10), at(1), 100).await?, 0, "no more");
    let aside = listed(&*store, EventState::Unmatched).await?;
    assert_eq!(aside, ["event-2", "event-1"]);
    let handed = listed(&*store, EventState::Handed).await?;
    assert_eq!(handed, ["event-9", "event-3"], "this one has its post");
    assert!(listed(&*store, EventState::Dead).await?.is_empty());
    assert!(listed(&*store, EventState::Done).await?.is_empty());
    due(&*store, 0).await?;
    known(&*store, 1, "remote-1", 9_999).await?;
    let mut replay = Replay::new(EventState::Done, 100);
    assert_eq!(store.replay(&replay, at(0)).await?, 0, "none is done");
    replay.state = EventState::Unmatched;
    replay.id = Some("event-2".to_owned());
    assert_eq!(store.replay(&replay, at(0)).await?, 1);
    let claim = super::event(&*store).await?;
    assert_eq!(store.hand_over(&claim, at(0)).await?, HandedOver::ToPost);
    Ok(())
}

/// What was set aside is purged as what is done is, and not before its time.
pub async fn what_was_set_aside_is_purged(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    hand(&*store, &about(1, "remote-1"), 0).await?;
    store.set_aside(at(99), at(1), 100).await?;
    let early = Purge::new(EventState::Done, at(1), 100);
    assert_eq!(store.purge(&early).await?, 0, "not before its time");
    let purge = Purge::new(EventState::Done, at(2), 100);
    assert_eq!(store.purge(&purge).await?, 1);
    assert!(listed(&*store, EventState::Unmatched).await?.is_empty());
    assert!(claims(&*store, 0).await?.is_empty());
    Ok(())
}
