//! A damaged row fails by itself; the others go on.

use social_core::{
    conformance::named,
    error::{Error, ErrorKind, Remedy},
    store::{ClaimPosts, PostFilter, PostStore},
};
use social_store_postgres::PgStore;

use crate::{
    fixtures::{LEASE, at, claim, post, post_id},
    schemas::{Schemas, run},
};

#[track_caller]
fn is_damage(error: &Error, column: &str) {
    assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert_eq!(error.code(), Some("damaged_row"), "{error:?}");
    assert!(error.to_string().contains(column), "{error}");
    assert!(!format!("{error:?}").contains("BROKEN"), "{error:?}");
}

async fn claimed(store: &PgStore, which: &ClaimPosts) -> Vec<social_core::model::PostId> {
    let claims = PostStore::claim(store, which).await.unwrap();
    claims.iter().map(|claim| claim.post.id).collect()
}

#[tokio::test]
async fn a_damaged_post_does_not_stop_the_others() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    for (number, account) in [(1, "a"), (2, "a"), (3, "b")] {
        store.submit(&post(number, account)).await.unwrap();
    }
    run(format!(
        "UPDATE {name}.posts SET effect = '[\"BROKEN\"]' WHERE idempotency_key = 'key-1'"
    ))
    .await;

    let ids = claimed(&store, &claim(10)).await;
    assert_eq!(ids, [post_id(3)], "the damaged one was due first");
    let claims = PostStore::claim(&store, &claim(10)).await.unwrap();
    let ids: Vec<_> = claims.iter().map(|claim| claim.post.id).collect();
    assert_eq!(ids, [post_id(2)], "its account goes on with the next");

    let loaded = PostStore::load(&store, &named("owner"), post_id(1)).await;
    is_damage(&loaded.unwrap_err(), "effect");
    let listed = store
        .list(&named("owner"), &PostFilter::default())
        .await
        .unwrap();
    assert_eq!(listed.len(), 2);

    run(format!(
        "UPDATE {name}.posts SET effect = '\"repeatable\"' WHERE idempotency_key = 'key-1'"
    ))
    .await;
    store.release(&claims[0], at(9_000)).await.unwrap();
    let later = ClaimPosts::new(at(3_601), LEASE, 10, claim(1).versions);
    assert_eq!(
        claimed(&store, &later).await,
        [post_id(1)],
        "it is tried again later"
    );
}

#[tokio::test]
async fn each_column_out_of_range_is_damage() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.submit(&post(1, "a")).await.unwrap();
    for (set, column) in [
        ("attempts = -9", "attempts"),
        ("attempts = 0, failures = 4294967296", "failures"),
        ("failures = 0, cause = '[\"BROKEN\"]'", "cause"),
        ("cause = NULL, outcome = '{}'", "outcome"),
        (
            "outcome = NULL, bytes_sent = -1, bytes_total = 1",
            "bytes_sent",
        ),
    ] {
        run(format!("UPDATE {name}.posts SET {set}")).await;
        let loaded = PostStore::load(&store, &named("owner"), post_id(1)).await;
        is_damage(&loaded.unwrap_err(), column);
        let claims = PostStore::claim(&store, &claim(10)).await.unwrap();
        assert!(claims.is_empty(), "{column}: it is passed over");
        run(format!("UPDATE {name}.posts SET next_at = '2026-01-01Z'; UPDATE {name}.lanes SET first_at = '2026-01-01Z'")).await;
    }
}
