//! The tables of events: partitions are made before they are needed and dropped whole, windows of ids turn under load.

use std::time::Duration;

use chrono::TimeDelta;
use social_core::{
    Error, ErrorKind,
    store::{EventState, EventStore, Purge},
};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::task::JoinSet;

use crate::{
    events::{claimed, event, stored},
    fixtures::at,
    schemas::{Schemas, raw, run},
};

/// Numbers of one partition.
const SIZE: i64 = 1 << 25;

/// The next event has the number after this.
async fn go_to(name: &str, number: i64) {
    run(format!(
        "SELECT setval('{name}.webhook_event_numbers', {number})"
    ))
    .await;
}

/// The names of the parts of a table.
async fn parts(name: &str, table: &str) -> Vec<String> {
    let mut conn = raw().await;
    let sql = format!(
        "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = '{name}.{table}'::regclass ORDER BY c.oid"
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut conn).await;
    let names = rows.unwrap().iter().map(|row| row.get(0)).collect();
    conn.close().await.unwrap();
    names
}

async fn done(store: &PgStore) {
    let claims = claimed(store, 100).await;
    let written = store.complete(&claims, at(1)).await.unwrap();
    assert!(written.iter().all(|written| *written));
}

#[tokio::test]
async fn whoever_enters_a_partition_makes_those_to_come() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let parts_of_log = || parts(&name, "webhook_events");
    assert_eq!(parts_of_log().await.len(), 3, "two are ahead");
    go_to(&name, SIZE - 2).await;
    let new = store.insert(&["a", "b", "c"].map(event)).await.unwrap();
    assert_eq!(new, [true; 3]);
    let made = parts_of_log().await;
    assert_eq!(made.last().unwrap(), "webhook_events_p3", "{made:?}");
    assert_eq!(parts(&name, "event_ends").await.len(), 4);
    assert_eq!(stored(&store, EventState::Waiting).await, ["a", "b", "c"]);
    done(&store).await;
    assert_eq!(stored(&store, EventState::Done).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn an_insertion_makes_the_partition_that_nobody_made() {
    let schemas = Schemas::pooled();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    go_to(&name, 9 * SIZE - 1).await;
    assert_eq!(store.insert(&[event("a")]).await.unwrap(), [true]);
    assert_eq!(store.insert(&[event("a")]).await.unwrap(), [false]);
    done(&store).await;
    assert_eq!(stored(&store, EventState::Done).await, ["a"]);
}

#[tokio::test]
async fn a_partition_is_dropped_when_all_of_it_ended_long_ago() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.insert(&["a", "b"].map(event)).await.unwrap();
    done(&store).await;
    let ended = Some(at(1));
    let after = Some(at(1) + TimeDelta::microseconds(1));
    store.maintain(after).await.unwrap();
    let done_then = stored(&store, EventState::Done).await;
    assert_eq!(done_then, ["a", "b"], "more will come into it");

    go_to(&name, SIZE).await;
    store.insert(&["c", "d"].map(event)).await.unwrap();
    for keeps in [None, ended] {
        store.maintain(keeps).await.unwrap();
        assert_eq!(stored(&store, EventState::Done).await, ["a", "b"]);
    }
    run(format!(
        "INSERT INTO {name}.event_queue (number, due, ready_at, received_at, platform, word)
        SELECT number, received_at, received_at, received_at, platform, word FROM {name}.webhook_events WHERE number = 1"
    ))
    .await;
    store.maintain(after).await.unwrap();
    assert_eq!(
        parts(&name, "event_ends").await[0],
        "event_ends_p0",
        "one waits"
    );
    run(format!("DELETE FROM {name}.event_queue WHERE number = 1")).await;

    let purge = Purge::new(EventState::Done, at(99), 9);
    let purged = EventStore::purge(&store, &purge).await.unwrap();
    assert_eq!(purged, 0, "row by row it is left alone");
    store.maintain(after).await.unwrap();
    for table in ["webhook_events", "event_ends"] {
        assert_eq!(parts(&name, table).await[0], format!("{table}_p1"));
    }
    assert!(stored(&store, EventState::Done).await.is_empty());
    let known = store.insert(&[event("a")]).await.unwrap();
    assert_eq!(known, [false], "its id is known as long as any");
    assert_eq!(stored(&store, EventState::Waiting).await, ["c", "d"]);
}

