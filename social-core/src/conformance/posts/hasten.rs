use super::{begun, claimed, due_again, ended, keep, kinds, none_claimed, outcomes, ready, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, at, named, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    publish::Outcome,
    store::{HistoryKind, Next, PostRecord, PostStore, RecordStep},
};

/// What a worker is to look at later is due when it is hastened, and nothing else of it changes.
pub async fn a_post_that_waits_is_hastened(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(9_999)).await?;
    let before = stored(&*store, post_id(1)).await?;
    assert!(
        store.hasten(&named("owner"), post_id(1), at(7)).await?,
        "it waits"
    );
    let expected = PostRecord {
        next_at: Some(at(7)),
        ..before
    };
    assert_eq!(stored(&*store, post_id(1)).await?, expected);
    assert_eq!(kinds(&*store, 1).await?, [HistoryKind::Submitted]);
    assert_eq!(store.next_ready(None).await?, Some(at(7)));
    none_claimed(&*store, at(6), "not yet due").await?;
    claimed(&*store, at(7)).await?;
    Ok(())
}

/// So is one that has an outcome and is only watched, and of which the person has to do the rest.
pub async fn a_post_that_is_watched_is_hastened(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, outcome) in [
        (1, Outcome::AwaitingUser),
        (2, Outcome::Published(Vec::new())),
        (3, Outcome::Undecided),
    ] {
        keep(&*store, &post(number, account(1))).await?;
        let claim = claimed(&*store, at(0)).await?;
        let watched = RecordStep::new(Next::Settle(outcome.clone(), Some(at(9_999))), at(0));
        store.record(&claim, &watched).await?;
        assert!(
            store
                .hasten(&named("owner"), post_id(number), at(7))
                .await?
        );
        let claim = claimed(&*store, at(7)).await?;
        assert_eq!(claim.post.id, post_id(number));
        assert_eq!(claim.post.outcome, Some(outcome), "it stays");
        store.record(&claim, &watched).await?;
    }
    Ok(())
}

/// What is due earlier is not put off.
pub async fn hastening_puts_nothing_off(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(5)).await?;
    assert!(store.hasten(&named("owner"), post_id(1), at(500)).await?);
    assert_eq!(stored(&*store, post_id(1)).await?.next_at, Some(at(5)));
    Ok(())
}

/// So is one that nobody looks at any more, whatever became of it.
pub async fn a_post_that_is_over_is_looked_at_again(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, outcome) in (1..).zip(outcomes()) {
        let over = ended(&*store, &post(number, account(number as usize)), outcome).await?;
        assert_eq!(over.next_at, None, "nobody looks");
        assert!(store.hasten(&named("owner"), over.id, at(7)).await?);
        let claim = claimed(&*store, at(7)).await?;
        assert_eq!(
            (claim.post.id, &claim.post.outcome),
            (over.id, &over.outcome)
        );
        let outcome = claim.post.outcome.clone().expect("an outcome");
        store
            .record(&claim, &RecordStep::new(Next::Settle(outcome, None), at(7)))
            .await?;
    }
    Ok(())
}

/// What no worker has begun keeps the time that its owner chose, or stays cancelled.
pub async fn what_nobody_began_is_not_hastened(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in [1, 2] {
        let mut later = post(number, account(1));
        later.due_at = at(500);
        keep(&*store, &later).await?;
    }
    store.cancel(&named("owner"), post_id(2), at(0)).await?;
    for number in [1, 2] {
        let before = stored(&*store, post_id(number)).await?;
        assert!(
            !store.hasten(&named("owner"), before.id, at(0)).await?,
            "not begun"
        );
        assert_eq!(stored(&*store, before.id).await?, before);
    }
    none_claimed(&*store, at(499), "not yet due").await
}

/// Who has a post goes on with it, and says when it is due next.
pub async fn hastening_leaves_a_claim(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.hasten(&named("owner"), post_id(1), at(1)).await?;
    assert!(store.claim(&ready(at(99))).await?.is_empty(), "it is held");
    store.record(&claim, &due_again(600)).await?;
    assert_eq!(stored(&*store, post_id(1)).await?.next_at, Some(at(600)));
    Ok(())
}

/// Of others nothing is learned and nothing changed.
pub async fn only_the_owner_hastens(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(600)).await?;
    for (owner, number) in [("another", 1), ("owner", 2)] {
        let answer = store.hasten(&named(owner), post_id(number), at(1)).await;
        refused(answer, ErrorKind::NotFound, "not this owner's");
    }
    assert_eq!(stored(&*store, post_id(1)).await?.next_at, Some(at(600)));
    Ok(())
}
