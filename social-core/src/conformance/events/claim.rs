use super::{begun, came, claimed, ended, event, keep, keep_each, none_claimed, numbers_of, ready};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, MINUTE, at, micros, race},
    },
    error::Result,
    store::{ClaimEvents, Epoch, EventRecord, EventState, EventStore},
};

/// What has been ready the longest comes first, and of what is ready since the same moment the one that came first.
pub async fn claims_longest_ready_first_then_in_the_order_they_came(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(1, -20), (2, -40), (3, 10), (4, -20), (5, -30), (6, -40)] {
        keep(&*store, &[came(number, second)]).await?;
    }
    let claims = store.claim(&ready(at(0))).await?;
    assert_eq!(numbers_of(&claims), [2, 6, 5, 1, 4], "longest ready first");
    Ok(())
}

/// An event that was given back stands where its new time says, not where it came.
pub async fn an_event_given_back_stands_by_its_new_time(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    keep(&*store, &[event(2)]).await?;
    store.retry(&first, at(1), None).await?;
    let claims = store.claim(&ready(at(1))).await?;
    assert_eq!(numbers_of(&claims), [2, 1], "ready later, claimed later");
    Ok(())
}

/// Ready at `now` is ready; a microsecond later is not.
pub async fn claims_what_is_ready_exactly_now(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    none_claimed(&*store, at(0) - micros(1), "not yet ready").await?;
    claimed(&*store, at(0)).await?;
    Ok(())
}

/// Claims that nobody ended are counted, the present one among them; all else of the event stays.
pub async fn counts_claims_that_nobody_ended(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    for attempts in 1..5 {
        let record = claimed(&*store, at(attempts.into())).await?.record;
        let expected = EventRecord {
            attempts,
            ..EventRecord::new(record.number, event(1))
        };
        assert_eq!(record, expected, "each claim is counted");
        let kept = super::only(&*store, EventState::Waiting).await?;
        assert_eq!(kept, expected, "as kept");
        harness.advance(LEASE).await;
    }
    Ok(())
}

/// No more than the limit is claimed, and what is held takes no place of it.
pub async fn the_limit_of_a_claim_holds(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, &[1, 2, 3, 4, 5]).await?;
    let two = ClaimEvents {
        limit: 2,
        ..ready(at(0))
    };
    for expected in [vec![1, 2], vec![3, 4], vec![5], vec![]] {
        let claims = store.claim(&two).await?;
        assert_eq!(numbers_of(&claims), expected, "what is held is passed over");
    }
    Ok(())
}

/// A lease is over once its time has passed on the store's clock, and not before, whatever `now` says.
pub async fn a_lease_ends_exactly_when_it_says(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    none_claimed(&*store, at(9_999_999), "`now` ends no lease").await?;
    harness.advance(LEASE - MINUTE).await;
    none_claimed(&*store, at(1), "a minute is left").await?;
    harness.advance(MINUTE).await;
    claimed(&*store, at(1)).await?;
    Ok(())
}

/// Epochs rise from claim to claim of an event, however the last one ended.
pub async fn each_claim_has_a_higher_epoch(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    let mut last: Option<Epoch> = None;
    for second in 0..4 {
        let claim = claimed(&*store, at(second)).await?;
        assert!(last < Some(claim.epoch), "{:?} after {last:?}", claim.epoch);
        last = Some(claim.epoch);
        match second % 2 {
            0 => harness.advance(LEASE).await,
            _ => assert!(store.retry(&claim, at(second), None).await?, "held"),
        }
    }
    Ok(())
}

/// What is done or dead is never claimed again.
pub async fn what_has_ended_is_never_claimed(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1, 2], EventState::Done).await?;
    ended(&*store, &[3], EventState::Dead).await?;
    harness.advance(2 * LEASE).await;
    none_claimed(&*store, at(9_999_999), "they have ended").await
}

/// However many claim at once, nobody gets an event that another got, and each worker's come in order.
pub async fn of_many_claims_each_event_goes_to_one(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let events: Vec<_> = (0..3 * CROWD).map(event).collect();
    keep(&*store, &events).await?;
    let answers = race(&store, |store, _| async move {
        let five = ClaimEvents {
            limit: 5,
            ..ready(at(0))
        };
        let first = store.claim(&five).await?;
        Ok([first, store.claim(&five).await?])
    })
    .await;
    let mut claimed = Vec::new();
    for answer in answers {
        for claims in answer? {
            assert!(claims.len() <= 5, "the limit holds");
            let numbers = numbers_of(&claims);
            assert!(numbers.is_sorted(), "in the order they came: {numbers:?}");
            claimed.extend(numbers);
        }
    }
    claimed.sort_unstable();
    let all: Vec<_> = (0..3 * CROWD).collect();
    assert_eq!(claimed, all, "each event goes to one");
    Ok(())
}
