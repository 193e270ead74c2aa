use super::{begun, claimed, none_claimed, only, overtaken, trouble};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, MINUTE, at},
    },
    error::Result,
    store::{EventClaim, EventState, EventStore, Replay},
};

/// Every way to end a claim must say that it does not hold.
async fn refused<S: EventStore>(store: &S, claim: &EventClaim, rule: &str) -> Result<()> {
    assert!(!store.renew(claim, LEASE).await?, "{rule}: renewed");
    let written = store.complete(std::slice::from_ref(claim), at(2)).await?;
    assert_eq!(written, [false], "{rule}: completed");
    assert!(!store.retry(claim, at(2), None).await?, "{rule}: retried");
    let cause = Some(&trouble());
    assert!(!store.retry(claim, at(2), cause).await?, "{rule}: failed");
    let parked = store.park(claim, at(2), &trouble()).await?;
    assert!(!parked, "{rule}: parked");
    Ok(())
}

/// Who was overtaken completes nothing: the event is the next worker's.
pub async fn who_was_overtaken_completes_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    let written = store.complete(&[late], at(2)).await?;
    assert_eq!(written, [false], "who was overtaken completes nothing");
    assert_eq!(only(&*store, EventState::Waiting).await?, next.record);
    assert_eq!(store.complete(&[next], at(2)).await?, [true]);
    Ok(())
}

/// Who was overtaken gives nothing back, and counts no failure.
pub async fn who_was_overtaken_retries_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    for cause in [None, Some(&trouble())] {
        let written = store.retry(&late, at(2), cause).await?;
        assert!(!written, "who was overtaken retries nothing");
    }
    assert_eq!(only(&*store, EventState::Waiting).await?, next.record);
    none_claimed(&*store, at(9), "the next worker holds it").await
}

/// Who was overtaken parks nothing.
pub async fn who_was_overtaken_parks_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    let written = store.park(&late, at(2), &trouble()).await?;
    assert!(!written, "who was overtaken parks nothing");
    assert_eq!(only(&*store, EventState::Waiting).await?, next.record);
    Ok(())
}

/// A renewed lease lasts from the moment of the renewal, longer or shorter than before, and changes nothing else.
pub async fn a_renewed_lease_lasts_from_now(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    harness.advance(LEASE - MINUTE).await;
    assert!(store.renew(&claim, LEASE).await?, "it holds");
    harness.advance(LEASE - MINUTE).await;
    none_claimed(&*store, at(9_999_999), "a minute is left").await?;
    assert!(store.renew(&claim, LEASE).await?, "it holds");
    assert!(store.renew(&claim, MINUTE).await?, "for less");
    assert_eq!(only(&*store, EventState::Waiting).await?, claim.record);
    harness.advance(MINUTE).await;
    let next = claimed(&*store, at(1)).await?;
    assert!(next.epoch > claim.epoch, "taken over");
    assert_eq!(next.record.attempts, 2, "nobody ended the first");
    Ok(())
}

/// A lapsed lease that nobody took over can be renewed, and then nobody takes it over.
pub async fn a_lapsed_claim_can_be_renewed(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    harness.advance(2 * LEASE).await;
    assert!(store.renew(&claim, LEASE).await?, "nobody took it over");
    none_claimed(&*store, at(1), "it is renewed").await?;
    assert_eq!(store.complete(&[claim], at(2)).await?, [true]);
    Ok(())
}

/// Who was overtaken renews nothing: the next worker's lease is as it was.
pub async fn who_was_overtaken_renews_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, _next) = overtaken(harness, &*store).await?;
    let renewed = store.renew(&late, 9 * LEASE).await?;
    assert!(!renewed, "who was overtaken renews nothing");
    harness.advance(LEASE).await;
    claimed(&*store, at(2)).await?;
    Ok(())
}

/// A lapsed lease that nobody took over still holds: what was handled is written down.
pub async fn a_lapsed_claim_that_nobody_took_over_still_holds(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    harness.advance(2 * LEASE).await;
    assert!(store.retry(&first, at(1), None).await?, "it still holds");
    let second = claimed(&*store, at(1)).await?;
    harness.advance(2 * LEASE).await;
    let parked = store.park(&second, at(2), &trouble()).await?;
    assert!(parked, "it still holds");
    store
        .replay(&Replay::new(EventState::Dead, 9), at(3))
        .await?;
    let third = claimed(&*store, at(3)).await?;
    harness.advance(2 * LEASE).await;
    assert_eq!(store.complete(&[third], at(4)).await?, [true]);
    Ok(())
}

/// A claim ends once, in whatever way.
pub async fn a_claim_ends_once(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.retry(&first, at(1), None).await?;
    refused(&*store, &first, "it was given back").await?;
    let second = claimed(&*store, at(1)).await?;
    refused(&*store, &first, "it was given back and claimed anew").await?;
    store.park(&second, at(2), &trouble()).await?;
    let dead = only(&*store, EventState::Dead).await?;
    refused(&*store, &second, "it was parked").await?;
    assert_eq!(only(&*store, EventState::Dead).await?, dead, "unchanged");
    Ok(())
}

/// A claim from before its event was let go once more is over.
pub async fn a_claim_from_before_a_replay_is_over(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.complete(std::slice::from_ref(&first), at(1)).await?;
    let done = only(&*store, EventState::Done).await?;
    refused(&*store, &first, "it was completed").await?;
    assert_eq!(only(&*store, EventState::Done).await?, done, "unchanged");
    store
        .replay(&Replay::new(EventState::Done, 9), at(2))
        .await?;
    refused(&*store, &first, "its event is replayed").await?;
    let next = claimed(&*store, at(2)).await?;
    assert!(next.epoch > first.epoch, "epochs go on");
    refused(&*store, &first, "its event is another's").await?;
    assert_eq!(only(&*store, EventState::Waiting).await?, next.record);
    Ok(())
}
