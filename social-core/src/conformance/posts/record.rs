use super::{begun, claimed, due_again, none_claimed, outcomes, start, stored, trouble};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, at, micros, named},
    },
    error::Result,
    publish::{Effect, Exposure, Outcome},
    store::{
        Next, PostRecord, PostState, PostStore, RecordStep, Recorded, Started, StoredCheckpoint,
    },
};

/// Everything that a step led to is written down.
pub async fn a_record_writes_what_the_step_led_to(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let once = Effect::Once {
        settle: std::time::Duration::from_micros(1_500_001),
    };
    let checkpoint = StoredCheckpoint {
        exposure: Exposure::PostMayExist,
        remote_ids: vec![named("v_pub~日本"), named("7")],
        ..StoredCheckpoint::new("publish", once, 1, vec![9; 300])
    };
    let step = RecordStep {
        checkpoint: Some(checkpoint.clone()),
        cause: Some(trouble()),
        failures: 3,
        failing_since: Some(at(-7) + micros(3)),
        progress: Some((1 << 33, i64::MAX.unsigned_abs())),
        ..RecordStep::new(Next::At(at(60) + micros(1)), at(1))
    };
    let answer = store.record(&claim, &step).await?;
    assert_eq!(answer, Recorded::new(false), "nobody asked to cancel");
    let expected = PostRecord {
        checkpoint,
        next_at: Some(at(60) + micros(1)),
        attempts: 0,
        failures: 3,
        failing_since: Some(at(-7) + micros(3)),
        cause: Some(trouble()),
        progress: step.progress,
        ..claim.post
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    Ok(())
}

/// Without a new checkpoint or progress the old ones stay; without a cause the last one is cleared.
pub async fn a_record_leaves_what_it_does_not_name(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let full = RecordStep {
        checkpoint: Some(StoredCheckpoint {
            step: "upload".to_owned(),
            ..claim.post.checkpoint.clone()
        }),
        progress: Some((5, 10)),
        cause: Some(trouble()),
        failures: 2,
        failing_since: Some(at(0)),
        keep_lease: true,
        ..due_again(0)
    };
    store.record(&claim, &full).await?;
    store.record(&claim, &due_again(0)).await?;
    let post = stored(&*store, claim.post.id).await?;
    assert_eq!(post.checkpoint.step, "upload", "the checkpoint stays");
    assert_eq!(post.progress, Some((5, 10)), "the progress stays");
    assert_eq!((post.cause, post.failures), (None, 0), "no trouble now");
    assert_eq!(post.failing_since, None, "no trouble now");
    Ok(())
}

/// After a record the attempts count from nothing.
pub async fn a_record_clears_the_attempts(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    harness.advance(LEASE).await;
    let claim = claimed(&*store, at(1)).await?;
    assert_eq!(claim.post.attempts, 2, "nothing came of the first");
    store.record(&claim, &due_again(1)).await?;
    assert_eq!(stored(&*store, claim.post.id).await?.attempts, 0);
    assert_eq!(claimed(&*store, at(1)).await?.post.attempts, 1);
    Ok(())
}

/// While the lease goes on its attempt counts: who dies after the record has died at work on this post.
pub async fn an_attempt_that_goes_on_still_counts(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    harness.advance(LEASE).await;
    let claim = claimed(&*store, at(1)).await?;
    let step = RecordStep {
        keep_lease: true,
        ..due_again(1)
    };
    for _ in 0..2 {
        store.record(&claim, &step).await?;
        let attempts = stored(&*store, claim.post.id).await?.attempts;
        assert_eq!(attempts, 1, "the present attempt counts, and no other");
    }
    harness.advance(LEASE).await;
    assert_eq!(claimed(&*store, at(2)).await?.post.attempts, 2);
    Ok(())
}

/// A record ends the lease: the post can be claimed as soon as it is due again.
pub async fn a_record_ends_the_lease(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(60)).await?;
    none_claimed(&*store, at(59), "not yet due again").await?;
    let next = claimed(&*store, at(60)).await?;
    assert!(next.fence > claim.fence, "a claim of its own");
    Ok(())
}

