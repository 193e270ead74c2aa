use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};

use super::{Row, Rows, not_found};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AppKey, MediaId, OwnerId, PostId},
    publish::{Note, Outcome},
    store::{
        Cancelled, HistoryKind, PostEdit, PostFilter, PostRecord, PostState, Revision, Statistics,
        StoredCheckpoint,
    },
};

/// What an owner sees and decides.
impl Rows {
    pub(super) fn of_owner(&mut self, owner: &OwnerId, id: PostId) -> Result<&mut Row> {
        let row = self.posts.get_mut(&id);
        row.filter(|row| row.record.account.owner == *owner)
            .ok_or_else(not_found)
    }

    pub(super) fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Vec<PostRecord> {
        let limit = if filter.limit == 0 { 50 } else { filter.limit };
        let newest_first = self.posts.values().rev().map(|row| &row.record);
        newest_first
            .filter(|post| post.account.owner == *owner && matches(post, filter))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }

    pub(super) fn decide(
        &mut self,
        (owner, id): (&OwnerId, PostId),
        (outcome, notes): (&Outcome, &[Note]),
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let row = self.of_owner(owner, id)?;
        if row.record.state != PostState::Undecided {
            let message = "only a post of which nobody can tell the outcome is settled by hand";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        StoredCheckpoint::check_word(&row.record.checkpoint.links, outcome)?;
        row.settle(outcome, now);
        row.record.notes = notes.to_vec();
        if let Some(line) = row.history.last_mut() {
            line.detail = by.map(str::to_owned);
            line.notes = notes.to_vec();
        }
        self.end_claim(id);
        Ok(())
    }

    pub(super) fn mark_restored(
        &mut self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        settles_at: Duration,
    ) -> u64 {
        let was_begun_or_due = |post: &PostRecord| match post.state {
            PostState::Working => true,
            PostState::Queued => post.next_at.is_some_and(|at| at <= due_by),
            _ => false,
        };
        self.jump();
        let posts = self.records().filter(|post| was_begun_or_due(post));
        let marked: Vec<_> = posts.map(|post| post.id).collect();
        for id in &marked {
            if let Ok(row) = self.row(*id) {
                row.mark_restored(now, settles_at);
            }
            self.end_claim(*id);
        }
        u64::try_from(marked.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn hold_queued(&mut self, now: DateTime<Utc>) -> u64 {
        let mut held = 0;
        for row in self.posts.values_mut() {
            let post = &mut row.record;
            if post.state == PostState::Queued && post.held_due_at.is_none() {
                post.held_due_at = post.next_at.take();
                row.note(now, HistoryKind::Held);
                held += 1;
            }
        }
        held
    }

    pub(super) fn release_held(&mut self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord> {
        let row = self.posts.get_mut(&id);
        let row = row.filter(|row| row.record.held_due_at.is_some());
        let row = row.ok_or_else(PostRecord::none_held)?;
        row.record.next_at = row.record.held_due_at.take();
        row.note(now, HistoryKind::Released);
        Ok(row.record.clone())
    }

    pub(super) fn needed_media(
        &self,
        media: &[MediaId],
        over_before: DateTime<Utc>,
    ) -> Vec<MediaId> {
        let is_open = |row: &&Row| {
            let post = &row.record;
            let is_over = post.settled_at.is_some_and(|at| at < over_before);
            !is_over || post.next_at.is_some()
        };
        let open = self.posts.values().filter(is_open);
        let needed: BTreeSet<_> = open.flat_map(|row| &row.media).collect();
        let mut found: Vec<_> = media.iter().filter(|id| needed.contains(id)).collect();
        found.sort();
        found.dedup();
        found.into_iter().cloned().collect()
    }

    pub(super) fn purge_history(&mut self, before: DateTime<Utc>, limit: u32) -> u64 {
        let (mut left, mut purged) = (limit, 0);
        let over = |post: &PostRecord| {
            post.next_at.is_none() && post.settled_at.is_some_and(|at| at < before)
        };
        let rows = self.posts.values_mut();
        for row in rows.filter(|row| over(&row.record)) {
            row.history.retain(|line| {
                let stays = line.at >= before || left == 0;
                if !stays {
                    left -= 1;
                    purged += 1;
                }
                stays
            });
        }
        purged
    }

    fn end_claim(&mut self, id: PostId) {
        for lane in self.lanes.values_mut() {
            lane.lease.take_if(|lease| lease.post == id);
        }
    }

    pub(super) fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> u64 {
        let posts = self.posts.values().map(|row| &row.record);
        let pending = posts.filter(|post| {
            let on_its_way = matches!(post.state, PostState::AwaitingUser | PostState::Working);
            on_its_way
                && is_of(post, Some(account))
                && post.began_at.is_some_and(|began| began >= since)
        });
        u64::try_from(pending.count()).unwrap_or(u64::MAX)
    }

    pub(super) fn statistics(&self, owner: &OwnerId, account: Option<&AccountKey>) -> Statistics {
        let mut statistics = Statistics::default();
        for post in self.posts.values().map(|row| &row.record) {
            if post.account.owner == *owner && is_of(post, account) {
                statistics.add(post.state, 1);
            }
        }
        statistics
    }

    pub(super) fn cancel(
        &mut self,
        owner: &OwnerId,
        id: PostId,
        now: DateTime<Utc>,
    ) -> Result<Cancelled> {
        let row = self.of_owner(owner, id)?;
        let (cancelled, lane) = (row.cancel(now), row.record.account.row_id());
        if cancelled == Cancelled::Requested
            && let Some(lane) = self.lanes.get_mut(&lane)
        {
            lane.held = None;
        }
        Ok(cancelled)
    }

    pub(super) fn cancel_account(&mut self, account: &AccountKey, now: DateTime<Utc>) -> u64 {
        if let Some(lane) = self.lanes.get_mut(&account.row_id()) {
            lane.held = None;
        }
        let mut cancelled = 0;
        for row in self.posts.values_mut() {
            if is_of(&row.record, Some(account)) && row.cancel(now) != Cancelled::TooLate {
                cancelled += 1;
            }
        }
        cancelled
    }

    pub(super) fn expire_missed(
        &mut self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Vec<PostRecord> {
        let is_for = |post: &PostRecord| {
            post.began_at.is_none() || served.iter().any(|app| post.account.is_of(app))
        };
        let leases = self.lanes.values().filter_map(|lane| lane.lease.as_ref());
        let claimed: BTreeSet<_> = leases.map(|lease| lease.post).collect();
        let mut missed: Vec<_> = self
            .posts
            .values_mut()
            .filter(|row| !claimed.contains(&row.record.id) && may_be_missed(&row.record))
            .filter(|row| is_for(&row.record))
            .filter_map(|row| Some((row.record.expires_at?, row)))
            .filter(|(expires_at, _)| *expires_at < now)
            .collect();
        missed.sort_by_key(|(expires_at, row)| (*expires_at, row.record.id));
        missed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        missed
            .into_iter()
            .map(|(_, row)| {
                row.settle(&Outcome::Failed(PostRecord::missed()), now);
                row.record.clone()
            })
            .collect()
    }
}

/// Whether nothing of it can be a post.
fn may_be_missed(post: &PostRecord) -> bool {
    matches!(post.state, PostState::Queued | PostState::Working)
        && !post.checkpoint.exposure.post_may_exist()
        && post.checkpoint.links.is_empty()
        && !post.started
        && post.restored_at.is_none()
        && !post.cancel_requested
        // It may be out already.
        && post.held_due_at.is_none()
}

fn is_of(post: &PostRecord, account: Option<&AccountKey>) -> bool {
    account.is_none_or(|account| post.account.row_id() == account.row_id())
}

fn matches(post: &PostRecord, filter: &PostFilter) -> bool {
    let has_title = |part: &String| {
        let caption = post.caption.to_ascii_lowercase();
        caption.contains(&part.to_ascii_lowercase())
    };
    is_of(post, filter.account.as_ref())
        && filter.takes(post.state)
        && filter.caption.as_ref().is_none_or(has_title)
        && filter.before.is_none_or(|before| post.id < before)
}

impl Row {
    pub(super) fn cancel(&mut self, now: DateTime<Utc>) -> Cancelled {
        let post = &mut self.record;
        match post.state {
            PostState::Queued => {
                post.cancel_requested = true;
                self.note(now, HistoryKind::CancelRequested);
                self.settle(&Outcome::Cancelled, now);
                Cancelled::Done
            }
            PostState::Working if post.cancel_requested => Cancelled::Requested,
            PostState::Working => {
                post.cancel_requested = true;
                post.next_at = Some(post.next_at.map_or(now, |at| at.min(now)));
                self.due_untold = Some(self.due_untold.map_or(now, |at| at.min(now)));
                self.note(now, HistoryKind::CancelRequested);
                Cancelled::Requested
            }
            _ => Cancelled::TooLate,
        }
    }

    pub(super) fn hasten(&mut self, now: DateTime<Utc>) -> bool {
        let post = &mut self.record;
        if post.began_at.is_none() {
            return false;
        }
        post.next_at = Some(post.next_at.map_or(now, |at| at.min(now)));
        self.due_untold = post.next_at;
        true
    }

    pub(super) fn edit(
        &mut self,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord> {
        let post = &mut self.record;
        if post.state != PostState::Queued {
            let message = "a post that a worker has begun, or that has an outcome, is not changed";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if post.revision != expect {
            let message = "the post was changed since: look again";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if let Some(content) = &edit.content {
            content.checkpoint.check_first()?;
            post.caption.clone_from(&content.caption);
            post.request.clone_from(&content.request);
            post.checkpoint.clone_from(&content.checkpoint);
            self.media.clone_from(&content.media);
        }
        post.revision = Revision(post.revision.0 + 1);
        match &mut post.held_due_at {
            Some(due_at) => *due_at = edit.due_at,
            None => post.next_at = Some(edit.due_at),
        }
        post.expires_at = edit.expires_at;
        self.note(now, HistoryKind::Edited);
        Ok(self.record.clone())
    }

    fn mark_restored(&mut self, now: DateTime<Utc>, settles_at: Duration) {
        let post = &mut self.record;
        let is_marked = post.started && post.restored_at.is_some();
        if post.state == PostState::Queued {
            post.state = PostState::Working;
            post.began_at = post.next_at.map(|due| due.min(now));
        }
        self.settles_at = match post.started {
            true => self.settles_at.max(settles_at),
            false => settles_at,
        };
        post.started_at = post.started_at.or(post.began_at);
        post.started = true;
        post.restored_at = Some(now);
        post.next_at = Some(now);
        if !is_marked {
            self.note(now, HistoryKind::Restored);
        }
    }

    /// Ends it without a worker.
    fn settle(&mut self, outcome: &Outcome, now: DateTime<Utc>) {
        let post = &mut self.record;
        post.state = PostState::of(outcome);
        post.outcome = Some(outcome.clone());
        post.settled_at.get_or_insert(now);
        post.next_at = None;
        post.held_due_at = None;
        self.note(now, HistoryKind::Settled);
        if let (Outcome::Failed(error), Some(line)) = (outcome, self.history.last_mut()) {
            line.error = Some(error.clone());
        }
    }
}
