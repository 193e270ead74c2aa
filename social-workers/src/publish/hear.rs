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
    /// Whether any of them changes what comes next.
    pub(super) is_news: bool,
}

impl Drive {
    /// Applies what events tell the post that was not applied yet, and writes all of it down at once: each takes effect once,
    /// wherever this process dies. Nothing when there was none, and the turn goes on; otherwise what the turn ends with.
    pub(super) async fn hear(&mut self, post: &mut OpenPost) -> Option<Option<Driven>> {
        // What has no id is told nothing.
        if post.checkpoint.remote_ids.is_empty() {
            return None;
        }
        // What kept ending its process is parked first, whatever did: the events are heard then.
        if self.is_fatal() && self.known.is_none() {
            return None;
        }
        let posts = &self.hands.social.worker().stores().posts;
        let told = match posts.told(&self.hands.claim, self.at_once()).await {
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
        let app = self.hands.claim.post.account.app_key();
        let publisher = self.hands.social.worker().publisher(&app)?;
        let mut at = post.checkpoint.clone();
        let (mut known, mut started) = (self.known.clone(), self.facts.started);
        let mut notes = None;
        let mut last = None;
        let is_fatal = self.is_fatal();
        for told in told.events {
            self.heard.applied.push(told.number);
            let Some(event) = told.event else {
                continue;
            };
            let now = self.now();
            let step = match is_fatal {
                true => None,
                false => quietly(|| publisher.apply(&at, known.as_ref(), &event, now)),
            };
            let Some(step) = step else {
                // What it tells is for the platform to say.
                tracing::error!(kind = %event.kind, "an event could not be applied to its post, and is left out");
                let mut asks = self.asks(known.as_ref(), started);
                asks.checkpoint = Some(at.clone());
                last = Some(asks);
                continue;
            };
            let Some(step) = step else {
                continue;
            };
            let mut line = HistoryEntry::new(now, HistoryKind::Told, &at.step);
            line.detail = Some(event.kind);
            self.heard.lines.push(line);
            let noted = notes.clone().unwrap_or_else(|| self.notes.clone());
            let standing = self.standing_at(&at).noted(&noted);
            let mut written = journal::after_event(known.as_ref(), &standing, started, step);
            started = written.still_started;
            notes = written.notes.clone().or(notes);
            match &written.checkpoint {
                Some(checkpoint) => at = checkpoint.clone(),
                None => written.checkpoint = Some(at.clone()),
            }
            if let Follow::Settle(outcome, _) = &written.next {
                known = Some(outcome.clone());
            }
            last = Some(written);
        }
        // Somebody wants it looked at now, whatever else was told.
        let is_wished = told.due_at.is_some_and(|at| at <= self.now());
        if let Some(Written {
            next: Follow::Settle(_, watch),
            ..
        }) = &mut last
            && is_wished
            && self.known.is_some()
        {
            *watch = Some(Duration::ZERO);
        }
        // What one of them noted, a later one does not take away.
        if let Some(last) = &mut last {
            last.notes = notes;
        }
        self.heard.is_news = last.is_some();
        Ok(last.unwrap_or_else(|| self.unmoved(told.due_at)))
    }

    fn is_fatal(&self) -> bool {
        self.facts.attempts > self.hands.settings.patience.attempts
    }

    /// So many events are applied with one record. Where work on the post ended its process it is one, so that one that does so
    /// takes no other with it.
    fn at_once(&self) -> u32 {
        if self.facts.attempts > 1 { 1 } else { AT_ONCE }
    }

    /// The platform is asked now.
    fn asks(&self, known: Option<&Outcome>, started: bool) -> Written {
        let mut written = Written::settled(Outcome::Undecided);
        written.next = match known {
            Some(known) => Follow::Settle(known.clone(), Some(Duration::ZERO)),
            None => Follow::After(Duration::ZERO),
        };
        written.still_started = started;
        (written.failures, written.failing_since) = (self.failures, self.failing_since);
        written
    }

    /// They told nothing new: it goes on when it would have without them, which the store knows.
    fn unmoved(&self, due_at: Option<DateTime<Utc>>) -> Written {
        let mut written = Written::settled(Outcome::Undecided);
        let wait = due_at.map(|at| (at - self.now()).to_std().unwrap_or_default());
        written.next = match &self.known {
            Some(known) => Follow::Settle(known.clone(), wait),
            None => Follow::After(wait.unwrap_or_default()),
        };
        written.still_started = self.facts.started;
        (written.failures, written.failing_since) = (self.failures, self.failing_since);
        written.cause.clone_from(&self.hands.claim.post.cause);
        written
    }
}

/// What a publisher answers; nothing when it panicked. It changes nothing while it looks at an event.
fn quietly<T>(apply: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(apply)).ok()
}
