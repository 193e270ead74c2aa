//! Processes whose clock is an hour ahead take nothing away from the others.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    conformance::Harness,
    hub::ClockGuard,
    store::{
        ClaimEvents, ClaimPosts, EventStore, Next, PostClaim, PostStore, ReceivedEvent, RecordStep,
    },
    time::{Clock, ManualClock, SystemClock},
    webhook::VerifiedEvent,
};
use social_store_postgres::PgStore;

use crate::{
    fixtures::{LEASE, PLATFORM, at, post},
    schemas::Schemas,
};

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

/// The time, and a second for the server's clock.
fn now() -> DateTime<Utc> {
    SystemClock::default().now() + TimeDelta::seconds(1)
}

async fn claim(store: &PgStore, now: DateTime<Utc>) -> Vec<PostClaim> {
    let which = ClaimPosts::new(now, LEASE, 9, vec![(PLATFORM, 1)]);
    PostStore::claim(store, &which).await.unwrap()
}

async fn give_back(store: &PgStore, claim: &PostClaim, now: DateTime<Utc>) {
    let step = RecordStep::new(Next::At(at(0)), now);
    store.record(claim, &step).await.unwrap();
}

#[tokio::test]
async fn a_lane_that_was_served_by_a_clock_ahead_is_there_for_the_others() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    store.submit(&post(1, "a")).await.unwrap();
    let ahead = now() + hour();
    let claims = claim(&store, ahead).await;
    give_back(&store, &claims[0], ahead).await;
    let found = claim(&store, now()).await;
    assert_eq!(found.len(), 1, "given back");
    give_back(&store, &found[0], now()).await;

    assert_eq!(claim(&store, now() + hour()).await.len(), 1);
    // Its holder is killed.
    store.advance_clock(LEASE).await.unwrap();
    let found = claim(&store, now() + TimeDelta::seconds(600)).await;
    assert_eq!(found.len(), 1, "left to its lease");
}

#[tokio::test]
async fn what_is_due_at_once_is_not_put_off_by_its_submitters_clock() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let (mut at_once, mut later) = (post(1, "a"), post(2, "b"));
    at_once.created_at = now() + hour();
    at_once.due_at = at_once.created_at;
    (later.created_at, later.due_at) = (now(), now() + hour());
    store.submit(&at_once).await.unwrap();
    store.submit(&later).await.unwrap();
    let found = claim(&store, now()).await;
    assert_eq!(found.len(), 1, "the other one is scheduled");
    assert_eq!(found[0].post.id, at_once.id);
}

#[tokio::test]
async fn an_event_that_a_receiver_ahead_has_stored_is_there_for_the_others() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let event = VerifiedEvent::new(PLATFORM, "app", "event", "kind", vec![1]);
    let ahead = ReceivedEvent::new(event, now() + hour());
    store.insert(&[ahead]).await.unwrap();
    let which = ClaimEvents::new(now(), LEASE, 9);
    assert_eq!(EventStore::claim(&*store, &which).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_clock_is_compared_with_the_servers() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    for (off, held) in [(0, false), (50, false), (3_600, true), (-3_600, true)] {
        let clock = ManualClock::at(SystemClock::default().now() + TimeDelta::seconds(off));
        let guard = ClockGuard::new(Arc::clone(&store) as _, Arc::new(clock));
        assert_eq!(guard.is_held().await.unwrap(), held, "{off}");
        let ahead = guard.ahead().await.unwrap().unwrap().num_seconds();
        assert!((ahead - off).abs() < 30, "{off}: {ahead}");
        assert_eq!(guard.ran_ahead().await.unwrap().as_secs(), 0);
    }
    let guard = ClockGuard::new(Arc::clone(&store) as _, Arc::new(SystemClock::default()));
    assert!(!guard.is_held().await.unwrap());
    store.advance_clock(Duration::from_secs(90)).await.unwrap();
    let ahead = guard.ran_ahead().await.unwrap();
    assert_eq!(ahead.as_secs(), 90, "the server's clock was set");
}
