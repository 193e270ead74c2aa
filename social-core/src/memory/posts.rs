mod holder;
mod owner;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AppKey, IdempotencyKey, MediaId, OwnerId, PostId, RemoteId},
    publish::{Note, Outcome},
    store::{
        Cancelled, ClaimPosts, HeldAccount, HeldFor, HistoryEntry, HistoryKind, NewPost, PostClaim,
        PostEdit, PostFilter, PostRecord, PostStore, RecordStep, Recorded, Revision, StartStep,
        Started, Statistics, Submitted, Told, Wakes,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    posts: BTreeMap<PostId, Row>,
    /// By [`AccountKey::row_id`].
    lanes: BTreeMap<String, Lane>,
    /// By lane and idempotency key.
    keys: BTreeMap<(String, IdempotencyKey), PostId>,
}

struct Row {
    record: PostRecord,
    fingerprint: [u8; 32],
    history: Vec<HistoryEntry>,
    /// On the store's clock, while a `Once` step is started.
    settles_at: Duration,
    /// When it would be due without the events that are not applied yet.
    due_untold: Option<DateTime<Utc>>,
    media: Vec<MediaId>,
}

#[derive(Default)]
struct Lane {
    posts: BTreeSet<PostId>,
    held: Option<Hold>,
    fence: i64,
    lease: Option<Lease>,
    /// When it was last served: from then on it queues behind the others.
    served_at: Option<DateTime<Utc>>,
}

/// Why a lane is held: see [`HeldAccount`].
#[derive(Clone)]
struct Hold {
    account: AccountKey,
    held_for: Option<HeldFor>,
}

struct Lease {
    post: PostId,
    /// On the store's clock.
    until: Duration,
}

impl Rows {
    /// Every record, by id.
    pub(super) fn records(&mut self) -> impl Iterator<Item = &mut PostRecord> {
        self.posts.values_mut().map(|row| &mut row.record)
    }

    fn row(&mut self, id: PostId) -> Result<&mut Row> {
        self.posts.get_mut(&id).ok_or_else(not_found)
    }

    /// When the lane's first post is due, and not before it was last served.
    fn ready_at(&self, lane: &Lane) -> Option<DateTime<Utc>> {
        self.ready_for(lane, |_| true)
    }

    /// The same as if there were only these posts in it.
    fn ready_for(
        &self,
        lane: &Lane,
        is_for: impl Fn(&PostRecord) -> bool,
    ) -> Option<DateTime<Utc>> {
        let first = self.first_of(lane, is_for);
        let first = first.filter(|_| lane.held.is_none())?;
        Some(lane.served_at.map_or(first, |served| first.max(served)))
    }

    fn first_at(&self, lane: &Lane) -> Option<DateTime<Utc>> {
        self.first_of(lane, |_| true)
    }

    fn first_of(&self, lane: &Lane, is_for: impl Fn(&PostRecord) -> bool) -> Option<DateTime<Utc>> {
        let posts = lane.posts.iter().filter_map(|id| self.posts.get(id));
        let posts = posts.filter(|post| is_for(&post.record));
        posts.filter_map(|post| post.record.next_at).min()
    }

    fn held_lanes(&self, after: &str, limit: u32) -> Vec<HeldAccount> {
        let behind = (Bound::Excluded(after.to_owned()), Bound::Unbounded);
        let lanes = self.lanes.range(behind).map(|(_, lane)| lane);
        lanes
            .filter(|lane| self.first_at(lane).is_some())
            .filter_map(|lane| lane.held.clone())
            .map(|hold| HeldAccount::new(hold.account, hold.held_for))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect()
    }

