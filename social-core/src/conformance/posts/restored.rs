use std::time::Duration;

use super::{
    begun, claimed, due_again, ended, keep, kinds, none_claimed, outcomes, ready, start, stored,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            LEASE, OTHER, account, app, at, checkpoint, micros, named, post, post_id, refused,
        },
    },
    error::{ErrorKind, Result},
    model::AccountKey,
    publish::{Exposure, Outcome},
    store::{
        Cancelled, HistoryKind, NewPost, Next, PostRecord, PostState, PostStore, RecordStep,
        StoredCheckpoint,
    },
};

/// Shorter than [`LEASE`].
const GRACE: Duration = Duration::from_secs(5);

/// The record as a mark at a second leaves it.
fn marked(record: PostRecord, second: i64) -> PostRecord {
    let began_at = record.began_at.or(record.next_at);
    PostRecord {
        state: PostState::Working,
        started: true,
        started_at: record.started_at.or(began_at),
        restored_at: Some(at(second)),
        began_at,
        next_at: Some(at(second)),
        ..record
    }
}

/// What a worker had begun is asked about first, whatever is known of it: more may have been done in the other copy.
pub async fn what_was_begun_is_asked_about_first(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.start(&first, &start()).await?;
    keep(&*store, &post(2, account(2))).await?;
    let second = claimed(&*store, at(0)).await?;
    store.record(&second, &due_again(9_999)).await?;
    keep(&*store, &post(3, account(3))).await?;
    let third = claimed(&*store, at(0)).await?;
    let exposed = StoredCheckpoint {
        exposure: Exposure::PostMayExist,
        remote_ids: vec![named("v~1")],
        ..checkpoint("status")
    };
    let step = RecordStep {
        checkpoint: Some(exposed),
        ..due_again(9_999)
    };
    store.record(&third, &step).await?;
    let mut before = Vec::new();
    for number in 1..=3 {
        before.push(stored(&*store, post_id(number)).await?);
    }
    assert_eq!(store.mark_restored(at(7), at(7), GRACE).await?, 3);
    for record in before {
        let expected = marked(record, 7);
        assert_eq!(stored(&*store, expected.id).await?, expected);
        let last = store.history(&named("owner"), expected.id).await?.pop();
        let last = last.map(|line| (line.kind, line.at));
        assert_eq!(last, Some((HistoryKind::Restored, at(7))));
    }
    let claims = store.claim(&ready(at(7))).await?;
    assert_eq!(claims.len(), 3, "each is due");
    for claim in claims {
        let left = claim.settles_in.expect("a step counts as started");
        let expected = if claim.post.id == post_id(1) {
            LEASE
        } else {
            GRACE
        };
        assert!(left <= expected, "not later than that");
        assert!(left + Duration::from_secs(1) > expected, "nor earlier");
    }
    Ok(())
}

/// What was due by then, by the clock of any machine, may have been begun there; what is due later was not.
pub async fn what_was_due_is_asked_about_first(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, due_at) in [(1, at(-60)), (2, at(67)), (3, at(67) + micros(1))] {
        let new = NewPost {
            due_at,
            ..post(number, account(1))
        };
        keep(&*store, &new).await?;
    }
    let later = stored(&*store, post_id(3)).await?;
    assert_eq!(store.mark_restored(at(7), at(67), GRACE).await?, 2);
    assert_eq!(stored(&*store, post_id(3)).await?, later, "due later");
    for (number, due_at) in [(1, at(-60)), (2, at(7))] {
        let post = stored(&*store, post_id(number)).await?;
        assert_eq!(post.state, PostState::Working, "due by then");
        assert_eq!(
            (post.began_at, post.started_at),
            (Some(due_at), Some(due_at))
        );
        let lines = [HistoryKind::Submitted, HistoryKind::Restored];
        assert_eq!(kinds(&*store, number).await?, lines);
    }
    Ok(())
}

/// What has an outcome stays as it is, polled again or not.
pub async fn what_has_an_outcome_is_not_marked(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut before = Vec::new();
    for (number, outcome) in (1..).zip(outcomes()) {
        before.push(ended(&*store, &post(number, account(1)), outcome).await?);
    }
    for (number, outcome) in (20..).zip(outcomes()) {
        keep(&*store, &post(number, account(1))).await?;
        let claim = claimed(&*store, at(0)).await?;
        let watch = Next::Settle(outcome, Some(at(500)));
        store.record(&claim, &RecordStep::new(watch, at(0))).await?;
        before.push(stored(&*store, post_id(number)).await?);
    }
    assert_eq!(store.mark_restored(at(999), at(999), GRACE).await?, 0);
    for record in before {
        assert_eq!(stored(&*store, record.id).await?, record, "unchanged");
    }
    Ok(())
}

