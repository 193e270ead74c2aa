use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::{
    error::{Error, ErrorKind, Result},
    model::PostId,
    store::{
        Backlog, ClaimEvents, Epoch, EventClaim, EventFilter, EventRecord, EventState, EventStore,
        HandedOver, Purge, ReceivedEvent, Replay, ToldEvent, Wakes,
    },
};

/// How old a window of ids is when the next one begins.
const WINDOW: Duration = Duration::from_secs(4 * 24 * 3_600);

#[derive(Default)]
pub(super) struct Rows {
    /// By number.
    rows: BTreeMap<i64, Row>,
    last: i64,
    /// The window in which each id came.
    ids: HashMap<[u8; 16], u64>,
    window: u64,
    /// On the store's clock.
    turned_at: Duration,
    /// How often a lease was given.
    leases: u64,
}

struct Row {
    record: EventRecord,
    order: Option<i64>,
    epoch: i64,
    /// While the claim of `epoch` was not ended.
    lease: Option<Lease>,
    /// Of one that was handed over: to which post.
    post: Option<PostId>,
    /// Nobody who looked could handle it.
    elsewhere: bool,
}

/// Of two that end at once the one that was given first is the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lease {
    /// On the store's clock.
    until: Duration,
    number: u64,
}

impl Rows {
    fn insert(&mut self, kept: &ReceivedEvent) -> bool {
        let key = kept.event.key();
        let known = self.ids.get(&key);
        if known.is_some_and(|window| window + 1 >= self.window) {
            return false;
        }
        self.ids.insert(key, self.window);
        self.last += 1;
        let row = Row {
            record: EventRecord::new(self.last, kept.clone()),
            order: kept.event.order_key(),
            epoch: 0,
            lease: None,
            post: None,
            elsewhere: false,
        };
        self.rows.insert(self.last, row);
        true
    }

    fn lease(&mut self, elapsed: Duration, lasts: Duration) -> Lease {
        self.leases += 1;
        Lease {
            until: elapsed.saturating_add(lasts),
            number: self.leases,
        }
    }

    /// Those that wait and whose turn it is: the first of each subject, and all that are in no order.
    fn in_turn(&self) -> impl Iterator<Item = (&i64, &Row)> {
        let mut firsts = HashMap::new();
        for (number, row) in self.waiting() {
            if let Some(order) = row.order {
                firsts.entry(order).or_insert(*number);
            }
        }
        self.waiting().filter(move |(number, row)| {
            let first = row.order.and_then(|order| firsts.get(&order));
            row.record.event.subject.is_known() && first.is_none_or(|first| first == *number)
        })
    }

    fn waiting(&self) -> impl Iterator<Item = (&i64, &Row)> {
        let rows = self.rows.iter();
        rows.filter(|(_, row)| row.record.state == EventState::Waiting)
    }

    /// What was left to its lease comes after what nobody held: it is due since the lease lapsed, on another clock.
    fn claim(&mut self, which: &ClaimEvents, elapsed: Duration) -> Vec<EventClaim> {
        let ready = self.in_turn().filter(|(_, row)| {
            let free = row.lease.is_none_or(|lease| lease.until <= elapsed);
            free && row.record.ready_at <= which.now
        });
        let due = |row: &Row| match row.lease {
            None => (None, Some(row.record.ready_at)),
            lapsed => (lapsed, None),
        };
        let mut ready: Vec<_> = ready.map(|(number, row)| (due(row), *number)).collect();
        ready.sort_unstable();
        ready.truncate(usize::try_from(which.limit).unwrap_or(usize::MAX));
        let lease = self.lease(elapsed, which.lease);
        let claims = ready.into_iter().filter_map(|(_, number)| {
            let row = self.rows.get_mut(&number)?;
            row.epoch += 1;
            row.lease = Some(lease);
            row.record.attempts = row.record.attempts.saturating_add(1);
            Some(EventClaim::new(row.record.clone(), Epoch(row.epoch)))
        });
        let mut claims: Vec<_> = claims.collect();
        claims.sort_by_key(|claim| (claim.record.ready_at, claim.record.number));
        claims
    }

