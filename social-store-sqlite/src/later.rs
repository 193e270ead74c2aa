//! Not there yet.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, ErrorKind, Result},
    store::{
        Backlog, Booking, ClaimEvents, EventClaim, EventFilter, EventRecord, EventStore, Limit,
        Limits, NewEvent, Purge, Replay, Resealed, SealedPage, SealedStore, SealedValue, Usage,
    },
};

use crate::SqliteStore;

pub(crate) fn later<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Unsupported, "not there yet"))
}

#[async_trait]
impl SealedStore for SqliteStore {
    async fn sealed(&self, _page: &SealedPage) -> Result<Vec<SealedValue>> {
        later()
    }
    async fn reseal(&self, _values: &[Resealed]) -> Result<u64> {
        later()
    }
}

#[async_trait]
impl Limits for SqliteStore {
    async fn book(&self, _limits: &[Limit], _holder: &str) -> Result<Booking> {
        Ok(Booking::Granted)
    }
    async fn refund(&self, _keys: &[&str], _holder: &str) -> Result<()> {
        later()
    }
    async fn observe(&self, _limit: &Limit, _used: u32) -> Result<()> {
        later()
    }
    async fn block(&self, _key: &str, _wait: Duration) -> Result<()> {
        Ok(())
    }
    async fn usage(&self, _limit: &Limit) -> Result<Usage> {
        later()
    }
    async fn purge(&self, _limit: u32) -> Result<u64> {
        later()
    }
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn insert(&self, _events: &[NewEvent]) -> Result<Vec<bool>> {
        later()
    }
    async fn claim(&self, _which: &ClaimEvents) -> Result<Vec<EventClaim>> {
        later()
    }
    async fn complete(&self, _claims: &[EventClaim], _now: DateTime<Utc>) -> Result<Vec<bool>> {
        later()
    }
    async fn retry(
        &self,
        _claim: &EventClaim,
        _ready_at: DateTime<Utc>,
        _cause: Option<&Error>,
    ) -> Result<bool> {
        later()
    }
    async fn park(&self, _claim: &EventClaim, _now: DateTime<Utc>, _cause: &Error) -> Result<bool> {
        later()
    }
    async fn list(&self, _filter: &EventFilter) -> Result<Vec<EventRecord>> {
        later()
    }
    async fn replay(&self, _which: &Replay, _now: DateTime<Utc>) -> Result<u64> {
        later()
    }
    async fn purge(&self, _which: &Purge) -> Result<u64> {
        later()
    }
    async fn backlog(&self, _now: DateTime<Utc>) -> Result<Backlog> {
        later()
    }
    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        later()
    }
}
