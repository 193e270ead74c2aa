use super::{altered, begun, came, claimed, ended, event, keep, keep_each, numbers, ready};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, OTHER, at},
    },
    error::Result,
    store::{Backlog, ClaimEvents, EventFilter, EventState, EventStore},
};

/// A list comes newest first, by pages of the limit, or of fifty.
pub async fn lists_newest_first_by_pages(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let events: Vec<_> = (0..53).map(event).collect();
    keep(&*store, &events).await?;
    let first = EventFilter::new(EventState::Waiting);
    let page = store.list(&first).await?;
    assert_eq!(numbers(&page), (3..53).rev().collect::<Vec<_>>(), "fifty");
    let next = EventFilter {
        before: page.last().map(|record| record.number),
        limit: 2,
        ..first
    };
    let page = store.list(&next).await?;
    assert_eq!(numbers(&page), [2, 1], "the limit holds");
    let last = EventFilter {
        before: page.last().map(|record| record.number),
        ..next
    };
    assert_eq!(numbers(&store.list(&last).await?), [0], "the last page");
    Ok(())
}

/// A list holds events in one state, and of one platform if it is asked for.
pub async fn lists_by_state_and_platform(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &[1, 2], EventState::Done).await?;
    ended(&*store, &[3], EventState::Dead).await?;
    let elsewhere = altered(5, |event| event.platform = OTHER);
    keep(&*store, &[event(4), elsewhere]).await?;
    for (state, expected) in [
        (EventState::Done, vec![2, 1]),
        (EventState::Dead, vec![3]),
        (EventState::Waiting, vec![5, 4]),
    ] {
        let all = store.list(&EventFilter::new(state)).await?;
        assert_eq!(numbers(&all), expected, "{state:?}");
    }
    let of_other = EventFilter {
        platform: Some(OTHER),
        ..EventFilter::new(EventState::Waiting)
    };
    assert_eq!(numbers(&store.list(&of_other).await?), [5]);
    Ok(())
}

/// The backlog counts what is ready, what is for later, what is held, and dead letters, and knows the oldest that waits.
pub async fn counts_the_backlog(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.backlog(at(0)).await?, Backlog::default(), "empty");
    super::ended_at(&*store, &[came(1, -99)], EventState::Done, at(0)).await?;
    super::ended_at(&*store, &[came(2, -88)], EventState::Dead, at(0)).await?;
    keep(&*store, &[came(3, -70), came(4, -60), came(5, 50)]).await?;
    let one = ClaimEvents {
        limit: 1,
        ..ready(at(0))
    };
    store.claim(&one).await?;
    let mut expected = Backlog::default();
    (expected.ready, expected.later) = (2, 1);
    (expected.held, expected.dead) = (1, 1);
    expected.oldest = Some(at(-70));
    assert_eq!(store.backlog(at(0)).await?, expected);
    (expected.ready, expected.later) = (3, 0);
    assert_eq!(store.backlog(at(50)).await?, expected, "ready exactly now");
    Ok(())
}

/// An event given back for later waits for later, though it came before.
pub async fn what_was_given_back_is_in_the_backlog_for_later(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.retry(&claim, at(60), None).await?;
    let mut expected = Backlog::default();
    (expected.later, expected.oldest) = (1, Some(at(0)));
    assert_eq!(store.backlog(at(59)).await?, expected);
    Ok(())
}

/// What is held under a lapsed lease is not held, on the store's clock.
pub async fn the_backlog_counts_no_lapsed_lease(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store).await?;
    assert_eq!(store.backlog(at(9_999_999)).await?.held, 1, "it is held");
    harness.advance(LEASE).await;
    assert_eq!(store.backlog(at(0)).await?.held, 0, "the lease lapsed");
    Ok(())
}

/// The earliest time at which an event is ready that nobody has claimed.
pub async fn knows_when_the_next_event_is_ready(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.next_ready().await?, None, "nothing is kept");
    ended(&*store, &[1], EventState::Done).await?;
    ended(&*store, &[2], EventState::Dead).await?;
    assert_eq!(store.next_ready().await?, None, "nothing waits");
    keep_each(&*store, &[3]).await?;
    keep(&*store, &[came(4, 30)]).await?;
    assert_eq!(store.next_ready().await?, Some(at(0)));
    let claim = claimed(&*store, at(0)).await?;
    assert_eq!(store.next_ready().await?, Some(at(30)), "it is claimed");
    store.retry(&claim, at(60), None).await?;
    assert_eq!(store.next_ready().await?, Some(at(30)));
    store
        .complete(&[claimed(&*store, at(30)).await?], at(30))
        .await?;
    assert_eq!(store.next_ready().await?, Some(at(60)), "it was given back");
    Ok(())
}
