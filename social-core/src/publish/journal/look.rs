//! Looking again at a post that has an outcome.

use std::time::Duration;

use super::{
    Follow, Standing, Written,
    there::{beside, is_same_kind, joined, kept, noted, shows_what_is_there},
};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    publish::{Note, Outcome, PostLink, Step},
    wish::heeded,
};

/// What to write down after looking again at a post that has an outcome. The look never makes it worse: what is
/// published stays published, a known link stays known, and what is noted stays noted. Nor does it begin anything: a publisher
/// that would begin anew says that there is no post, and no more than is linked.
pub fn after_look(known: &Outcome, standing: &Standing<'_>, result: Result<Step>) -> Written {
    shows_what_is_there(looked(known, standing, result), standing)
}

fn looked(known: &Outcome, standing: &Standing<'_>, result: Result<Step>) -> Written {
    let mut written = Written::settled(known.clone());
    match result.map(|step| kept(step, standing)) {
        Ok(Step::Settled {
            checkpoint,
            outcome,
            watch,
            notes,
        }) => {
            let there = &checkpoint.links;
            (written.next, written.notes) =
                answered(known, standing, there, (outcome, watch), notes);
            written.checkpoint = Some(checkpoint);
        }
        Ok(Step::Pending {
            checkpoint, after, ..
        }) if checkpoint.exposure.post_may_exist() => {
            written.next = Follow::Settle(known.clone(), Some(after.max(LOOK_SOON)));
            written.checkpoint = Some(checkpoint);
        }
        // That the next step may be carried out says that it was not. Nobody does that any more: the rest is missing.
        Ok(Step::Pending {
            checkpoint, cause, ..
        }) => {
            // Of what was done in the data before they were restored, no answer about this checkpoint tells.
            let outcome = if standing.restored {
                known.clone()
            } else {
                Outcome::Failed(cause.unwrap_or_else(not_there))
            };
            let there = &checkpoint.links;
            (written.next, written.notes) =
                answered(known, standing, there, (outcome, None), Vec::new());
            written.checkpoint = (!there.is_empty()).then_some(checkpoint);
        }
        Err(error) => {
            let error = heeded(error, standing.failures.saturating_add(5));
            written.failures = standing.failures.saturating_add(1);
            written.refresh = *error.remedy() == Remedy::Refresh;
            let again = match error.remedy() {
                Remedy::After { wait, .. } => Some(*wait),
                Remedy::FixInput { .. } | Remedy::Never => None,
                // An account may be connected again, an operator may come.
                _ => Some(look_again(written.failures)),
            };
            let again = again.filter(|_| written.failures <= LOOKS);
            written.next = Follow::Settle(known.clone(), again);
        }
    }
    written
}

/// How many looks in a row may fail before nobody looks any more: three days.
const LOOKS: u32 = 20;

/// When what was given up is first looked at.
pub(super) const LOOK_LATER: Duration = Duration::from_secs(3_600);

/// 1 min, 2 min, 4 min, up to 6 hours.
fn look_again(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(9);
    Duration::from_secs((60_u64 << doublings).min(6 * 3_600))
}

/// Nobody looks again earlier.
pub(super) const LOOK_SOON: Duration = Duration::from_secs(1);

fn not_there() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the platform did not make a post of it",
    )
}

/// What becomes of a post with a known outcome after this one was told. What is not believed leaves no note.
fn answered(
    known: &Outcome,
    standing: &Standing<'_>,
    there: &[PostLink],
    (told, watch): (Outcome, Option<Duration>),
    notes: Vec<Note>,
) -> (Follow, Option<Vec<Note>>) {
    // Of what is published nothing is missing because a look does not find it.
    let (told, notes) = match known {
        Outcome::Published(_) => (told, notes),
        _ => beside(there, told, notes),
    };
    let outcome = better(known, told.clone());
    let believed = is_same_kind(&outcome, &told);
    let notes = if believed { notes } else { Vec::new() };
    let notes = noted(Some(known), standing.notes, &outcome, notes);
    (Follow::Settle(outcome, watch), notes)
}

pub(super) fn better(known: &Outcome, next: Outcome) -> Outcome {
    match (known, next) {
        (Outcome::Published(had), Outcome::Published(has)) => Outcome::Published(joined(had, has)),
        (Outcome::AwaitingUser | Outcome::Undecided, next) => next,
        // A post that is there was not cancelled and has not failed, whatever was told before.
        (Outcome::Cancelled | Outcome::Failed(_), next @ Outcome::Published(_)) => next,
        _ => known.clone(),
    }
}

#[cfg(test)]
mod tests;
