mod record;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use record::{
    Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventState, NewEvent, Purge, Replay,
};

use super::Wakes;
use crate::error::{Error, Result};

/// Keeps what platforms sent, one row per event, until it was handled and longer.
///
/// All writes of a claim's holder compare its [epoch](EventClaim::epoch): a holder whose lease was taken over writes
/// nothing any more. A lease that lapsed and that nobody took over still holds.
#[async_trait]
pub trait EventStore: Debug + Send + Sync + 'static {
    /// Keeps those events of which no other has the same platform and id, whatever became of that one, and says of each
    /// whether it was new. Of two with the same id in one batch the first is. All or nothing; durable when it answers.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn insert(&self, events: &[NewEvent]) -> Result<Vec<bool>>;

    /// Claims `Waiting` events that are ready and that nobody holds: longest ready first, then in the order they came.
    /// Counts an attempt on each.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn claim(&self, which: &ClaimEvents) -> Result<Vec<EventClaim>>;

    /// Renews the lease: it ends `lease` from now, on the store's clock. Says whether the claim still held.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn renew(&self, claim: &EventClaim, lease: Duration) -> Result<bool>;

    /// They were handled: they are `Done` at `now`. Passes over claims that were given back or taken over, and says of
    /// each whether it was written.
    ///
    /// # Errors
    /// `Storage` when the store fails: then none was written.
    async fn complete(&self, claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>>;

    /// Gives a claim back, to be ready again at `ready_at`. With a cause it counts a failure more and clears the attempts;
    /// without one the event was not tried, and the attempt of this claim does not count: all else is as it was found.
    /// Says whether the claim still held.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn retry(
        &self,
        claim: &EventClaim,
        ready_at: DateTime<Utc>,
        cause: Option<&Error>,
    ) -> Result<bool>;

    /// It is not tried again, as of `now`: it becomes a dead letter, counting a failure more. Says whether the claim
    /// still held.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn park(&self, claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool>;

    /// Events, newest (by number) first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>>;

    /// Lets events that are done or dead be handled again, from `now` on, those that came first first, with no attempts
    /// and failures, and says how many.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64>;

    /// Removes events, those that ended first first, and says how many. An event that is sent again after that is new.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn purge(&self, which: &Purge) -> Result<u64>;

    /// What waits, and what nobody could handle.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog>;

    /// When the next waiting event is ready, leases aside.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>>;

    /// Hears of new events, also of other processes where the store can tell. Never, unless a store says more.
    fn wakes(&self) -> Wakes {
        Wakes::never()
    }
}
