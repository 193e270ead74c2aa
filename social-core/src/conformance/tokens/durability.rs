use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Reopen,
        fixtures::{LEASE, account, token},
    },
    error::Result,
    store::{Expect, Revision, TokenClaimed, TokenStore},
};

/// What was saved is there in the next process.
pub async fn records_outlive_their_process(harness: &impl Reopen<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let record = keep(&*store, 1).await?;
    let store = harness.reopen(store).await;
    let stored = loaded(&*store, &account(1)).await?;
    assert_eq!((stored.value, stored.revision), (record, Revision(1)));
    Ok(())
}

/// A lease holds, and an attempt is known of, in the next process.
pub async fn leases_and_attempts_outlive_their_process(
    harness: &impl Reopen<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let first = taken(&*store, &account(1)).await?;
    let store = harness.reopen(store).await;
    let answer = store.claim(&account(1), LEASE).await?;
    assert!(matches!(answer, TokenClaimed::Busy(_)), "{answer:?}");
    harness.advance(LEASE).await;
    let next = taken(&*store, &account(1)).await?;
    assert_eq!(next.unknown_attempts, 1, "the attempt is known of");
    assert!(next.epoch > first.epoch, "epochs go on");
    Ok(())
}

/// How far a removed account had come is known in the next process: it comes back above that.
pub async fn removals_outlive_their_process(
    harness: &impl Reopen<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let old = taken(&*store, &account(1)).await?;
    store.save(&token(1), Expect::Revision(Revision(1))).await?;
    store.remove(&account(1)).await?;
    let store = harness.reopen(store).await;
    assert!(store.load(&account(1)).await?.is_none(), "it is removed");
    let revision = store.save(&token(1), Expect::Absent).await?;
    assert!(
        revision > Revision(2),
        "above the removed one: {revision:?}"
    );
    let claim = taken(&*store, &account(1)).await?;
    assert!(claim.epoch > old.epoch, "above the removed one");
    Ok(())
}
