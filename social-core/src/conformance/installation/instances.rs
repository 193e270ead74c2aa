use crate::{
    conformance::{
        Instance,
        fixtures::{at, refused},
    },
    error::{ErrorKind, Result},
    store::{InstallationStore, LastWrites},
};

const KEPT: LastWrites = LastWrites::Kept;

/// Whoever names the instance first names the data, and is at home.
pub async fn the_first_name_of_an_instance_is_kept(
    harness: &impl Instance<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = harness.open_as(store, Some("prod-1")).await;
    let lives = store.incarnations().await?;
    assert!(
        lives.is_same(),
        "the first name is no other life: {lives:?}"
    );
    assert!(
        lives.present.as_str().contains("prod-1"),
        "people see the name: {lives:?}"
    );
    let store = harness.open_as(store, Some("prod-1")).await;
    assert_eq!(store.incarnations().await?, lives, "it stays");
    Ok(())
}

/// Nobody named anything: nothing is compared.
pub async fn data_without_a_name_are_as_they_were(
    harness: &impl Instance<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let before = store.incarnations().await?;
    let store = harness.open_as(store, None).await;
    assert_eq!(store.incarnations().await?, before);
    assert!(before.is_same(), "nothing was named");
    Ok(())
}

/// The same data under another name are a copy: a staging system made from a snapshot.
pub async fn another_name_is_another_life(
    harness: &impl Instance<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = harness.open_as(store, Some("prod")).await;
    let original = store.incarnations().await?;
    let store = harness.open_as(store, Some("staging")).await;
    let lives = store.incarnations().await?;
    assert!(!lives.is_same(), "a copy is noticed by its name");
    assert_eq!(lives.accepted, original.present, "what was accepted");
    assert!(!lives.is_promotion, "a copy is no promotion");
    let store = harness.open_as(store, Some("prod")).await;
    assert_eq!(store.incarnations().await?, original, "nothing changed");
    Ok(())
}

/// A copy whose operator forgot the name is noticed too.
pub async fn no_name_where_the_data_have_one_is_another_life(
    harness: &impl Instance<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = harness.open_as(store, Some("prod")).await;
    let store = harness.open_as(store, None).await;
    let lives = store.incarnations().await?;
    assert!(!lives.is_same(), "no name is another one: {lives:?}");
    let store = harness.open_as(store, Some("prod")).await;
    assert!(store.incarnations().await?.is_same());
    Ok(())
}

/// An operator accepts what the data are called here; the name before is the other one now.
pub async fn a_name_that_was_accepted_is_the_one_that_is_kept(
    harness: &impl Instance<Store: InstallationStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = harness.open_as(store, Some("prod")).await;
    let original = store.incarnations().await?.present;
    let store = harness.open_as(store, Some("staging")).await;
    let answer = store.accept_incarnation(&original, KEPT).await;
    refused(answer, ErrorKind::Conflict, "that is not the present one");
    let present = store.incarnations().await?.present;
    store.accept_incarnation(&present, KEPT).await?;
    let lives = store.incarnations().await?;
    assert!(lives.is_same(), "it was accepted: {lives:?}");
    assert_eq!(lives.present, present, "accepting changes no life");
    let store = harness.open_as(store, Some("prod")).await;
    assert!(!store.incarnations().await?.is_same(), "the other one now");
    Ok(())
}

/// When a life was accepted that may lack the last writes is known afterwards; one that has all changes nothing of it, nor
/// does accepting again.
pub async fn what_a_life_may_lack_is_written_down_with_its_time(
    harness: &impl Instance<Store: InstallationStore>,
) -> Result<()> {
    let lost = |seconds| LastWrites::MayBeLost { now: at(seconds) };
    let store = harness.store().await;
    let store = harness.open_as(store, Some("a")).await;
    let lives = store.incarnations().await?;
    assert_eq!(lives.lost_at, None, "nothing was lost");
    store.accept_incarnation(&lives.present, lost(5)).await?;
    assert_eq!(store.incarnations().await?, lives, "it was accepted before");

    let store = harness.open_as(store, Some("b")).await;
    let present = store.incarnations().await?.present;
    store.accept_incarnation(&present, KEPT).await?;
    assert_eq!(store.incarnations().await?.lost_at, None, "all is there");

    let store = harness.open_as(store, Some("c")).await;
    let present = store.incarnations().await?.present;
    store.accept_incarnation(&present, lost(7)).await?;
    store.accept_incarnation(&present, lost(9)).await?;
    assert_eq!(store.incarnations().await?.lost_at, Some(at(7)));

    let store = harness.open_as(store, Some("d")).await;
    let present = store.incarnations().await?.present;
    store.accept_incarnation(&present, KEPT).await?;
    let lost_at = store.incarnations().await?.lost_at;
    assert_eq!(lost_at, Some(at(7)), "what was lost stays lost");
    Ok(())
}
