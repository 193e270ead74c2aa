use std::sync::Arc;

use super::{
    begun, claimed, due_again, ended, keep, kinds, none_claimed, outcomes, ready, start, stored,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, account, at, named, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    model::AccountKey,
    publish::Outcome,
    store::{
        Cancelled, HeldFor, HistoryKind, NewPost, Next, PostRecord, PostState, PostStore,
        RecordStep, Revision,
    },
};

/// What no worker has begun is cancelled at once, and never claimed.
pub async fn a_queued_post_is_cancelled_at_once(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    let answer = store.cancel(&named("owner"), queued.id, at(7)).await?;
    assert_eq!(answer, Cancelled::Done);
    let expected = PostRecord {
        state: PostState::Cancelled,
        outcome: Some(Outcome::Cancelled),
        next_at: None,
        cancel_requested: true,
        settled_at: Some(at(7)),
        ..queued
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    let lines = [
        HistoryKind::Submitted,
        HistoryKind::CancelRequested,
        HistoryKind::Settled,
    ];
    assert_eq!(kinds(&*store, 1).await?, lines);
    none_claimed(&*store, at(99), "it is cancelled").await
}

/// While a worker has one post of an account, another one that is queued is cancelled at once.
pub async fn a_queued_post_beside_a_working_one_is_cancelled_at_once(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    keep(&*store, &post(2, account(1))).await?;
    let answer = store.cancel(&named("owner"), post_id(2), at(1)).await?;
    assert_eq!(answer, Cancelled::Done);
    store.renew(&claim, LEASE).await?;
    assert_eq!(stored(&*store, post_id(1)).await?, claim.post, "unchanged");
    Ok(())
}

/// Of what a worker has begun the worker is asked to stop, for which the post is due.
pub async fn a_working_post_is_asked_to_stop(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(9_999)).await?;
    none_claimed(&*store, at(7), "not yet due").await?;
    let answer = store.cancel(&named("owner"), post_id(1), at(7)).await?;
    assert_eq!(answer, Cancelled::Requested);
    let expected = PostRecord {
        next_at: Some(at(7)),
        cancel_requested: true,
        attempts: 0,
        ..claim.post
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    let lines = [HistoryKind::Submitted, HistoryKind::CancelRequested];
    assert_eq!(kinds(&*store, 1).await?, lines);
    let next = claimed(&*store, at(7)).await?;
    assert!(next.post.cancel_requested, "the worker learns of it");
    Ok(())
}

/// A post that is due earlier than `now` is not put off by asking.
pub async fn asking_puts_nothing_off(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(5)).await?;
    store.cancel(&named("owner"), post_id(1), at(500)).await?;
    assert_eq!(stored(&*store, post_id(1)).await?.next_at, Some(at(5)));
    Ok(())
}

/// A started step whose outcome is not known stays so: cancelling says nothing of it.
pub async fn cancelling_keeps_a_start(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.start(&claim, &start()).await?;
    let answer = store.cancel(&named("owner"), post_id(1), at(1)).await?;
    assert_eq!(answer, Cancelled::Requested);
    harness.advance(LEASE).await;
    let next = claimed(&*store, at(1)).await?;
    assert!(next.post.started, "the start stays");
    Ok(())
}

/// Asking again, or after the end, changes nothing.
pub async fn asking_again_changes_nothing(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.cancel(&named("owner"), post_id(1), at(1)).await?;
    // The platform cannot be asked now: the worker tries again later.
    store.record(&claim, &due_again(600)).await?;
    let before = stored(&*store, post_id(1)).await?;
    let answer = store.cancel(&named("owner"), post_id(1), at(2)).await?;
    assert_eq!(answer, Cancelled::Requested);
    assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    let lines = [HistoryKind::Submitted, HistoryKind::CancelRequested];
    assert_eq!(kinds(&*store, 1).await?, lines);
    Ok(())
}

/// What has an outcome stays as it is.
pub async fn a_post_with_an_outcome_is_not_cancelled(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, outcome) in (1..).zip(outcomes()) {
        let before = ended(&*store, &post(number, account(1)), outcome).await?;
        let answer = store.cancel(&named("owner"), before.id, at(9)).await?;
        assert_eq!(answer, Cancelled::TooLate, "{:?}", before.state);
        assert_eq!(stored(&*store, before.id).await?, before, "unchanged");
    }
    Ok(())
}

/// Another owner's post is not found, and stays.
pub async fn only_the_owner_cancels(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let queued = keep(&*store, &post(1, account(1))).await?;
    for (owner, id) in [("another", queued.id), ("owner", post_id(2))] {
        let answer = store.cancel(&named(owner), id, at(1)).await;
        refused(answer, ErrorKind::NotFound, "only the owner cancels");
    }
    assert_eq!(stored(&*store, queued.id).await?, queued, "unchanged");
    Ok(())
}

/// All posts of an account without outcome are cancelled, or asked to stop, and counted; other accounts go on.
pub async fn an_account_is_cancelled_whole(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let published = Outcome::Published(Vec::new());
    let done = ended(&*store, &post(1, account(1)), published).await?;
    keep(&*store, &post(2, account(1))).await?;
    claimed(&*store, at(0)).await?;
    for (number, account_number) in [(3, 1), (4, 1), (5, 2)] {
        keep(&*store, &post(number, account(account_number))).await?;
    }
    assert_eq!(store.cancel_account(&account(1), at(9)).await?, 3);
    assert_eq!(stored(&*store, post_id(1)).await?, done, "unchanged");
    let working = stored(&*store, post_id(2)).await?;
    assert_eq!(working.state, PostState::Working, "a worker has it");
    assert!(working.cancel_requested, "the worker is asked");
    for number in [3, 4] {
        let state = stored(&*store, post_id(number)).await?.state;
        assert_eq!(state, PostState::Cancelled, "at once");
        let lines = [
            HistoryKind::Submitted,
            HistoryKind::CancelRequested,
            HistoryKind::Settled,
        ];
        assert_eq!(kinds(&*store, number).await?, lines);
    }
    let other = stored(&*store, post_id(5)).await?;
    assert!(!other.cancel_requested, "another account's");
    assert_eq!(store.cancel_account(&account(3), at(9)).await?, 0, "none");
    Ok(())
}

