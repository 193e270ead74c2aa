use chrono::TimeDelta;

use super::{begun, claimed, due_again, keep, none_claimed, ready, start, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            LEASE, account, app, app_beside, at, checkpoint, named, other_app, post, post_id,
        },
    },
    error::Result,
    model::{AccountKey, OwnerId},
    store::{
        Cancelled, ClaimPosts, HeldAccount, HeldFor, NewPost, Next, PostStore, RecordStep,
        Revision, Started, StoredCheckpoint, Submitted,
    },
};

/// Nothing of a held account is claimed until it is resumed; other accounts go on.
pub async fn a_hold_stops_claims_until_resumed(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    store.hold(&account(1)).await?;
    none_claimed(&*store, at(99), "it is held").await?;
    keep(&*store, &post(2, account(2))).await?;
    assert_eq!(claimed(&*store, at(99)).await?.post.id, post_id(2));
    store.hold(&account(1)).await?;
    store.resume(&account(1)).await?;
    assert_eq!(claimed(&*store, at(99)).await?.post.id, post_id(1));
    Ok(())
}

/// A hold also stops posts that are submitted later, even when the account had none before.
pub async fn a_hold_comes_before_the_first_post(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.resume(&account(1)).await?;
    store.hold(&account(1)).await?;
    let answer = store.submit(&post(1, account(1))).await?;
    assert!(matches!(answer, Submitted::New(_)), "it is kept");
    none_claimed(&*store, at(99), "it is held").await?;
    store.resume(&account(1)).await?;
    claimed(&*store, at(99)).await?;
    Ok(())
}

/// A held account has no time at which it is ready; resumed it has the one it had.
pub async fn a_held_account_is_never_ready(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    store.hold(&account(1)).await?;
    assert_eq!(store.next_ready(None).await?, None, "held");
    store.resume(&account(1)).await?;
    assert_eq!(store.next_ready(None).await?, Some(at(0)), "resumed");
    Ok(())
}

/// A record may hold its lane, and the post waits there.
pub async fn a_record_may_hold_the_lane(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    keep(&*store, &post(2, account(1))).await?;
    let step = RecordStep::new(Next::Hold(at(5), None), at(1));
    store.record(&claim, &step).await?;
    none_claimed(&*store, at(999), "the lane is held").await?;
    assert_eq!(store.next_ready(None).await?, None, "the lane is held");
    assert_eq!(stored(&*store, post_id(1)).await?.next_at, Some(at(5)));
    store.resume(&account(1)).await?;
    let next = claimed(&*store, at(5)).await?;
    assert_eq!(next.post.id, post_id(2), "due first");
    store.record(&next, &due_again(999)).await?;
    assert_eq!(claimed(&*store, at(5)).await?.post.id, post_id(1));
    Ok(())
}

/// Who is held is listed by account, with what the platform refused, page by page; a hold that ended, and one
/// that keeps no post waiting, is not.
pub async fn lists_who_is_held(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.held_accounts("", 9).await?, [], "nobody");
    for number in (1..=4).rev() {
        keep(
            &*store,
            &post(number, account(usize::try_from(number).unwrap_or(0))),
        )
        .await?;
    }
    store.hold(&account(1)).await?;
    store.hold(&account(5)).await?;
    let claims = store.claim(&ready(at(0))).await?;
    let tokens = HeldFor::Tokens(Revision(i64::MAX));
    for claim in claims.iter().filter(|claim| claim.post.id != post_id(4)) {
        let held_for = (claim.post.id == post_id(3)).then_some(tokens);
        let hold = Next::Hold(at(9), held_for);
        store.record(claim, &RecordStep::new(hold, at(0))).await?;
    }
    let held = |number, held_for| {
        let account = AccountKey {
            owner: OwnerId::nobody(),
            ..account(number)
        };
        HeldAccount::new(account, held_for)
    };
    let expected = [held(1, None), held(2, None), held(3, Some(tokens))];
    assert_eq!(store.held_accounts("", 9).await?, expected);
    assert_eq!(store.held_accounts("", 2).await?, expected[..2]);
    assert_eq!(
        store.held_accounts(&account(2).row_id(), 2).await?,
        expected[2..]
    );
    store.hold(&account(3)).await?;
    assert_eq!(
        store.held_accounts("", 9).await?[2],
        held(3, None),
        "held anew"
    );
    for number in [1, 3] {
        store.resume(&account(number)).await?;
    }
    assert_eq!(
        store.held_accounts("", 9).await?,
        [held(2, None)],
        "two go on"
    );
    Ok(())
}

/// What the platform refused is kept as it was recorded: the tokens or the connection, whichever it was at last.
pub async fn a_hold_knows_what_was_refused(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    // Whole microseconds, as every store keeps times.
    let connected_at = at(7) + TimeDelta::microseconds(123_456);
    for held_for in [
        HeldFor::Person(connected_at),
        HeldFor::Tokens(Revision(3)),
        HeldFor::Person(at(0)),
    ] {
        let claim = claimed(&*store, at(99)).await?;
        let hold = Next::Hold(at(9), Some(held_for));
        store.record(&claim, &RecordStep::new(hold, at(0))).await?;
        let held = store.held_accounts("", 9).await?;
        let held: Vec<_> = held.into_iter().map(|held| held.held_for).collect();
        assert_eq!(held, [Some(held_for)], "as it was recorded");
        store.resume(&account(1)).await?;
    }
    Ok(())
}

