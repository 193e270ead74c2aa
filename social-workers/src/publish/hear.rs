//! What events tell the claimed post.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    Error, OpenPost,
    publish::{
        Outcome,
        journal::{self, Asked, Follow, Written},
    },
    store::{HistoryEntry, HistoryKind, Told},
};

use super::drive::{Drive, Driven};

/// How many events one record takes into account.
const AT_ONCE: u32 = 100;

/// What events have told, as far as the next record writes it down.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The numbers of those that were looked at.
    pub(super) applied: Vec<i64>,
    /// A line for each that told something new.
    pub(super) lines: Vec<HistoryEntry>,
}

impl Drive {
    /// Applies what events tell the post that was not applied yet, and writes all of it down at once: each takes effect once,
    /// wherever this process dies. Nothing when there was none, and the turn goes on; otherwise what the turn ends with.
    pub(super) async fn hear(&mut self, post: &mut OpenPost) -> Option<Option<Driven>> {
        if post.checkpoint.remote_ids.is_empty() {
            return None;
        }
        let posts = &self.hands.social.stores().posts;
        let told = match posts.told(&self.hands.claim, AT_ONCE).await {
            Ok(told) if told.events.is_empty() => return None,
            Ok(told) => told,
            Err(error) => {
                tracing::warn!(%error, "what events tell a post could not be read");
                return Some(Some(self.give_back(journal::backoff(1)).await));
            }
        };
        let written = match self.after(told, post) {
            Ok(written) => written,
            Err(error) => return Some(Some(self.unwritten(&error))),
        };
        Some(self.record(Asked::Look, post, written).await)
    }

    /// What all of them lead to, one after the other.
    fn after(&mut self, told: Told, post: &OpenPost) -> Result<Written, Error> {
        let platform = &self.hands.claim.post.account.platform;
        let publisher = self.hands.social.publisher(platform)?;
        let mut at = post.checkpoint.clone();
        let (mut known, mut started) = (self.known.clone(), self.facts.started);
        let mut last = None;
        // One of them may have ended every process so far.
        let is_fatal = self.facts.attempts > self.hands.settings.patience.attempts;
        if is_fatal {
            tracing::error!("applying events to a post kept ending its process: they are left out");
        }
        for told in told.events {
            self.heard.applied.push(told.number);
            let Some(event) = told.event.filter(|_| !is_fatal) else {
                continue;
            };
            let now = self.now();
            let Some(step) = publisher.apply(&at, known.as_ref(), &event, now) else {
                continue;
            };
            let mut line = HistoryEntry::new(now, HistoryKind::Told, &at.step);
            line.detail = Some(event.kind);
            self.heard.lines.push(line);
            let standing = self.standing_at(&at);
            let mut written = journal::after_event(known.as_ref(), &standing, started, step);
            started = written.still_started;
            match &written.checkpoint {
                Some(checkpoint) => at = checkpoint.clone(),
                None => written.checkpoint = Some(at.clone()),
            }
            if let Follow::Settle(outcome, _) = &written.next {
                known = Some(outcome.clone());
            }
            last = Some(written);
        }
        let written = last.unwrap_or_else(|| self.unmoved(told.due_at));
        Ok(written)
    }

    /// They told nothing new: a post that has an outcome is looked at when it would have been.
    fn unmoved(&self, due_at: Option<DateTime<Utc>>) -> Written {
        let mut written = Written::settled(Outcome::Undecided);
        written.next = match &self.known {
            Some(known) => {
                let wait = due_at.map(|at| (at - self.now()).to_std().unwrap_or_default());
                Follow::Settle(known.clone(), wait)
            }
            None => Follow::After(Duration::ZERO),
        };
        written.still_started = self.facts.started;
        (written.failures, written.failing_since) = (self.failures, self.failing_since);
        written.cause.clone_from(&self.hands.claim.post.cause);
        written
    }
}
