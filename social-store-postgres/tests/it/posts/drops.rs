//! A call that is dropped half-way has happened or not, and the next one works.

use std::{future::Future, pin::Pin, task::Poll};

use social_core::{
    conformance::named,
    publish::Outcome,
    store::{HistoryEntry, HistoryKind, Next, PostState, PostStore, RecordStep},
};
use social_store_postgres::PgStore;

use crate::{
    fixtures::{at, claim, post, post_id},
    schemas::Schemas,
};

/// Waits at most so often, then drops: each wait ends when the database has said something.
async fn wait_some<F: Future>(future: F, waits: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = waits;
    std::future::poll_fn(move |context| match Pin::new(&mut future).poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// One connection, so that each call gets the one that the last drop left behind.
async fn store(schemas: &Schemas) -> PgStore {
    let name = schemas.name().await;
    let (builder, url) = schemas.builder(&name);
    builder.max_connections(1).connect(&url).await.unwrap()
}

#[tokio::test]
async fn a_dropped_submission_is_whole_or_nothing() {
    let schemas = Schemas::direct();
    let store = store(&schemas).await;
    let (mut finished, mut kept) = (0, 0);
    for waits in 0..60_usize {
        let number = waits as u64;
        let account = format!("account-{waits}");
        let answer = wait_some(store.submit(&post(number, &account)), waits / 3).await;
        finished += usize::from(answer.is_some());
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
        assert_eq!(lines.len(), usize::from(kept_now), "{waits}");
        kept += usize::from(kept_now);
    }
    assert!(
        finished > 0 && finished < 60 && kept >= finished,
        "some were dropped: {finished}"
    );
    let claimed = store.claim(&claim(100)).await.unwrap().len();
    assert_eq!(claimed, kept, "each kept post is in its lane");
}

#[tokio::test]
async fn a_dropped_record_is_whole_or_nothing() {
    let schemas = Schemas::direct();
    let store = store(&schemas).await;
    let mut answered = 0;
    for waits in 0..40_usize {
        let number = waits as u64;
        store
            .submit(&post(number, &format!("account-{waits}")))
            .await
            .unwrap();
        let held = store.claim(&claim(1)).await.unwrap().remove(0);
        let mut step = RecordStep::new(Next::Settle(Outcome::Published(Vec::new()), None), at(1));
        step.history
            .push(HistoryEntry::new(at(1), HistoryKind::Settled, "status"));
        let answer = wait_some(store.record(&held, &step), waits / 2).await;
        answered += usize::from(answer.is_some());

        let post = store
            .load(&named("owner"), post_id(number))
            .await
            .unwrap()
            .unwrap();
        let lines = store
            .history(&named("owner"), post_id(number))
            .await
            .unwrap()
            .len();
        let again = store.record(&held, &step).await;
        if post.state == PostState::Published {
            assert!(
                lines == 2 && again.is_err(),
                "{waits}: its lease ended with it"
            );
        } else {
            assert!(answer.is_none(), "{waits}: it was answered");
            assert_eq!((post.state, lines), (PostState::Working, 1), "{waits}");
            again.unwrap();
        }
    }
    assert!(
        answered > 0 && answered < 40,
        "some were dropped: {answered}"
    );
}

/// A claim of which nobody heard is one whose holder went away: its lease lapses, and its attempt counts.
#[tokio::test]
async fn a_dropped_claim_lapses() {
    let schemas = Schemas::direct();
    let store = store(&schemas).await;
    store.submit(&post(1, "a")).await.unwrap();
    let mut unheard = 0;
    for waits in 0..20 {
        let heard = wait_some(store.claim(&claim(1)), waits).await.is_some();
        let post = store
            .load(&named("owner"), post_id(1))
            .await
            .unwrap()
            .unwrap();
        let taken = post.attempts > unheard;
        assert!(taken || !heard, "{waits}: what was answered is kept");
        if taken {
            unheard += 1;
            let while_leased = store.claim(&claim(1)).await.unwrap();
            assert!(while_leased.is_empty(), "{waits}: it is held");
            store.advance_clock(crate::fixtures::LEASE).await.unwrap();
        }
    }
    let last = store.claim(&claim(1)).await.unwrap().remove(0);
    assert_eq!(last.post.attempts, unheard + 1, "each counts");
}
