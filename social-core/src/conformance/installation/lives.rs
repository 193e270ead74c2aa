use crate::{
    conformance::{
        Harness, Reincarnate, Reopen,
        fixtures::{race, refused},
    },
    error::{ErrorKind, Result},
    store::{Incarnation, InstallationStore, LastWrites},
    vault::SealingKey,
};

/// A new store is in the life that its first migration accepted.
pub async fn a_new_store_is_in_its_accepted_life(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let lives = store.incarnations().await?;
    assert!(lives.is_same(), "nothing was restored: {lives:?}");
    assert!(!lives.present.as_str().is_empty(), "it has a name");
    assert_eq!(store.incarnations().await?, lives, "it stays");
    Ok(())
}

/// The present life may be accepted again, by many at once.
pub async fn the_present_life_may_be_accepted_again(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let before = store.incarnations().await?;
    let seen = before.present.clone();
    let answers = race(&store, |store, _| {
        let seen = seen.clone();
        async move { store.accept_incarnation(&seen, LastWrites::Kept).await }
    })
    .await;
    for answer in answers {
        answer?;
    }
    assert_eq!(store.incarnations().await?, before, "nothing changed");
    Ok(())
}

/// A life that is not the present one is not accepted: the operator looked at something else.
pub async fn only_the_present_life_is_accepted(
    harness: &impl Harness<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let before = store.incarnations().await?;
    let name = before.present.as_str();
    for other in ["", "another", &format!("{name} "), &name.to_uppercase()] {
        if other == name {
            continue;
        }
        let answer = store
            .accept_incarnation(&Incarnation::new(other), LastWrites::Kept)
            .await;
        refused(answer, ErrorKind::Conflict, "it is not the present one");
    }
    assert_eq!(store.incarnations().await?, before, "nothing changed");
    Ok(())
}

/// The next process finds the data in the same life.
pub async fn a_life_outlives_its_process(
    harness: &impl Reopen<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let before = store.incarnations().await?;
    let store = harness.reopen(store).await;
    assert_eq!(store.incarnations().await?, before, "the same life");
    Ok(())
}

/// Another life is noticed, and the one that was accepted is told with it.
pub async fn another_life_is_noticed(
    harness: &impl Reincarnate<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let before = store.incarnations().await?;
    let store = harness.reincarnate(store).await;
    let lives = store.incarnations().await?;
    assert!(!lives.is_same(), "another life is noticed");
    assert_eq!(lives.accepted, before.present, "what was accepted");
    assert_eq!(store.incarnations().await?, lives, "until it is accepted");
    Ok(())
}

/// An accepted life is the one that the data were known to be in.
pub async fn an_accepted_life_is_the_same_again(
    harness: &impl Reincarnate<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = harness.reincarnate(store).await;
    let present = store.incarnations().await?.present;
    store.accept_incarnation(&present, LastWrites::Kept).await?;
    let lives = store.incarnations().await?;
    assert!(lives.is_same(), "it was accepted: {lives:?}");
    assert_eq!(lives.present, present, "accepting changes no life");
    Ok(())
}

/// What was seen before yet another life began is not accepted.
pub async fn what_was_seen_in_an_earlier_life_is_not_accepted(
    harness: &impl Reincarnate<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut seen = vec![store.incarnations().await?.present];
    let store = harness.reincarnate(store).await;
    seen.push(store.incarnations().await?.present);
    let store = harness.reincarnate(store).await;
    let before = store.incarnations().await?;
    assert!(
        !seen.contains(&before.present),
        "each life has its own name"
    );
    for earlier in &seen {
        let answer = store.accept_incarnation(earlier, LastWrites::Kept).await;
        refused(answer, ErrorKind::Conflict, "another life began since");
    }
    assert_eq!(store.incarnations().await?, before, "nothing changed");
    store
        .accept_incarnation(&before.present, LastWrites::Kept)
        .await
}

/// In another life it is the same installation, with the same key check and counts.
pub async fn another_life_is_of_the_same_installation(
    harness: &impl Reincarnate<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put_key_check(b"check", None).await?;
    let key = SealingKey::new(&[1; 32]).id();
    store.count_seals(&key, 41).await?;
    let before = store.installation().await?;
    let store = harness.reincarnate(store).await;
    assert_eq!(store.installation().await?, before);
    assert_eq!(store.count_seals(&key, 1).await?, 42);
    Ok(())
}
