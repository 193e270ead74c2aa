//! Writing down what a step led to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, OpenPost, Reason, Remedy,
    publish::{
        Checkpoint, Outcome,
        journal::{Asked, Follow, Standing, Written, after_look, backoff},
    },
    store::{HeldAccount, HeldFor, HistoryEntry, HistoryKind, Next, RecordStep, Recorded},
};

use super::{
    drive::{Drive, Driven},
    hear::Heard,
    lines::{lines, settled_line},
};
use crate::pace;

/// How long it is tried to write down what a step led to.
const WRITTEN_WITHIN: Duration = Duration::from_secs(600);

impl Drive {
    /// Writes down what a step led to. `None` goes on at once.
    pub(super) async fn record(
        &mut self,
        asked: Asked,
        post: &mut OpenPost,
        written: Written,
    ) -> Option<Driven> {
        let step = match self.to_record(asked, post, &written).await {
            Ok(step) => step,
            Err(error) => return Some(self.unwritten(&error)),
        };
        let goes_on = step.keep_lease;
        let recorded = match self.put(&step).await {
            Ok(recorded) => recorded,
            Err(error) if error.reason() == Some(Reason::RemoteIdTaken) => {
                return Some(self.taken(error).await);
            }
            Err(error) => return Some(self.unwritten(&error)),
        };
        let claimed = &self.hands.claim.post;
        self.hands
            .social
            .worker()
            .changed(&claimed.account.owner, claimed.id);
        if let Some(error) = &written.cause {
            tracing::warn!(%error, step = %post.checkpoint.step, "a step went wrong");
        }
        self.heard = Heard::default();
        self.facts.started = written.still_started;
        self.facts.cancel_requested |= recorded.cancel_requested;
        self.facts.attempts = 1;
        self.failures = written.failures;
        self.failing_since = written.failing_since;
        self.taken_over = false;
        match written.next {
            Follow::Settle(outcome, _) => {
                tracing::info!(?outcome, "settled");
                if matches!(outcome, Outcome::Cancelled | Outcome::Failed(_)) {
                    self.hands.refund(post).await;
                } else if self.known == Some(Outcome::AwaitingUser)
                    && outcome != Outcome::AwaitingUser
                {
                    // It waits in the app's inbox no more.
                    self.hands.place_freed().await;
                }
                return Some(Driven::Settled);
            }
            Follow::Hold => self.look_at_hold(self.held_for(&written)).await,
            Follow::After(_) => {}
        }
        if let Some(checkpoint) = written.checkpoint {
            post.checkpoint = checkpoint;
        }
        (!goes_on).then_some(Driven::Waiting)
    }

    async fn to_record(
        &self,
        asked: Asked,
        post: &OpenPost,
        written: &Written,
    ) -> Result<RecordStep, Error> {
        let (social, now) = (&self.hands.social, self.now());
        let next = match &written.next {
            Follow::After(wait) if wait.is_zero() => Next::At(now),
            Follow::After(wait) => Next::At(self.later(pace::jittered(social, *wait))),
            Follow::Hold => {
                // Behind those that wait to be stopped; one of these is not asked about again and again.
                let wait = match asked {
                    Asked::Cancel => backoff(written.failures),
                    _ => Duration::from_secs(1),
                };
                Next::Hold(self.later(wait), self.held_for(written))
            }
            Follow::Settle(outcome, watch) => {
                Next::Settle(outcome.clone(), watch.map(|wait| self.later(wait)))
            }
        };
        let mut step = RecordStep::new(next, now);
        if let Some(checkpoint) = &written.checkpoint {
            let id = self.hands.claim.post.id;
            step.checkpoint = Some(social.worker().seal_checkpoint(id, checkpoint).await?);
        }
        step.still_started = written.still_started;
        step.notes.clone_from(&written.notes);
        step.cause.clone_from(&written.cause);
        step.failures = written.failures;
        step.failing_since = written.failing_since;
        step.progress = self.teller.last();
        step.history = self.lines(asked, post, written, now);
        step.applied.clone_from(&self.heard.applied);
        let hears = !self.heard.applied.is_empty();
        // Of a known wish nothing was done yet where only events were heard.
        step.heed_cancel = hears || !self.facts.cancel_requested;
        step.due_as_untold = hears && !self.heard.is_news;
        step.keep_lease = !step.due_as_untold
            && !self.stop.is_cancelled()
            && matches!(&written.next, Follow::After(wait) if wait.is_zero());
        Ok(step)
    }

    /// A look, and events, that learn nothing new leave no line.
    fn lines(
        &self,
        asked: Asked,
        post: &OpenPost,
        written: &Written,
        now: DateTime<Utc>,
    ) -> Vec<HistoryEntry> {
        let same =
            |outcome: &Outcome| self.known.as_ref() == Some(outcome) && written.notes.is_none();
        let is_news = !matches!(&written.next, Follow::Settle(outcome, _) if same(outcome));
        let step = &post.checkpoint.step;
        if !self.heard.applied.is_empty() {
            let mut lines = self.heard.lines.clone();
            if let Follow::Settle(outcome, _) = &written.next
                && is_news
            {
                lines.push(settled_line(outcome, written, step, now));
            }
            return lines;
        }
        if !is_news {
            return Vec::new();
        }
        let before = self.hands.claim.post.cause.as_ref();
        lines(asked, step, self.taken_over, written, before, now)
    }