    fn submitted(
        &mut self,
        key: &(String, IdempotencyKey),
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>> {
        let Some(id) = self.keys.get(key).copied() else {
            return Ok(None);
        };
        let row = self.row(id)?;
        if row.fingerprint == *fingerprint {
            return Ok(Some(row.record.clone()));
        }
        let message = "this idempotency key stands for a post with another content";
        Err(Error::new(ErrorKind::Conflict, message))
    }

    fn submit(&mut self, post: &NewPost, is_doubted: bool) -> Result<Submitted> {
        let lane = post.account.row_id();
        let key = (lane.clone(), post.idempotency_key.clone());
        if let Some(there) = self.submitted(&key, &post.fingerprint)? {
            return Ok(Submitted::Existing(there));
        }
        post.checkpoint.check_first()?;
        if self.posts.contains_key(&post.id) {
            let message = "there is another post with this id";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let record = match is_doubted {
            true => PostRecord::new(post).held(),
            false => PostRecord::new(post),
        };
        let mut row = Row {
            record: record.clone(),
            fingerprint: post.fingerprint,
            history: Vec::new(),
            settles_at: Duration::ZERO,
            due_untold: None,
            media: post.media.clone(),
        };
        row.note(post.created_at, HistoryKind::Submitted);
        if is_doubted {
            row.note(post.created_at, HistoryKind::Held);
        }
        self.keys.insert(key, post.id);
        self.lanes.entry(lane).or_default().posts.insert(post.id);
        self.posts.insert(post.id, row);
        Ok(Submitted::New(record))
    }
}

impl Row {
    fn note(&mut self, at: DateTime<Utc>, kind: HistoryKind) {
        let step = self.record.checkpoint.step.clone();
        self.history.push(HistoryEntry::new(at, kind, step));
    }
}

impl Hold {
    fn of(account: &AccountKey, held_for: Option<HeldFor>) -> Self {
        let account = AccountKey {
            owner: OwnerId::nobody(),
            ..account.clone()
        };
        Self { account, held_for }
    }
}

fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such post of this owner")
}

#[async_trait]
impl PostStore for MemoryStore {
    async fn submit(&self, post: &NewPost) -> Result<Submitted> {
        let mut tables = self.tables();
        let lives = self.lives(&tables.installation);
        let within = post.hold_after_loss;
        let is_doubted = within.is_some_and(|within| lives.doubts_keys(within, post.created_at));
        let submitted = tables.posts.submit(post, is_doubted)?;
        let tables_now = &mut *tables;
        if let Submitted::New(kept) = &submitted {
            let keys = tables_now.posts.keys_of(kept.id);
            tables_now.events.follow(kept.id, &keys);
        }
        drop(tables);
        self.post_wakes.send();
        Ok(submitted)
    }

    async fn submitted(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>> {
        let key = (account.row_id(), key.clone());
        self.tables().posts.submitted(&key, fingerprint)
    }

    async fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
        let elapsed = self.clock.elapsed();
        Ok(self.tables().posts.claim(which, elapsed))
    }

    async fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started> {
        let elapsed = self.clock.elapsed();
        self.tables().posts.start(claim, step, elapsed)
    }

    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded> {
        let tables = &mut *self.tables();
        tables.posts.record(claim, step, &mut tables.events)
    }

    async fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told> {
        let tables = &mut *self.tables();
        let events = tables.events.told(claim.post.id);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(match tables.posts.due_untold(claim) {
            Ok(due_at) => Told::new(events.take(limit).collect(), due_at),
            Err(_) => Told::default(),
        })
    }

    async fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()> {
        let until = self.clock.elapsed().saturating_add(lease);
        self.tables().posts.renew(claim, until)
    }

    async fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()> {
        self.tables().posts.release(claim, next_at)
    }

