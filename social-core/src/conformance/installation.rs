//! The rules of [`InstallationStore`].

mod instances;
mod lives;
mod seals;

pub use instances::*;
pub use lives::*;
pub use seals::*;

use std::time::Duration;

use super::{
    Harness, Reopen,
    fixtures::{CROWD, race},
};
use crate::{error::Result, store::InstallationStore};

/// The id is made once.
pub async fn has_one_id(harness: &impl Harness<Store: InstallationStore>) -> Result<()> {
    let store = harness.store().await;
    let first = store.installation().await?;
    assert!(!first.id.is_nil(), "the id is random");
    assert_eq!(first.key_check, None, "a fresh store has no key check");
    assert_eq!(store.installation().await?, first, "the id stays");
    Ok(())
}

/// Two stores are two installations.
pub async fn installations_differ(harness: &impl Harness<Store: InstallationStore>) -> Result<()> {
    let one = harness.store().await.installation().await?;
    let other = harness.store().await.installation().await?;
    assert_ne!(one.id, other.id, "each installation has its own id");
    Ok(())
}

/// Keeps the key check if there is none.
pub async fn keeps_the_first_key_check(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.put_key_check(b"first", None).await?, b"first");
    let answer = store.put_key_check(b"second", None).await?;
    assert_eq!(answer, b"first", "the answer is the one that is stored");
    let kept = store.installation().await?.key_check;
    assert_eq!(kept.as_deref(), Some(&b"first"[..]), "the first one stays");
    Ok(())
}

/// Replaces the key check if the present one equals `replaces`.
pub async fn replaces_only_the_key_check_that_was_seen(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put_key_check(b"first", None).await?;
    let answer = store.put_key_check(b"second", Some(b"another")).await?;
    assert_eq!(answer, b"first", "another one was seen");
    let answer = store.put_key_check(b"second", Some(b"first")).await?;
    assert_eq!(answer, b"second", "this one was seen");
    let answer = store.put_key_check(b"third", Some(b"first")).await?;
    assert_eq!(answer, b"second", "it was replaced since");
    Ok(())
}

/// Of many who begin with different keys one wins, and all hear which.
pub async fn of_many_first_key_checks_one_is_kept(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        store
            .put_key_check(number.to_string().as_bytes(), None)
            .await
    })
    .await;
    let kept = store.installation().await?.key_check.unwrap_or_default();
    let mut heard = 0;
    for answer in answers {
        assert_eq!(answer?, kept, "everybody hears of the one that is stored");
        heard += 1;
    }
    assert_eq!(heard, CROWD, "everybody got an answer");
    Ok(())
}

/// The wall clock of the store moves along with its leases, or there is none.
pub async fn its_wall_clock_goes_on(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let (store, minute) = (harness.store().await, Duration::from_secs(60));
    let first = store.wall_clock().await?;
    let second = store.wall_clock().await?;
    harness.advance(minute).await;
    let third = store.wall_clock().await?;
    let told = [first, second, third].map(|clock| clock.is_some());
    assert!(
        told == [true; 3] || told == [false; 3],
        "it is there always or never: {told:?}"
    );
    if let (Some(first), Some(second), Some(third)) = (first, second, third) {
        assert!(first <= second, "it goes on and never back");
        let moved = (third - second).to_std().unwrap_or_default();
        assert!(moved >= minute, "it moves as leases do: by {moved:?}");
    }
    Ok(())
}

/// The id and the key check are there in the next process.
pub async fn outlives_its_process(harness: &impl Reopen<Store: InstallationStore>) -> Result<()> {
    let store = harness.store().await;
    store.put_key_check(b"check", None).await?;
    let before = store.installation().await?;
    let after = harness.reopen(store).await.installation().await?;
    assert_eq!(after, before, "the installation stays itself");
    Ok(())
}
