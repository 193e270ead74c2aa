use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, at, token},
    },
    error::Result,
    store::{ClaimDue, Expect, TokenClaimed, TokenRecord, TokenStore},
};

/// After a release the next claim is taken at once.
pub async fn release_frees_the_account(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    store.release(&claim, None, true).await?;
    let next = taken(&*store, &account(1)).await?;
    assert!(next.epoch > claim.epoch, "a claim of its own");
    Ok(())
}

/// The account is due when the release says, or never; all else stays.
pub async fn release_sets_when_it_is_next_due(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for refresh_due_at in [Some(at(500)), None] {
        let claim = taken(&*store, &account(1)).await?;
        store.release(&claim, refresh_due_at, true).await?;
        let expected = TokenRecord {
            refresh_due_at,
            ..token(1)
        };
        let stored = loaded(&*store, &account(1)).await?;
        assert_eq!(stored.value, expected);
        assert_eq!(stored.revision, claim.revision, "no save was counted");
        assert_eq!(store.next_due(None).await?, refresh_due_at);
    }
    let due = store.claim_due(&ClaimDue::new(at(999), LEASE, 9)).await?;
    assert!(due.is_empty(), "never due: {due:?}");
    Ok(())
}

/// A save sets its own due time, which a release of the old revision leaves alone; the lease ends all the same.
pub async fn release_after_a_save_leaves_its_due_time(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    store
        .save(&token(1), Expect::Revision(claim.revision))
        .await?;
    store.release(&claim, Some(at(1)), true).await?;
    let record = loaded(&*store, &account(1)).await?.value;
    assert_eq!(record.refresh_due_at, token(1).refresh_due_at);
    taken(&*store, &account(1)).await?;
    Ok(())
}

/// A late release does not end the lease of who took over, nor does one of a removed account do anything.
pub async fn release_leaves_the_lease_of_another(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let late = taken(&*store, &account(1)).await?;
    harness.advance(LEASE).await;
    taken(&*store, &account(1)).await?;
    store.release(&late, None, true).await?;
    let answer = store.claim(&account(1), LEASE).await?;
    assert!(
        matches!(answer, TokenClaimed::Busy(_)),
        "the lease is another's: {answer:?}"
    );
    store.remove(&account(1)).await?;
    store.release(&late, None, true).await?;
    Ok(())
}

/// An attempt whose outcome is known is not counted; one whose outcome is not known is.
pub async fn release_of_a_known_outcome_takes_the_attempt_back(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for (known, expected) in [(true, 0), (false, 0), (true, 1), (false, 1), (true, 2)] {
        let claim = taken(&*store, &account(1)).await?;
        assert_eq!(claim.unknown_attempts, expected);
        store.release(&claim, Some(at(0)), known).await?;
    }
    Ok(())
}

/// A release that is repeated, because its answer was lost, takes back one attempt.
pub async fn release_takes_an_attempt_back_once(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    taken(&*store, &account(1)).await?;
    harness.advance(LEASE).await;
    let claim = taken(&*store, &account(1)).await?;
    for _ in 0..3 {
        store.release(&claim, Some(at(0)), true).await?;
    }
    let next = taken(&*store, &account(1)).await?;
    assert_eq!(next.unknown_attempts, 1, "the first is still unknown");
    Ok(())
}

/// Who was overtaken, by a claim or by a save, takes nothing off the count of the present attempts.
pub async fn a_late_release_takes_back_no_attempt_of_another(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let first = taken(&*store, &account(1)).await?;
    store
        .save(&token(1), Expect::Revision(first.revision))
        .await?;
    harness.advance(LEASE).await;
    let second = taken(&*store, &account(1)).await?;
    store.release(&first, None, true).await?;
    harness.advance(LEASE).await;
    let third = taken(&*store, &account(1)).await?;
    assert_eq!(third.unknown_attempts, 1, "of the second");
    store.release(&second, None, true).await?;
    harness.advance(LEASE).await;
    let fourth = taken(&*store, &account(1)).await?;
    assert_eq!(fourth.unknown_attempts, 2, "of the second and the third");
    Ok(())
}
