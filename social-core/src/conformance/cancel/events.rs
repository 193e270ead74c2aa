use std::{sync::Arc, time::Duration};

use super::{undisturbed, whole_or_nothing};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, PLATFORM, at, named},
    },
    error::{Error, ErrorKind, Result},
    store::{
        ClaimEvents, EventClaim, EventFilter, EventState, EventStore, Purge, ReceivedEvent, Replay,
    },
    webhook::VerifiedEvent,
};

/// Three events of a kind of their own.
fn events(number: usize) -> Vec<ReceivedEvent> {
    let name = |part| format!("{number}-{part}");
    let event =
        |part| VerifiedEvent::new(PLATFORM, named("app"), name(part), kind(number), vec![7]);
    (0..3)
        .map(|part| ReceivedEvent::new(event(part), at(0)))
        .collect()
}

fn kind(number: usize) -> String {
    format!("kind {number}")
}

fn trouble() -> Error {
    Error::new(ErrorKind::Unavailable, "nobody answered")
}

async fn kept<S: EventStore>(store: Arc<S>, number: usize) -> Result<usize> {
    store.insert(&events(number)).await?;
    Ok(number)
}

async fn claimed<S: EventStore>(store: Arc<S>, number: usize) -> Result<Vec<EventClaim>> {
    store.insert(&events(number)).await?;
    let mut claims = store.claim(&ClaimEvents::new(at(0), LEASE, 1_000)).await?;
    claims.retain(|claim| claim.record.event.kind == kind(number));
    assert_eq!(claims.len(), 3, "nobody holds them");
    Ok(claims)
}

async fn ended<S: EventStore>(store: Arc<S>, number: usize) -> Result<usize> {
    let claims = claimed(Arc::clone(&store), number).await?;
    store.complete(&claims, at(0)).await?;
    Ok(number)
}

/// Where the three stand.
async fn shown<S: EventStore>(store: &S, number: usize) -> Result<String> {
    let mut shown = String::new();
    for state in EventState::ALL {
        let filter = EventFilter {
            limit: 10_000,
            ..EventFilter::new(state)
        };
        for record in store.list(&filter).await? {
            if record.event.kind == kind(number) {
                let (attempts, failures) = (record.attempts, record.failures);
                let ready = record.ready_at;
                shown += &format!("{state:?} {attempts} {failures} {ready}; ");
            }
        }
    }
    Ok(shown)
}

async fn of_number<S: EventStore>(store: Arc<S>, number: usize) -> Result<String> {
    shown(&*store, number).await
}

async fn of_claims<S: EventStore>(store: Arc<S>, claims: Vec<EventClaim>) -> Result<String> {
    let number = claims[0].record.event.kind.trim_start_matches("kind ");
    shown(&*store, number.parse().unwrap_or(0)).await
}

/// Of a batch all events are kept, or none.
pub async fn a_dropped_insertion_keeps_all_or_none(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        |_, number| async move { Ok(number) },
        |store, number| async move { store.insert(&events(number)).await },
        of_number,
    )
    .await
}

/// All that a claim would take are held, each attempt counted, or none is.
pub async fn a_dropped_claim_takes_all_events_or_none(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, _| async move { store.claim(&ClaimEvents::new(at(0), LEASE, 1_000)).await },
        of_number,
    )
    .await
}

/// All are completed, or none.
pub async fn a_dropped_completion_ends_all_or_none(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claims: Vec<_>| async move { store.complete(&claims, at(1)).await },
        of_claims,
    )
    .await
}

/// An event is given back with its failure counted, or is not.
pub async fn a_dropped_retry_gives_back_or_not(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claims: Vec<_>| async move {
            store.retry(&claims[1], at(60), Some(&trouble())).await
        },
        of_claims,
    )
    .await
}

/// An event is a dead letter with its cause, or is not.
pub async fn a_dropped_parking_parks_or_not(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claims: Vec<_>| async move { store.park(&claims[1], at(1), &trouble()).await },
        of_claims,
    )
    .await
}

/// All that were asked for are let go again, or none.
pub async fn a_dropped_replay_lets_all_go_or_none(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        ended,
        |store, number| async move {
            let which = Replay {
                kind: Some(kind(number)),
                ..Replay::new(EventState::Done, 9)
            };
            store.replay(&which, at(9_999)).await
        },
        of_number,
    )
    .await
}

/// All that were asked for are removed, or none.
pub async fn a_dropped_purge_removes_all_events_or_none(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        ended,
        |store, _| async move {
            store
                .purge(&Purge::new(EventState::Done, at(1), 1_000))
                .await
        },
        of_number,
    )
    .await
}

/// Upkeep that was dropped can be done again, and events are as they were.
pub async fn a_dropped_upkeep_loses_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claims = claimed(Arc::clone(&store), 1).await?;
    let before = of_claims(Arc::clone(&store), claims).await?;
    harness.advance(Duration::from_secs(5 * 24 * 3_600)).await;
    undisturbed("maintain", || store.maintain(Some(at(0)))).await?;
    store.maintain(Some(at(0))).await?;
    assert_eq!(shown(&*store, 1).await?, before);
    let known = store.insert(&events(1)).await?;
    assert_eq!(known, [false; 3], "ids are known in the next window");
    Ok(())
}

/// Looking at events may be dropped.
pub async fn dropped_looks_at_events_disturb_nothing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    claimed(Arc::clone(&store), 1).await?;
    let filter = EventFilter::new(EventState::Waiting);
    undisturbed("list", || store.list(&filter)).await?;
    undisturbed("backlog", || store.backlog(at(0))).await?;
    undisturbed("next_ready", || store.next_ready()).await
}
