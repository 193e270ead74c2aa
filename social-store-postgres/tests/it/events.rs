//! Events beyond the suite: large and hostile batches, damaged rows, transactions of the caller.

use chrono::TimeDelta;
use social_core::{
    conformance::named,
    error::Error,
    model::{AccountId, AppId},
    store::{
        ClaimEvents, EventClaim, EventFilter, EventState, EventStore, Purge, ReceivedEvent, Replay,
    },
    webhook::{EventSubject, VerifiedEvent},
};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, PgPool, Row};
use tokio::task::JoinSet;

use crate::{
    fixtures::{LEASE, PLATFORM, at},
    schemas::{Schemas, database_url, run},
};

pub(crate) fn event(id: impl Into<String>) -> ReceivedEvent {
    let event = VerifiedEvent::new(PLATFORM, named("app"), id, "comment", b"{}".to_vec());
    ReceivedEvent::new(event, at(0))
}

pub(crate) async fn claimed(store: &PgStore, limit: u32) -> Vec<EventClaim> {
    let which = ClaimEvents::new(at(0), LEASE, limit);
    EventStore::claim(store, &which).await.unwrap()
}

fn ids(claims: &[EventClaim]) -> Vec<&str> {
    let ids = claims.iter().map(|claim| claim.record.event.id.as_str());
    ids.collect()
}

pub(crate) async fn stored(store: &PgStore, state: EventState) -> Vec<String> {
    let mut filter = EventFilter::new(state);
    filter.limit = 10_000;
    let mut records = EventStore::list(store, &filter).await.unwrap();
    records.reverse();
    records.into_iter().map(|record| record.event.id).collect()
}

#[tokio::test]
async fn a_batch_of_five_thousand_is_kept_in_the_order_it_came() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    // Their ids sort the other way around.
    let mut batch: Vec<_> = (0..5_000_u32)
        .rev()
        .map(|n| event(format!("{n:05}")))
        .collect();
    batch.push(event("00007"));
    let mut expected = vec![true; 5_000];
    expected.push(false);
    assert_eq!(store.insert(&batch).await.unwrap(), expected);
    let came: Vec<_> = batch[..5_000]
        .iter()
        .map(|kept| kept.event.id.clone())
        .collect();
    assert_eq!(stored(&store, EventState::Waiting).await, came);
    let claims = claimed(&store, 5_000).await;
    assert_eq!(ids(&claims), came, "and claimed in that order");
    let done = store.complete(&claims, at(1)).await.unwrap();
    assert_eq!(done, vec![true; 5_000]);
    let backlog = store.backlog(at(1)).await.unwrap();
    assert_eq!((backlog.ready, backlog.held), (0, 0));
}

#[tokio::test]
async fn bodies_of_more_than_one_message_are_kept_whole() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let bodies = [4_usize << 20, 20 << 20, 20 << 20, 0, 40 << 20];
    let batch = bodies.iter().zip(b'a'..).map(|(length, byte)| {
        let mut event = event(char::from(byte));
        event.event.body = vec![byte; *length];
        event
    });
    let batch: Vec<_> = batch.collect();
    let known = batch[1].clone();
    assert_eq!(store.insert(&[known]).await.unwrap(), [true]);
    let new = store.insert(&batch).await.unwrap();
    assert_eq!(new, [true, false, true, true, true]);
    let claims = claimed(&store, 10).await;
    assert_eq!(ids(&claims), ["b", "a", "c", "d", "e"]);
    for claim in &claims {
        let mut sent = batch.iter().map(|kept| &kept.event);
        let sent = sent.find(|event| event.id == claim.record.event.id);
        assert!(sent == Some(&claim.record.event), "as it came");
    }
}

