//! A call that is dropped half-way has happened or not, and the next one works.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use social_core::conformance::named;
use social_core::store::{HistoryKind, PostStore};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{claim, post, post_id};

/// Polls at most so often, giving the database's thread a chance in between, then drops.
fn poll_some<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        std::thread::yield_now();
    }
    None
}

#[tokio::test]
async fn a_dropped_submission_is_whole_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("social.db"))
        .await
        .unwrap();
    let (mut finished, mut kept) = (0, 0);
    for polls in 0..200_usize {
        let number = polls as u64;
        let account = format!("account-{polls}");
        let answer = poll_some(store.submit(&post(number, &account)), polls / 2);
        finished += usize::from(answer.is_some());
        // The next write finds the connection usable.
        store.hold(&crate::fixtures::key("another")).await.unwrap();
        let kept_now = store
            .load(&named("owner"), post_id(number))
            .await
            .unwrap()
            .is_some();
        let lines = store
            .history(&named("owner"), post_id(number))
            .await
            .unwrap();
        if let Some(answer) = answer {
            answer.unwrap();
            assert!(kept_now, "it was answered");
        }
        assert_eq!(lines.len(), usize::from(kept_now), "{polls}");
        assert!(lines.iter().all(|line| line.kind == HistoryKind::Submitted));
        kept += usize::from(kept_now);
    }
    assert!(finished < 200 && kept >= finished, "some were dropped");
    let mut claimed = 0;
    for _ in 0..8 {
        claimed += store.claim(&claim(64)).await.unwrap().len();
    }
    assert_eq!(claimed, kept, "each kept post is in its lane");
}
