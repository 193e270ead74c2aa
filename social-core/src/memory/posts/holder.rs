use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Hold, Lane, Lease, Row, Rows};
use crate::{
    error::{Error, ErrorKind, Reason, Result},
    memory::events,
    model::{AccountKey, PostId, RemoteId},
    store::{
        ClaimPosts, Fence, Next, PostClaim, PostRecord, PostState, RecordStep, Recorded, StartStep,
        Started,
    },
    webhook::post_key,
};

/// What a worker does with a claim.
impl Rows {
    pub(super) fn claim(&mut self, which: &ClaimPosts, elapsed: Duration) -> Vec<PostClaim> {
        let mut ready: Vec<_> = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.is_free(elapsed))
            .filter_map(|(name, lane)| {
                let ready_at = self.ready_at(lane).filter(|at| *at <= which.now)?;
                let head = self.head(lane, which)?;
                // Of lanes ready since the same moment the one served less often comes first.
                Some((ready_at, lane.fence, name.clone(), head))
            })
            .collect();
        ready.sort();
        let limit = usize::try_from(which.limit).unwrap_or(usize::MAX);
        ready.truncate(limit);
        ready
            .into_iter()
            .filter_map(|(_, _, lane, head)| self.take(&lane, head, which, elapsed))
            .collect()
    }

    /// The first due post that this worker can read.
    fn head(&self, lane: &Lane, which: &ClaimPosts) -> Option<PostId> {
        let posts = lane.posts.iter().filter_map(|id| self.posts.get(id));
        let readable = posts.map(|row| &row.record).filter(|post| {
            let newest = which.newest(&post.account.app_key());
            newest.is_some_and(|newest| post.is_read_by(newest))
        });
        readable
            .filter_map(|post| Some((post.next_at?, post.id)))
            .filter(|(next_at, _)| *next_at <= which.now)
            .min()
            .map(|(_, id)| id)
    }

    fn take(
        &mut self,
        lane: &str,
        head: PostId,
        which: &ClaimPosts,
        elapsed: Duration,
    ) -> Option<PostClaim> {
        let lane = self.lanes.get_mut(lane)?;
        let row = self.posts.get_mut(&head)?;
        lane.fence += 1;
        lane.served_at = Some(which.now);
        lane.lease = Some(Lease {
            post: head,
            until: elapsed.saturating_add(which.lease),
        });
        let post = &mut row.record;
        post.attempts = post.attempts.saturating_add(1);
        if post.state == PostState::Queued {
            post.state = PostState::Working;
            post.began_at = Some(which.now);
        }
        let settles_in = post.started.then(|| row.settles_at.saturating_sub(elapsed));
        let settled_for = match settles_in {
            Some(_) => elapsed.saturating_sub(row.settles_at),
            None => Duration::ZERO,
        };
        let reads = which.newest(&post.account.app_key())?;
        let claim = PostClaim::new(post.clone(), Fence(lane.fence), settles_in);
        Some(claim.settled_for(settled_for).reading(reads))
    }

    /// The lane and the post of a claim that nobody took over.
    fn held(&mut self, claim: &PostClaim) -> Result<(&mut Lane, &mut Row)> {
        let lane = self.lanes.get_mut(&claim.post.account.row_id());
        let row = self.posts.get_mut(&claim.post.id);
        match (lane, row) {
            (Some(lane), Some(row)) if lane.is_held_by(claim) => Ok((lane, row)),
            _ => {
                let message = "the work on this post was given back or taken over";
                Err(Error::new(ErrorKind::Conflict, message))
            }
        }
    }

    pub(super) fn start(
        &mut self,
        claim: &PostClaim,
        step: &StartStep,
        elapsed: Duration,
    ) -> Result<Started> {
        let (_, row) = self.held(claim)?;
        let post = &mut row.record;
        if post.started || post.state != PostState::Working {
            let message = "a step of this post that must happen once may not start now";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if post.cancel_requested {
            return Ok(Started::Cancelled);
        }
        post.started = true;
        post.started_at = Some(step.history.at);
        row.settles_at = elapsed.saturating_add(step.settles_in);
        row.history.push(step.history.clone());
        Ok(Started::Started)
    }

    pub(super) fn record(
        &mut self,
        claim: &PostClaim,
        step: &RecordStep,
        events: &mut events::Rows,
    ) -> Result<Recorded> {
        let (_, row) = self.held(claim)?;
        if let Next::Settle(outcome, _) = &step.next {
            let at = step.checkpoint.as_ref().unwrap_or(&row.record.checkpoint);
            at.check_outcome(outcome)?;
        }
        let ids = step.checkpoint.iter().flat_map(|at| &at.remote_ids);
        if ids.into_iter().any(|id| self.is_taken(id, &claim.post)) {
            let message = "another post already has this id of the platform";
            return Err(Error::new(ErrorKind::Conflict, message).with_reason(Reason::RemoteIdTaken));
        }
        let (_, row) = self.held(claim)?;
        row.apply(step);
        let post = &mut row.record;
        if step.due_as_untold {
            // What was told while nobody had begun the post left no time.
            post.next_at = match &step.next {
                Next::Settle(..) => row.due_untold,
                _ => row.due_untold.or(post.next_at),
            };
        }
        events.applied(claim.post.id, &step.applied, step.now);
        events.follow(claim.post.id, &row.keys());
        row.due_untold = None;
        if events.told(claim.post.id).next().is_some() {
            let post = &mut row.record;
            row.due_untold = post.next_at;
            if !step.puts_off_told {
                post.next_at = Some(post.next_at.map_or(step.now, |at| at.min(step.now)));
            }
        }
        let hold = self.hold_of(claim, step, events);
        let (lane, row) = self.held(claim)?;
        lane.served_at = Some(step.now);
        if hold.is_some() {
            lane.held = hold;
        }
        if !step.keep_lease {
            lane.lease = None;
        }
        Ok(Recorded::new(row.record.cancel_requested))
    }

    /// The post to which an event with this [key](crate::webhook::post_key) goes.
    pub(in crate::memory) fn of_key(&self, key: [u8; 16]) -> Option<PostId> {
        let mut rows = self.posts.values();
        let row = rows.find(|row| row.keys().contains(&key))?;
        Some(row.record.id)
    }

    /// By what a post finds the events about it.
    pub(in crate::memory) fn keys_of(&self, post: PostId) -> Vec<[u8; 16]> {
        let row = self.posts.get(&post);
        row.map(Row::keys).unwrap_or_default()
    }

    /// Makes the post of an event due, and ends a hold of its lane. `is_first` of those that wait to be applied.
    pub(in crate::memory) fn tell(&mut self, post: PostId, is_first: bool, now: DateTime<Utc>) {
        let Ok(row) = self.row(post) else {
            return;
        };
        // What nobody has begun is told when it begins, what a newer release wrote when that looks anyway, or else now.
        if row.record.began_at.is_none() {
            return;
        }
        let is_newer = row.record.is_newer();
        let due = &mut row.record.next_at;
        if is_first {
            row.due_untold = *due;
        }
        if is_newer {
            due.get_or_insert(now);
            return;
        }
        *due = Some(due.map_or(now, |at| at.min(now)));
        if let Some(lane) = self
            .lanes
            .values_mut()
            .find(|lane| lane.posts.contains(&post))
        {
            lane.held = None;
        }
    }

    pub(super) fn due_untold(&mut self, claim: &PostClaim) -> Result<Option<DateTime<Utc>>> {
        Ok(self.held(claim)?.1.due_untold)
    }

    /// Makes posts due that still have events to be told and are due at no time.
    pub(in crate::memory) fn still_told(&mut self, events: &events::Rows, now: DateTime<Utc>) {
        for post in self.records() {
            if post.next_at.is_none() && events.told(post.id).next().is_some() {
                post.next_at = Some(now);
            }
        }
    }

    /// After a restore what was claimed in the life that is over holds nothing: every fence is above all that were given there.
    pub(super) fn jump(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.fence += 1 << 32;
            lane.lease = None;
        }
    }

    /// The hold that a record puts on its lane: none while another post waits to be stopped, or any is to be told something,
    /// which needs no connection.
    fn hold_of(&self, claim: &PostClaim, step: &RecordStep, events: &events::Rows) -> Option<Hold> {
        let Next::Hold(_, held_for) = step.next else {
            return None;
        };
        let lane = self.lanes.get(&claim.post.account.row_id())?;
        let mut rows = lane.posts.iter().filter_map(|id| self.posts.get(id));
        let is_served = rows.any(|row| {
            let post = &row.record;
            if !post.is_read_by(claim.reads) {
                return false;
            }
            let stops = post.id != claim.post.id
                && post.state == PostState::Working
                && post.cancel_requested
                && post.next_at.is_some_and(|at| at <= step.now);
            stops || (post.began_at.is_some() && events.told(post.id).next().is_some())
        });
        (!is_served).then(|| Hold::of(&claim.post.account, held_for))
    }

    /// Whether a post of the account is due that needs no connection, among those that can be read.
    pub(super) fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
        events: &events::Rows,
    ) -> bool {
        let lane = self.lanes.get(&account.row_id());
        let ids = lane.into_iter().flat_map(|lane| &lane.posts);
        let mut rows = ids.filter_map(|id| self.posts.get(id));
        rows.any(|row| {
            let post = &row.record;
            let stops = post.state == PostState::Working && post.cancel_requested;
            let hears = post.began_at.is_some() && events.told(post.id).next().is_some();
            post.is_read_by(newest) && post.next_at.is_some_and(|at| at <= now) && (stops || hears)
        })
    }

    /// Whether another post of the app has this id.
    fn is_taken(&self, remote_id: &RemoteId, post: &PostRecord) -> bool {
        let mut others = self.posts.values().map(|row| &row.record);
        others.any(|other| {
            other.id != post.id
                && other.account.platform == post.account.platform
                && other.account.app == post.account.app
                && other.checkpoint.remote_ids.iter().any(|id| id == remote_id)
        })
    }

    pub(super) fn renew(&mut self, claim: &PostClaim, until: Duration) -> Result<()> {
        let (lane, row) = self.held(claim)?;
        let post = row.record.id;
        lane.lease = Some(Lease { post, until });
        Ok(())
    }

    pub(super) fn release(&mut self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()> {
        if let Ok((lane, row)) = self.held(claim) {
            row.record.next_at = Some(next_at);
            row.record.attempts = 0;
            lane.lease = None;
        }
        Ok(())
    }
}