#[tokio::test]
async fn what_a_platform_may_send_never_fails_a_batch() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let hostile = [
        "\0",
        "a\0b",
        "",
        &"long ".repeat(20_000),
        "\u{feff}",
        "'; --",
    ];
    let batch = hostile.iter().map(|text| {
        let mut kept = event(*text);
        let event = &mut kept.event;
        let id = (*text).to_owned();
        event.app = AppId::new(*text).unwrap_or_else(|_| named("app"));
        event.account = AccountId::new(*text).ok();
        (event.kind, event.subject) = (id.clone(), EventSubject::Media { id });
        event.body = text.as_bytes().to_vec();
        kept
    });
    let batch: Vec<_> = batch.collect();
    assert_eq!(store.insert(&batch).await.unwrap(), [true; 6]);
    assert_eq!(
        store.insert(&batch).await.unwrap(),
        [false; 6],
        "each is known"
    );
    let claims = claimed(&store, 10).await;
    let kept: Vec<_> = claims
        .iter()
        .map(|claim| claim.record.event.clone())
        .collect();
    let sent: Vec<_> = batch.iter().map(|kept| kept.event.clone()).collect();
    assert_eq!(kept, sent);
    let cause = Error::storage("a cause with a zero: \0");
    assert!(store.park(&claims[0], at(1), &cause).await.unwrap());
    let dead = EventStore::list(&store, &EventFilter::new(EventState::Dead))
        .await
        .unwrap();
    assert_eq!(dead[0].cause.as_ref(), Some(&cause));
    let mut one = Replay::new(EventState::Dead, 10);
    one.id = Some("\0".to_owned());
    one.kind.clone_from(&one.id);
    assert_eq!(store.replay(&one, at(2)).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_in_opposite_orders_wait_for_nobody_for_ever() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut tasks = JoinSet::new();
    for task in 0..32 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut new = 0;
            for round in 0..10 {
                let mut batch: Vec<_> =
                    (0..100).map(|n| event(format!("{round} {n:03}"))).collect();
                if task % 2 == 0 {
                    batch.reverse();
                }
                let flags = store.insert(&batch).await.unwrap();
                new += flags.into_iter().filter(|new| *new).count();
            }
            new
        });
    }
    let new: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(new, 1_000, "each was new once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_completions_and_replays_wait_for_nobody_for_ever() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let batch: Vec<_> = (0..200).map(|n| event(format!("{n:03}"))).collect();
    store.insert(&batch).await.unwrap();
    let mut claims = claimed(&store, 200).await;
    let mut tasks = JoinSet::new();
    for task in 0..32_i64 {
        let (store, mine) = (store.clone(), claims.clone());
        tasks.spawn(async move {
            let done = store.complete(&mine, at(task)).await.unwrap();
            let again = Replay::new(EventState::Done, 50);
            let again = store.replay(&again, at(task)).await.unwrap();
            let purge = Purge::new(EventState::Done, at(99), 3);
            let purged = EventStore::purge(&store, &purge).await.unwrap();
            (
                done.into_iter().filter(|done| *done).count(),
                again + purged,
            )
        });
        claims.reverse();
    }
    let (mut done, mut moved) = (0, 0);
    for (completed, others) in tasks.join_all().await {
        done += completed;
        moved += others;
    }
    assert_eq!(done, 200, "each was completed once");
    assert!(moved >= 200, "all were replayed or purged: {moved}");
}

#[tokio::test]
async fn completions_join_a_transaction_of_the_caller() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let pool = PgPool::connect(&database_url()).await.unwrap();
    run(format!("CREATE TABLE {name}.notices (text text)")).await;
    store.insert(&[event("a"), event("b")]).await.unwrap();
    let claims = claimed(&store, 2).await;
    let notice = format!("INSERT INTO {name}.notices VALUES ('seen')");

    for commit in [false, true] {
        let mut tx = pool.begin().await.unwrap();
        let notice = AssertSqlSafe(notice.clone());
        sqlx::query(notice).execute(&mut *tx).await.unwrap();
        let done = store.complete_in(&mut tx, &claims, at(1)).await.unwrap();
        assert_eq!(done, [true, true]);
        let seen = store.backlog(at(0)).await.unwrap();
        assert_eq!(seen.ready, 2, "not before the commit");
        if commit {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
        let left = store.backlog(at(0)).await.unwrap();
        assert_eq!(left.ready, if commit { 0 } else { 2 });
    }
    let mut tx = pool.begin().await.unwrap();
    let late = store.complete_in(&mut tx, &claims, at(2)).await.unwrap();
    assert_eq!(late, [false, false], "they are done");
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {name}.notices"));
    let count: i64 = sqlx::query(count).fetch_one(&mut *tx).await.unwrap().get(0);
    assert_eq!(count, 1);
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_damaged_event_does_not_stop_the_others() {
    let (log, queue) = ("webhook_events", "event_queue");
    for (table, damage, repair) in [
        (log, "kind = '\\xff'", "kind = 'comment'"),
        (log, "event_id = '\\xc080'", "event_id = 'b'"),
        (log, "word = 'post'", "word = 'other'"),
        (log, "occurred_at = 'infinity'", "occurred_at = NULL"),
        (queue, "cause = '\"BROKEN\"'", "cause = NULL"),
        (queue, "failures = -1", "failures = 0"),
        (queue, "attempts = -9", "attempts = 0"),
    ] {
        let schemas = Schemas::direct();
        let name = schemas.name().await;
        let store = schemas.connect(&name).await;
        let batch = ["a", "b", "c"].map(event);
        store.insert(&batch).await.unwrap();
        let tamper = |set: &str| run(format!("UPDATE {name}.{table} SET {set} WHERE number = 2"));
        tamper(damage).await;
        assert_eq!(
            stored(&store, EventState::Waiting).await,
            ["a", "c"],
            "{damage}"
        );
        assert_eq!(ids(&claimed(&store, 10).await), ["a", "c"], "{damage}");
        assert!(
            claimed(&store, 10).await.is_empty(),
            "it is put off: {damage}"
        );

        tamper(repair).await;
        let later = ClaimEvents::new(at(0) + TimeDelta::hours(1), LEASE, 10);
        let repaired = EventStore::claim(&store, &later).await.unwrap();
        assert_eq!(ids(&repaired), ["b"], "it is tried again later");
    }
}
