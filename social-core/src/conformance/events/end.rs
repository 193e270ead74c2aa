use super::{begun, claimed, event, keep, none_claimed, only, ready, trouble};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, at, micros, race},
    },
    error::{Error, ErrorKind, Result},
    store::{EventRecord, EventState, EventStore},
};

/// What was handled is done since `now`, its attempts cleared.
pub async fn completes_what_was_claimed(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let now = at(7) + micros(1);
    assert_eq!(
        store.complete(std::slice::from_ref(&claim), now).await?,
        [true]
    );
    let expected = EventRecord {
        state: EventState::Done,
        attempts: 0,
        ended_at: Some(now),
        ..claim.record
    };
    assert_eq!(only(&*store, EventState::Done).await?, expected);
    Ok(())
}

/// Claims that were given back or taken over are passed over, the others written, each answer in its place.
pub async fn says_of_each_claim_whether_it_was_completed(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[1, 2, 3, 4].map(event)).await?;
    let mut claims = store.claim(&ready(at(0))).await?;
    assert_eq!(claims.len(), 4, "all are ready: {claims:?}");
    store.retry(&claims[1], at(50), None).await?;
    store.park(&claims[2], at(0), &trouble()).await?;
    claims.swap(0, 2);
    let written = store.complete(&claims, at(1)).await?;
    assert_eq!(written, [false, false, true, true], "each in its place");
    let done = super::listed(&*store, EventState::Done).await?;
    assert_eq!(super::numbers(&done), [4, 1], "the others are written");
    Ok(())
}

/// Nothing at all may be completed.
pub async fn completing_nothing_is_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    assert_eq!(store.complete(&[], at(1)).await?, [false; 0]);
    let kept = only(&*store, EventState::Waiting).await?;
    assert_eq!(kept.attempts, 1, "the claim goes on");
    Ok(())
}

/// An event given back is ready again at its time, not before.
pub async fn a_retry_makes_it_ready_at_its_time(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    assert!(store.retry(&claim, at(30), None).await?, "it held");
    let expected = EventRecord {
        ready_at: at(30),
        attempts: 0,
        ..claim.record
    };
    assert_eq!(only(&*store, EventState::Waiting).await?, expected);
    none_claimed(&*store, at(30) - micros(1), "not yet ready").await?;
    let again = claimed(&*store, at(30)).await?.record;
    assert_eq!(again.attempts, 1, "the first one was not begun");
    Ok(())
}

/// What is given back without a cause was not begun: its claim is not counted, earlier ones that nobody ended are.
pub async fn what_was_not_begun_counts_no_attempt(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    for attempts in 1..=2 {
        let claim = claimed(&*store, at(0)).await?;
        assert_eq!(claim.record.attempts, attempts, "nobody ended it");
        harness.advance(LEASE).await;
    }
    for second in 0..3 {
        let claim = claimed(&*store, at(second)).await?;
        assert_eq!(claim.record.attempts, 3, "this claim is among them");
        assert!(store.retry(&claim, at(second), None).await?, "it held");
        let kept = only(&*store, EventState::Waiting).await?;
        assert_eq!(kept.attempts, 2, "as it was found");
    }
    let claim = claimed(&*store, at(3)).await?;
    store.retry(&claim, at(3), Some(&trouble())).await?;
    let kept = only(&*store, EventState::Waiting).await?;
    assert_eq!(kept.attempts, 0, "a failure ended the attempts");
    Ok(())
}

/// A cause counts a failure more and is kept whole; the next one takes its place.
pub async fn a_retry_with_a_cause_counts_a_failure(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.retry(&first, at(1), Some(&trouble())).await?;
    let kept = only(&*store, EventState::Waiting).await?;
    assert_eq!((kept.failures, kept.cause), (1, Some(trouble())));
    let second = claimed(&*store, at(1)).await?;
    assert_eq!(second.record.failures, 1, "the next worker is told");
    let other = Error::new(ErrorKind::Timeout, "no answer");
    store.retry(&second, at(2), Some(&other)).await?;
    let kept = only(&*store, EventState::Waiting).await?;
    assert_eq!((kept.failures, kept.cause), (2, Some(other)));
    Ok(())
}

/// Without a cause the event was not tried: failures and the last trouble stay.
pub async fn a_retry_without_a_cause_counts_no_failure(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.retry(&first, at(1), Some(&trouble())).await?;
    let second = claimed(&*store, at(1)).await?;
    store.retry(&second, at(2), None).await?;
    let kept = only(&*store, EventState::Waiting).await?;
    assert_eq!((kept.failures, kept.cause), (1, Some(trouble())));
    Ok(())
}

/// An event that is done after failures still says what went wrong last.
pub async fn what_is_done_after_failures_tells_of_them(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.retry(&first, at(1), Some(&trouble())).await?;
    let second = claimed(&*store, at(1)).await?;
    store.complete(&[second], at(2)).await?;
    let kept = only(&*store, EventState::Done).await?;
    assert_eq!((kept.failures, kept.cause), (1, Some(trouble())));
    Ok(())
}

/// What is not tried again is a dead letter since `now`, with its cause, a failure more, and its attempts cleared.
pub async fn parks_a_dead_letter(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.retry(&first, at(1), Some(&trouble())).await?;
    let claim = claimed(&*store, at(1)).await?;
    let other = Error::new(ErrorKind::Invalid, "nobody can read it");
    assert!(store.park(&claim, at(9), &other).await?, "it held");
    let expected = EventRecord {
        state: EventState::Dead,
        attempts: 0,
        failures: 2,
        cause: Some(other),
        ended_at: Some(at(9)),
        ..claim.record
    };
    assert_eq!(only(&*store, EventState::Dead).await?, expected);
    Ok(())
}

/// Of many completions of one claim one is written.
pub async fn of_many_completions_of_one_claim_one_is_written(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let answers = race(&store, |store, task| {
        let claims = [claim.clone()];
        async move {
            match task % 3 {
                0 => store.retry(&claims[0], at(50), None).await,
                1 => store.park(&claims[0], at(1), &trouble()).await,
                _ => Ok(store.complete(&claims, at(1)).await? == [true]),
            }
        }
    })
    .await;
    let mut written = 0;
    for answer in answers {
        written += usize::from(answer?);
    }
    assert_eq!(written, 1, "one of {CROWD} ends is written");
    Ok(())
}
