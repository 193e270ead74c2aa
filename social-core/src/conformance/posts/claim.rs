use super::{begun, claimed, due_again, keep, none_claimed, ready, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            LEASE, MINUTE, OTHER, account, app, app_beside, at, checkpoint, micros, named,
            other_app, post, post_id, race,
        },
    },
    error::Result,
    model::AccountKey,
    publish::Outcome,
    store::{ClaimPosts, Fence, NewPost, Next, PostState, PostStore, RecordStep, StoredCheckpoint},
};

/// Of an account's due posts the one due first comes first, then the one with the lower id.
pub async fn claims_an_accounts_first_due_post(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(4, -10), (3, -20), (2, -10), (1, 5)] {
        let new = NewPost {
            due_at: at(second),
            ..post(number, account(1))
        };
        keep(&*store, &new).await?;
    }
    for expected in [3, 2, 4] {
        let claim = claimed(&*store, at(0)).await?;
        assert_eq!(claim.post.id, post_id(expected), "by due time, then id");
        store.record(&claim, &due_again(99)).await?;
    }
    none_claimed(&*store, at(0), "the last is not yet due").await
}

/// Due at `now` is due; a microsecond later is not.
pub async fn claims_what_is_due_exactly_now(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    none_claimed(&*store, at(0) - micros(1), "not yet due").await?;
    claimed(&*store, at(0)).await?;
    Ok(())
}

/// A queued post is begun by its first claim: it is being worked on since then, and the attempt counts.
pub async fn a_claim_begins_a_queued_post(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let new = keep(&*store, &post(1, account(1))).await?;
    let claim = claimed(&*store, at(3)).await?;
    let expected = crate::store::PostRecord {
        state: PostState::Working,
        began_at: Some(at(3)),
        attempts: 1,
        ..new
    };
    assert_eq!(claim.post, expected, "as claimed");
    assert_eq!(claim.settles_in, None, "nothing was started");
    assert_eq!(stored(&*store, expected.id).await?, expected, "as stored");
    Ok(())
}

/// Claims of which nothing came are counted; the beginning stays the first.
pub async fn counts_claims_of_which_nothing_came(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    for attempt in 1..5 {
        let claim = claimed(&*store, at(i64::from(attempt))).await?;
        assert_eq!(claim.post.attempts, attempt, "each claim is counted");
        assert_eq!(claim.post.began_at, Some(at(1)), "it began once");
        harness.advance(LEASE).await;
    }
    Ok(())
}

/// While a post of an account is held no other post of it is claimed.
pub async fn a_lane_has_one_holder(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    keep(&*store, &post(2, account(1))).await?;
    let claim = claimed(&*store, at(0)).await?;
    none_claimed(&*store, at(9), "the lane is held").await?;
    store.record(&claim, &due_again(99)).await?;
    assert_eq!(claimed(&*store, at(9)).await?.post.id, post_id(2));
    Ok(())
}

/// Posts of one account share a lane whoever owns them.
pub async fn a_lane_is_one_whoever_owns_the_account(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    let moved = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    keep(&*store, &post(2, moved)).await?;
    claimed(&*store, at(0)).await?;
    none_claimed(&*store, at(0), "the lane is held").await
}

/// A lease is over once its time has passed on the store's clock, and not before, whatever `now` says.
pub async fn a_lease_ends_exactly_when_it_says(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    none_claimed(&*store, at(9_999_999), "`now` ends no lease").await?;
    harness.advance(LEASE - MINUTE).await;
    none_claimed(&*store, at(1), "a minute is left").await?;
    harness.advance(MINUTE).await;
    claimed(&*store, at(1)).await?;
    Ok(())
}

/// Lanes come longest ready first, and the limit holds.
pub async fn claims_lanes_longest_ready_first(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(1, -20), (2, -40), (3, 10), (4, -10), (5, -30)] {
        let new = NewPost {
            due_at: at(second),
            ..post(number, account(usize::try_from(number).unwrap_or(0)))
        };
        keep(&*store, &new).await?;
    }
    let two = ClaimPosts {
        limit: 2,
        ..ready(at(0))
    };
    let mut order = Vec::new();
    for which in [two, ready(at(0))] {
        let claims = store.claim(&which).await?;
        assert_eq!(claims.len(), 2, "the limit holds, and one is not ready");
        order.extend(claims.into_iter().map(|claim| claim.post.id));
    }
    assert_eq!(order, [2, 5, 1, 4].map(post_id), "longest ready first");
    Ok(())
}

/// A worker gets posts of the apps it serves, and of no other app of the same platform.
pub async fn claims_served_apps_only(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    for (number, app) in [(1, other_app()), (2, app_beside())] {
        keep(
            &*store,
            &post(number, app.account(named("owner"), named("account-001"))),
        )
        .await?;
    }
    none_claimed(&*store, at(0), "of other apps").await?;
    let nothing = ClaimPosts {
        versions: Vec::new(),
        ..ready(at(0))
    };
    assert!(store.claim(&nothing).await?.is_empty(), "serves nothing");
    for (number, app) in [(1, other_app()), (2, app_beside())] {
        let served = ClaimPosts {
            versions: vec![(app.clone(), 1)],
            ..ready(at(0))
        };
        let claims = store.claim(&served).await?;
        let ids: Vec<_> = claims.iter().map(|claim| claim.post.id).collect();
        assert_eq!(ids, [post_id(number)], "{app} is served now");
    }
    Ok(())
}

