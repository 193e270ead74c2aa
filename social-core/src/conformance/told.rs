//! The rules of events about posts, of a store that keeps both: [`EventStore::hand_over`] and [`PostStore::told`].

mod apply;
mod hand;
mod unmatched;

pub use apply::*;
pub use hand::*;
pub use unmatched::*;

use super::fixtures::{LEASE, PLATFORM, account, app, at, checkpoint, named, post};
use crate::{
    error::Result,
    store::{
        ClaimEvents, ClaimPosts, EventClaim, EventFilter, EventState, EventStore, HandedOver, Next,
        PostClaim, PostStore, ReceivedEvent, RecordStep, StoredCheckpoint,
    },
    webhook::{EventSubject, VerifiedEvent},
};

/// A store of both.
pub trait Both: EventStore + PostStore {}

impl<S: EventStore + PostStore> Both for S {}

/// Event `number` about the post with this id at the platform.
fn about(number: u64, remote_id: &str) -> ReceivedEvent {
    let remote_id = named(remote_id);
    let id = format!("event-{number}");
    let event = VerifiedEvent::new(PLATFORM, named("app"), id, "published", vec![0, 255]);
    ReceivedEvent::new(event.about(EventSubject::Post { remote_id }), at(0))
}

/// Claims the only event that is ready.
async fn event<S: Both>(store: &S) -> Result<EventClaim> {
    let which = ClaimEvents::new(at(0), LEASE, 100);
    let mut claims = EventStore::claim(store, &which).await?;
    assert_eq!(claims.len(), 1, "one event is ready: {claims:?}");
    Ok(claims.remove(0))
}

/// Keeps an event, and hands it over at a second.
async fn hand<S: Both>(store: &S, event: &ReceivedEvent, second: i64) -> Result<HandedOver> {
    store.insert(std::slice::from_ref(event)).await?;
    let claim = self::event(store).await?;
    store.hand_over(&claim, at(second)).await
}

/// Claims the only post that is due.
async fn due<S: Both>(store: &S, second: i64) -> Result<PostClaim> {
    let mut claims = claims(store, second).await?;
    assert_eq!(claims.len(), 1, "one post is due: {claims:?}");
    Ok(claims.remove(0))
}

async fn claims<S: Both>(store: &S, second: i64) -> Result<Vec<PostClaim>> {
    let which = ClaimPosts::new(at(second), LEASE, 100, vec![(app(), 1)]);
    PostStore::claim(store, &which).await
}

/// Post `number` of an account of its own, claimed.
async fn begun<S: Both>(store: &S, number: u64) -> Result<PostClaim> {
    let account = account(usize::try_from(number).unwrap_or_default());
    store.submit(&post(number, account)).await?;
    due(store, 0).await
}

/// Due again at a second, with these ids of the platform.
fn with_ids(ids: &[&str], second: i64) -> RecordStep {
    RecordStep {
        checkpoint: Some(StoredCheckpoint {
            remote_ids: ids.iter().map(named).collect(),
            ..checkpoint("status")
        }),
        ..RecordStep::new(Next::At(at(second)), at(0))
    }
}

/// Post `number`, begun, whose id is `remote_id`, due again at a second.
async fn known<S: Both>(store: &S, number: u64, remote_id: &str, second: i64) -> Result<()> {
    let claim = begun(store, number).await?;
    store
        .record(&claim, &with_ids(&[remote_id], second))
        .await?;
    Ok(())
}

/// The ids of the events in a state, newest first.
async fn listed<S: Both>(store: &S, state: EventState) -> Result<Vec<String>> {
    let records = EventStore::list(store, &EventFilter::new(state)).await?;
    Ok(records.into_iter().map(|record| record.event.id).collect())
}

/// The ids of the events that a claimed post is told.
async fn told<S: Both>(store: &S, claim: &PostClaim) -> Result<Vec<String>> {
    let told = store.told(claim, 100).await?;
    let events = told.events.into_iter().filter_map(|told| told.event);
    Ok(events.map(|event| event.id).collect())
}

/// The numbers of the events that a claimed post is told.
async fn numbers<S: Both>(store: &S, claim: &PostClaim) -> Result<Vec<i64>> {
    let told = store.told(claim, 100).await?;
    Ok(told.events.iter().map(|told| told.number).collect())
}