    fn held(&mut self, claim: &EventClaim) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim.record.number);
        row.filter(|row| row.epoch == claim.epoch.0 && row.lease.is_some())
    }

    fn hand_over(&mut self, claim: &EventClaim, post: Option<PostId>) -> bool {
        let Some(row) = self.held(claim) else {
            return false;
        };
        row.record.state = EventState::Handed;
        row.record.attempts = 0;
        (row.lease, row.post) = (None, post);
        true
    }

    /// Those about the ids of a post that no post had are its now, and those about others no more.
    pub(super) fn follow(&mut self, post: PostId, keys: &[[u8; 16]]) {
        for row in self.rows.values_mut() {
            let key = row.record.event.post_key();
            let is_its = key.is_some_and(|key| keys.contains(&key));
            if is_its && row.is_unmatched() {
                row.post = Some(post);
            } else if !is_its && row.is_told(post) {
                row.post = None;
            }
        }
    }

    /// As of posts: what was claimed in the life that is over ends no event.
    pub(super) fn jump(&mut self) {
        for row in self.rows.values_mut() {
            row.epoch += 1 << 32;
        }
    }

    pub(super) fn told(&self, post: PostId) -> impl Iterator<Item = ToldEvent> {
        let rows = self.rows.values().filter(move |row| row.is_told(post));
        rows.map(|row| ToldEvent::new(row.record.number, Some(row.record.event.clone())))
    }

    pub(super) fn applied(&mut self, post: PostId, numbers: &[i64], now: DateTime<Utc>) {
        for number in numbers {
            let row = self.rows.get_mut(number);
            if let Some(row) = row.filter(|row| row.is_told(post)) {
                row.end(EventState::Done, now);
            }
        }
    }

    fn set_aside(&mut self, came_before: DateTime<Utc>, now: DateTime<Utc>, limit: u32) -> u64 {
        let rows = self.rows.values_mut();
        let lost = rows.filter(|row| row.is_unmatched() || row.is_deferred());
        let old = lost.filter(|row| row.record.received_at < came_before);
        let mut old: Vec<_> = old.collect();
        let place = |row: &&mut Row| (row.is_deferred(), row.record.received_at, row.record.number);
        old.sort_unstable_by_key(place);
        old.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let count = u64::try_from(old.len()).unwrap_or(u64::MAX);
        for row in old {
            row.end(EventState::Unmatched, now);
        }
        count
    }

    fn replay(&mut self, which: &Replay, now: DateTime<Utc>) -> u64 {
        let limit = usize::try_from(which.limit).unwrap_or(usize::MAX);
        let rows = self
            .rows
            .values_mut()
            .filter(|row| which.wants(&row.record));
        let mut replayed = 0;
        for row in rows.take(limit) {
            (row.post, row.elsewhere) = (None, false);
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
        let ended = records.filter(|record| match which.state {
            EventState::Dead => record.state == EventState::Dead,
            EventState::Done => [EventState::Done, EventState::Unmatched].contains(&record.state),
            _ => false,
        });
        let ended = ended.filter_map(|record| Some((record.ended_at?, record.number)));
        let mut ended: Vec<_> = ended.filter(|(at, _)| *at < which.before).collect();
        ended.sort_unstable();
        ended.truncate(usize::try_from(which.limit).unwrap_or(usize::MAX));
        for (_, number) in &ended {
            self.rows.remove(number);
        }
        u64::try_from(ended.len()).unwrap_or(u64::MAX)
    }

    fn backlog(&self, now: DateTime<Utc>, elapsed: Duration) -> Backlog {
        let mut backlog = Backlog::default();
        for row in self.rows.values() {
            let record = &row.record;
            backlog.dead += u64::from(record.state == EventState::Dead);
            backlog.handed += u64::from(record.state == EventState::Handed);
            backlog.unmatched += u64::from(row.is_unmatched());
            if record.state != EventState::Waiting {
                continue;
            }
            if !record.event.subject.is_known() {
                backlog.unknown += 1;
                continue;
            }
            let ready = record.ready_at <= now;
            backlog.ready += u64::from(ready);
            backlog.later += u64::from(!ready);
            let held = row.lease.is_some_and(|lease| lease.until > elapsed);
            backlog.held += u64::from(held);
            let came = record.received_at;
            backlog.oldest = Some(backlog.oldest.map_or(came, |oldest| oldest.min(came)));
        }
        backlog
    }

    fn maintain(&mut self, elapsed: Duration) {
        if elapsed.saturating_sub(self.turned_at) >= WINDOW {
            self.window += 1;
            self.turned_at = elapsed;
            let present = self.window;
            self.ids.retain(|_, window| *window + 1 >= present);
        }
    }
}