/// A post whose checkpoint is newer than the worker knows is passed over for the next one that it can read.
pub async fn passes_over_checkpoints_it_cannot_read(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let newer = NewPost {
        checkpoint: StoredCheckpoint {
            version: 2,
            ..checkpoint("init")
        },
        due_at: at(-10),
        ..post(1, account(1))
    };
    keep(&*store, &newer).await?;
    none_claimed(&*store, at(0), "the checkpoint is newer").await?;
    keep(&*store, &post(2, account(1))).await?;
    let claim = claimed(&*store, at(0)).await?;
    assert_eq!(claim.post.id, post_id(2), "the one it can read");
    store.record(&claim, &due_again(99)).await?;
    let able = ClaimPosts {
        versions: vec![(app(), 2)],
        ..ready(at(0))
    };
    let claims = store.claim(&able).await?;
    assert_eq!(claims.len(), 1, "a newer worker reads it");
    assert_eq!(claims[0].post, stored(&*store, newer.id).await?);
    Ok(())
}

/// Lanes that cannot be claimed, though ready for longer, take no place of the limit.
pub async fn what_is_passed_over_takes_no_place(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let old = |number: u64, account| NewPost {
        due_at: at(-100),
        ..post(number, account)
    };
    keep(&*store, &old(1, account(1))).await?;
    claimed(&*store, at(0)).await?;
    keep(
        &*store,
        &old(
            2,
            AccountKey::new(named("owner"), named("app"), OTHER, named("2")),
        ),
    )
    .await?;
    let newer = NewPost {
        checkpoint: StoredCheckpoint {
            version: 2,
            ..checkpoint("init")
        },
        ..old(3, account(3))
    };
    keep(&*store, &newer).await?;
    keep(&*store, &old(4, account(4))).await?;
    store.hold(&account(4)).await?;
    keep(&*store, &post(5, account(5))).await?;
    let one = ClaimPosts {
        limit: 1,
        ..ready(at(0))
    };
    let claims = store.claim(&one).await?;
    let ids: Vec<_> = claims.iter().map(|claim| claim.post.id).collect();
    assert_eq!(ids, [post_id(5)], "what is passed over takes no place");
    Ok(())
}

/// Fences rise from claim to claim of a lane, whatever its post.
pub async fn each_claim_has_a_higher_fence(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    keep(&*store, &post(2, account(1))).await?;
    let mut last: Option<Fence> = None;
    for second in 0..4 {
        let claim = claimed(&*store, at(second)).await?;
        assert!(last < Some(claim.fence), "{:?} after {last:?}", claim.fence);
        last = Some(claim.fence);
        match second % 2 {
            0 => store.release(&claim, at(second)).await?,
            _ => harness.advance(LEASE).await,
        }
    }
    Ok(())
}

/// However many claim at once, nobody gets a lane that another got.
pub async fn of_many_claims_each_lane_goes_to_one(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 0..20 {
        let account = account(usize::try_from(number).unwrap_or(0) % 10);
        keep(&*store, &post(number, account)).await?;
    }
    let answers = race(&store, |store, _| async move {
        let three = ClaimPosts {
            limit: 3,
            ..ready(at(0))
        };
        store.claim(&three).await
    })
    .await;
    let mut claimed = Vec::new();
    for answer in answers {
        let claims = answer?;
        assert!(claims.len() <= 3, "the limit holds");
        claimed.extend(claims.into_iter().map(|claim| claim.post.account));
    }
    claimed.sort();
    let all: Vec<_> = (0..10).map(account).collect();
    assert_eq!(claimed, all, "each lane goes to one");
    Ok(())
}

/// A post with an outcome that is looked at again is claimed then, and keeps outcome and state.
pub async fn a_watched_post_keeps_its_state(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let watch = Next::Settle(Outcome::AwaitingUser, Some(at(60)));
    store.record(&claim, &RecordStep::new(watch, at(5))).await?;
    none_claimed(&*store, at(59), "not yet to be looked at").await?;
    let watched = claimed(&*store, at(60)).await?.post;
    assert_eq!(watched.state, PostState::AwaitingUser, "the state stays");
    assert_eq!(watched.outcome, Some(Outcome::AwaitingUser));
    assert_eq!(watched.began_at, Some(at(0)), "it began before");
    assert_eq!(watched.attempts, 1, "the attempt counts");
    Ok(())
}

/// What has an outcome and is not watched is never claimed again.
pub async fn a_settled_post_is_never_claimed(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, outcome) in (1..).zip(super::outcomes()) {
        super::ended(&*store, &post(number, account(1)), outcome).await?;
        none_claimed(&*store, at(99_999_999), "it has an outcome").await?;
        assert_eq!(store.next_ready(None).await?, None, "nothing is ready");
    }
    Ok(())
}
