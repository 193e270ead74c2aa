//! Another process that keeps the database locked, and clocks that stand still.

use std::time::Duration;

use social_core::{
    conformance::named,
    error::{ErrorKind, Remedy},
    store::{Expect, PostStore, TokenClaimed, TokenStore},
};
use social_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use crate::fixtures::{LEASE, claim, key, post, raw, tamper, token};

#[tokio::test]
async fn a_locked_database_is_an_error_to_try_again_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let builder = SqliteStore::builder().busy_timeout(Duration::from_millis(200));
    let store = builder.open(&path).await.unwrap();
    let mut other = raw(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();

    // Many at once: whoever waits behind one that waited in vain is told the same at once.
    let mut crowd = JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        crowd.spawn(async move { store.submit(&post(number, "a")).await });
    }
    let mut waited = 0;
    for answer in crowd.join_all().await {
        let error = answer.unwrap_err();
        waited += usize::from(error.code() == Some("sqlite_5"));
        assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
        assert_eq!(*error.remedy(), Remedy::Backoff, "{error:?}");
        assert!(error.to_string().contains("locked"), "{error}");
    }
    assert!(
        (1..20).contains(&waited),
        "{waited} waited one after the other"
    );
    assert!(
        PostStore::load(&store, &named("owner"), post(1, "a").id)
            .await
            .unwrap()
            .is_none(),
        "reading goes on"
    );

    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    assert_eq!(PostStore::claim(&store, &claim(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn opening_waits_no_longer_than_the_busy_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let mut other = raw(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let builder = SqliteStore::builder().busy_timeout(Duration::from_millis(50));
    let error = builder.open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Backoff, "{error:?}");
}

/// SQLite refuses the switch to write-ahead logging at once while somebody writes; the store waits instead.
#[tokio::test]
async fn opening_waits_for_who_is_writing_without_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    tamper(&path, "PRAGMA journal_mode = DELETE").await;
    let mut other = raw(&path).await;
    let begin = sqlx::raw_sql("BEGIN IMMEDIATE");
    begin.execute(&mut other).await.unwrap();
    let builder = SqliteStore::builder().busy_timeout(Duration::from_secs(60));
    let opening = tokio::spawn(builder.open(path));
    for _ in 0..1_000 {
        let read = sqlx::raw_sql("SELECT count(*) FROM accounts");
        read.execute(&mut other).await.unwrap();
    }
    assert!(!opening.is_finished());
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    opening.await.unwrap().unwrap();
}

/// Tokio's paused clock runs ahead while everything waits for the database's thread: no timer may end that wait.
#[tokio::test(start_paused = true)]
async fn a_paused_clock_fails_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("social.db"))
        .await
        .unwrap();
    let mut crowd = JoinSet::new();
    for number in 0..50 {
        let store = store.clone();
        crowd.spawn(async move { store.submit(&post(number, "a")).await });
    }
    for answer in crowd.join_all().await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn leases_run_on_the_stores_own_clock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.save(&token("a"), Expect::Absent).await.unwrap();
    let taken = TokenStore::claim(&store, &key("a"), LEASE).await;
    let taken: TokenClaimed = taken.unwrap();
    assert!(matches!(taken, TokenClaimed::Taken(_)));
    let other = SqliteStore::open(&path).await.unwrap();
    let busy: TokenClaimed = TokenStore::claim(&other, &key("a"), LEASE).await.unwrap();
    let TokenClaimed::Busy(left) = busy else {
        panic!("{busy:?}")
    };
    assert!(left <= LEASE && left > LEASE / 2, "{left:?}");
    store.advance_clock(LEASE).await.unwrap();
    let again: TokenClaimed = TokenStore::claim(&store, &key("a"), LEASE).await.unwrap();
    assert!(matches!(again, TokenClaimed::Taken(claim) if claim.unknown_attempts == 1));
}
