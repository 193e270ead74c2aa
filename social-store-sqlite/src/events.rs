mod claim;
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

#[cfg(test)]
pub(crate) use statements::ALL;

use crate::{
    SqliteStore,
    connections::Tx,
    error::failed,
    values::{Cells, json, micros, readable},
};

#[async_trait]
impl EventStore for SqliteStore {
    async fn insert(&self, events: &[NewEvent]) -> Result<Vec<bool>> {
        let mut tx = self.db.write("events.insert").await?;
        let new = insert(&mut tx, events).await;
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

    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        let statement = match filter.platform {
            Some(_) => statements::LIST_OF_PLATFORM,
            None => statements::LIST,
        };
        let limit = if filter.limit == 0 { 50 } else { filter.limit };
        let mut list = sqlx::query(statement)
            .bind(filter.state.as_str())
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        if let Some(platform) = &filter.platform {
            list = list.bind(platform.as_str());
        }
        let mut reader = self.db.read("events.list").await?;
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::event))
    }

    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("events.replay").await?;
        let replayed = replay(&mut tx, which, now).await;
        self.tell_of_events(tx.finish(replayed).await)
    }

    async fn purge(&self, which: &Purge) -> Result<u64> {
        let mut tx = self.db.write("events.purge").await?;
        let purged = sqlx::query(statements::PURGE)
            .bind(which.state.as_str())
            .bind(micros(which.before))
            .bind(i64::from(which.limit))
            .execute(&mut tx.conn)
            .await;
        let purged = purged.map(|done| done.rows_affected()).map_err(failed);
        tx.finish(purged).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        let mut reader = self.db.read("events.backlog").await?;
        let clock = self.db.machine.now(&mut reader.conn).await;
        let clock = clock
            .map_err(|error| error.with_operation("events.backlog"))?
            .leases;
        let count = sqlx::query(statements::BACKLOG)
            .bind(micros(now))
            .bind(clock);
        let rows = count.fetch_all(&mut reader.conn).await;
        let mut backlog = Backlog::default();
        for found in &reader.finish(rows)? {
            let cells = Cells::new(found, row::TABLE);
            backlog.ready += cells.small::<u64>("ready")?;
            backlog.later += cells.small::<u64>("later")?;
            backlog.held += cells.small::<u64>("held")?;
            backlog.dead += cells.small::<u64>("dead")?;
            let oldest = backlog.oldest.into_iter().chain(cells.time_opt("oldest")?);
            backlog.oldest = oldest.min();
        }
        Ok(backlog)
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        let mut reader = self.db.read("events.next_ready").await?;
        let next = sqlx::query(statements::NEXT_READY);
        let row = next.fetch_one(&mut reader.conn).await;
        Cells::new(&reader.finish(row)?, row::TABLE).time_opt("next_ready")
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

async fn insert(tx: &mut Tx, events: &[NewEvent]) -> Result<Vec<bool>> {
    let mut new = Vec::with_capacity(events.len());
    for event in events {
        let insert = sqlx::query(statements::INSERT)
            .bind(event.platform.as_str())
            .bind(event.id.as_str())
            .bind(event.app.as_str())
            .bind(event.kind.as_str())
            .bind(event.account.as_deref())
            .bind(event.occurred_at.map(micros))
            .bind(micros(event.received_at))
            .bind(event.body.as_slice());
        let done = insert.execute(&mut tx.conn).await.map_err(failed)?;
        new.push(done.rows_affected() > 0);
    }
    Ok(new)
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

async fn replay(tx: &mut Tx, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
    let account = which.account.as_ref();
    let platform = which.platform.as_ref();
    let platform = platform.or(account.map(|account| &account.platform));
    let statement = match (platform, &which.id) {
        (None, _) => statements::REPLAY,
        (Some(_), None) => statements::REPLAY_OF_PLATFORM,
        (Some(_), Some(_)) => statements::REPLAY_ONE,
    };
    let replay = sqlx::query(statement)
        .bind(micros(now))
        .bind(which.state.as_str())
        .bind(i64::from(which.limit))
        .bind(platform.map(|platform| platform.as_str()))
        .bind(which.id.as_deref())
        .bind(which.kind.as_deref())
        .bind(account.map(|account| account.platform.as_str()))
        .bind(account.map(|account| account.app.as_str()))
        .bind(account.map(|account| account.account.as_str()))
        .bind(which.since.map(micros))
        .bind(which.until.map(micros));
    let done = replay.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(done.rows_affected())
}