/// A record that keeps the lease neither frees the lane nor makes the lease longer.
pub async fn a_record_may_keep_the_lease(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = RecordStep {
        keep_lease: true,
        ..due_again(0)
    };
    harness.advance(LEASE / 2).await;
    for _ in 0..3 {
        store.record(&claim, &step).await?;
        none_claimed(&*store, at(9), "the lease is kept").await?;
    }
    harness.advance(LEASE / 2).await;
    claimed(&*store, at(9)).await?;
    Ok(())
}

/// A start stays written down while its outcome is not known, and no longer.
pub async fn a_record_keeps_a_start_of_unknown_outcome(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    assert_eq!(store.start(&claim, &start()).await?, Started::Started);
    let unknown = RecordStep {
        still_started: true,
        ..due_again(1)
    };
    store.record(&claim, &unknown).await?;
    assert!(
        stored(&*store, claim.post.id).await?.started,
        "a start of unknown outcome stays written down"
    );
    let claim = claimed(&*store, at(1)).await?;
    assert!(claim.post.started, "the next worker learns of it");
    assert!(claim.settles_in.is_some(), "and for how long to wait");
    store.record(&claim, &due_again(2)).await?;
    let claim = claimed(&*store, at(2)).await?;
    assert!(!claim.post.started, "its outcome is known");
    assert_eq!(claim.settles_in, None, "nothing is to be waited for");
    assert_eq!(claim.post.started_at, Some(at(0)), "when it was stays");
    Ok(())
}

/// Every outcome is written down with its time; the post is then due no more.
pub async fn a_record_settles_a_post(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    for outcome in outcomes() {
        let store = harness.store().await;
        let claim = begun(&*store).await?;
        let step = super::settled(outcome.clone(), 30);
        store.record(&claim, &step).await?;
        let expected = PostRecord {
            state: PostState::of(&outcome),
            outcome: Some(outcome),
            next_at: None,
            settled_at: Some(at(30)),
            attempts: 0,
            ..claim.post
        };
        assert_eq!(stored(&*store, expected.id).await?, expected);
    }
    Ok(())
}

/// A later look may change the outcome, and leaves the time of the first.
pub async fn the_time_of_the_first_outcome_stays(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let watch = |outcome, next, now| {
        let next = Next::Settle(outcome, Some(at(next)));
        RecordStep::new(next, at(now))
    };
    let step = watch(Outcome::AwaitingUser, 60, 5);
    store.record(&claim, &step).await?;
    let claim = claimed(&*store, at(60)).await?;
    store.record(&claim, &due_again(120)).await?;
    let post = stored(&*store, claim.post.id).await?;
    assert_eq!(post.state, PostState::AwaitingUser, "nothing new");
    let claim = claimed(&*store, at(120)).await?;
    let published = Outcome::Published(Vec::new());
    let step = watch(published.clone(), 180, 121);
    store.record(&claim, &step).await?;
    let post = stored(&*store, claim.post.id).await?;
    assert_eq!(post.state, PostState::Published, "the outcome is new");
    assert_eq!(post.outcome, Some(published), "the outcome is new");
    assert_eq!(post.settled_at, Some(at(5)), "the first time stays");
    assert_eq!(post.next_at, Some(at(180)), "it is looked at again");
    Ok(())
}

/// The holder learns from its record that the owner has asked to cancel.
pub async fn a_record_tells_of_a_cancellation(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = RecordStep {
        keep_lease: true,
        ..due_again(0)
    };
    assert!(!store.record(&claim, &step).await?.cancel_requested);
    store.cancel(&named("owner"), claim.post.id, at(1)).await?;
    assert!(store.record(&claim, &step).await?.cancel_requested);
    Ok(())
}

/// A wish to cancel that came during the step does not wait for the time that the step asks for.
pub async fn a_record_heeds_a_cancellation_it_did_not_know_of(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    for (heed_cancel, due) in [(true, at(5)), (false, at(500))] {
        let store = harness.store().await;
        let claim = begun(&*store).await?;
        store.cancel(&named("owner"), claim.post.id, at(4)).await?;
        let step = RecordStep {
            heed_cancel,
            ..RecordStep::new(Next::At(at(500)), at(5))
        };
        store.record(&claim, &step).await?;
        let next_at = stored(&*store, claim.post.id).await?.next_at;
        assert_eq!(next_at, Some(due), "heed_cancel: {heed_cancel}");
    }
    Ok(())
}
