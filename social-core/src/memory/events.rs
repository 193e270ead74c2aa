use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::{
    error::{Error, Result},
    model::Platform,
    store::{
        Backlog, ClaimEvents, Epoch, EventClaim, EventFilter, EventRecord, EventState, EventStore,
        NewEvent, Purge, Replay, Wakes,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    /// By number.
    rows: BTreeMap<i64, Row>,
    ids: BTreeMap<(Platform, String), i64>,
    last: i64,
}

struct Row {
    record: EventRecord,
    epoch: i64,
    /// On the store's clock, while the claim of `epoch` was not ended.
    lease_until: Option<Duration>,
}

impl Rows {
    fn insert(&mut self, event: &NewEvent) -> bool {
        let id = (event.platform.clone(), event.id.clone());
        if self.ids.contains_key(&id) {
            return false;
        }
        self.last += 1;
        let row = Row {
            record: EventRecord::new(self.last, event.clone()),
            epoch: 0,
            lease_until: None,
        };
        self.ids.insert(id, self.last);
        self.rows.insert(self.last, row);
        true
    }

    fn claim(&mut self, which: &ClaimEvents, elapsed: Duration) -> Vec<EventClaim> {
        let rows = self.rows.values_mut();
        let mut ready: Vec<_> = rows
            .filter(|row| row.record.state == EventState::Waiting)
            .filter(|row| row.record.ready_at <= which.now)
            .filter(|row| row.lease_until.is_none_or(|until| until <= elapsed))
            .collect();
        ready.sort_by_key(|row| (row.record.ready_at, row.record.number));
        ready.truncate(usize::try_from(which.limit).unwrap_or(usize::MAX));
        let claims = ready.into_iter().map(|row| {
            row.epoch += 1;
            row.lease_until = Some(elapsed.saturating_add(which.lease));
            row.record.attempts = row.record.attempts.saturating_add(1);
            EventClaim::new(row.record.clone(), Epoch(row.epoch))
        });
        claims.collect()
    }

    fn held(&mut self, claim: &EventClaim) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim.record.number);
        row.filter(|row| row.epoch == claim.epoch.0 && row.lease_until.is_some())
    }

    fn replay(&mut self, which: &Replay, now: DateTime<Utc>) -> u64 {
        let limit = usize::try_from(which.limit).unwrap_or(usize::MAX);
        let rows = self
            .rows
            .values_mut()
            .filter(|row| which.wants(&row.record));
        let mut replayed = 0;
        for row in rows.take(limit) {
            let record = &mut row.record;
            record.state = EventState::Waiting;
            (record.ready_at, record.ended_at) = (now, None);
            (record.attempts, record.failures, record.cause) = (0, 0, None);
            replayed += 1;
        }
        replayed
    }

    fn purge(&mut self, which: &Purge) -> u64 {
        let records = self.rows.values().map(|row| &row.record);
        let ended = records.filter(|record| is_in(record, which.state));
        let ended = ended.filter_map(|record| Some((record.ended_at?, record.number)));
        let mut ended: Vec<_> = ended.filter(|(at, _)| *at < which.before).collect();
        ended.sort_unstable();
        ended.truncate(usize::try_from(which.limit).unwrap_or(usize::MAX));
        for (_, number) in &ended {
            if let Some(row) = self.rows.remove(number) {
                let event = row.record.event;
                self.ids.remove(&(event.platform, event.id));
            }
        }
        u64::try_from(ended.len()).unwrap_or(u64::MAX)
    }

    fn backlog(&self, now: DateTime<Utc>, elapsed: Duration) -> Backlog {
        let mut backlog = Backlog::default();
        for row in self.rows.values() {
            let record = &row.record;
            if record.state == EventState::Dead {
                backlog.dead += 1;
            }
            if record.state != EventState::Waiting {
                continue;
            }
            let ready = record.ready_at <= now;
            backlog.ready += u64::from(ready);
            backlog.later += u64::from(!ready);
            let held = row.lease_until.is_some_and(|until| until > elapsed);
            backlog.held += u64::from(held);
            let came = record.event.received_at;
            backlog.oldest = Some(backlog.oldest.map_or(came, |oldest| oldest.min(came)));
        }
        backlog
    }
}

