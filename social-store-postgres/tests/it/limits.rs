//! Limits across tasks, pools and processes: never more than the limit in any window.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::store::{Booking, Limit, Limits, Window};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::task::JoinSet;

use crate::schemas::{Schemas, database_url, raw};

const LIMIT: u32 = 7;
const PER: Duration = Duration::from_millis(300);

fn limit(key: &str) -> Limit {
    Limit::of_calls(key, Window::new(LIMIT, PER))
}

/// When each key was granted, as the database says.
async fn grants(schema: &str) -> BTreeMap<String, Vec<DateTime<Utc>>> {
    let mut conn = raw().await;
    let read = format!("SELECT key, at FROM {schema}.bookings WHERE granted ORDER BY key, at");
    let rows = sqlx::query(AssertSqlSafe(read)).fetch_all(&mut conn).await;
    let mut grants = BTreeMap::<_, Vec<_>>::new();
    for row in rows.unwrap() {
        let key: String = row.get("key");
        grants.entry(key).or_default().push(row.get("at"));
    }
    conn.close().await.unwrap();
    grants
}

/// Fails when some stretch of a window's length has more than the limit.
#[track_caller]
fn keep_to_the_limit(times: &[DateTime<Utc>]) {
    let limit = LIMIT as usize;
    for (first, next) in times.iter().zip(&times[limit.min(times.len())..]) {
        let apart = *next - *first;
        assert!(
            apart >= TimeDelta::milliseconds(300),
            "{limit} and one more in {apart}"
        );
    }
}

/// Books keys of several until it was granted so often, in orders of its own.
async fn spend(store: PgStore, task: usize, times: usize) {
    let mut keys = vec!["a", "b", "c"];
    keys.rotate_left(task % 3);
    if task.is_multiple_of(2) {
        keys.reverse();
    }
    let limits: Vec<_> = keys.into_iter().map(limit).collect();
    for turn in 0..times {
        let holder = format!("{task} {turn}");
        while let Booking::Wait(wait) = store.book(&limits, &holder).await.unwrap() {
            assert!(
                !wait.is_zero() && wait < Duration::from_secs(60),
                "{wait:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_never_pass_a_limit_in_any_window() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut tasks = JoinSet::new();
    for task in 0..32 {
        tasks.spawn(spend(store.clone(), task, 1));
    }
    tasks.join_all().await;
    let grants = grants(&name).await;
    assert_eq!(grants.len(), 3);
    for times in grants.values() {
        assert_eq!(times.len(), 32, "no grant is lost");
        keep_to_the_limit(times);
    }
}

/// Built with the tests: `target/PROFILE/examples` beside `target/PROFILE/deps`.
fn program() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let profile = deps.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join("other-limits")
}

/// Waits until it is connected.
fn spawn(schema: &str) -> Child {
    let mut child = Command::new(program())
        .arg(schema)
        .env("DATABASE_URL", database_url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    // One byte at a time, so that nothing after the line is read.
    let mut reader = BufReader::with_capacity(1, stdout);
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

#[tokio::test]
async fn processes_never_pass_a_limit_in_any_window() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    schemas.connect(&name).await.close().await;
    let mut children: Vec<_> = (0..4).map(|_| spawn(&name)).collect();
    for child in &mut children {
        drop(child.stdin.take());
    }
    let mut said = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        said += text.lines().filter(|line| *line == "granted").count();
    }
    let grants = grants(&name).await;
    let kept: usize = grants.values().map(Vec::len).sum();
    assert_eq!(said, 64, "each came to its turn");
    assert_eq!(kept, 2 * said, "each grant of two keys is kept");
    grants.values().for_each(|times| keep_to_the_limit(times));
}

#[tokio::test]
async fn what_a_key_leaves_behind_is_purged() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let limit = Limit::of_calls("a", Window::per_day(3));
    let day = Duration::from_secs(86_400);
    store
        .book(std::slice::from_ref(&limit), "one")
        .await
        .unwrap();
    store.observe(&limit, u32::MAX).await.unwrap();
    assert_eq!(
        store.usage(&limit).await.unwrap().used,
        u32::MAX,
        "in one row"
    );
    store.block("b", day).await.unwrap();
    store
        .book(&[Limit::of_calls("c", Window::per_day(3))], "two")
        .await
        .unwrap();
    store.refund(&["c", "unknown"], "two").await.unwrap();
    assert_eq!(rows(&name).await, (2, 2), "what is refunded leaves nothing");

    store.advance_clock(day).await.unwrap();
    assert_eq!(Limits::purge(&store, 1).await.unwrap(), 1, "one of two");
    assert_eq!(Limits::purge(&store, 100).await.unwrap(), 1, "the rest");
    assert_eq!(rows(&name).await, (0, 0));
}

async fn rows(schema: &str) -> (i64, i64) {
    let mut conn = raw().await;
    let count = format!(
        "SELECT (SELECT count(*) FROM {schema}.limits), (SELECT count(*) FROM {schema}.bookings)"
    );
    let row = sqlx::query(AssertSqlSafe(count)).fetch_one(&mut conn).await;
    let row = row.unwrap();
    conn.close().await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn isolation_of_the_server_does_not_weaken_a_limit() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let url = database_url();
    let store = schemas.connect(&name).await;
    let options = format!("{url}?options=-c%20default_transaction_isolation%3Dserializable");
    let strict = PgStore::builder()
        .schema(&name)
        .connect(&options)
        .await
        .unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..32 {
        let store = if task % 2 == 0 {
            store.clone()
        } else {
            strict.clone()
        };
        let limit = Limit::of_calls("a", Window::per_day(LIMIT));
        tasks.spawn(async move { store.book(&[limit], &format!("{task}")).await.unwrap() });
    }
    let granted = tasks.join_all().await.into_iter();
    let granted = granted
        .filter(|booking| *booking == Booking::Granted)
        .count();
    assert_eq!(granted, LIMIT as usize);
}
