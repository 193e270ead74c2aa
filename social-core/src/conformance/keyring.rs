//! The rules of [`KeyRing`], with the vault that asks it.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::troubles::{error_of, hides};
use crate::{
    error::{ErrorKind, Remedy, Result},
    random::SystemRandom,
    vault::{KeyRing, Place, SealingKey, Vault},
};

/// Plays where keys come from. Made anew for each case, with no key or one.
#[async_trait]
pub trait KeyRingHarness: Send + Sync + 'static {
    /// A ring over the same keys, as the next process has it. Not prepared.
    async fn ring(&self) -> Arc<dyn KeyRing>;

    /// The operator adds a key that seals from now on. The rings are not told.
    async fn rotate(&self);

    /// Every key so far, in each form in which it is written anywhere.
    async fn secrets(&self) -> Vec<String>;
}

const PLACE: Place<'_> = Place::new("accounts", "7", "tokens");

fn vault(ring: &Arc<dyn KeyRing>) -> Vault {
    Vault::new(Uuid::nil(), Arc::clone(ring), Arc::new(SystemRandom))
}

async fn prepared(harness: &impl KeyRingHarness) -> Result<Arc<dyn KeyRing>> {
    let ring = harness.ring().await;
    ring.prepare(true).await?;
    Ok(ring)
}

/// Two processes have the same key, also when the first of them made it.
pub async fn two_processes_have_one_key(harness: &impl KeyRingHarness) -> Result<()> {
    let first = prepared(harness).await?;
    let second = harness.ring().await;
    second.prepare(false).await?;
    let key = first.current().await?.id();
    assert_eq!(second.current().await?.id(), key, "both seal with one key");
    let sealed = vault(&first).seal(&PLACE, b"words").await?;
    let opened = vault(&second).open(&PLACE, &sealed).await?;
    assert_eq!(opened.as_slice(), b"words", "the other reads it");
    Ok(())
}

/// Preparing again changes nothing.
pub async fn preparing_again_changes_nothing(harness: &impl KeyRingHarness) -> Result<()> {
    let ring = prepared(harness).await?;
    let key = ring.current().await?.id();
    for fresh in [true, false] {
        ring.prepare(fresh).await?;
        assert_eq!(ring.current().await?.id(), key, "another key seals");
    }
    Ok(())
}

/// After a rotation the new key seals, and each older one still opens.
pub async fn every_generation_is_readable_after_a_rotation(
    harness: &impl KeyRingHarness,
) -> Result<()> {
    let ring = prepared(harness).await?;
    let vault = vault(&ring);
    let mut generations = Vec::new();
    for number in 0..4_u8 {
        let id = ring.current().await?.id();
        let sealed = vault.seal(&PLACE, &[number; 9]).await?;
        let known = generations.iter().any(|(known, _)| *known == id);
        assert!(!known, "a rotation seals with a new key");
        generations.push((id, sealed));
        harness.rotate().await;
        ring.reload().await?;
    }
    for (number, (id, sealed)) in (0_u8..).zip(&generations) {
        let key = ring.get(id).await?.map(|key| key.id());
        assert_eq!(key, Some(*id), "generation {number} is held");
        let opened = vault.open(&PLACE, sealed).await?;
        assert_eq!(
            opened.as_slice(),
            [number; 9],
            "generation {number} is read"
        );
    }
    Ok(())
}

/// A process that was not told reads what another one sealed with a new key, at the latest after it looked.
pub async fn a_new_key_reaches_the_other_process(harness: &impl KeyRingHarness) -> Result<()> {
    let (first, second) = (prepared(harness).await?, harness.ring().await);
    second.prepare(false).await?;
    let old = first.current().await?.id();
    harness.rotate().await;
    first.reload().await?;
    assert_ne!(first.current().await?.id(), old, "a new key seals");
    let sealed = vault(&first).seal(&PLACE, b"new").await?;
    second.reload().await?;
    let opened = vault(&second).open(&PLACE, &sealed).await?;
    assert_eq!(opened.as_slice(), b"new", "it has looked");
    assert_eq!(second.current().await?.id(), first.current().await?.id());
    Ok(())
}

/// A key that the ring does not hold is none, and what it sealed is refused by name, for an operator.
pub async fn an_unknown_generation_is_named(harness: &impl KeyRingHarness) -> Result<()> {
    let ring = prepared(harness).await?;
    let stranger: Arc<dyn KeyRing> = Arc::new(crate::LocalKeyRing::from_keys([&STRANGER])?);
    let id = SealingKey::new(&STRANGER).id();
    assert!(ring.get(&id).await?.is_none(), "nobody has this key");
    let sealed = vault(&stranger).seal(&PLACE, b"words").await?;
    let error = error_of(vault(&ring).open(&PLACE, &sealed).await, "an unknown key");
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Seal, &Remedy::Operator)
    );
    assert!(
        error.to_string().contains(&id.to_string()),
        "it names the key: {error}"
    );
    Ok(())
}

/// 00, 01, 02 and so on: nobody's key.
const STRANGER: [u8; 32] = {
    let mut key = [0; 32];
    let mut at = 0;
    while at < key.len() {
        key[at] = at as u8;
        at += 1;
    }
    key
};

/// Many ask at once and have the same key.
pub async fn of_many_askers_all_have_one_key(harness: &impl KeyRingHarness) -> Result<()> {
    let ring = prepared(harness).await?;
    let key = ring.current().await?.id();
    for answer in super::fixtures::race(&Arc::new(ring), |ring, number| async move {
        if number % 4 == 0 {
            ring.reload().await?;
        }
        let current = ring.current().await?.id();
        Ok(ring.get(&current).await?.map(|key| key.id()))
    })
    .await
    {
        assert_eq!(answer?, Some(key), "each has the key that seals");
    }
    Ok(())
}

/// No key is printed, not by the ring, not by a key, and not by an error.
pub async fn no_key_is_shown(harness: &impl KeyRingHarness) -> Result<()> {
    let unprepared = harness.ring().await;
    let mut shown = vec![format!("{unprepared:?} {:?}", unprepared.current().await)];
    let ring = prepared(harness).await?;
    harness.rotate().await;
    ring.reload().await?;
    shown.push(format!(
        "{ring:?} {:?} {:?}",
        ring.current().await,
        vault(&ring)
    ));
    let error = error_of(vault(&ring).open(&PLACE, b"nonsense").await, "nonsense");
    shown.push(format!("{error:?} {error}"));
    let secrets = harness.secrets().await;
    assert!(!secrets.is_empty(), "there are keys");
    for text in shown {
        hides(&text, &secrets, "what a key ring prints");
    }
    Ok(())
}