    async fn load(&self, owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>> {
        let posts = &mut self.tables().posts;
        Ok(posts.of_owner(owner, id).ok().map(|row| row.record.clone()))
    }

    async fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>> {
        Ok(self.tables().posts.list(owner, filter))
    }

    async fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>> {
        let posts = &mut self.tables().posts;
        let row = posts.of_owner(owner, id).ok();
        Ok(row.map(|row| row.history.clone()).unwrap_or_default())
    }

    async fn statistics(
        &self,
        owner: &OwnerId,
        account: Option<&AccountKey>,
    ) -> Result<Statistics> {
        Ok(self.tables().posts.statistics(owner, account))
    }

    async fn find_remote(&self, app: &AppKey, remote_id: &RemoteId) -> Result<Option<PostRecord>> {
        let tables = self.tables();
        let mut records = tables.posts.posts.values().map(|row| &row.record);
        let found = records.find(|record| {
            record.account.is_of(app)
                && record
                    .checkpoint
                    .remote_ids
                    .iter()
                    .any(|id| id == remote_id)
        });
        Ok(found.cloned())
    }

    async fn cancel(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled> {
        let tables = &mut *self.tables();
        let cancelled = tables.posts.cancel(owner, id, now)?;
        tables.posts.still_told(&tables.events, now);
        self.post_wakes.send();
        Ok(cancelled)
    }

    async fn hasten(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool> {
        let hastened = self.tables().posts.of_owner(owner, id)?.hasten(now);
        self.post_wakes.send();
        Ok(hastened)
    }

    async fn settle(
        &self,
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome,
        notes: &[Note],
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let tables = &mut *self.tables();
        tables
            .posts
            .decide((owner, id), (outcome, notes), by, now)?;
        tables.posts.still_told(&tables.events, now);
        Ok(())
    }

    async fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord> {
        let row = &mut self.tables().posts;
        let edited = row.of_owner(owner, id)?.edit(expect, edit, now)?;
        self.post_wakes.send();
        Ok(edited)
    }

    async fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64> {
        Ok(self.tables().posts.pending(account, since))
    }

    async fn mark_restored(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64> {
        let settles_at = self.clock.elapsed().saturating_add(grace);
        let marked = self.tables().posts.mark_restored(now, due_by, settles_at);
        self.post_wakes.send();
        Ok(marked)
    }

    async fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64> {
        Ok(self.tables().posts.hold_queued(now))
    }

    async fn held(&self, after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>> {
        let posts = &self.tables().posts;
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = posts.posts.range((behind, Bound::Unbounded));
        let records = rows.map(|(_, row)| &row.record);
        let held = records.filter(|post| post.held_due_at.is_some());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(held.take(limit).cloned().collect())
    }

    async fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord> {
        let released = self.tables().posts.release_held(id, now)?;
        self.post_wakes.send();
        Ok(released)
    }

    async fn needed_media(
        &self,
        media: &[MediaId],
        over_before: DateTime<Utc>,
    ) -> Result<Vec<MediaId>> {
        Ok(self.tables().posts.needed_media(media, over_before))
    }

    async fn purge_history(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        Ok(self.tables().posts.purge_history(before, limit))
    }

    fn wakes(&self) -> Wakes {
        self.post_wakes.subscribe()
    }

    async fn hold(&self, account: &AccountKey) -> Result<()> {
        let lanes = &mut self.tables().posts.lanes;
        let hold = Hold::of(account, None);
        lanes.entry(account.row_id()).or_default().held = Some(hold);
        Ok(())
    }

    async fn resume(&self, account: &AccountKey) -> Result<()> {
        if let Some(lane) = self.tables().posts.lanes.get_mut(&account.row_id()) {
            lane.held = None;
        }
        self.post_wakes.send();
        Ok(())
    }

    async fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>> {
        Ok(self.tables().posts.held_lanes(after, limit))
    }

    async fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let tables = self.tables();
        let (posts, events) = (&tables.posts, &tables.events);
        Ok(posts.needs_no_connection(account, newest, now, events))
    }

    async fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64> {
        let tables = &mut *self.tables();
        let cancelled = tables.posts.cancel_account(account, now);
        tables.posts.still_told(&tables.events, now);
        self.post_wakes.send();
        Ok(cancelled)
    }

    async fn expire_missed(
        &self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PostRecord>> {
        let tables = &mut *self.tables();
        let missed = tables.posts.expire_missed(served, now, limit);
        tables.posts.still_told(&tables.events, now);
        Ok(missed)
    }

    async fn next_ready(&self, of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>> {
        let posts = &self.tables().posts;
        let is_for = |post: &PostRecord| {
            of.is_none_or(|(app, newest)| post.account.is_of(app) && post.is_read_by(newest))
        };
        let lanes = posts.lanes.values();
        let ready = lanes.filter_map(|lane| posts.ready_for(lane, is_for));
        Ok(ready.min())
    }
}