/// A hold does not stand in the way of cancelling, and ends: a worker must be able to claim what is to be stopped.
pub async fn a_held_account_is_cancelled_too(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    keep(&*store, &post(2, account(1))).await?;
    keep(&*store, &post(3, account(1))).await?;
    store.record(&claim, &due_again(50)).await?;
    store.hold(&account(1)).await?;
    let answer = store.cancel(&named("owner"), post_id(3), at(9)).await?;
    assert_eq!(answer, Cancelled::Done, "a queued one ends at once");
    assert_eq!(store.cancel_account(&account(1), at(9)).await?, 2);
    let state = stored(&*store, post_id(2)).await?.state;
    assert_eq!(state, PostState::Cancelled, "a queued one ends at once");
    let next = claimed(&*store, at(9)).await?.post;
    assert_eq!(next.id, post_id(1), "the begun one is due");
    assert!(next.cancel_requested, "its worker is asked");
    Ok(())
}

/// Asking to stop one post of a held account, once more even, ends the hold; cancelling one that nobody began does not.
pub async fn asking_to_stop_ends_a_hold(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    keep(&*store, &post(2, account(1))).await?;
    let held = RecordStep::new(
        Next::Hold(at(50), Some(HeldFor::Tokens(Revision(3)))),
        at(0),
    );
    store.record(&claim, &held).await?;
    store.cancel(&named("owner"), post_id(2), at(9)).await?;
    none_claimed(&*store, at(99), "nothing is to be stopped").await?;
    for (second, due) in [(9, 9), (10, 60)] {
        store
            .cancel(&named("owner"), post_id(1), at(second))
            .await?;
        assert_eq!(store.held_accounts("", 9).await?, [], "the hold has ended");
        let next = claimed(&*store, at(due)).await?;
        assert!(next.post.cancel_requested, "its worker is asked");
        let held = RecordStep::new(Next::Hold(at(60), None), at(due));
        store.record(&next, &held).await?;
        none_claimed(&*store, at(99), "it needs the account").await?;
    }
    Ok(())
}

/// A worker that finds the account's access missing holds the lane only when no other post of it is due to be stopped,
/// which needs no access.
pub async fn a_hold_waits_for_what_is_to_be_stopped(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(50)).await?;
    keep(&*store, &post(2, account(1))).await?;
    let other = claimed(&*store, at(1)).await?;
    store.cancel(&named("owner"), post_id(1), at(2)).await?;
    let hold = |second| RecordStep::new(Next::Hold(at(second), None), at(3));
    store.record(&other, &hold(4)).await?;
    let next = claimed(&*store, at(3)).await?;
    assert_eq!(next.post.id, post_id(1), "it is to be stopped");
    // That one needs the account, and is asked about again later; until then it is in nobody's way.
    store.record(&next, &hold(60)).await?;
    none_claimed(&*store, at(99), "now it is held").await?;
    store.resume(&account(1)).await?;
    let other = claimed(&*store, at(4)).await?;
    store.record(&other, &hold(5)).await?;
    none_claimed(&*store, at(99), "nothing is due to be stopped").await
}

/// Posts of an account are cancelled whoever owned it when they were submitted.
pub async fn an_account_is_cancelled_whoever_owns_it(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    let moved = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    assert_eq!(store.cancel_account(&moved, at(1)).await?, 1);
    Ok(())
}

/// Claims and cancellations at once: what was cancelled at once nobody has claimed, and the holder of every other post
/// learns that it is to stop.
pub async fn a_claim_and_a_cancellation_never_pass_each_other(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let count = u64::try_from(CROWD).unwrap_or(0);
    for number in 0..count {
        let new = NewPost {
            due_at: at(0),
            ..post(number, account(usize::try_from(number).unwrap_or(0)))
        };
        keep(&*store, &new).await?;
    }
    let claims = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            let mut claims = Vec::new();
            while claims.len() < CROWD / 2 {
                let one = crate::store::ClaimPosts {
                    limit: 1,
                    ..ready(at(0))
                };
                match store.claim(&one).await? {
                    none if none.is_empty() => break,
                    some => claims.extend(some),
                }
            }
            Result::Ok(claims)
        }
    });
    let mut answers = Vec::new();
    for number in (0..count).rev() {
        let answer = store
            .cancel(&named("owner"), post_id(number), at(0))
            .await?;
        answers.push((post_id(number), answer));
    }
    let claims = claims.await.expect("no claim panics")?;
    for (id, answer) in answers {
        let claim = claims.iter().find(|claim| claim.post.id == id);
        let step = RecordStep {
            keep_lease: true,
            ..due_again(0)
        };
        match (answer, claim) {
            (Cancelled::Done, None) => {}
            (Cancelled::Requested, Some(claim)) => {
                let recorded = store.record(claim, &step).await?;
                assert!(recorded.cancel_requested, "the holder learns of it");
            }
            (answer, claim) => panic!("{answer:?} and claimed: {}", claim.is_some()),
        }
    }
    Ok(())
}