impl Lane {
    fn is_free(&self, elapsed: Duration) -> bool {
        self.lease
            .as_ref()
            .is_none_or(|lease| lease.until <= elapsed)
    }

    fn is_held_by(&self, claim: &PostClaim) -> bool {
        let lease = self.lease.as_ref();
        self.fence == claim.fence.0 && lease.is_some_and(|lease| lease.post == claim.post.id)
    }
}

impl Row {
    /// By what it finds the events about it.
    fn keys(&self) -> Vec<[u8; 16]> {
        let (account, ids) = (&self.record.account, &self.record.checkpoint.remote_ids);
        let key = |id: &RemoteId| post_key(&account.platform, &account.app, id);
        ids.iter().map(key).collect()
    }

    fn apply(&mut self, step: &RecordStep) {
        let post = &mut self.record;
        match &step.next {
            Next::At(at) | Next::Hold(at, _) => {
                let heed = step.heed_cancel && post.cancel_requested;
                post.next_at = Some(if heed { step.now.min(*at) } else { *at });
            }
            Next::Settle(outcome, watch) => {
                post.state = PostState::of(outcome);
                post.outcome = Some(outcome.clone());
                post.settled_at.get_or_insert(step.now);
                post.next_at = *watch;
            }
        }
        if let Some(checkpoint) = &step.checkpoint {
            post.checkpoint = checkpoint.clone();
        }
        if step.progress.is_some() {
            post.progress = step.progress;
        }
        post.started &= step.still_started;
        post.attempts = u32::from(step.keep_lease);
        post.failures = step.failures;
        post.failing_since = step.failing_since;
        post.cause.clone_from(&step.cause);
        if let Some(notes) = &step.notes {
            post.notes.clone_from(notes);
        }
        self.history.extend(step.history.iter().cloned());
    }
}
