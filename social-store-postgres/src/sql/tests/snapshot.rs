//! What was handled costs a claim nothing, however old a snapshot somebody keeps open.

use std::{env, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    conformance::named,
    model::Platform,
    store::{ClaimEvents, EventStore, ReceivedEvent},
    time::{Clock, SystemClock},
    webhook::VerifiedEvent,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::Schema;
use crate::{PgStore, db, events};

/// Handled before the claim that is looked at, a hundred a second.
const EVENTS: i64 = 20_000;

/// Inserted at once, and claimed at once.
const BATCH: i64 = 1_000;
const CLAIMED: u32 = 50;

fn at(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600) + TimeDelta::milliseconds(10 * number)
}

fn batch(first: i64, count: i64) -> Vec<ReceivedEvent> {
    let event = |number: i64| {
        let id = format!("event-{number}");
        let event = VerifiedEvent::new(
            Platform::new("example"),
            named("app"),
            id,
            "kind",
            vec![7; 200],
        );
        ReceivedEvent::new(event, at(number))
    };
    (first..first + count).map(event).collect()
}

async fn handle_all(store: &PgStore, now: DateTime<Utc>) -> i64 {
    let which = ClaimEvents::new(now, Duration::from_secs(60), CLAIMED);
    let mut handled = 0;
    loop {
        let claims = store.claim(&which).await.unwrap();
        if claims.is_empty() {
            return handled;
        }
        let done = store.complete(&claims, now).await.unwrap();
        handled += i64::try_from(done.len()).unwrap();
    }
}

/// The buffers that a claim of 50 touches after all those events, from the store's floor and from the first entry.
async fn buffers(test: &str, keeps_snapshot: bool) -> (u64, u64) {
    let mut schema = Schema::new(test).await;
    let url = env::var("DATABASE_URL").unwrap();
    let store = PgStore::builder().schema(&schema.name).connect(&url);
    let store = store.await.unwrap();
    let mut old = PgConnection::connect(&url).await.unwrap();
    if keeps_snapshot {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1";
        sqlx::raw_sql(begin).execute(&mut old).await.unwrap();
    }
    for first in (0..EVENTS).step_by(BATCH as usize) {
        store.insert(&batch(first, BATCH)).await.unwrap();
        assert_eq!(handle_all(&store, at(first + BATCH)).await, BATCH);
    }
    // It holds for ten seconds, which a machine at work may take for what follows.
    let floor = loop {
        assert_eq!(handle_all(&store, at(EVENTS)).await, 0);
        if let Some(floor) = store.db.events().peek(SystemClock::default().elapsed()) {
            break floor;
        }
    };
    store.insert(&batch(EVENTS, CLAIMED.into())).await.unwrap();
    schema.count_rows().await;
    let from_floor = claim(&mut schema, &format!("'{}'", floor.to_rfc3339())).await;
    let from_first = claim(&mut schema, "NULL").await;
    old.close().await.unwrap();
    store.close().await;
    schema.finish().await;
    (from_floor, from_first)
}

/// Claims, counts the buffers, and gives everything back.
async fn claim(schema: &mut Schema, floor: &str) -> u64 {
    let (_, sql) = events::ALL
        .iter()
        .find(|(name, _)| *name == "CLAIM")
        .unwrap();
    schema.run(db::BEGIN).await.unwrap();
    schema
        .run(&format!("PREPARE claim AS {sql}"))
        .await
        .unwrap();
    let explain = AssertSqlSafe(format!(
        "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE claim('{}', 60000000, {CLAIMED}, {floor}, ARRAY['other', 'post'])",
        at(EVENTS + BATCH).to_rfc3339()
    ));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut schema.conn).await;
    let lines: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
    let plan = lines.join("\n");
    assert!(plan.contains(&format!("rows={CLAIMED} ")), "{plan}");
    schema.run("ROLLBACK; DEALLOCATE claim").await.unwrap();
    let buffers = lines
        .iter()
        .find_map(|line| line.trim().strip_prefix("Buffers: shared "));
    let counts = buffers.expect("buffers are counted").split(' ');
    let counts = counts.filter_map(|count| {
        let (of, count) = count.split_once('=')?;
        matches!(of, "hit" | "read").then(|| count.parse::<u64>().unwrap())
    });
    counts.sum()
}

#[tokio::test]
async fn an_old_snapshot_makes_no_claim_dear() {
    let (without, _) = buffers("calm", false).await;
    let (with, from_first) = buffers("snapshot", true).await;
    assert!(
        with <= 2 * without,
        "{with} buffers for a claim while a snapshot is open, {without} without"
    );
    assert!(
        from_first > 2 * without,
        "from the first entry it takes {from_first} buffers: the floor is not what keeps it cheap"
    );
}
