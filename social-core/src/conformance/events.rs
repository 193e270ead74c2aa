//! The rules of [`EventStore`].

mod claim;
mod durability;
mod elsewhere;
mod end;
mod fence;
mod insert;
mod order;
mod purge;
mod replay;
mod same;
mod subject;
mod view;
mod wakes;
mod window;

pub use claim::*;
pub use durability::*;
pub use elsewhere::*;
pub use end::*;
pub use fence::*;
pub use insert::*;
pub use order::*;
pub use purge::*;
pub use replay::*;
pub use same::*;
pub use subject::*;
pub use view::*;
pub use wakes::*;
pub use window::*;

use chrono::{DateTime, Utc};

use super::fixtures::{LEASE, PLATFORM, at, named};
use crate::{
    error::{Error, ErrorKind, Result},
    store::{
        ClaimEvents, EventClaim, EventFilter, EventRecord, EventState, EventStore, ReceivedEvent,
    },
    webhook::{EventSubject, VerifiedEvent},
};

/// An event about account 1 with the id `event-N`, every field filled in, which came at the present. It is in no order.
fn event(number: usize) -> ReceivedEvent {
    let event = VerifiedEvent {
        sent_as: Some("video.was_published".to_owned()),
        account: Some(named("account-001")),
        occurred_at: Some(at(-5)),
        ..VerifiedEvent::new(
            PLATFORM,
            named("app"),
            format!("event-{number:05}"),
            "video.published",
            format!("{{\"number\":{number}}}").into_bytes(),
        )
    };
    ReceivedEvent::new(event, at(0))
}

/// The same, changed.
fn altered(number: usize, change: impl FnOnce(&mut VerifiedEvent)) -> ReceivedEvent {
    let mut kept = event(number);
    change(&mut kept.event);
    kept
}

/// The same, which came so many seconds after the present.
fn came(number: usize, second: i64) -> ReceivedEvent {
    ReceivedEvent {
        received_at: at(second),
        ..event(number)
    }
}

/// The same, about a post.
fn about(number: usize, remote_id: &str) -> ReceivedEvent {
    let remote_id = named(remote_id);
    altered(number, |event| {
        event.subject = EventSubject::Post { remote_id }
    })
}

/// What was kept.
fn kept(record: &EventRecord) -> ReceivedEvent {
    ReceivedEvent::new(record.event.clone(), record.received_at)
}

/// Every event that is ready at `now`.
fn ready(now: DateTime<Utc>) -> ClaimEvents {
    ClaimEvents::new(now, LEASE, 10_000)
}

/// Keeps events that must all be new.
async fn keep<S: EventStore>(store: &S, events: &[ReceivedEvent]) -> Result<()> {
    let new = store.insert(events).await?;
    assert_eq!(new, vec![true; events.len()], "nobody sent these before");
    Ok(())
}

/// Keeps the events of these numbers, one by one.
async fn keep_each(store: &impl EventStore, numbers: &[usize]) -> Result<()> {
    for number in numbers {
        keep(store, &[event(*number)]).await?;
    }
    Ok(())
}

/// Claims everything that is ready, which must be one event.
async fn claimed<S: EventStore>(store: &S, now: DateTime<Utc>) -> Result<EventClaim> {
    let mut claims = store.claim(&ready(now)).await?;
    assert_eq!(claims.len(), 1, "one event is ready: {claims:?}");
    Ok(claims.remove(0))
}

/// Fails if anything is claimed.
async fn none_claimed<S: EventStore>(store: &S, now: DateTime<Utc>, why: &str) -> Result<()> {
    let claims = store.claim(&ready(now)).await?;
    assert!(claims.is_empty(), "{why}: {claims:?}");
    Ok(())
}

/// Event 1, claimed.
async fn begun<S: EventStore>(store: &S) -> Result<EventClaim> {
    keep(store, &[event(1)]).await?;
    claimed(store, at(0)).await
}

/// Event 1, claimed by one worker, taken over by the next.
async fn overtaken<H>(harness: &H, store: &H::Store) -> Result<(EventClaim, EventClaim)>
where
    H: super::Harness<Store: EventStore>,
{
    let late = begun(store).await?;
    harness.advance(LEASE).await;
    let next = claimed(store, at(1)).await?;
    Ok((late, next))
}

/// Every event in a state, newest first.
async fn listed<S: EventStore>(store: &S, state: EventState) -> Result<Vec<EventRecord>> {
    let filter = EventFilter {
        limit: 10_000,
        ..EventFilter::new(state)
    };
    store.list(&filter).await
}

/// The only event there is, in this state.
async fn only<S: EventStore>(store: &S, state: EventState) -> Result<EventRecord> {
    for other in EventState::ALL.into_iter().filter(|other| *other != state) {
        let others = listed(store, other).await?;
        assert_eq!(others, [], "the event is {state:?}, and no other is there");
    }
    let mut all = listed(store, state).await?;
    assert_eq!(all.len(), 1, "one event is {state:?}: {all:?}");
    Ok(all.remove(0))
}

/// Keeps events of these numbers that all end in a state at the present.
async fn ended<S: EventStore>(store: &S, numbers: &[usize], state: EventState) -> Result<()> {
    let events: Vec<_> = numbers.iter().map(|number| event(*number)).collect();
    ended_at(store, &events, state, at(0)).await
}

/// Keeps events that all end in a state at a time.
async fn ended_at<S: EventStore>(
    store: &S,
    events: &[ReceivedEvent],
    state: EventState,
    now: DateTime<Utc>,
) -> Result<()> {
    keep(store, events).await?;
    let claims = store.claim(&ready(at(0))).await?;
    assert_eq!(claims.len(), events.len(), "nothing else is ready");
    match state {
        EventState::Done => {
            let written = store.complete(&claims, now).await?;
            assert_eq!(written, vec![true; events.len()], "completed");
        }
        EventState::Dead => {
            for claim in &claims {
                let written = store.park(claim, now, &trouble()).await?;
                assert!(written, "parked");
            }
        }
        _ => panic!("only what is done or dead has ended here"),
    }
    Ok(())
}

/// The numbers of [`event`]s in the order of the records.
fn numbers<'a>(records: impl IntoIterator<Item = &'a EventRecord>) -> Vec<usize> {
    let ids = records.into_iter().map(|record| record.event.id.as_str());
    ids.map(|id| {
        id.trim_start_matches("event-")
            .parse()
            .unwrap_or(usize::MAX)
    })
    .collect()
}

fn numbers_of(claims: &[EventClaim]) -> Vec<usize> {
    numbers(claims.iter().map(|claim| &claim.record))
}

fn trouble() -> Error {
    Error::new(ErrorKind::Unavailable, "no handler «日本» answered")
        .with_code("handler")
        .with_request_id("request-1")
        .with_platform(PLATFORM)
        .with_operation("handle")
}
