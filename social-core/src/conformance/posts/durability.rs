use super::{begun, claimed, due_again, kinds, none_claimed, settled, start, stored};
use crate::{
    conformance::{
        Reopen,
        fixtures::{LEASE, account, at, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    publish::Outcome,
    store::{HistoryKind, PostStore, Submitted},
};

/// A submission that was answered is there in the next process, key and all.
pub async fn submissions_outlive_their_process(
    harness: &impl Reopen<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let record = super::keep(&*store, &post(1, account(1))).await?;
    let store = harness.reopen(store).await;
    assert_eq!(stored(&*store, record.id).await?, record);
    let answer = store.submit(&post(1, account(1))).await?;
    assert!(matches!(answer, Submitted::Existing(_)), "{answer:?}");
    assert_eq!(kinds(&*store, 1).await?, [HistoryKind::Submitted]);
    Ok(())
}

/// A start that was answered is known in the next process, and for how long to wait.
pub async fn starts_outlive_their_process(harness: &impl Reopen<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.start(&claim, &start()).await?;
    let store = harness.reopen(store).await;
    none_claimed(&*store, at(1), "the lease outlives the process").await?;
    harness.advance(LEASE / 2).await;
    store.renew(&claim, LEASE / 4).await?;
    harness.advance(LEASE / 4).await;
    let next = claimed(&*store, at(1)).await?;
    assert!(next.post.started, "the start is known of");
    let left = next.settles_in.unwrap_or_default();
    assert!(left <= LEASE / 4, "some of it has passed: {left:?}");
    assert!(!left.is_zero(), "some of it is left");
    Ok(())
}

/// A fence goes on in the next process: who was overtaken before writes nothing.
pub async fn fences_outlive_their_process(harness: &impl Reopen<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let late = begun(&*store).await?;
    harness.advance(LEASE).await;
    let store = harness.reopen(store).await;
    let next = claimed(&*store, at(1)).await?;
    assert!(next.fence > late.fence, "fences go on");
    let store = harness.reopen(store).await;
    let answer = store.record(&late, &due_again(0)).await;
    refused(answer, ErrorKind::Conflict, "who was overtaken");
    let step = settled(Outcome::Published(Vec::new()), 2);
    store.record(&next, &step).await?;
    Ok(())
}

/// Outcomes and holds are there in the next process.
pub async fn outcomes_and_holds_outlive_their_process(
    harness: &impl Reopen<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = settled(Outcome::Published(Vec::new()), 2);
    store.record(&claim, &step).await?;
    let record = stored(&*store, post_id(1)).await?;
    super::keep(&*store, &post(2, account(1))).await?;
    store.hold(&account(1)).await?;
    let store = harness.reopen(store).await;
    assert_eq!(stored(&*store, post_id(1)).await?, record);
    none_claimed(&*store, at(99), "it is held").await
}
