use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, account, at, race, refused, token},
    },
    error::{ErrorKind, Result},
    model::NeedsReauth,
    store::{Expect, Revision, Stored, TokenClaim, TokenClaimed, TokenRecord, TokenStore, Verdict},
};

/// Account 1 as it comes back.
fn again() -> TokenRecord {
    TokenRecord {
        name: "again".to_owned(),
        sealed: Some(b"again".to_vec()),
        ..token(1)
    }
}

/// Account 1 at its second revision, claimed, removed, and kept again: the claim from before, and what is there now.
async fn come_back<S: TokenStore>(store: &S) -> Result<(TokenClaim, Stored<TokenRecord>)> {
    let record = keep(store, 1).await?;
    store.save(&record, Expect::Revision(Revision(1))).await?;
    let old = taken(store, &account(1)).await?;
    assert!(store.remove(&account(1)).await?, "it was there");
    let revision = store.save(&again(), Expect::Absent).await?;
    let stored = loaded(store, &account(1)).await?;
    assert_eq!(stored.revision, revision, "the answer is what is kept");
    Ok((old, stored))
}

/// An account that comes back goes on above the revision at which it was removed, each time.
pub async fn an_account_comes_back_above_its_removed_revision(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (old, stored) = come_back(&*store).await?;
    assert!(stored.revision > old.revision, "{:?}", stored.revision);
    assert_eq!(stored.value, again(), "as it was saved");
    let mut last = stored.revision;
    for _ in 0..3 {
        let next = store.save(&again(), Expect::Revision(last)).await?;
        assert!(next > last, "saves go on");
        store.remove(&account(1)).await?;
        last = store.save(&again(), Expect::Absent).await?;
        assert!(last > next, "{last:?} after {next:?}");
    }
    Ok(())
}

/// An account that comes back goes on above the last epoch before it was removed, and nobody holds it.
pub async fn an_account_comes_back_above_its_removed_epoch(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (old, _) = come_back(&*store).await?;
    let claim = taken(&*store, &account(1)).await?;
    assert!(claim.epoch > old.epoch, "{:?}", claim.epoch);
    assert_eq!(claim.unknown_attempts, 0, "attempts were removed too");
    Ok(())
}

/// A save that was left over from before the removal is a conflict: what it replaces is gone.
pub async fn a_save_from_before_a_removal_conflicts(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (old, stored) = come_back(&*store).await?;
    for revision in 0..=old.revision.0 {
        let expect = Expect::Revision(Revision(revision));
        let answer = store.save(&token(1), expect).await;
        refused(answer, ErrorKind::Conflict, "it was removed since");
    }
    let now = loaded(&*store, &account(1)).await?;
    assert_eq!((now.value, now.revision), (again(), stored.revision));
    Ok(())
}

/// A release that was left over from before the removal changes nothing: no due time, no lease, no attempt.
pub async fn a_release_from_before_a_removal_changes_nothing(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (old, _) = come_back(&*store).await?;
    store.release(&old, Some(at(1)), true).await?;
    assert_eq!(loaded(&*store, &account(1)).await?.value, again());
    let present = taken(&*store, &account(1)).await?;
    for known in [true, false] {
        store.release(&old, None, known).await?;
    }
    let answer = store.claim(&account(1), LEASE).await?;
    let busy = matches!(answer, TokenClaimed::Busy(_));
    assert!(busy, "the lease is another's: {answer:?}");
    assert_eq!(loaded(&*store, &account(1)).await?.value, again());
    harness.advance(LEASE).await;
    let next = taken(&*store, &account(1)).await?;
    assert_eq!(next.unknown_attempts, 1, "the attempt still counts");
    assert!(next.epoch > present.epoch, "epochs go on");
    Ok(())
}

/// A verdict that was left over from before the removal is not written.
pub async fn a_verdict_from_before_a_removal_is_not_written(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (old, _) = come_back(&*store).await?;
    for verdict in [
        Verdict::Suspected(at(5)),
        Verdict::Dead(NeedsReauth::Revoked),
    ] {
        let written = store.judge(&old, verdict).await?;
        assert!(!written, "it was removed since: {verdict:?}");
    }
    assert_eq!(loaded(&*store, &account(1)).await?.value, again());
    Ok(())
}

/// Removing one account leaves the revisions and claims of the others.
pub async fn removing_one_account_leaves_the_others(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 2).await?;
    let claim = taken(&*store, &account(2)).await?;
    come_back(&*store).await?;
    let stored = loaded(&*store, &account(2)).await?;
    assert_eq!((stored.value, stored.revision), (token(2), claim.revision));
    let expect = Expect::Revision(claim.revision);
    assert_eq!(store.save(&token(2), expect).await?, Revision(2));
    store.release(&claim, None, true).await?;
    taken(&*store, &account(2)).await?;
    Ok(())
}

/// Many keep a removed account again at once: one wins, above all that was.
pub async fn of_many_comebacks_one_wins(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let (_, stored) = come_back(&*store).await?;
    let answers = race(&store, |store, number| async move {
        if number == 0 {
            store.remove(&account(1)).await?;
        }
        match store.save(&again(), Expect::Absent).await {
            Ok(revision) => Ok(Some(revision)),
            lost => {
                refused(lost, ErrorKind::Conflict, "somebody was first");
                Ok(None)
            }
        }
    })
    .await;
    let mut winners = Vec::new();
    for answer in answers {
        winners.extend(answer?);
    }
    assert_eq!(winners.len(), 1, "one of {CROWD} wins");
    assert!(winners[0] > stored.revision, "above all that was");
    assert_eq!(loaded(&*store, &account(1)).await?.revision, winners[0]);
    Ok(())
}
