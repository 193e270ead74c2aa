use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Reopen,
        fixtures::{LEASE, account},
    },
    error::Result,
    store::{Revision, TokenClaimed, TokenStore},
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
