use super::{begun, claimed, due_again, ended, keep, outcomes};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, at, micros, named, post},
    },
    error::Result,
    model::AccountKey,
    publish::Outcome,
    store::{NewPost, PostState, PostStore},
};

/// Posts on their way and posts that wait for the person are pending; what is queued or has ended is not.
pub async fn counts_what_is_on_its_way_or_waits_for_the_person(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.pending(&account(1), at(0)).await?, 0, "no lane");
    keep(&*store, &post(1, account(1))).await?;
    assert_eq!(store.pending(&account(1), at(0)).await?, 0, "queued");
    let claim = claimed(&*store, at(0)).await?;
    assert_eq!(store.pending(&account(1), at(0)).await?, 1, "held");
    store.record(&claim, &due_again(900)).await?;
    assert_eq!(store.pending(&account(1), at(0)).await?, 1, "due again");
    let mut expected = 1;
    for (number, outcome) in (2..).zip(outcomes()) {
        let waits = outcome == Outcome::AwaitingUser;
        expected += u64::from(waits);
        let record = ended(&*store, &post(number, account(1)), outcome).await?;
        let pending = store.pending(&account(1), at(0)).await?;
        assert_eq!(pending, expected, "{:?}", record.state);
    }
    Ok(())
}

/// What counts is when a worker began it, exactly, and not when it was submitted or recorded last.
pub async fn what_is_pending_counts_from_when_it_was_begun(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let new = NewPost {
        created_at: at(-500),
        due_at: at(-400),
        ..post(1, account(1))
    };
    keep(&*store, &new).await?;
    let claim = claimed(&*store, at(0)).await?;
    store.record(&claim, &due_again(50)).await?;
    claimed(&*store, at(50)).await?;
    assert_eq!(store.pending(&account(1), at(0)).await?, 1, "exactly");
    assert_eq!(store.pending(&account(1), at(-999)).await?, 1, "before");
    let after = at(0) + micros(1);
    assert_eq!(store.pending(&account(1), after).await?, 0, "begun before");
    Ok(())
}

/// Pending posts are counted for one account, whoever owns it.
pub async fn what_is_pending_is_of_one_account(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    assert_eq!(claim.post.state, PostState::Working);
    let moved = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    assert_eq!(store.pending(&moved, at(0)).await?, 1, "whoever owns it");
    assert_eq!(store.pending(&account(2), at(0)).await?, 0, "another one");
    Ok(())
}
