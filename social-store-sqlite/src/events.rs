mod claim;
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
        Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventStore, HandedOver, Purge,
        ReceivedEvent, Replay, Wakes,
    },
    webhook::EventSubject,
};

pub(crate) use row::verified;
#[cfg(test)]
pub(crate) use statements::ALL;

use crate::{
    SqliteStore,
    connections::Tx,
    error::failed,
    posts,
    values::{Cells, json, micros},
};

#[async_trait]
impl EventStore for SqliteStore {
    async fn insert(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
        let mut tx = self.db.write("events.insert").await?;
        let new = insert::insert(&mut tx, events).await;
        self.tell_of_events(tx.finish(new).await)
    }

    async fn claim(&self, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
        let mut tx = self.db.write("events.claim").await?;
        let claims = claim::claim(&mut tx, which).await;
        tx.finish(claims).await
    }

    async fn renew(&self, claim: &EventClaim, lease: Duration) -> Result<bool> {
        let mut tx = self.db.write("events.renew").await?;
        let renewed = claim::renew(&mut tx, claim, lease).await;
        tx.finish(renewed).await
    }

    async fn complete(&self, claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>> {
        let mut tx = self.db.write("events.complete").await?;
        let done = claim::complete(&mut tx, claims, now).await;
        tx.finish(done).await
    }

    async fn retry(
        &self,
        claim: &EventClaim,
        ready_at: DateTime<Utc>,
        cause: Option<&Error>,
    ) -> Result<bool> {
        let mut tx = self.db.write("events.retry").await?;
        let retried = end(&mut tx, statements::RETRY, claim, ready_at, cause).await;
        tx.finish(retried).await
    }

    async fn park(&self, claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool> {
        let mut tx = self.db.write("events.park").await?;
        let parked = end(&mut tx, statements::PARK, claim, now, Some(cause)).await;
        tx.finish(parked).await
    }

    async fn defer(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.write("events.defer").await?;
        let deferred = claim::defer(&mut tx, claim, ready_at).await;
        tx.finish(deferred).await
    }

    async fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver> {
        let mut tx = self.db.write("events.hand_over").await?;
        let handed = posts::hand_over(&mut tx, claim, now).await;
        self.tell_of_posts(tx.finish(handed).await)
    }

    async fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64> {
        let mut tx = self.db.write("events.set_aside").await?;
        let done = operator::set_aside(&mut tx, came_before, now, limit).await;
        tx.finish(done).await
    }

    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        operator::list(&self.db, filter).await
    }

    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("events.replay").await?;
        let replayed = operator::replay(&mut tx, which, now).await;
        self.tell_of_events(tx.finish(replayed).await)
    }

    async fn purge(&self, which: &Purge) -> Result<u64> {
        let mut tx = self.db.write("events.purge").await?;
        let purged = operator::purge(&mut tx, which).await;
        tx.finish(purged).await
    }

    async fn maintain(&self, _done_before: Option<DateTime<Utc>>) -> Result<()> {
        let mut tx = self.db.write("events.maintain").await?;
        let turned = operator::turn(&mut tx).await;
        tx.finish(turned).await?;
        loop {
            let mut tx = self.db.write("events.maintain").await?;
            let more = operator::forget(&mut tx).await;
            if !tx.finish(more).await? {
                return Ok(());
            }
        }
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        operator::backlog(&self.db, now).await
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        let mut reader = self.db.read("events.next_ready").await?;
        let next = sqlx::query(statements::NEXT_READY).bind(json(&EventSubject::WORDS)?);
        let row = next.fetch_optional(&mut reader.conn).await;
        let row = reader.finish(row)?;
        row.map(|row| Cells::new(&row, row::TABLE).time("next_ready"))
            .transpose()
    }

    /// Of events that come through this store and its clones; other processes are heard by looking.
    fn wakes(&self) -> Wakes {
        self.event_wakes.subscribe()
    }
}

impl SqliteStore {
    /// Wakes who waits for events, after a change that was kept.
    fn tell_of_events<T>(&self, changed: Result<T>) -> Result<T> {
        if changed.is_ok() {
            self.event_wakes.send();
        }
        changed
    }
}

/// Ends a claim that still holds.
async fn end(
    tx: &mut Tx,
    statement: &'static str,
    claim: &EventClaim,
    at: DateTime<Utc>,
    cause: Option<&Error>,
) -> Result<bool> {
    let (number, epoch) = claim::name(claim);
    let end = sqlx::query(statement)
        .bind(number)
        .bind(epoch)
        .bind(micros(at))
        .bind(cause.map(json).transpose()?);
    let done = end.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}
