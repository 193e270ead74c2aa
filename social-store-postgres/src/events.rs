mod holder;
mod insert;
mod operator;
mod row;
mod statements;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, Result},
    store::{
        Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventStore, NewEvent, Purge,
        Replay, Wakes,
    },
};
use sqlx::{PgConnection, Row};

use crate::{PgStore, error::failed, values::readable, wakes::Hint};

#[cfg(test)]
pub(crate) use statements::ALL;

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
    async fn insert(&self, events: &[NewEvent]) -> Result<Vec<bool>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.write("events.insert").await?;
        let new = insert::insert(&self.db, &mut tx, events).await;
        let any = |new: &Vec<bool>| new.contains(&true);
        self.db.finish(tx, new, Hint::Events, any).await
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

    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        let mut reader = self.db.read("events.list").await?;
        let list = operator::list(&self.db, filter);
        let rows = list.fetch_all(reader.conn()).await;
        let rows = reader.finish(rows).await?;
        Ok(readable(&rows, row::event))
    }

    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("events.replay").await?;
        let replayed = operator::replay(&self.db, &mut tx, which, now).await;
        let any = |events: &u64| *events > 0;
        self.db.finish(tx, replayed, Hint::Events, any).await
    }

    async fn purge(&self, which: &Purge) -> Result<u64> {
        let mut tx = self.db.write("events.purge").await?;
        let purge = operator::purge(&self.db, which);
        let done = purge.execute(tx.conn()).await.map_err(failed);
        tx.finish(done.map(|done| done.rows_affected())).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        let mut reader = self.db.read("events.backlog").await?;
        let backlog = self.db.query(statements::BACKLOG).bind(now);
        let row = backlog.fetch_one(reader.conn()).await;
        operator::backlog(&reader.finish(row).await?)
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        let mut reader = self.db.read("events.next_ready").await?;
        let next = self.db.query(statements::NEXT_READY);
        let next = next.fetch_one(reader.conn()).await;
        let next = next.and_then(|row| row.try_get(0));
        reader.finish(next).await
    }

    /// Hears of events that this store keeps, and of those of other processes when it [listens](crate::PgBuilder::listen).
    fn wakes(&self) -> Wakes {
        self.db.hints().subscribe(Hint::Events)
    }
}
