use super::{claimed, due_again, keep, ready, settled};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, at, post, post_id},
    },
    error::Result,
    model::AccountId,
    publish::Outcome,
    store::{ClaimPosts, NewPost, PostStore},
};

fn one(second: i64) -> ClaimPosts {
    ClaimPosts {
        limit: 1,
        ..ready(at(second))
    }
}

/// Serves lanes one by one and says whose they were.
async fn served<S: PostStore>(store: &S, count: i64, from: i64) -> Result<Vec<AccountId>> {
    let mut order = Vec::new();
    for second in from..from + count {
        for claim in store.claim(&one(second)).await? {
            order.push(claim.post.account.account.clone());
            let step = settled(Outcome::Published(Vec::new()), second);
            store.record(&claim, &step).await?;
        }
    }
    Ok(order)
}

/// Of an account with 5,000 posts one is served before every one of 20 others has been, though all of its posts have
/// been due for longer.
pub async fn an_account_with_very_many_posts_never_starves_the_others(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 0..5_000 {
        let new = NewPost {
            due_at: at(-1_000),
            ..post(number, account(0))
        };
        keep(&*store, &new).await?;
    }
    for number in 1..=20 {
        let account = account(usize::try_from(number).unwrap_or(0));
        keep(&*store, &post(5_000 + number, account)).await?;
    }
    let mut order = served(&*store, 21, 10).await?;
    order.sort();
    let all: Vec<_> = (0..=20).map(|number| account(number).account).collect();
    assert_eq!(order, all, "every account is served in the first 21 turns");
    let rest = served(&*store, 3, 40).await?;
    assert_eq!(rest, [const { "account-000" }; 3], "then the many again");
    Ok(())
}

/// A served lane queues behind one that is ready since the moment of its record.
pub async fn a_served_lane_queues_behind_those_ready_now(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, account_number) in [(1, 1), (2, 1), (3, 2)] {
        keep(&*store, &post(number, account(account_number))).await?;
    }
    let first = store.claim(&one(0)).await?.remove(0);
    store.record(&first, &due_again(0)).await?;
    let second = store.claim(&one(0)).await?.remove(0);
    assert_ne!(
        first.post.account, second.post.account,
        "a served lane queues behind the ready ones"
    );
    Ok(())
}

/// A lane that is given back, or whose holder went away, queues behind the others too.
pub async fn a_lane_that_was_given_back_queues_too(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let old = NewPost {
        due_at: at(-100),
        ..post(1, account(1))
    };
    keep(&*store, &old).await?;
    keep(&*store, &post(2, account(2))).await?;
    let first = store.claim(&one(5)).await?.remove(0);
    assert_eq!(first.post.id, post_id(1), "ready for longer");
    store.release(&first, at(-100)).await?;
    let second = store.claim(&one(6)).await?.remove(0);
    assert_eq!(second.post.id, post_id(2), "the other one's turn");
    harness.advance(crate::conformance::fixtures::LEASE).await;
    let third = store.claim(&one(7)).await?.remove(0);
    assert_eq!(third.post.id, post_id(1), "the other one went away");
    Ok(())
}

/// A lane whose next post is due later is ready then, not when it was served.
pub async fn a_served_lane_is_ready_when_its_next_post_is(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    let claim = claimed(&*store, at(0)).await?;
    store.record(&claim, &due_again(500)).await?;
    assert_eq!(store.next_ready(None).await?, Some(at(500)));
    assert!(store.claim(&one(499)).await?.is_empty(), "not yet");
    assert_eq!(store.claim(&one(500)).await?.len(), 1, "now it is");
    Ok(())
}
