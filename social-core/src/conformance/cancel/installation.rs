use super::{undisturbed, whole_or_nothing};
use crate::{
    conformance::Harness,
    error::Result,
    store::{InstallationStore, LastWrites},
    vault::{KeyId, SealingKey},
};

fn key(number: usize) -> KeyId {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    SealingKey::new(&bytes).id()
}

/// The key check is replaced, or is not.
pub async fn a_dropped_key_check_is_put_or_not(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        |store, number| async move {
            let present = store.installation().await?.key_check;
            let old = format!("old {number}").into_bytes();
            store.put_key_check(&old, present.as_deref()).await?;
            Ok(old)
        },
        |store, old: Vec<u8>| async move { store.put_key_check(b"new", Some(&old)).await },
        |store, _| async move {
            let check = store.installation().await?.key_check;
            Ok(format!("{}", check.as_deref() == Some(b"new")))
        },
    )
    .await
}

/// What was sealed is counted, or is not; never in part.
pub async fn a_dropped_count_of_seals_is_added_or_not(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut attempts = super::Attempts::default();
    while let Some(number) = attempts.next() {
        let key = key(number);
        store.count_seals(&key, 100).await?;
        if let Some(sum) = attempts.drop_after(store.count_seals(&key, 11)).await {
            assert_eq!(sum?, 111, "the sum");
        }
        // It may still go on behind us.
        let mut sums = Vec::new();
        for _ in 0..3 {
            sums.push(store.count_seals(&key, 1_000).await?);
        }
        for (sum, count) in sums.into_iter().zip(1..) {
            let rest = sum - 1_000 * count;
            assert!(rest == 100 || rest == 111, "added or not: {rest}");
        }
    }
    Ok(())
}

/// Looking at the installation and its lives, and accepting what is accepted, may be dropped.
pub async fn dropped_looks_at_the_installation_disturb_nothing(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    undisturbed("installation", || store.installation()).await?;
    undisturbed("incarnations", || store.incarnations()).await?;
    let present = store.incarnations().await?.present;
    undisturbed("accept", || {
        store.accept_incarnation(&present, LastWrites::Kept)
    })
    .await
}
