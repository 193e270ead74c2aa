use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, at, token},
    },
    error::Result,
    model::{AccountStatus, NeedsReauth},
    store::{ClaimDue, Expect, Revision, TokenClaimed, TokenStore, Verdict},
};

/// A later suspicion leaves the time of the first.
pub async fn the_first_suspicion_stays(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    for second in [50, 10, 90] {
        let suspected = Verdict::Suspected(at(second));
        assert!(store.judge(&claim, suspected).await?, "it is written");
        let record = loaded(&*store, &account(1)).await?.value;
        assert_eq!(record.suspected_at, Some(at(50)), "the first stays");
        assert_eq!(record.status, AccountStatus::Connected, "only suspected");
    }
    Ok(())
}

/// A dead account says why, and is neither due nor claimed any more.
pub async fn a_dead_account_is_no_longer_due(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    let dead = Verdict::Dead(NeedsReauth::AnswerLost);
    assert!(store.judge(&claim, dead).await?, "it is written");
    store.release(&claim, Some(at(0)), true).await?;
    let record = loaded(&*store, &account(1)).await?.value;
    let status = AccountStatus::NeedsReauth(NeedsReauth::AnswerLost);
    assert_eq!(record.status, status);
    assert_eq!(record.sealed, token(1).sealed, "the tokens stay");
    assert_eq!(store.next_due(None).await?, None, "not due");
    let due = store.claim_due(&ClaimDue::new(at(99), LEASE, 9)).await?;
    assert!(due.is_empty(), "not claimed as due: {due:?}");
    let answer = store.claim(&account(1), LEASE).await?;
    assert!(matches!(answer, TokenClaimed::Absent), "{answer:?}");
    Ok(())
}

/// The revision stays, so that the save of a living token is still accepted.
pub async fn a_verdict_does_not_advance_the_revision(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    store.judge(&claim, Verdict::Suspected(at(0))).await?;
    store
        .judge(&claim, Verdict::Dead(NeedsReauth::Revoked))
        .await?;
    assert_eq!(loaded(&*store, &account(1)).await?.revision, Revision(1));
    let expect = Expect::Revision(Revision(1));
    assert_eq!(store.save(&token(1), expect).await?, Revision(2));
    Ok(())
}

/// A verdict on tokens that were replaced, or on an account that was removed, is not written and says so.
pub async fn a_verdict_needs_its_revision(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    let expect = Expect::Revision(Revision(1));
    store.save(&token(1), expect).await?;
    for verdict in [
        Verdict::Suspected(at(0)),
        Verdict::Dead(NeedsReauth::Revoked),
    ] {
        let written = store.judge(&claim, verdict).await?;
        assert!(!written, "{verdict:?} on replaced tokens");
    }
    assert_eq!(loaded(&*store, &account(1)).await?.value, token(1));
    store.remove(&account(1)).await?;
    let written = store.judge(&claim, Verdict::Suspected(at(0))).await?;
    assert!(!written, "on a removed account");
    Ok(())
}

/// A verdict is written after its lease lapsed, while its revision is stored.
pub async fn a_verdict_needs_no_lease(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let late = taken(&*store, &account(1)).await?;
    harness.advance(LEASE).await;
    taken(&*store, &account(1)).await?;
    let suspected = Verdict::Suspected(at(0));
    assert!(store.judge(&late, suspected).await?, "it is written");
    Ok(())
}
