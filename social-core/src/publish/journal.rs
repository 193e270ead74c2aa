//! The journal: what the holder of a post does next, as a pure state machine.
//!
//! A step is one of two kinds. A [`Effect::Repeatable`] step may be carried out again after anything. A
//! [`Effect::Once`] step is written down as *started* before it is sent; until its outcome is written down too, it is
//! never sent again: once nothing of it can happen any more (its deadline and settle time have passed) the platform is
//! asked what became of it.
//!
//! ```text
//! claim -> next_action -> [start] -> one remote step -> after_step -> record
//! ```
//!
//! Killed between any two of these, the next holder finds the same record and [`next_action`] says how to go on. A
//! moment of microseconds remains between the last look at the deadline and the send; a process that is stopped exactly
//! there, continued after settle time and then still heard by the platform would not be noticed.

mod look;
#[cfg(test)]
mod tests;
mod there;
mod told;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Checkpoint, Effect, Note, Outcome, PostLink, Step};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    wish::{LONGEST, heed, heeded, is_wish},
};

use look::LOOK_LATER;
pub use look::after_look;
pub use there::on_word;
pub use told::after_event;

/// What a record says when it is claimed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// What repeating the next step would do.
    pub effect: Effect,
    /// A `Once` step was started and its outcome is not known.
    pub started: bool,
    /// How long until nothing of that step can happen any more.
    pub settles_in: Duration,
    /// Claims, this one included, since somebody last recorded or released.
    pub attempts: u32,
    /// The owner has asked to cancel.
    pub cancel_requested: bool,
    /// The time after which it is too late to post it has passed.
    pub expired: bool,
    /// A post may exist: [`Checkpoint::post_may_exist`].
    pub exposed: bool,
    /// The data were restored, cloned or failed over since it was begun or due, and it has had no outcome since: more may
    /// have been done of it than is written here.
    pub restored: bool,
    /// It has an outcome, and is only looked at again.
    pub settled: bool,
}

impl Facts {
    /// A record on which nothing has been started.
    pub fn new(effect: Effect) -> Self {
        let settles_in = Duration::ZERO;
        Self {
            effect,
            started: false,
            settles_in,
            attempts: 1,
            cancel_requested: false,
            expired: false,
            exposed: false,
            restored: false,
            settled: false,
        }
    }
}

/// What the holder of a claim does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle all cases")]
pub enum Action {
    /// Carry out a repeatable step.
    Advance,
    /// Stop the post, on the owner's word.
    Cancel,
    /// Ask the platform what became of a post that has an outcome.
    Look,
    /// Give up: its time has passed, and nothing that was done of it can be a post.
    Miss,
    /// Give up: work on this post keeps ending its process.
    Park,
    /// Ask the platform what became of the started step.
    Reconcile,
    /// Write down that the step starts, then carry it out.
    Start {
        /// How long after the last byte the platform may still act on it.
        settle: Duration,
    },
    /// Nothing may be asked yet: the started step could still happen.
    Wait(Duration),
}

/// When to stop trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// Claims without a record, after which a post is parked.
    pub attempts: u32,
    /// How long a post may go on failing in ways that might pass, from the first failure in a row on. What it has to
    /// wait for limits, for its account or, while nothing may be a post, for an operator in between does not count.
    pub failing: Duration,
    /// How often in a row it must have failed besides: nobody may have tried for all that time.
    pub failures: u32,
}

impl Default for Patience {
    /// 20 claims; 24 hours and 12 failures.
    fn default() -> Self {
        Self {
            attempts: 20,
            failing: Duration::from_secs(86_400),
            failures: 12,
        }
    }
}

/// What the holder of a claim does next.
pub fn next_action(facts: &Facts, patience: Patience) -> Action {
    if facts.started && !facts.settles_in.is_zero() {
        return Action::Wait(facts.settles_in);
    }
    if facts.attempts > patience.attempts {
        return Action::Park;
    }
    if facts.started {
        return Action::Reconcile;
    }
    if facts.settled {
        // It may be a post: nothing of it is begun or stopped any more.
        return Action::Look;
    }
    if facts.cancel_requested {
        return Action::Cancel;
    }
    // Each step that may be the first to lead to a post, and each before it.
    if facts.expired && !facts.exposed {
        return Action::Miss;
    }
    match facts.effect {
        Effect::Repeatable => Action::Advance,
        Effect::Once { settle } => Action::Start { settle },
        // Stores hand out no such post; whoever does it all the same is told to leave it.
        Effect::Unknown => Action::Wait(backoff(u32::MAX)),
    }
}

/// What was asked of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all cases")]
pub enum Asked {
    /// The next step.
    Advance,
    /// To stop.
    Cancel,
    /// What became of a started step.
    Reconcile,
    /// What became of a post that has an outcome.
    Look,
}

/// Where the post stood when it was asked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Standing<'a> {
    /// The checkpoint.
    pub at: &'a Checkpoint,
    /// Errors in a row before this step.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<DateTime<Utc>>,
    /// As [`Facts::restored`].
    pub restored: bool,
    /// What is noted beside its outcome, if it has one.
    pub notes: &'a [Note],
    /// Now.
    pub now: DateTime<Utc>,
}

