use crate::{
    conformance::{
        Harness, Reopen,
        fixtures::{CROWD, race},
    },
    error::Result,
    store::InstallationStore,
    vault::{KeyId, SealingKey},
};

fn key(number: u8) -> KeyId {
    SealingKey::new(&[number; 32]).id()
}

/// What keys sealed is summed up, each key's apart, and every answer is the sum so far.
pub async fn counts_what_each_key_sealed(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.count_seals(&key(1), 0).await?, 0, "none so far");
    assert_eq!(store.count_seals(&key(1), 5).await?, 5);
    assert_eq!(store.count_seals(&key(2), 1 << 33).await?, 1 << 33);
    assert_eq!(store.count_seals(&key(1), 7).await?, 12);
    assert_eq!(store.count_seals(&key(2), 1).await?, (1 << 33) + 1);
    assert_eq!(store.count_seals(&key(1), 0).await?, 12, "nothing is added");
    let other = harness.store().await;
    assert_eq!(other.count_seals(&key(1), 1).await?, 1, "its own count");
    Ok(())
}

/// Many count at once, and none is lost: each hears a sum of its own.
pub async fn of_many_counts_of_seals_none_is_lost(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        let mut heard = Vec::new();
        for _ in 0..4 {
            heard.push(store.count_seals(&key(number as u8 % 2), 3).await?);
        }
        Ok((number % 2, heard))
    })
    .await;
    let mut sums = [Vec::new(), Vec::new()];
    for answer in answers {
        let (of, heard) = answer?;
        assert!(heard.is_sorted(), "sums rise: {heard:?}");
        sums[of].extend(heard);
    }
    let all: Vec<_> = (1..).take(2 * CROWD).map(|count| count * 3).collect();
    for mut sums in sums {
        sums.sort_unstable();
        assert_eq!(sums, all, "each hears a sum of its own");
    }
    Ok(())
}

/// What keys sealed is known in the next process.
pub async fn counts_of_seals_outlive_their_process(
    harness: &impl Reopen<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.count_seals(&key(1), 41).await?;
    let store = harness.reopen(store).await;
    assert_eq!(store.count_seals(&key(1), 1).await?, 42);
    Ok(())
}
