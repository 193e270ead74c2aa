//! Limits: what the suite does not see.

use std::time::Duration;

use social_core::store::{Booking, Limit, Limits, Window};
use social_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_secs(3_600);

async fn open(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("social.db");
    SqliteStore::open(path).await.unwrap()
}

fn limit(key: &str, limit: u32) -> Limit {
    Limit::new(key, Window::new(limit, HOUR))
}

/// The hours, rounded up.
async fn wait(store: &SqliteStore, limits: &[Limit], holder: &str) -> u64 {
    match store.book(limits, holder).await.unwrap() {
        Booking::Granted => 0,
        Booking::Wait(wait) => wait.as_secs().div_ceil(HOUR.as_secs()),
    }
}

#[tokio::test]
async fn a_queue_is_served_in_the_order_of_asking() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let two = [limit("k", 2)];
    for (holder, hours) in [
        ("a", 0),
        ("b", 0),
        ("c", 1),
        ("d", 1),
        ("e", 2),
        ("c", 1),
        ("a", 0),
    ] {
        assert_eq!(wait(&store, &two, holder).await, hours, "{holder}");
    }
    let usage = store.usage(&two[0]).await.unwrap();
    assert_eq!((usage.used, usage.waiting), (2, 3));
    store.refund(&["k"], "a").await.unwrap();
    assert_eq!(wait(&store, &two, "d").await, 1, "c is ahead");
    assert_eq!(wait(&store, &two, "c").await, 0);
    store.advance_clock(HOUR).await.unwrap();
    assert_eq!(wait(&store, &two, "d").await, 0);
    assert_eq!(wait(&store, &two, "e").await, 0);
    assert_eq!(wait(&store, &two, "a").await, 1, "its grant was given back");
}

#[tokio::test]
async fn several_keys_are_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    assert_eq!(wait(&store, &[limit("full", 1)], "a").await, 0);
    let both = [limit("free", 1), limit("full", 1)];
    assert_eq!(wait(&store, &both, "b").await, 1);
    let usage = store.usage(&both[0]).await.unwrap();
    assert_eq!((usage.used, usage.waiting), (0, 1));
    assert_eq!(wait(&store, &[limit("free", 1)], "c").await, 2, "behind b");
    store.refund(&["free", "full", "none"], "b").await.unwrap();
    assert_eq!(wait(&store, &[limit("free", 1)], "c").await, 0);
}

#[tokio::test]
async fn blocks_and_counts_of_the_platform_hold() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let three = limit("k", 3);
    store.observe(&three, 2).await.unwrap();
    store.observe(&three, 1).await.unwrap();
    assert_eq!(store.usage(&three).await.unwrap().used, 2);
    store.block("k", HOUR * 5).await.unwrap();
    store.block("k", HOUR).await.unwrap();
    assert_eq!(wait(&store, std::slice::from_ref(&three), "a").await, 5);
    store.advance_clock(HOUR * 5).await.unwrap();
    assert_eq!(wait(&store, std::slice::from_ref(&three), "a").await, 0);
    assert_eq!(store.purge(1).await.unwrap(), 1);
    assert_eq!(store.purge(9).await.unwrap(), 0, "two units of one count");
    assert_eq!(store.usage(&three).await.unwrap().used, 1);
    store.observe(&three, u32::MAX).await.unwrap();
    assert_eq!(store.usage(&three).await.unwrap().used, u32::MAX);
}

#[tokio::test]
async fn extreme_windows_do_not_overflow() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let ever = [Limit::new("k", Window::new(1, Duration::MAX))];
    assert_eq!(wait(&store, &ever, "a").await, 0);
    assert!(wait(&store, &ever, "b").await > 1_000_000);
    let never = [Limit::of_calls("n", Window::new(0, Duration::MAX))];
    assert!(wait(&store, &never, "a").await > 1_000_000);
    let ending = [Limit::new(
        "e",
        Window::ending(1, Duration::MAX, Duration::MAX),
    )];
    assert_eq!(wait(&store, &ending, "a").await, 0);
    assert!(wait(&store, &ending, "b").await > 1_000_000);
    store.block("k", Duration::MAX).await.unwrap();
    assert!(wait(&store, &ever, "c").await > 1_000_000);
    let most = [limit("m", u32::MAX)];
    assert_eq!(wait(&store, &most, "a").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_grant_no_more_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [open(&folder).await, open(&folder).await];
    let mut tasks = JoinSet::new();
    for holder in 0..64_usize {
        let store = stores[holder % 2].clone();
        tasks.spawn(async move { wait(&store, &[limit("k", 10)], &holder.to_string()).await });
    }
    let mut waits = tasks.join_all().await;
    waits.sort_unstable();
    let expected: Vec<_> = (0..64_u64).map(|place| place / 10).collect();
    assert_eq!(waits, expected, "ten an hour");
}
