//! A damaged row fails by itself; the others go on.

use social_core::{
    conformance::named,
    error::{Error, ErrorKind, Remedy},
    store::{
        Booking, ClaimDue, ClaimEvents, ClaimPosts, EventClaim, EventFilter, EventState,
        EventStore, Expect, Limit, Limits, PostFilter, PostStore, TokenStore, Window,
    },
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{LEASE, at, claim, event, key, post, post_id, tamper, token};

#[track_caller]
fn is_damage(error: &Error, column: &str) {
    assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert_eq!(error.code(), Some("damaged_row"), "{error:?}");
    assert!(error.to_string().contains(column), "{error}");
    assert!(!format!("{error:?}").contains("BROKEN"), "{error:?}");
}

#[tokio::test]
async fn a_damaged_post_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for (number, account) in [(1, "a"), (2, "a"), (3, "b")] {
        store.submit(&post(number, account)).await.unwrap();
    }
    tamper(
        &path,
        "UPDATE posts SET effect = '{BROKEN' WHERE idempotency_key = 'key-1'",
    )
    .await;

    let claimed = PostStore::claim(&store, &claim(10)).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|claim| claim.post.id).collect();
    assert_eq!(ids, [post_id(3)], "the damaged one was due first");
    let claimed = PostStore::claim(&store, &claim(10)).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|claim| claim.post.id).collect();
    assert_eq!(ids, [post_id(2)], "its account goes on with the next");

    is_damage(
        &PostStore::load(&store, &named("owner"), post_id(1))
            .await
            .unwrap_err(),
        "effect",
    );
    let listed = PostStore::list(&store, &named("owner"), &PostFilter::default())
        .await
        .unwrap();
    assert_eq!(listed.len(), 2);

    tamper(
        &path,
        "UPDATE posts SET effect = '\"repeatable\"' WHERE idempotency_key = 'key-1'",
    )
    .await;
    PostStore::release(&store, &claimed[0], at(9_000))
        .await
        .unwrap();
    let later = ClaimPosts::new(at(3_601), LEASE, 10, claim(1).versions);
    let repaired = PostStore::claim(&store, &later).await.unwrap();
    assert_eq!(repaired.len(), 1);
    assert_eq!(repaired[0].post.id, post_id(1), "it is tried again later");
}

#[tokio::test]
async fn a_damaged_account_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for account in ["a", "b", "c"] {
        store.save(&token(account), Expect::Absent).await.unwrap();
    }
    tamper(
        &path,
        "UPDATE accounts SET scopes = 'BROKEN' WHERE account = 'b'",
    )
    .await;
    let claims = store
        .claim_due(&ClaimDue::new(at(0), LEASE, 10))
        .await
        .unwrap();
    let accounts: Vec<_> = claims
        .iter()
        .map(|c| c.record.key.account.as_str())
        .collect();
    assert_eq!(accounts, ["a", "c"]);
    is_damage(
        &TokenStore::load(&store, &key("b")).await.unwrap_err(),
        "scopes",
    );
    is_damage(
        &TokenStore::claim(&store, &key("b"), LEASE)
            .await
            .unwrap_err(),
        "scopes",
    );
    assert_eq!(
        TokenStore::list(&store, &named("owner"))
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_damaged_event_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let events: Vec<_> = (1..=4).map(event).collect();
    store.insert(&events).await.unwrap();
    tamper(
        &path,
        "UPDATE event_queue SET cause = '{BROKEN' WHERE number IN (1, 3)",
    )
    .await;
    let ids = |claims: &[EventClaim]| -> Vec<_> {
        claims.iter().map(|c| c.record.event.id.clone()).collect()
    };
    let which = ClaimEvents::new(at(100), LEASE, 2);
    let claims = EventStore::claim(&store, &which).await.unwrap();
    assert_eq!(ids(&claims), ["event-2", "event-4"], "they take no place");
    assert_eq!(
        store.complete(&claims, at(101)).await.unwrap(),
        [true, true]
    );
    assert_eq!(store.backlog(at(100)).await.unwrap().later, 2);
    let waiting = EventFilter::new(EventState::Waiting);
    assert!(EventStore::list(&store, &waiting).await.unwrap().is_empty());

    tamper(&path, "UPDATE event_queue SET cause = NULL").await;
    let later = ClaimEvents::new(at(3_700), LEASE, 9);
    let repaired = EventStore::claim(&store, &later).await.unwrap();
    assert_eq!(
        ids(&repaired),
        ["event-1", "event-3"],
        "they are tried again"
    );
}

#[tokio::test]
async fn a_damaged_booking_does_not_stop_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let limit = [Limit::of_calls("k", Window::per_minute(2))];
    assert_eq!(store.book(&limit, "a").await.unwrap(), Booking::Granted);
    tamper(
        &path,
        "UPDATE bookings SET at = 9223372036854775807, lapses_at = 9223372036854775807;
        INSERT INTO limits VALUES ('k', 9223372036854775807)",
    )
    .await;
    assert_eq!(store.usage(&limit[0]).await.unwrap().used, 0);
    for _ in 0..2 {
        assert_eq!(store.book(&limit, "a").await.unwrap(), Booking::Granted);
    }
    assert!(matches!(
        store.book(&limit, "a").await,
        Ok(Booking::Wait(_))
    ));
    store.refund(&["k"], "a").await.unwrap();
    store.advance_clock(LEASE).await.unwrap();
    assert_eq!(store.book(&limit, "b").await.unwrap(), Booking::Granted);
}

#[tokio::test]
async fn numbers_and_times_out_of_range_are_damage_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.submit(&post(1, "a")).await.unwrap();
    for (sql, column) in [
        ("UPDATE posts SET attempts = -1", "attempts"),
        (
            "UPDATE posts SET attempts = 0, created_at = 9223372036854775807",
            "created_at",
        ),
        ("UPDATE posts SET created_at = 0, cause = 'BROKEN'", "cause"),
    ] {
        tamper(&path, sql).await;
        is_damage(
            &PostStore::load(&store, &named("owner"), post_id(1))
                .await
                .unwrap_err(),
            column,
        );
    }
}
