//! Submissions in a transaction of the caller's own.

use social_core::{
    Reason,
    conformance::{Harness, named},
    error::ErrorKind,
    model::IdempotencyKey,
    store::{PostStore, Submitted},
};
use sqlx::Connection;

use crate::{
    fixtures::{at, claim, post, post_id},
    schemas::{Schemas, raw},
};

#[tokio::test]
async fn a_submission_is_kept_with_the_callers_own_rows_or_not_at_all() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut conn = raw().await;
    for (number, commit) in [(1, false), (2, true)] {
        let mut tx = conn.begin().await.unwrap();
        let answer = store.submit_in(&mut tx, &post(number, "a")).await.unwrap();
        assert!(matches!(answer, Submitted::New(_)));
        let early = store.load(&named("owner"), post_id(number)).await.unwrap();
        assert_eq!(early, None, "nobody sees it before the commit");
        if commit {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
        let kept = store.load(&named("owner"), post_id(number)).await.unwrap();
        assert_eq!(kept.is_some(), commit);
        let lines = store
            .history(&named("owner"), post_id(number))
            .await
            .unwrap();
        assert_eq!(lines.len(), usize::from(commit));
    }
    let claims = store.claim(&claim(9)).await.unwrap();
    assert_eq!(claims[0].post.id, post_id(2));
}

#[tokio::test]
async fn a_refused_submission_leaves_the_transaction_usable() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    store.submit(&post(1, "a")).await.unwrap();
    let mut conn = raw().await;
    let mut tx = conn.begin().await.unwrap();
    let mut same_key = post(2, "a");
    same_key.idempotency_key = IdempotencyKey::from_stored("key-1");
    same_key.due_at = at(-50);
    let again = store.submit_in(&mut tx, &same_key).await.unwrap();
    assert!(matches!(again, Submitted::Existing(post) if post.id == post_id(1)));
    let mut other = same_key;
    other.fingerprint = [9; 32];
    let mut same_id = post(1, "b");
    same_id.due_at = at(-50);
    for refused in [other, same_id] {
        let refused = store.submit_in(&mut tx, &refused).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused:?}");
    }
    store.submit_in(&mut tx, &post(3, "b")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        store.next_ready(None).await.unwrap(),
        Some(at(0)),
        "nothing of the refused ones stays"
    );
    assert_eq!(
        store.statistics(&named("owner"), None).await.unwrap().total,
        2
    );
}

/// Two of one platform's id: the second is refused by name, also as a first checkpoint.
#[tokio::test]
async fn an_id_of_the_platform_is_submitted_once() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let (mut first, mut second) = (post(1, "a"), post(2, "b"));
    first.checkpoint.remote_ids = vec![named("remote")];
    second.checkpoint.remote_ids = vec![named("remote")];
    store.submit(&first).await.unwrap();
    let refused = store.submit(&second).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RemoteIdTaken), "{refused:?}");
}