/// Who holds the lane when it is held goes on, and its record does not end the hold.
pub async fn who_works_when_a_hold_comes_goes_on(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.hold(&account(1)).await?;
    assert_eq!(store.start(&claim, &start()).await?, Started::Started);
    store.renew(&claim, LEASE).await?;
    store.record(&claim, &due_again(2)).await?;
    none_claimed(&*store, at(99), "it is still held").await
}

/// A hold is on the account, whoever owned it when it was put.
pub async fn a_hold_is_on_the_account_whoever_owns_it(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let moved = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    keep(&*store, &post(1, account(1))).await?;
    store.hold(&moved).await?;
    none_claimed(&*store, at(0), "it is held").await?;
    store.resume(&moved).await?;
    claimed(&*store, at(0)).await?;
    Ok(())
}

/// The next lane to be ready is known, leases aside.
pub async fn knows_when_the_next_lane_is_ready(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.next_ready(None).await?, None, "there is nothing");
    for (number, second) in [(1, 300), (2, 100), (3, 200)] {
        let new = NewPost {
            due_at: at(second),
            ..post(number, account(1))
        };
        keep(&*store, &new).await?;
    }
    assert_eq!(
        store.next_ready(None).await?,
        Some(at(100)),
        "the first due"
    );
    claimed(&*store, at(100)).await?;
    assert_eq!(store.next_ready(None).await?, Some(at(100)), "leases aside");
    store.cancel(&named("owner"), post_id(3), at(100)).await?;
    let sooner = NewPost {
        due_at: at(50),
        ..post(4, account(2))
    };
    keep(&*store, &sooner).await?;
    assert_eq!(store.next_ready(None).await?, Some(at(50)), "another lane");
    let beside = NewPost {
        due_at: at(20),
        ..post(
            5,
            app_beside().account(named("owner"), named("account-001")),
        )
    };
    keep(&*store, &beside).await?;
    assert_eq!(store.next_ready(None).await?, Some(at(20)), "of every app");
    for (app, due) in [
        (app(), Some(50)),
        (app_beside(), Some(20)),
        (other_app(), None),
    ] {
        let ready = store.next_ready(Some((&app, 1))).await?;
        assert_eq!(ready, due.map(at), "of {app}");
    }
    Ok(())
}

/// A post that only a newer worker reads.
fn newer(number: u64, second: i64) -> NewPost {
    NewPost {
        checkpoint: StoredCheckpoint {
            version: 2,
            ..checkpoint("init")
        },
        due_at: at(second),
        ..post(number, account(1))
    }
}

/// Who is told when the next lane is ready is told of posts that can be claimed: a lane that has only newer ones is none,
/// however long they have been due, and one that has others too is ready when these are.
pub async fn what_a_worker_cannot_read_is_not_ready_for_it(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let next = async |newest| store.next_ready(Some((&app(), newest))).await;
    keep(&*store, &newer(1, -10)).await?;
    assert_eq!(next(1).await?, None, "nothing is ready for it");
    assert_eq!(next(2).await?, Some(at(-10)), "for a newer worker");
    assert_eq!(store.next_ready(None).await?, Some(at(-10)), "for any");
    let due = |number, lane, second| NewPost {
        due_at: at(second),
        ..post(number, account(lane))
    };
    keep(&*store, &due(2, 1, 50)).await?;
    assert_eq!(next(1).await?, Some(at(50)), "behind a newer one");
    for (number, lane, second) in [(3, 2, 70), (4, 3, 30), (5, 4, 40)] {
        keep(&*store, &due(number, lane, second)).await?;
    }
    assert_eq!(next(1).await?, Some(at(30)), "another lane");
    let claim = claimed(&*store, at(30)).await?;
    assert_eq!(claim.post.id, post_id(4));
    store.record(&claim, &due_again(9_999)).await?;
    assert_eq!(next(1).await?, Some(at(40)), "the next one");
    assert_eq!(next(2).await?, Some(at(-10)), "for a newer worker");
    Ok(())
}

/// A newer post that waits to be stopped keeps no account from being held: a newer worker stops it.
pub async fn a_post_that_a_worker_cannot_read_stands_in_no_holds_way(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &newer(1, 0)).await?;
    let able = ClaimPosts {
        versions: vec![(app(), 2)],
        ..ready(at(0))
    };
    let claims = store.claim(&able).await?;
    assert_eq!(claims.len(), 1, "a newer worker reads it");
    store.record(&claims[0], &due_again(50)).await?;
    keep(&*store, &post(2, account(1))).await?;
    let other = claimed(&*store, at(1)).await?;
    let cancelled = store.cancel(&named("owner"), post_id(1), at(2)).await?;
    assert_eq!(cancelled, Cancelled::Requested);
    let hold = RecordStep::new(Next::Hold(at(3), None), at(3));
    store.record(&other, &hold).await?;
    assert_eq!(store.held_accounts("", 9).await?.len(), 1, "it is held");
    Ok(())
}
