//! Events: what the suite does not see.

use social_core::{
    conformance::named,
    error::{Error, ErrorKind},
    store::{
        ClaimEvents, EventClaim, EventFilter, EventState, EventStore, Purge, ReceivedEvent, Replay,
    },
    webhook::VerifiedEvent,
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{LEASE, PLATFORM, at, event, key};

async fn open(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("social.db");
    SqliteStore::open(path).await.unwrap()
}

async fn claim(store: &SqliteStore, limit: u32) -> Vec<EventClaim> {
    let which = ClaimEvents::new(at(100), LEASE, limit);
    EventStore::claim(store, &which).await.unwrap()
}

fn ids(claims: &[EventClaim]) -> Vec<&str> {
    claims.iter().map(|c| c.record.event.id.as_str()).collect()
}

#[tokio::test]
async fn an_event_is_kept_once_and_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut first = event(1);
    first.event.body = vec![0, 0xff, b'{'];
    first.event.account = Some(named("a"));
    first.event.occurred_at = Some(at(-5));
    let again = VerifiedEvent::new(PLATFORM, named("app"), "event-1", "other", vec![]);
    let again = ReceivedEvent::new(again, at(9));
    let new = store
        .insert(&[first.clone(), event(2), again.clone()])
        .await;
    assert_eq!(new.unwrap(), [true, true, false]);
    assert_eq!(store.insert(&[again]).await.unwrap(), [false]);
    assert!(store.insert(&[]).await.unwrap().is_empty());
    let claims = claim(&store, 9).await;
    assert_eq!(ids(&claims), ["event-1", "event-2"]);
    assert_eq!(claims[0].record.event, first.event);
    assert_eq!(claims[0].record.received_at, first.received_at);
    assert_eq!(claims[0].record.attempts, 1);
    let listed = store
        .list(&EventFilter::new(EventState::Waiting))
        .await
        .unwrap();
    assert_eq!(
        listed[1], claims[0].record,
        "a claim is the row as it is stored"
    );
}

#[tokio::test]
async fn a_number_is_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.insert(&[event(1)]).await.unwrap();
    let old = claim(&store, 1).await.remove(0);
    store
        .complete(std::slice::from_ref(&old), at(101))
        .await
        .unwrap();
    let purge = Purge::new(EventState::Done, at(200), 9);
    assert_eq!(EventStore::purge(&store, &purge).await.unwrap(), 1);
    let new = store.insert(&[event(1), event(2)]).await;
    assert_eq!(new.unwrap(), [false, true], "an id stays known");
    let new = claim(&store, 1).await.remove(0);
    assert_eq!(new.epoch, old.epoch);
    assert!(new.record.number > old.record.number);
    let done = store
        .complete(&[old.clone(), new.clone(), new], at(102))
        .await;
    assert_eq!(done.unwrap(), [false, true, false]);
    assert!(!store.retry(&old, at(103), None).await.unwrap());
}

#[tokio::test]
async fn trouble_is_kept_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut about = event(1);
    about.event.account = Some(named("a"));
    store.insert(&[about, event(2)]).await.unwrap();
    let claims = claim(&store, 9).await;
    let cause = Error::new(ErrorKind::Timeout, "no answer").with_code("late");
    assert!(
        store
            .retry(&claims[0], at(100), Some(&cause))
            .await
            .unwrap()
    );
    let again = claim(&store, 9).await.remove(0);
    assert_eq!(again.record.failures, 1);
    assert_eq!(again.record.cause.as_ref(), Some(&cause));
    assert!(store.park(&again, at(101), &cause).await.unwrap());
    assert!(store.park(&claims[1], at(101), &cause).await.unwrap());
    let backlog = store.backlog(at(100)).await.unwrap();
    assert_eq!((backlog.dead, backlog.ready, backlog.oldest), (2, 0, None));

    let mut which = Replay::new(EventState::Dead, 9);
    which.account = Some(key("a"));
    which.platform = Some(social_core::model::Platform::new("other"));
    assert_eq!(store.replay(&which, at(50)).await.unwrap(), 0);
    which.platform = None;
    assert_eq!(store.replay(&which, at(50)).await.unwrap(), 1);
    which.state = EventState::Waiting;
    assert_eq!(store.replay(&which, at(50)).await.unwrap(), 0);
    let replayed = claim(&store, 9).await.remove(0);
    assert_eq!((replayed.record.failures, replayed.record.attempts), (0, 1));
    assert_eq!(replayed.record.ready_at, at(50));
    assert!(replayed.record.cause.is_none() && replayed.record.ended_at.is_none());
}

#[tokio::test]
async fn the_backlog_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let events: Vec<_> = (1..=10).map(event).collect();
    store.insert(&events).await.unwrap();
    claim(&store, 3).await;
    let backlog = store.backlog(at(4)).await.unwrap();
    assert_eq!((backlog.ready, backlog.later, backlog.held), (4, 6, 3));
    assert_eq!(backlog.oldest, Some(at(1)));
    assert_eq!(
        store.next_ready().await.unwrap(),
        Some(at(4)),
        "of what nobody has claimed"
    );
    store.advance_clock(LEASE).await.unwrap();
    assert_eq!(store.backlog(at(4)).await.unwrap().held, 0);
}

#[tokio::test]
async fn clones_hear_of_events_and_posts() {
    use social_core::store::PostStore;

    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut events = EventStore::wakes(&store.clone());
    let mut posts = PostStore::wakes(&store.clone());
    store.insert(&[event(1)]).await.unwrap();
    events.next().await;
    store.submit(&crate::fixtures::post(1, "a")).await.unwrap();
    posts.next().await;
    store.resume(&key("a")).await.unwrap();
    posts.next().await;
}