impl<'a> Standing<'a> {
    /// A post that has not failed.
    pub fn new(at: &'a Checkpoint, now: DateTime<Utc>) -> Self {
        let (failures, failing_since, restored) = (0, None, false);
        Self {
            at,
            failures,
            failing_since,
            restored,
            notes: &[],
            now,
        }
    }

    /// What is noted beside its outcome.
    #[must_use]
    pub fn noted(mut self, notes: &'a [Note]) -> Self {
        self.notes = notes;
        self
    }

    /// As [`Facts::restored`].
    #[must_use]
    pub fn restored(mut self, restored: bool) -> Self {
        self.restored = restored;
        self
    }

    /// Whether a post may exist by what is written down, here or in the data before they were restored.
    fn may_be_a_post(&self) -> bool {
        self.restored || self.at.post_may_exist()
    }

    /// The same of what is not among the links.
    fn more_may_be_there(&self) -> bool {
        self.restored || self.at.exposure.post_may_exist()
    }

    /// One that has failed so often in a row, and since when.
    #[must_use]
    pub fn failing(mut self, failures: u32, since: Option<DateTime<Utc>>) -> Self {
        (self.failures, self.failing_since) = (failures, since);
        self
    }

    /// Since when it fails in a row, with this trouble.
    fn failing_since_after(&self, trouble: Option<&Error>) -> Option<DateTime<Utc>> {
        match trouble?.remedy() {
            // The platform lets it wait: that time counts for neither side.
            Remedy::After { wait, .. } => {
                let wait = TimeDelta::from_std(*wait).ok()?;
                self.failing_since?.checked_add_signed(wait)
            }
            // How long a person takes says nothing of the platform.
            Remedy::Reauthorize => None,
            _ => Some(self.failing_since.unwrap_or(self.now)),
        }
    }

    /// A place in our own queue is no failure; another refusal of the platform is one more in a row.
    fn failures_after(&self, trouble: &Error) -> u32 {
        match trouble.remedy() {
            Remedy::After { .. } if !is_wish(trouble) => self.failures,
            _ => self.failures.saturating_add(1),
        }
    }

    fn is_out_of_patience(&self, patience: Patience) -> bool {
        let failing = self.failing_since.map(|since| self.now - since);
        let failing = failing.and_then(|failing| failing.to_std().ok());
        failing.is_some_and(|failing| failing >= patience.failing)
            && self.failures.saturating_add(1) >= patience.failures
    }
}

/// What to write down after a step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Written {
    /// The new checkpoint; `None` leaves it as it is.
    pub checkpoint: Option<Checkpoint>,
    /// What comes next.
    pub next: Follow,
    /// The started step still has no known outcome.
    pub still_started: bool,
    /// Errors in a row, this one included.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<DateTime<Utc>>,
    /// What is noted beside the outcome from now on; `None` leaves it as it is.
    pub notes: Option<Vec<Note>>,
    /// The trouble.
    pub cause: Option<Error>,
    /// The access token was refused: refresh it before the next step.
    pub refresh: bool,
}

impl Written {
    /// Nobody can tell; it is looked at later.
    fn undecided() -> Self {
        let mut written = Self::settled(Outcome::Undecided);
        written.next = Follow::Settle(Outcome::Undecided, Some(LOOK_LATER));
        written
    }

    /// An outcome, without a new checkpoint.
    pub fn settled(outcome: Outcome) -> Self {
        Self {
            checkpoint: None,
            next: Follow::Settle(outcome, None),
            still_started: false,
            failures: 0,
            failing_since: None,
            notes: None,
            cause: None,
            refresh: false,
        }
    }