/// A dead letter keeps its own partition, and none that is full and over behind it.
#[tokio::test]
async fn what_keeps_one_partition_keeps_no_other() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.insert(&[event("dead")]).await.unwrap();
    let claims = claimed(&store, 1).await;
    let cause = Error::new(ErrorKind::Invalid, "nobody can handle it");
    assert!(store.park(&claims[0], at(1), &cause).await.unwrap());
    go_to(&name, SIZE).await;
    store.insert(&[event("done")]).await.unwrap();
    done(&store).await;
    go_to(&name, 2 * SIZE).await;
    store.insert(&[event("new")]).await.unwrap();
    store.maintain(Some(at(99))).await.unwrap();
    let left = parts(&name, "webhook_events").await;
    assert_eq!(left[..2], ["webhook_events_p0", "webhook_events_p2"]);
    assert_eq!(stored(&store, EventState::Dead).await, ["dead"]);
}

/// While a drop waits for its locks a replay may let an event of that partition wait again: it keeps its body.
#[tokio::test]
async fn a_replay_before_a_partition_is_dropped_keeps_it() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.insert(&[event("again")]).await.unwrap();
    done(&store).await;
    go_to(&name, SIZE).await;
    store.insert(&[event("new")]).await.unwrap();
    // A replay by hand, whose transaction is open while the drop looks and waits.
    let mut conn = raw().await;
    let sql = format!(
        "BEGIN; DELETE FROM {name}.event_ends WHERE number = 1;
        INSERT INTO {name}.event_queue (number, due, ready_at, received_at, platform, word)
        SELECT number, received_at, received_at, received_at, platform, word FROM {name}.webhook_events WHERE number = 1"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut conn)
        .await
        .unwrap();
    let upkeep = tokio::spawn({
        let store = store.clone();
        async move { store.maintain(Some(at(99))).await }
    });
    waits_for_a_lock(&name).await;
    sqlx::raw_sql("COMMIT").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    upkeep.await.unwrap().unwrap();
    assert_eq!(parts(&name, "event_ends").await[0], "event_ends_p0");
    let waiting = stored(&store, EventState::Waiting).await;
    assert_eq!(waiting, ["again", "new"], "with its body");
}

/// Until somebody waits for a table of this schema.
async fn waits_for_a_lock(name: &str) {
    let mut conn = raw().await;
    let sql = format!(
        "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE NOT l.granted AND c.relnamespace = '{name}'::regnamespace"
    );
    for _ in 0..2_000 {
        let row = sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_one(&mut conn);
        if row.await.unwrap().get::<i64, _>(0) > 0 {
            return conn.close().await.unwrap();
        }
        tokio::task::yield_now().await;
    }
    panic!("nobody waits");
}

#[tokio::test]
async fn a_window_of_ids_is_dropped_whole() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.insert(&[event("a")]).await.unwrap();
    let four_days = Duration::from_secs(4 * 24 * 3_600);
    for turn in 2..5 {
        store.advance_clock(four_days).await.unwrap();
        store.maintain(None).await.unwrap();
        store.maintain(None).await.unwrap();
        let windows = [turn - 1, turn].map(|turn| format!("event_ids_{turn}"));
        assert_eq!(parts(&name, "event_ids").await, windows);
    }
}

/// Windows turn much faster than in four days, while many send the same ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_id_is_kept_twice_while_windows_turn() {
    const IDS: usize = 200;
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let turning = {
        let (store, name) = (store.clone(), name.clone());
        tokio::spawn(async move {
            loop {
                run(format!(
                    "UPDATE {name}.event_windows SET turned_at = turned_at - interval '4 days'"
                ))
                .await;
                store.maintain(None).await.unwrap();
            }
        })
    };
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for round in 0..40 {
                let from = (task * 31 + round * 17) % IDS;
                let id = |number: usize| event(format!("{}", (from + number) % IDS));
                let batch: Vec<_> = (0..50).map(id).collect();
                store.insert(&batch).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    turning.abort();
    let _ = turning.await;
    let mut conn = raw().await;
    // While a window and the one before it are there, no id is in both.
    let twice = AssertSqlSafe(format!(
        "SELECT count(*) FROM {name}.event_ids a JOIN {name}.event_ids b ON b.key = a.key AND b.turn = a.turn - 1"
    ));
    let twice = sqlx::raw_sql(twice).fetch_one(&mut conn).await.unwrap();
    assert_eq!(
        twice.get::<i64, _>(0),
        0,
        "kept twice in neighbouring windows"
    );
    conn.close().await.unwrap();
}
