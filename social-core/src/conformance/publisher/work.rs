use std::time::Duration;

use chrono::{DateTime, Utc};

use super::PublisherHarness;
use crate::{
    error::{Error, Result},
    model::TokenSet,
    publish::{
        Checkpoint, Note, Outcome, Preflight, PublishRequest, Step, StepContext,
        journal::{
            Action, Asked, Facts, Follow, Patience, Standing, Written, after_look, after_step,
            next_action,
        },
    },
    time::Deadline,
};

/// How long a step may send.
const STEP: Duration = Duration::from_secs(60);
/// More turns than any post takes.
const TURNS: usize = 300;

/// One post and its worker, played with the journal.
pub(super) struct Work<'a, H: ?Sized> {
    harness: &'a H,
    pub(super) request: PublishRequest,
    pub(super) at: Checkpoint,
    pub(super) outcome: Option<Outcome>,
    /// Each checkpoint that was written down, in order.
    pub(super) seen: Vec<Checkpoint>,
    /// What went wrong.
    pub(super) errors: Vec<Error>,
    /// What is noted beside the outcome.
    notes: Vec<Note>,
    watch: Option<Duration>,
    began_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    /// A `Once` step was started and its outcome is not known.
    open: bool,
    restored: bool,
    failures: u32,
    failing_since: Option<DateTime<Utc>>,
}

impl<'a, H: PublisherHarness + ?Sized> Work<'a, H> {
    pub(super) async fn plan(harness: &'a H, number: usize) -> Result<Self> {
        let request = harness.request(number).await;
        let at = harness.publisher().plan(&request)?;
        Ok(Self {
            harness,
            request,
            seen: vec![at.clone()],
            at,
            outcome: None,
            errors: Vec::new(),
            notes: Vec::new(),
            watch: None,
            began_at: harness.clock().now(),
            started_at: None,
            open: false,
            restored: false,
            failures: 0,
            failing_since: None,
        })
    }

    /// The same post as it stood at `at`, in a copy of the data that was restored since.
    pub(super) fn restored_at(&self, at: &Checkpoint) -> Self {
        Self {
            harness: self.harness,
            request: self.request.clone(),
            at: at.clone(),
            outcome: None,
            seen: vec![at.clone()],
            errors: Vec::new(),
            notes: Vec::new(),
            watch: None,
            began_at: self.began_at,
            started_at: Some(self.began_at),
            open: true,
            restored: true,
            failures: 0,
            failing_since: None,
        }
    }

    /// Asks the publisher by itself. Nothing is written down.
    pub(super) async fn ask(&self, asked: Asked, within: Duration) -> Result<Step> {
        let (publisher, at) = (self.harness.publisher(), &self.at);
        let tokens = self.harness.tokens().await;
        let deadline = Deadline::after(self.harness.clock(), within);
        let cx = self.cx(&tokens, &deadline);
        match asked {
            Asked::Advance => publisher.advance(&cx, at).await,
            Asked::Cancel => publisher.cancel(&cx, at).await,
            Asked::Reconcile | Asked::Look => publisher.reconcile(&cx, at).await,
        }
    }

    /// Has the request checked.
    pub(super) async fn preflight(&self) -> Result<Preflight> {
        let tokens = self.harness.tokens().await;
        let deadline = Deadline::after(self.harness.clock(), STEP);
        let (publisher, cx) = (self.harness.publisher(), self.cx(&tokens, &deadline));
        publisher.preflight(&cx, &self.request).await
    }

    fn cx<'c>(&'c self, tokens: &'c TokenSet, deadline: &'c Deadline) -> StepContext<'c> {
        let harness = self.harness;
        let cx = StepContext::new(
            harness.account(),
            tokens,
            &self.request,
            harness.media(),
            harness.limits(),
            self.began_at,
            deadline,
            &(),
        );
        cx.started(self.started_at).restored(self.restored)
    }

    /// As [`ask`](Self::ask), in time.
    pub(super) async fn asks(&self, asked: Asked) -> Result<Step> {
        self.ask(asked, STEP).await
    }

    /// What the holder of the post does next.
    pub(super) async fn turn(&mut self) {
        let mut facts = Facts::new(self.at.next);
        facts.started = self.open;
        facts.exposed = self.at.post_may_exist();
        facts.restored = self.restored;
        let asked = match next_action(&facts, Patience::default()) {
            Action::Reconcile => Asked::Reconcile,
            Action::Start { .. } => {
                self.open = true;
                self.started_at = Some(self.harness.clock().now());
                Asked::Advance
            }
            _ => Asked::Advance,
        };
        let result = self.asks(asked).await;
        let standing = Standing::new(&self.at, self.harness.clock().now())
            .restored(self.restored)
            .failing(self.failures, self.failing_since);
        let written = after_step(asked, &standing, result, Patience::default());
        self.write_down(written).await;
    }

    async fn write_down(&mut self, written: Written) {
        if let Some(at) = written.checkpoint {
            self.seen.push(at.clone());
            self.at = at;
        }
        self.open = written.still_started;
        (self.failures, self.failing_since) = (written.failures, written.failing_since);
        self.errors.extend(written.cause);
        if let Some(notes) = written.notes {
            self.notes = notes;
        }
        match written.next {
            // When it is asked, nothing of a started step can happen any more.
            Follow::After(wait) if self.open => self.harness.pass(wait + 2 * STEP).await,
            Follow::After(wait) => self.harness.pass(wait).await,
            Follow::Settle(outcome, watch) => (self.outcome, self.watch) = (Some(outcome), watch),
            Follow::Hold => panic!("the account lost its access: {:?}", self.errors.last()),
        }
    }

    /// Goes on for so many turns; whether there is no outcome yet.
    pub(super) async fn turns(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.outcome.is_some() {
                return false;
            }
            self.turn().await;
        }
        self.outcome.is_none()
    }

    /// Goes on until there is an outcome, and as long as it is looked at because nobody can tell.
    pub(super) async fn end(&mut self) -> Outcome {
        assert!(!self.turns(TURNS).await, "it ends: {:?}", self.errors);
        for _ in 0..20 {
            match (&self.outcome, self.watch) {
                (Some(Outcome::Undecided), Some(watch)) => {
                    self.harness.pass(watch).await;
                    self.look().await;
                }
                _ => break,
            }
        }
        self.outcome.clone().expect("it has an outcome")
    }

    /// Asks again what became of a post that has an outcome.
    pub(super) async fn look(&mut self) {
        let result = self.asks(Asked::Look).await;
        let known = self.outcome.clone().expect("it has an outcome");
        let standing = Standing::new(&self.at, self.harness.clock().now()).noted(&self.notes);
        let written = after_look(&known, &standing.restored(self.restored), result);
        self.write_down(written).await;
    }
}

/// Whether it is there, by its outcome.
pub(super) fn is_there(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Published(_) | Outcome::AwaitingUser)
}

/// What is there must not be called lost, and what is not there not found.
#[track_caller]
pub(super) fn agree(outcome: &Outcome, posts: usize, rule: &str) {
    assert!(posts <= 1, "{rule}: it was posted {posts} times");
    match outcome {
        Outcome::Undecided => {}
        outcome if is_there(outcome) => assert_eq!(posts, 1, "{rule}: {outcome:?}, and no post"),
        outcome => assert_eq!(posts, 0, "{rule}: {outcome:?}, and a post"),
    }
}