/// Whether it has ended in this way; what waits has not ended.
fn is_in(record: &EventRecord, state: EventState) -> bool {
    record.state == state && state != EventState::Waiting
}

impl Row {
    fn end(&mut self, state: EventState, now: DateTime<Utc>) {
        self.record.state = state;
        self.record.ended_at = Some(now);
        self.record.attempts = 0;
        self.lease_until = None;
    }

    fn fail(&mut self, cause: &Error) {
        self.record.failures = self.record.failures.saturating_add(1);
        self.record.cause = Some(cause.clone());
    }
}

impl Replay {
    fn wants(&self, record: &EventRecord) -> bool {
        let event = &record.event;
        let of_account = self.account.as_ref().is_none_or(|key| {
            key.platform == event.platform
                && key.app == event.app
                && Some(&key.account) == event.account.as_ref()
        });
        is_in(record, self.state)
            && self.platform.as_ref().is_none_or(|p| *p == event.platform)
            && self.id.as_ref().is_none_or(|id| *id == event.id)
            && self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            && of_account
            && self.since.is_none_or(|since| event.received_at >= since)
            && self.until.is_none_or(|until| event.received_at < until)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn insert(&self, events: &[NewEvent]) -> Result<Vec<bool>> {
        let rows = &mut self.tables().events;
        let new = events.iter().map(|event| rows.insert(event)).collect();
        self.event_wakes.send();
        Ok(new)
    }

    async fn claim(&self, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
        let elapsed = self.clock.elapsed();
        Ok(self.tables().events.claim(which, elapsed))
    }

    async fn renew(&self, claim: &EventClaim, lease: Duration) -> Result<bool> {
        let until = self.clock.elapsed().saturating_add(lease);
        let mut tables = self.tables();
        let row = tables.events.held(claim);
        Ok(row.map(|row| row.lease_until = Some(until)).is_some())
    }

    async fn complete(&self, claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>> {
        let rows = &mut self.tables().events;
        let ended = claims.iter().map(|claim| {
            let row = rows.held(claim);
            row.map(|row| row.end(EventState::Done, now)).is_some()
        });
        Ok(ended.collect())
    }

    async fn retry(
        &self,
        claim: &EventClaim,
        ready_at: DateTime<Utc>,
        cause: Option<&Error>,
    ) -> Result<bool> {
        let rows = &mut self.tables().events;
        let Some(row) = rows.held(claim) else {
            return Ok(false);
        };
        row.record.ready_at = ready_at;
        row.lease_until = None;
        match cause {
            Some(cause) => {
                row.record.attempts = 0;
                row.fail(cause);
            }
            None => row.record.attempts = row.record.attempts.saturating_sub(1),
        }
        Ok(true)
    }

    async fn park(&self, claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool> {
        let rows = &mut self.tables().events;
        let Some(row) = rows.held(claim) else {
            return Ok(false);
        };
        row.end(EventState::Dead, now);
        row.fail(cause);
        Ok(true)
    }

    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        let limit = if filter.limit == 0 { 50 } else { filter.limit };
        let tables = self.tables();
        let newest_first = tables.events.rows.values().rev().map(|row| &row.record);
        let wanted = newest_first.filter(|record| {
            let platform = filter.platform.as_ref();
            record.state == filter.state
                && platform.is_none_or(|platform| *platform == record.event.platform)
                && filter.before.is_none_or(|before| record.number < before)
        });
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
        let replayed = self.tables().events.replay(which, now);
        self.event_wakes.send();
        Ok(replayed)
    }

    async fn purge(&self, which: &Purge) -> Result<u64> {
        Ok(self.tables().events.purge(which))
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        let elapsed = self.clock.elapsed();
        Ok(self.tables().events.backlog(now, elapsed))
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        let tables = self.tables();
        let records = tables.events.rows.values().map(|row| &row.record);
        let waiting = records.filter(|record| record.state == EventState::Waiting);
        Ok(waiting.map(|record| record.ready_at).min())
    }

    fn wakes(&self) -> Wakes {
        self.event_wakes.subscribe()
    }
}
