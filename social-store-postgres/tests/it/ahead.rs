//! Processes whose clock is an hour ahead take nothing away from the others.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    conformance::{Harness, named},
    hub::ClockGuard,
    model::PostId,
    store::{
        ClaimEvents, ClaimPosts, EventStore, Next, PostClaim, PostEdit, PostStore, ReceivedEvent,
        RecordStep, Revision,
    },
    time::{Clock, ManualClock, SystemClock},
    webhook::VerifiedEvent,
};
use social_store_postgres::PgStore;

use crate::{
    fixtures::{LEASE, PLATFORM, app, at, key, post},
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
    let which = ClaimPosts::new(now, LEASE, 9, vec![(app(), 1)]);
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
    let event = VerifiedEvent::new(PLATFORM, named("app"), "event", "kind", vec![1]);
    let ahead = ReceivedEvent::new(event, now() + hour());
    store.insert(&[ahead]).await.unwrap();
    let which = ClaimEvents::new(now(), LEASE, 9);
    assert_eq!(EventStore::claim(&*store, &which).await.unwrap().len(), 1);
}

/// A post that a worker has begun, and that waits for a day.
async fn begun(store: &PgStore, number: u64, account: &str) -> PostId {
    let post = post(number, account);
    store.submit(&post).await.unwrap();
    let claims = claim(store, now()).await;
    assert_eq!(claims.len(), 1);
    let step = RecordStep::new(Next::At(now() + TimeDelta::days(1)), now());
    store.record(&claims[0], &step).await.unwrap();
    post.id
}

#[tokio::test]
async fn what_is_hastened_cancelled_or_moved_to_now_is_due_for_the_others() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let ahead = now() + hour();
    let hastened = begun(&store, 1, "a").await;
    assert!(
        store
            .hasten(&named("owner"), hastened, ahead)
            .await
            .unwrap()
    );
    let found = claim(&store, now()).await;
    assert_eq!(found.len(), 1, "hastened");

    let cancelled = begun(&store, 2, "b").await;
    store
        .cancel(&named("owner"), cancelled, ahead)
        .await
        .unwrap();
    assert_eq!(claim(&store, now()).await.len(), 1, "cancelled");

    let all = begun(&store, 3, "c").await;
    store.cancel_account(&key("c"), ahead).await.unwrap();
    assert_eq!(claim(&store, now()).await[0].post.id, all, "all of it");

    let mut later = post(4, "d");
    later.due_at = now() + TimeDelta::days(1);
    store.submit(&later).await.unwrap();
    let edit = PostEdit::new(ahead, None);
    let owner = named("owner");
    let edited = store.edit(&owner, later.id, Revision(1), &edit, ahead);
    edited.await.unwrap();
    assert_eq!(claim(&store, now()).await.len(), 1, "moved to now");
}

#[tokio::test]
async fn a_wish_to_cancel_is_not_put_off_by_the_clock_of_who_has_the_post() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let id = post(1, "a").id;
    store.submit(&post(1, "a")).await.unwrap();
    let claims = claim(&store, now()).await;
    store.cancel(&named("owner"), id, now()).await.unwrap();
    let ahead = now() + hour();
    let mut step = RecordStep::new(Next::At(ahead + hour()), ahead);
    step.heed_cancel = true;
    store.record(&claims[0], &step).await.unwrap();
    assert_eq!(claim(&store, now()).await.len(), 1);
}

#[tokio::test]
async fn a_clock_ahead_gives_up_nothing_that_the_others_have_time_for() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let mut in_time = post(1, "a");
    in_time.expires_at = Some(now() + hour() / 2);
    let mut missed = post(2, "b");
    missed.expires_at = Some(now() - hour());
    store.submit(&in_time).await.unwrap();
    store.submit(&missed).await.unwrap();
    let given_up = store
        .expire_missed(&[app()], now() + hour(), 9)
        .await
        .unwrap();
    let given_up: Vec<_> = given_up.iter().map(|post| post.id).collect();
    assert_eq!(given_up, [missed.id]);
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
