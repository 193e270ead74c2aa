mod floor;
mod holder;
mod insert;
mod operator;
mod row;
mod statements;

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, Result},
    store::{
        Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventStore, HandedOver, Purge,
        ReceivedEvent, Replay, Wakes,
    },
};
use sqlx::PgConnection;

use crate::{PgStore, wakes::Hint};
use floor::Floor;

pub(crate) use holder::{gone, of_numbers};
#[cfg(test)]
pub(crate) use statements::ALL;
pub(crate) use statements::SHARE_IDS;

/// What a store and its clones remember of events.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    floor: Floor,
    /// The last partition after which others are known to be there. The first migration made those after 0.
    partition: AtomicI64,
}

impl Shared {
    /// Where a claim would begin now.
    #[cfg(test)]
    pub(crate) fn peek(&self, elapsed: Duration) -> Option<DateTime<Utc>> {
        self.floor.peek(elapsed)
    }

    /// Whether the events of this partition are the first that this process sees there.
    fn enters(&self, partition: i64) -> bool {
        self.partition.fetch_max(partition, Ordering::Relaxed) < partition
    }
}

impl PgStore {
    /// [`EventStore::complete`] inside a transaction of the caller, so that what an event led to and its end are
    /// committed together: each event takes effect once, whenever the process dies.
    ///
    /// `conn` is a connection to the database of this store, in a transaction. A claim for which it answers `false` is
    /// somebody else's now: roll back what was done for it. The rows stay locked until the transaction ends. Through a
    /// pooler the caller's connection must keep no statement prepared.
    ///
    /// ```no_run
    /// # use social_core::{error::Error, store::{ClaimEvents, EventStore}};
    /// # use social_store_postgres::PgStore;
    /// # async fn handle(store: PgStore, pool: sqlx::PgPool, now: chrono::DateTime<chrono::Utc>)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let which = ClaimEvents::new(now, std::time::Duration::from_secs(60), 1);
    /// for claim in store.claim(&which).await? {
    ///     let mut tx = pool.begin().await?;
    ///     sqlx::query("INSERT INTO notices (text) VALUES ($1)")
    ///         .bind(&claim.record.event.kind)
    ///         .execute(&mut *tx)
    ///         .await?;
    ///     if store.complete_in(&mut tx, &[claim], now).await? == [true] {
    ///         tx.commit().await?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`EventStore::complete`]. The transaction cannot go on after an error.
    ///
    /// # Cancel safety
    /// Dropped, it leaves the transaction to be rolled back.
    pub async fn complete_in(
        &self,
        conn: &mut PgConnection,
        claims: &[EventClaim],
        now: DateTime<Utc>,
    ) -> Result<Vec<bool>> {
        let done = holder::complete(&self.db, conn, claims, now).await;
        done.map_err(|error| error.with_operation("events.complete"))
    }
}

#[async_trait]
impl EventStore for PgStore {
    async fn insert(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        insert::receive(&self.db, events).await
    }

    async fn claim(&self, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
        holder::claim(&self.db, which).await
    }

    async fn renew(&self, claim: &EventClaim, lease: Duration) -> Result<bool> {
        let mut tx = self.db.write("events.renew").await?;
        let renewed = holder::renew(&self.db, &mut tx, claim, lease).await;
        tx.finish(renewed).await
    }

    async fn complete(&self, claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.write("events.complete").await?;
        let done = holder::complete(&self.db, tx.conn(), claims, now).await;
        tx.finish(done).await
    }

    async fn retry(
        &self,
        claim: &EventClaim,
        ready_at: DateTime<Utc>,
        cause: Option<&Error>,
    ) -> Result<bool> {
        let mut tx = self.db.write("events.retry").await?;
        let done = holder::retry(&self.db, &mut tx, claim, ready_at, cause).await;
        tx.finish(done).await
    }

    async fn park(&self, claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool> {
        let mut tx = self.db.write("events.park").await?;
        let done = holder::park(&self.db, &mut tx, claim, now, cause).await;
        tx.finish(done).await
    }

    async fn defer(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.write("events.defer").await?;
        let done = holder::defer(&self.db, &mut tx, claim, ready_at).await;
        tx.finish(done).await
    }

    async fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver> {
        holder::hand_over(&self.db, claim, now).await
    }

    async fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64> {
        let mut tx = self.db.write("events.set_aside").await?;
        let done = operator::set_aside(&self.db, &mut tx, came_before, now, limit).await;
        tx.finish(done).await
    }

    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        operator::list(&self.db, filter).await
    }

    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("events.replay").await?;
        let replayed = operator::replay(&self.db, &mut tx, which, now).await;
        let any = |events: &u64| *events > 0;
        self.db.finish(tx, replayed, Hint::Events, any).await
    }

    async fn purge(&self, which: &Purge) -> Result<u64> {
        let mut tx = self.db.write("events.purge").await?;
        let purged = operator::purge(&self.db, &mut tx, which).await;
        tx.finish(purged).await
    }

    async fn maintain(&self, done_before: Option<DateTime<Utc>>) -> Result<()> {
        operator::maintain(&self.db, done_before).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        operator::backlog(&self.db, now).await
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        operator::next_ready(&self.db).await
    }

    /// Hears of events that this store keeps, and of those of other processes when it [listens](crate::PgBuilder::listen).
    fn wakes(&self) -> Wakes {
        self.db.hints().subscribe(Hint::Events)
    }
}
