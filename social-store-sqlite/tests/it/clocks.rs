//! Clocks that are set, machines that restart: no lease and no settle time is over early, and none lasts for ever.

use std::time::Duration;

use chrono::TimeDelta;
use social_core::store::{
    Booking, Expect, HistoryEntry, HistoryKind, Limit, Limits, PostClaim, PostStore, StartStep,
    TokenClaimed, TokenStore, Window,
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{LEASE, at, claim, key, post, token};

const HOUR: Duration = Duration::from_secs(3_600);

struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// Another process.
    async fn open(&self) -> SqliteStore {
        let path = self.folder.path().join("social.db");
        SqliteStore::open(path).await.unwrap()
    }
}

/// How long the account stays with whoever has claimed it.
async fn left(store: &SqliteStore) -> Duration {
    let claimed: TokenClaimed = TokenStore::claim(store, &key("a"), LEASE).await.unwrap();
    match claimed {
        TokenClaimed::Busy(left) => left,
        TokenClaimed::Taken(_) => Duration::ZERO,
        TokenClaimed::Absent => panic!("no account"),
    }
}

/// Nearly the whole lease is left.
fn is_whole(left: Duration) -> bool {
    left <= LEASE && left > LEASE - Duration::from_secs(60)
}

/// An account that somebody holds.
async fn held(store: &SqliteStore) {
    store.save(&token("a"), Expect::Absent).await.unwrap();
    assert_eq!(left(store).await, Duration::ZERO, "claimed");
}

/// A step that happens once, on its way.
async fn started(store: &SqliteStore) -> PostClaim {
    store.submit(&post(1, "a")).await.unwrap();
    let claims = PostStore::claim(store, &claim(1)).await.unwrap();
    let line = HistoryEntry::new(at(0), HistoryKind::Started, "init");
    let start = StartStep::new(LEASE + HOUR, line);
    store.start(&claims[0], &start).await.unwrap();
    claims.into_iter().next().unwrap()
}

/// What is left of its settle time for whoever may take it over, if anybody may.
async fn settles_in(store: &SqliteStore) -> Option<Duration> {
    let claims = PostStore::claim(store, &claim(1)).await.unwrap();
    claims.first().map(|claim| claim.settles_in.unwrap())
}

#[tokio::test]
async fn a_wall_clock_that_is_set_changes_no_lease() {
    let file = File::new();
    let store = file.open().await;
    held(&store).await;
    started(&store).await;
    for days in [1, -4_000, 8_000] {
        store.jump_wall_clock(TimeDelta::days(days));
        let other = file.open().await;
        other.jump_wall_clock(TimeDelta::days(days));
        for store in [&store, &other] {
            assert!(is_whole(left(store).await), "{days}");
            assert_eq!(settles_in(store).await, None, "{days}");
        }
    }
    store.advance_clock(LEASE).await.unwrap();
    assert_eq!(left(&store).await, Duration::ZERO);
    let waits = settles_in(&store).await.unwrap();
    assert!(
        waits <= HOUR && waits > HOUR - Duration::from_secs(60),
        "{waits:?}"
    );
}

#[tokio::test]
async fn after_a_restart_a_lease_lasts_for_what_was_left_when_the_file_was_written() {
    let file = File::new();
    let store = file.open().await;
    held(&store).await;
    started(&store).await;
    store.advance_clock(LEASE / 2).await.unwrap();
    // The last that is written before it stops.
    store.save(&token("b"), Expect::Absent).await.unwrap();
    store.close().await;
    let store = file.open().await;
    store.restart_machine("second start");
    // Off for long, or its clock was lost: nobody knows.
    store.jump_wall_clock(TimeDelta::days(1_000));
    let half = left(&store).await;
    assert!(
        half <= LEASE / 2 && half > LEASE / 2 - Duration::from_secs(60),
        "{half:?}"
    );
    assert_eq!(settles_in(&store).await, None);
    store.advance_clock(LEASE / 2).await.unwrap();
    assert_eq!(left(&store).await, Duration::ZERO);
    let waits = settles_in(&store).await.unwrap();
    assert!(
        waits <= HOUR && waits > HOUR - Duration::from_secs(60),
        "{waits:?}"
    );
}

/// A disk that another machine takes over, which has been running for longer or shorter.
#[tokio::test]
async fn on_another_machine_a_lease_is_neither_over_nor_endless() {
    let file = File::new();
    let store = file.open().await;
    store.restart_machine("a machine that was just started");
    held(&store).await;
    let other = file.open().await;
    assert!(
        is_whole(left(&other).await),
        "this one has been up for longer"
    );
    store.advance_clock(LEASE / 2).await.unwrap();
    assert!(left(&store).await <= LEASE / 2);
    // The first one has written last. It is gone, and the other waits.
    assert!(left(&other).await <= LEASE);
    other.advance_clock(LEASE).await.unwrap();
    assert_eq!(left(&other).await, Duration::ZERO);
    assert!(is_whole(left(&store).await), "and back");
}

#[tokio::test]
async fn limits_count_the_time_that_the_machine_was_off_and_no_clock_that_was_set() {
    let file = File::new();
    let store = file.open().await;
    let one = [Limit::new("k", Window::new(1, HOUR))];
    assert_eq!(store.book(&one, "first").await.unwrap(), Booking::Granted);
    store.jump_wall_clock(TimeDelta::hours(2));
    let waits = |booking| matches!(booking, Booking::Wait(wait) if wait <= HOUR);
    assert!(
        waits(store.book(&one, "second").await.unwrap()),
        "it was set"
    );
    store.refund(&["k"], "second").await.unwrap();
    store.restart_machine("second start");
    store.jump_wall_clock(TimeDelta::hours(2));
    assert_eq!(store.book(&one, "third").await.unwrap(), Booking::Granted);
    store.restart_machine("third start");
    store.jump_wall_clock(TimeDelta::days(-30));
    assert!(
        waits(store.book(&one, "fourth").await.unwrap()),
        "no longer than the window"
    );
}

/// What a process reads is what others have written: each counts on from there.
#[tokio::test]
async fn processes_of_one_machine_have_one_clock() {
    let file = File::new();
    let (one, other) = (file.open().await, file.open().await);
    held(&one).await;
    other.advance_clock(LEASE / 2).await.unwrap();
    assert!(left(&one).await <= LEASE / 2);
    one.advance_clock(LEASE / 2).await.unwrap();
    assert_eq!(left(&other).await, Duration::ZERO);
    assert!(is_whole(left(&one).await));
}