    /// The first outcome of a post, by what is there of it.
    fn first(there: &[PostLink], end: (Outcome, Option<Duration>), notes: Vec<Note>) -> Self {
        let (outcome, notes) = there::beside(there, end.0, notes);
        let mut written = Self::settled(outcome.clone());
        written.notes = there::noted(None, &[], &outcome, notes);
        written.next = Follow::Settle(outcome, end.1);
        written
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle all cases")]
pub enum Follow {
    /// The next step, after a while.
    After(Duration),
    /// Nothing on this account until it is connected again.
    Hold,
    /// An outcome, and when to look again.
    Settle(Outcome, Option<Duration>),
}

/// What to write down after a step was asked for. What was there stays there, also where the answer leaves it out: only an answer
/// to `cancel` tells of what was deleted.
pub fn after_step(
    asked: Asked,
    standing: &Standing<'_>,
    result: Result<Step>,
    patience: Patience,
) -> Written {
    let result = match asked {
        Asked::Cancel => result,
        Asked::Advance | Asked::Reconcile | Asked::Look => {
            result.map(|step| there::kept(step, standing))
        }
    };
    match result {
        Ok(Step::Pending {
            checkpoint,
            after,
            cause,
        }) => Written {
            checkpoint: Some(checkpoint),
            next: Follow::After(match &cause {
                Some(cause) if is_wish(cause) => {
                    heed(after, backoff(standing.failures.saturating_add(1)), LONGEST)
                }
                _ => after,
            }),
            still_started: false,
            failures: match &cause {
                Some(cause) => standing.failures_after(cause),
                None => 0,
            },
            failing_since: standing.failing_since_after(cause.as_ref()),
            notes: None,
            cause,
            refresh: false,
        },
        // Another may have been begun after this copy of the data was made: that this one was stopped says nothing of it.
        Ok(Step::Settled {
            checkpoint,
            outcome: Outcome::Cancelled,
            notes,
            ..
        }) if standing.restored => Written {
            checkpoint: Some(checkpoint),
            notes: (!notes.is_empty()).then_some(notes),
            ..Written::undecided()
        },
        Ok(Step::Settled {
            checkpoint,
            outcome,
            watch,
            notes,
        }) => Written {
            checkpoint: Some(checkpoint.clone()),
            ..Written::first(&checkpoint.links, (outcome, watch), notes)
        },
        Err(error) => after_error(asked, standing, heeded(error, standing.failures), patience),
    }
}

fn after_error(asked: Asked, at: &Standing<'_>, error: Error, patience: Patience) -> Written {
    let once = asked == Asked::Advance && matches!(at.at.next, Effect::Once { .. });
    // Only a once step whose outcome the error leaves open stays started; a question stays open until it is answered.
    let still_started = asked == Asked::Reconcile || (once && *error.remedy() == Remedy::Reconcile);
    let failures = at.failures.saturating_add(1);
    // How long an operator takes says nothing of the platform, and nothing is open that could be lost sight of.
    let waits_for_operator =
        *error.remedy() == Remedy::Operator && !still_started && !at.may_be_a_post();
    let mut notes = None;
    let mut gives_up = || {
        let given_up = give_up(at, still_started, &error);
        notes = given_up.notes;
        given_up.next
    };
    let next = match error.remedy() {
        Remedy::Reauthorize => Follow::Hold,
        Remedy::After { wait, .. } => Follow::After(*wait),
        // It is asked about at least once, however long it has been failing.
        Remedy::Reconcile if once => match at.at.next {
            Effect::Once { settle } => Follow::After(settle),
            Effect::Repeatable | Effect::Unknown => Follow::After(backoff(failures)),
        },
        // A publisher that knows that nothing became a post says so with `Settled`: once a post may exist, an error proves
        // nothing.
        Remedy::FixInput { .. } | Remedy::Never if asked == Asked::Advance => gives_up(),
        Remedy::Refresh if at.failures == 0 => Follow::After(Duration::ZERO),
        Remedy::Operator if waits_for_operator => operator(failures),
        _ if at.is_out_of_patience(patience) => gives_up(),
        Remedy::Operator => operator(failures),
        _ => Follow::After(backoff(failures)),
    };
    Written {
        checkpoint: None,
        next,
        still_started,
        failures: at.failures_after(&error),
        failing_since: at
            .failing_since_after(Some(&error))
            .filter(|_| !waits_for_operator),
        notes,
        refresh: *error.remedy() == Remedy::Refresh,
        cause: Some(error),
    }
}

/// It waits until somebody has looked after it.
fn operator(failures: u32) -> Follow {
    Follow::After(backoff(failures).max(Duration::from_secs(60)))
}

/// What may be a post is looked at again. What is there is published, though not all of it: if the rest cannot be there.
fn give_up(at: &Standing<'_>, still_started: bool, why: &Error) -> Written {
    if still_started || at.more_may_be_there() {
        return Written::undecided();
    }
    let failed = Outcome::Failed(why.clone());
    Written::first(&at.at.links, (failed, None), Vec::new())
}

/// What to write down of a post that is parked.
pub fn parked(at: &Standing<'_>, started: bool) -> Written {
    let error = Error::new(
        ErrorKind::Unavailable,
        "work on this post kept ending its process",
    )
    .with_remedy(Remedy::Operator)
    .with_user_message(
        "This post was stopped because working on it kept failing. Nothing was sent twice.",
    );
    given_up(at, started, &error)
}

/// What to write down of a post that is given up for a reason of ours.
pub fn given_up(at: &Standing<'_>, started: bool, why: &Error) -> Written {
    let mut written = give_up(at, started, why);
    written.still_started = started;
    written
}

/// What to write down of a post whose account its owner has disconnected: nobody can be asked about it any more.
pub fn cut_off(at: &Standing<'_>, started: bool) -> Written {
    if started || at.more_may_be_there() {
        return Written::settled(Outcome::Undecided);
    }
    if at.at.links.is_empty() {
        return Written::settled(Outcome::Cancelled);
    }
    give_up(at, false, &there::disconnected())
}

/// 1 s, 2 s, 4 s, up to 5 minutes.
pub fn backoff(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(9);
    Duration::from_secs((1_u64 << doublings).min(300))
}
