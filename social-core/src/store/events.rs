mod record;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use record::{
    Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventState, HandedOver, Purge,
    ReceivedEvent, Replay,
};

use super::Wakes;
use crate::error::{Error, Result};

/// Keeps what platforms sent, until it was handled and longer.
///
/// **Once.** An event is known by its platform, app and id, whatever became of it, for at least four days after it came:
/// sent again within them it is not new. Platforms send again for up to 72 hours. Ids are kept in windows that turn every
/// four days, when [`maintain`](Self::maintain) is called: an id is known from the window in which it came to the end of the
/// next, and longer while nobody calls it.
///
/// **In order.** Of the events with the same [subject](crate::webhook::VerifiedEvent::order_key) that have not ended, only the
/// first by number is claimed: while it is held, or waits to be tried again, it holds the others of its subject back and
/// nothing else. A dead letter holds nobody back.
///
/// **Of a newer release.** What such an event is about may be a [word](crate::webhook::EventSubject::Unknown) that this release
/// does not know. It waits, is listed and counted apart, and no claim takes it.
///
/// **To their posts.** An event about a post is [handed over](Self::hand_over) and is then no claim's any more: it holds
/// nobody back, and [its post's worker](crate::store::PostStore::told) lets it take effect. A store keeps events and posts in one
/// place, so that either is seen by the other at once, in whatever order they are written: what is handed over before a
/// checkpoint with its id is recorded is that post's from then on.
///
/// All writes of a claim's holder compare its [epoch](EventClaim::epoch): a holder whose lease was taken over writes
/// nothing any more. A lease that lapsed and that nobody took over still holds.
#[async_trait]
pub trait EventStore: Debug + Send + Sync + 'static {
    /// Keeps those events that are not [known](Self) and says of each whether it was new. Of two alike in one batch the
    /// first is. All or nothing; durable when it answers.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn insert(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>>;

    /// Claims `Waiting` events that are ready, that nobody holds, and whose turn it is within their subject, in the order
    /// in which they are due: since they are ready, or, of those that somebody held, since their lease lapsed on the
    /// store's clock; then in the order they came. Counts an attempt on each.
    ///
    /// What another process stored, or gave back, for a time that lies behind what this one claimed last may be found some
    /// seconds later.
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

    /// Gives a claim back that nobody here can handle and another process may: ready again at `ready_at`, without a failure, and
    /// with its attempts cleared. Until it is tried it is set aside as what has no post is. Says whether the claim still held.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn defer(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool>;

    /// Hands the claimed event, which is about a post, over to that post: it is `Handed`. The post whose [checkpoint](crate::store::StoredCheckpoint::remote_ids) has the id is due by `now`, as
    /// by [`hasten`](crate::store::PostStore::hasten), and a hold of its lane ends, since nothing has to be asked of the
    /// platform to apply it. A post that [a newer release wrote](crate::store::PostRecord::is_newer) stays due when it was, or is due by
    /// `now` if it was at no time, and a hold stays: that release tells it. Where no post has the id, the event waits for one.
    ///
    /// # Errors
    /// `Invalid` when it is not about a post, `Storage` when the store fails.
    async fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver>;

    /// Sets events aside that came before `came_before` and that nobody here knew what to do with: handed ones whose id no post
    /// has, and [deferred](Self::defer) ones that nobody holds or has tried since. They are `Unmatched` at `now`, of each kind
    /// those that came first first. At most `limit`; says how many.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64>;

    /// Events, newest (by number) first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>>;

    /// Lets events that are done, dead or unmatched be handled again, from `now` on, those that came first first, with no attempts
    /// and failures, and says how many.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64>;

    /// Removes events, those that ended first first, and says how many. Their ids stay known as long as those of others.
    /// Of `Done` ones it may leave those that [`maintain`](Self::maintain) drops many at once.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn purge(&self, which: &Purge) -> Result<u64>;

    /// What a store does for itself from time to time: it begins the next window of ids when the present one is four days
    /// old, forgets those that are over, and makes room for what is to come. `Done` events that ended before `done_before`
    /// may go with it where a store can drop many at once. Any number of processes may call it, every hour or so. When
    /// nobody does, events are kept and handled as before, and ids are known for longer.
    ///
    /// # Errors
    /// `Storage` when the store fails. What was done until then stays.
    async fn maintain(&self, done_before: Option<DateTime<Utc>>) -> Result<()>;

    /// What waits, and what nobody could handle.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog>;

    /// When the next waiting event is ready that nobody has claimed and whose turn it is within its subject. What is
    /// claimed is found by a claim once its lease has lapsed.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>>;

    /// Hears of new events, also of other processes where the store can tell. Never, unless a store says more.
    fn wakes(&self) -> Wakes {
        Wakes::never()
    }
}