/// Whether it has ended in this way; what waits has not ended.
fn is_in(record: &EventRecord, state: EventState) -> bool {
    record.state == state && !matches!(state, EventState::Handed | EventState::Waiting)
}

impl Row {
    fn is_told(&self, post: PostId) -> bool {
        self.record.state == EventState::Handed && self.post == Some(post)
    }

    fn is_unmatched(&self) -> bool {
        self.record.state == EventState::Handed && self.post.is_none()
    }

    fn is_deferred(&self) -> bool {
        self.record.state == EventState::Waiting && self.elsewhere && self.lease.is_none()
    }

    fn end(&mut self, state: EventState, now: DateTime<Utc>) {
        self.record.state = state;
        self.record.ended_at = Some(now);
        self.record.attempts = 0;
        self.lease = None;
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
            && self.since.is_none_or(|since| record.received_at >= since)
            && self.until.is_none_or(|until| record.received_at < until)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn insert(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
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
        let elapsed = self.clock.elapsed();
        let rows = &mut self.tables().events;
        let lease = rows.lease(elapsed, lease);
        let row = rows.held(claim);
        Ok(row.map(|row| row.lease = Some(lease)).is_some())
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
        row.lease = None;
        match cause {
            Some(cause) => {
                row.record.attempts = 0;
                row.elsewhere = false;
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

    async fn defer(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool> {
        let rows = &mut self.tables().events;
        let Some(row) = rows.held(claim) else {
            return Ok(false);
        };
        (row.record.ready_at, row.record.attempts) = (ready_at, 0);
        (row.lease, row.elsewhere) = (None, true);
        Ok(true)
    }

    async fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver> {
        let Some(key) = claim.record.event.post_key() else {
            let message = "only an event about a post is handed over to one";
            return Err(Error::new(ErrorKind::Invalid, message));
        };
        let mut tables = self.tables();
        let post = tables.posts.of_key(key);
        if !tables.events.hand_over(claim, post) {
            return Ok(HandedOver::Lost);
        }
        let Some(post) = post else {
            return Ok(HandedOver::Unmatched);
        };
        let is_first = tables.events.told(post).count() == 1;
        tables.posts.tell(post, is_first, now);
        drop(tables);
        self.post_wakes.send();
        Ok(HandedOver::ToPost)
    }

    async fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64> {
        Ok(self.tables().events.set_aside(came_before, now, limit))
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

    async fn maintain(&self, _done_before: Option<DateTime<Utc>>) -> Result<()> {
        let elapsed = self.clock.elapsed();
        self.tables().events.maintain(elapsed);
        Ok(())
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        let elapsed = self.clock.elapsed();
        Ok(self.tables().events.backlog(now, elapsed))
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        let tables = self.tables();
        let free = (tables.events.in_turn()).filter(|(_, row)| row.lease.is_none());
        Ok(free.map(|(_, row)| row.record.ready_at).min())
    }

    fn wakes(&self) -> Wakes {
        self.event_wakes.subscribe()
    }
}