/// Who held a marked post writes nothing more, and its queue is free at once.
pub async fn a_mark_ends_claims(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    assert_eq!(store.mark_restored(at(7), at(7), GRACE).await?, 1);
    let before = stored(&*store, post_id(1)).await?;
    let rule = "the claim ended";
    let published = super::settled(Outcome::Published(Vec::new()), 8);
    let answer = store.record(&claim, &published).await;
    refused(answer, ErrorKind::Conflict, rule);
    let answer = store.start(&claim, &start()).await;
    refused(answer, ErrorKind::Conflict, rule);
    refused(store.renew(&claim, LEASE).await, ErrorKind::Conflict, rule);
    store.release(&claim, at(0)).await?;
    assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    let next = claimed(&*store, at(8)).await?;
    assert_eq!(next.post.id, post_id(1), "it can be claimed again");
    let answer = store.start(&next, &start()).await;
    refused(answer, ErrorKind::Conflict, "a step counts as started");
    Ok(())
}

/// What was said after the data were restored does not take the mark away: an id of before may not be the last one. The
/// start is over with a record, as any is.
pub async fn a_mark_outlives_what_is_learned(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    store.mark_restored(at(7), at(7), GRACE).await?;
    let once = kinds(&*store, 1).await?;
    assert_eq!(store.mark_restored(at(7), at(7), GRACE).await?, 1, "again");
    assert_eq!(kinds(&*store, 1).await?, once, "no second line");
    let claim = claimed(&*store, at(7)).await?;
    let moved = RecordStep {
        checkpoint: Some(checkpoint("status")),
        ..due_again(60)
    };
    store.record(&claim, &moved).await?;
    let known = stored(&*store, post_id(1)).await?;
    assert_eq!((known.restored_at, known.started), (Some(at(7)), false));
    store.mark_restored(at(70), at(70), GRACE).await?;
    let again = stored(&*store, post_id(1)).await?;
    assert_eq!((again.restored_at, again.started), (Some(at(70)), true));
    assert_eq!(again.started_at, known.started_at, "the first start stays");
    Ok(())
}

/// It is not cancelled or missed without the platform's word: it may be out.
pub async fn what_is_marked_ends_by_the_platforms_word_only(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = NewPost {
        expires_at: Some(at(10)),
        ..post(1, account(1))
    };
    keep(&*store, &new).await?;
    store.mark_restored(at(7), at(7), GRACE).await?;
    assert!(
        store.expire_missed(&[app()], at(99), 9).await?.is_empty(),
        "marked"
    );
    let claim = claimed(&*store, at(7)).await?;
    store.record(&claim, &due_again(60)).await?;
    let missed = store.expire_missed(&[app()], at(99), 9).await?;
    assert!(missed.is_empty(), "nor after the first answer: {missed:?}");
    let cancelled = store.cancel(&named("owner"), post_id(1), at(20)).await?;
    assert_eq!(cancelled, Cancelled::Requested, "a worker has to ask");
    Ok(())
}

/// Posts of every owner, app and platform are marked, also of held accounts.
pub async fn posts_of_everybody_are_marked(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let accounts = [
        account(1),
        AccountKey::new(named("another"), named("app"), OTHER, named("2")),
        AccountKey::new(named("owner"), named("another app"), OTHER, named("3")),
    ];
    for (number, account) in (1..).zip(&accounts) {
        keep(&*store, &post(number, account.clone())).await?;
    }
    store.hold(&accounts[0]).await?;
    let newer = NewPost {
        checkpoint: StoredCheckpoint {
            version: 9,
            ..checkpoint("init")
        },
        ..post(4, account(4))
    };
    keep(&*store, &newer).await?;
    assert_eq!(store.mark_restored(at(0), at(0), GRACE).await?, 4);
    none_claimed(&*store, at(9), "one is held, the others are not readable").await?;
    store.resume(&accounts[0]).await?;
    assert_eq!(claimed(&*store, at(9)).await?.post.id, post_id(1));
    let foreign = store.load(&named("another"), post_id(2)).await?;
    let restored_at = foreign.and_then(|record| record.restored_at);
    assert_eq!(restored_at, Some(at(0)), "another owner's");
    Ok(())
}
