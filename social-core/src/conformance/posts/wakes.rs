use std::sync::Arc;

use super::{keep, ready};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, at, heard, named, post, post_id},
    },
    error::Result,
    store::{PostEdit, PostStore, Revision},
};

/// More than [`heard`] tries.
const POSTS: usize = 10;

fn number(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(0)
}

/// One post of each of ten accounts.
async fn posts<S: PostStore>(store: &S) -> Result<()> {
    for of in 0..POSTS {
        keep(store, &post(number(of), account(of))).await?;
    }
    Ok(())
}

/// Who listens hears of submitted posts.
pub async fn a_submission_is_heard_of(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let mut wakes = store.wakes();
    heard(&mut wakes, "a submission", |of| {
        let store = Arc::clone(&store);
        async move { keep(&*store, &post(number(of), account(1))).await.map(drop) }
    })
    .await
}

/// Who listens hears of edits: a post may be due earlier now.
pub async fn an_edit_is_heard_of(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    posts(&*store).await?;
    let mut wakes = store.wakes();
    heard(&mut wakes, "an edit", |of| {
        let store = Arc::clone(&store);
        async move {
            let edit = PostEdit::new(at(-9), None);
            let id = post_id(number(of));
            let expect = Revision(1);
            let edited = store.edit(&named("owner"), id, expect, &edit, at(0)).await;
            edited.map(drop)
        }
    })
    .await
}

/// Who listens hears that the owner asks to cancel: the worker is to stop the post now.
pub async fn a_cancellation_is_heard_of(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    posts(&*store).await?;
    for claim in store.claim(&ready(at(0))).await? {
        store.release(&claim, at(9_999)).await?;
    }
    let mut wakes = store.wakes();
    heard(&mut wakes, "a cancellation", |of| {
        let store = Arc::clone(&store);
        async move {
            let cancelled = store
                .cancel(&named("owner"), post_id(number(of)), at(0))
                .await;
            cancelled.map(drop)
        }
    })
    .await
}

/// Who listens hears that a hold ends.
pub async fn a_resumption_is_heard_of(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    posts(&*store).await?;
    for of in 0..POSTS {
        store.hold(&account(of)).await?;
    }
    let mut wakes = store.wakes();
    heard(&mut wakes, "a resumption", |of| {
        let store = Arc::clone(&store);
        async move { store.resume(&account(of)).await }
    })
    .await
}
