use std::time::Duration;

use super::{begun, claimed, due_again, kinds, outcomes, overtaken, start, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, MINUTE, at, named, post_id, refused},
    },
    error::{ErrorKind, Result},
    store::{HistoryKind, Next, PostRecord, PostStore, RecordStep, StartStep, Started},
};

/// A start is written down with its time and its line of history; who takes over learns of it.
pub async fn a_start_is_written_down(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    assert_eq!(store.start(&claim, &start()).await?, Started::Started);
    let expected = PostRecord {
        started: true,
        started_at: Some(start().history.at),
        ..claim.post.clone()
    };
    let id = claim.post.id;
    assert_eq!(stored(&*store, id).await?, expected, "only the mark");
    let history = store.history(&named("owner"), id).await?;
    assert_eq!(history.last(), Some(&start().history));
    harness.advance(LEASE).await;
    let next = claimed(&*store, at(1)).await?;
    assert!(next.post.started, "who takes over learns of it");
    assert!(next.settles_in.is_some(), "and for how long to wait");
    Ok(())
}

/// Until a started step has settled passes what the start said, on the store's clock, across claims; then nothing.
pub async fn a_start_settles_on_the_stores_clock(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = StartStep {
        settles_in: 3 * LEASE,
        ..start()
    };
    store.start(&claim, &step).await?;
    for left in [2 * LEASE, LEASE] {
        harness.advance(LEASE).await;
        let settles_in = claimed(&*store, at(1)).await?.settles_in;
        let near = left - MINUTE..=left;
        assert!(
            settles_in.is_some_and(|settles_in| near.contains(&settles_in)),
            "{left:?} are left, not {settles_in:?}"
        );
    }
    for passed in [Duration::ZERO, LEASE] {
        harness.advance(LEASE).await;
        let claim = claimed(&*store, at(1)).await?;
        assert_eq!(claim.settles_in, Some(Duration::ZERO), "it has settled");
        let near = passed..=passed + MINUTE;
        let said = claim.settled_for;
        assert!(near.contains(&said), "and says how long ago: {said:?}");
    }
    Ok(())
}

/// Once the owner has asked to cancel nothing starts, and nothing is written.
pub async fn a_start_after_a_cancellation_writes_nothing(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.cancel(&named("owner"), claim.post.id, at(2)).await?;
    let before = stored(&*store, claim.post.id).await?;
    assert_eq!(store.start(&claim, &start()).await?, Started::Cancelled);
    assert_eq!(stored(&*store, claim.post.id).await?, before, "unchanged");
    let expected = [HistoryKind::Submitted, HistoryKind::CancelRequested];
    assert_eq!(kinds(&*store, 1).await?, expected);
    Ok(())
}

/// While the outcome of a start is not known no other one is written: the step would happen twice.
pub async fn a_start_while_another_is_open_is_a_conflict(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.start(&claim, &start()).await?;
    let rule = "a start while another is open is a conflict";
    refused(
        store.start(&claim, &start()).await,
        ErrorKind::Conflict,
        rule,
    );
    harness.advance(LEASE).await;
    let next = claimed(&*store, at(1)).await?;
    refused(
        store.start(&next, &start()).await,
        ErrorKind::Conflict,
        rule,
    );
    let known = RecordStep {
        keep_lease: true,
        ..due_again(2)
    };
    store.record(&next, &known).await?;
    let mut again = start();
    again.history.at = at(3);
    let answer = store.start(&next, &again).await?;
    assert_eq!(answer, Started::Started, "the outcome is known");
    let started_at = stored(&*store, next.post.id).await?.started_at;
    assert_eq!(started_at, Some(at(3)), "the time of the last one");
    Ok(())
}

/// A post that has an outcome and is only looked at again starts nothing.
pub async fn a_settled_post_never_starts(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    for outcome in outcomes() {
        let store = harness.store().await;
        let claim = begun(&*store).await?;
        let watch = RecordStep::new(Next::Settle(outcome, Some(at(9))), at(0));
        store.record(&claim, &watch).await?;
        let claim = claimed(&*store, at(9)).await?;
        let answer = store.start(&claim, &start()).await;
        refused(answer, ErrorKind::Conflict, "a settled post never starts");
        assert!(!stored(&*store, post_id(1)).await?.started, "not started");
    }
    Ok(())
}

/// Who was overtaken starts nothing.
pub async fn who_was_overtaken_starts_nothing(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    let answer = store.start(&late, &start()).await;
    let rule = "who was overtaken starts nothing";
    refused(answer, ErrorKind::Conflict, rule);
    let id = next.post.id;
    assert_eq!(stored(&*store, id).await?, next.post, "nothing was written");
    Ok(())
}
