use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, MINUTE, account, at, named, race, token},
    },
    error::Result,
    model::{AccountKey, AccountStatus, NeedsReauth},
    store::{Epoch, Expect, Revision, TokenClaimed, TokenRecord, TokenStore},
};

/// One account is claimed whether or not its refresh is due.
pub async fn claims_what_is_not_due(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let never = TokenRecord {
        refresh_due_at: None,
        ..token(1)
    };
    store.save(&never, Expect::Absent).await?;
    assert_eq!(taken(&*store, &account(1)).await?.record, never);
    Ok(())
}

/// What is not there or not connected is absent.
pub async fn claims_connected_accounts_only(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let statuses = [
        AccountStatus::NeedsReauth(NeedsReauth::Revoked),
        AccountStatus::Disconnected,
    ];
    for (number, status) in statuses.into_iter().enumerate() {
        let record = TokenRecord {
            status,
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    for number in 0..3 {
        let answer = store.claim(&account(number), LEASE).await?;
        assert!(
            matches!(answer, TokenClaimed::Absent),
            "only a connected account is claimed: {answer:?}"
        );
    }
    Ok(())
}

/// The account of another owner is absent.
pub async fn claims_for_its_owner_only(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let foreign = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    let answer = store.claim(&foreign, LEASE).await?;
    assert!(matches!(answer, TokenClaimed::Absent), "{answer:?}");
    taken(&*store, &account(1)).await?;
    Ok(())
}

/// A second claim hears for how long at most it must wait.
pub async fn a_claimed_account_is_busy(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    taken(&*store, &account(1)).await?;
    harness.advance(LEASE - 2 * MINUTE).await;
    match store.claim(&account(1), LEASE).await? {
        TokenClaimed::Busy(left) => assert!(
            left <= 2 * MINUTE && left > MINUTE,
            "two minutes of the lease are left, not {left:?}"
        ),
        other => panic!("the account is held, but the claim answers {other:?}"),
    }
    Ok(())
}

/// A lease is over once its time has passed, and not before.
pub async fn a_lease_ends_exactly_when_it_says(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    taken(&*store, &account(1)).await?;
    harness.advance(LEASE - MINUTE).await;
    let answer = store.claim(&account(1), LEASE).await?;
    assert!(matches!(answer, TokenClaimed::Busy(_)), "{answer:?}");
    harness.advance(MINUTE).await;
    taken(&*store, &account(1)).await?;
    Ok(())
}

/// A claim carries what was stored at its moment.
pub async fn a_claim_has_the_record_and_its_revision(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let newer = TokenRecord {
        name: "newer".to_owned(),
        ..token(1)
    };
    store.save(&newer, Expect::Revision(Revision(1))).await?;
    let claim = taken(&*store, &account(1)).await?;
    assert_eq!(claim.record, newer);
    assert_eq!(claim.revision, Revision(2));
    assert_eq!(loaded(&*store, &account(1)).await?.revision, Revision(2));
    Ok(())
}

/// A claim that was never released is an attempt of which nobody knows the outcome.
pub async fn counts_attempts_of_unknown_outcome(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for earlier in 0..4 {
        let claim = taken(&*store, &account(1)).await?;
        assert_eq!(claim.unknown_attempts, earlier, "each claim is counted");
        harness.advance(LEASE).await;
    }
    Ok(())
}

/// Epochs rise from claim to claim, also over a save.
pub async fn each_claim_has_a_higher_epoch(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let mut last: Option<Epoch> = None;
    for revision in 1..4 {
        let claim = taken(&*store, &account(1)).await?;
        assert!(last < Some(claim.epoch), "{:?} after {last:?}", claim.epoch);
        last = Some(claim.epoch);
        let expect = Expect::Revision(Revision(revision));
        store.save(&token(1), expect).await?;
        store.release(&claim, Some(at(0)), true).await?;
    }
    Ok(())
}

/// Of many claims one is taken, and all others are busy.
pub async fn of_many_claims_one_wins(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let answers = race(&store, |store, _| async move {
        store.claim(&account(1), LEASE).await
    })
    .await;
    let (mut winners, mut busy) = (0, 0);
    for answer in answers {
        match answer? {
            TokenClaimed::Taken(_) => winners += 1,
            TokenClaimed::Busy(_) => busy += 1,
            TokenClaimed::Absent => panic!("the account is there"),
        }
    }
    assert_eq!((winners, busy), (1, CROWD - 1), "one claim wins");
    Ok(())
}