    /// Tries until it is written, somebody else has the post, which the fence tells, or ten minutes are over. An outcome that
    /// is not written down has to be asked for again, or is lost with the id that the platform gave; and a store that fails
    /// over is away for longer than a lease lasts.
    async fn put(&self, step: &RecordStep) -> Result<Recorded, Error> {
        let (posts, clock) = (
            &self.hands.social.worker().stores().posts,
            self.hands.social.clock(),
        );
        let (mut tries, begun) = (0_u32, clock.elapsed());
        loop {
            let error = match posts.record(&self.hands.claim, step).await {
                Ok(recorded) => return Ok(recorded),
                Err(error) => error,
            };
            tries += 1;
            let is_over = clock.elapsed().saturating_sub(begun) >= WRITTEN_WITHIN;
            let is_final = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid);
            if is_final || is_over {
                return Err(error);
            }
            tracing::warn!(%error, "what a step led to could not be written down yet");
            clock
                .sleep(Duration::from_millis(100 << tries.min(4)))
                .await;
        }
    }

    /// What the platform refused in this turn; nothing when it was not asked, since the account is not connected.
    fn held_for(&self, written: &Written) -> Option<HeldFor> {
        let (refusal, (connected_at, revision)) = (written.cause.as_ref()?, self.asked_with?);
        Some(HeldFor::of(refusal, connected_at, revision))
    }

    /// The account may have been connected again between the refusal and the hold. What is missed here, the walk over held
    /// accounts finds.
    async fn look_at_hold(&self, held_for: Option<HeldFor>) {
        let account = self.hands.claim.post.account.clone();
        let held = HeldAccount::new(account, held_for);
        if let Err(error) = self.hands.social.worker().let_go(&held).await {
            tracing::warn!(%error, "nobody can tell whether a held account is connected again");
        }
    }

    /// Nothing may be sent now: the post is left as it was found, and is due again after `wait`.
    pub(super) async fn give_back(&self, wait: Duration) -> Driven {
        let posts = &self.hands.social.worker().stores().posts;
        match posts.release(&self.hands.claim, self.later(wait)).await {
            Ok(()) => Driven::Waiting,
            Err(error) => self.unwritten(&error),
        }
    }

    /// A started step could still happen: nothing is asked before it cannot any more.
    pub(super) async fn wait(&self, wait: Duration) -> Driven {
        let posts = &self.hands.social.worker().stores().posts;
        let (now, next_at) = (self.now(), self.later(wait));
        let written = if self.taken_over {
            let post = &self.hands.claim.post;
            let mut step = RecordStep::new(Next::At(next_at), now);
            step.still_started = true;
            step.cause.clone_from(&post.cause);
            step.failures = post.failures;
            step.failing_since = post.failing_since;
            let line = HistoryEntry::new(now, HistoryKind::TakenOver, &post.checkpoint.step);
            step.history.push(line);
            self.put(&step).await.map(drop)
        } else {
            posts.release(&self.hands.claim, next_at).await
        };
        match written {
            Ok(()) => Driven::Waiting,
            Err(error) => self.unwritten(&error),
        }
    }

    /// The platform gave an id that another post of this store already has: whose it is, nobody can tell.
    async fn taken(&self, error: Error) -> Driven {
        tracing::error!(%error, "the platform gave the same id twice");
        let outcome = self.known.clone().unwrap_or(Outcome::Undecided);
        let mut step = RecordStep::new(Next::Settle(outcome, None), self.now());
        step.cause = Some(error);
        // What told the id is not told again.
        step.applied.clone_from(&self.heard.applied);
        match self.put(&step).await {
            Ok(_) => Driven::Settled,
            Err(error) => self.unwritten(&error),
        }
    }

    /// What is sealed cannot be opened: an operator has to look at the keys. The post waits.
    pub(super) async fn unreadable(&self, error: Error) -> Driven {
        tracing::error!(%error, "a post cannot be read");
        let failures = self.failures.saturating_add(1);
        let wait = backoff(failures).max(Duration::from_secs(60));
        let error = error.with_remedy(Remedy::Operator);
        let mut step = RecordStep::new(Next::At(self.later(wait)), self.now());
        if let Some(known) = &self.known {
            // As after any look that failed.
            let at = &self.hands.claim.post.checkpoint;
            let at = Checkpoint::new(at.step.clone(), at.version, serde_json::Value::Null);
            let standing = Standing::new(&at, self.now()).failing(self.failures, None);
            if let Follow::Settle(known, again) =
                after_look(known, &standing, Err(error.clone())).next
            {
                step.next = Next::Settle(known, again.map(|wait| self.later(wait)));
            }
        }
        step.still_started = self.facts.started;
        step.puts_off_told = true;
        step.failures = failures;
        step.failing_since = self.failing_since.or_else(|| Some(self.now()));
        step.cause = Some(error);
        match self.put(&step).await {
            Ok(_) => Driven::Waiting,
            Err(error) => self.unwritten(&error),
        }
    }

    pub(super) fn lost(&self) -> Driven {
        tracing::warn!("another worker has taken this post over");
        Driven::Lost
    }

    pub(super) fn unwritten(&self, error: &Error) -> Driven {
        if error.kind() == ErrorKind::Conflict {
            return self.lost();
        }
        tracing::error!(%error, "what a step led to could not be written down");
        Driven::Lost
    }
}
