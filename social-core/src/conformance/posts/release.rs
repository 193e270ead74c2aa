use super::{begun, claimed, none_claimed, overtaken, start, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, at},
    },
    error::Result,
    publish::Outcome,
    store::{Next, PostRecord, PostStore, RecordStep},
};

/// A post that is given back is due when the release says, its attempts are cleared, and all else stays.
pub async fn release_gives_the_post_back(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    harness.advance(LEASE).await;
    let claim = claimed(&*store, at(1)).await?;
    store.release(&claim, at(60)).await?;
    let expected = PostRecord {
        next_at: Some(at(60)),
        attempts: 0,
        ..claim.post
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    none_claimed(&*store, at(59), "not yet due again").await?;
    let next = claimed(&*store, at(60)).await?;
    assert!(next.fence > claim.fence, "a claim of its own");
    assert_eq!(next.post.attempts, 1, "attempts count from nothing");
    Ok(())
}

/// A start stays written down when its claim is given back.
pub async fn release_keeps_a_start(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.start(&claim, &start()).await?;
    store.release(&claim, at(1)).await?;
    let next = claimed(&*store, at(1)).await?;
    assert!(next.post.started, "a start stays written down");
    assert!(next.settles_in.is_some(), "and for how long to wait");
    Ok(())
}

/// A release of a claim that was taken over changes nothing.
pub async fn a_late_release_changes_nothing(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    store.release(&late, at(500)).await?;
    assert_eq!(stored(&*store, next.post.id).await?, next.post, "unchanged");
    none_claimed(&*store, at(999), "the lease is another's").await?;
    store.renew(&next, LEASE).await?;
    Ok(())
}

/// A watched post that is given back keeps its outcome and is looked at later.
pub async fn release_keeps_an_outcome(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let watch = Next::Settle(Outcome::Undecided, Some(at(1)));
    store.record(&claim, &RecordStep::new(watch, at(0))).await?;
    let claim = claimed(&*store, at(1)).await?;
    store.release(&claim, at(60)).await?;
    let expected = PostRecord {
        next_at: Some(at(60)),
        attempts: 0,
        ..claim.post
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    Ok(())
}
