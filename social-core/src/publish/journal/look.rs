//! Looking again at a post that has an outcome.

use std::time::Duration;

use super::{Follow, Standing, Written};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    publish::{Outcome, PostLink, Step},
    wish::heeded,
};

/// What to write down after looking again at a post that has an outcome. The look never makes it worse: what is
/// published stays published, and a known link stays known. Nor does it begin anything: a publisher that would begin anew
/// says that there is no post.
pub fn after_look(known: &Outcome, standing: &Standing<'_>, result: Result<Step>) -> Written {
    let mut written = Written::settled(known.clone());
    match result {
        Ok(Step::Settled {
            checkpoint,
            outcome,
            watch,
        }) => {
            written.checkpoint = Some(checkpoint);
            written.next = Follow::Settle(better(known, outcome), watch);
        }
        Ok(Step::Pending {
            checkpoint, after, ..
        }) if checkpoint.exposure.post_may_exist() => {
            written.checkpoint = Some(checkpoint);
            written.next = Follow::Settle(known.clone(), Some(after.max(LOOK_SOON)));
        }
        Ok(Step::Pending { cause, .. }) => {
            // Of what was done in the data before they were restored, no answer about this checkpoint tells.
            let outcome = if standing.restored {
                known.clone()
            } else {
                better(known, Outcome::Failed(cause.unwrap_or_else(not_there)))
            };
            written.next = Follow::Settle(outcome, None);
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

pub(super) fn better(known: &Outcome, next: Outcome) -> Outcome {
    match (known, next) {
        (Outcome::Published(had), Outcome::Published(has)) => Outcome::Published(joined(had, has)),
        (Outcome::AwaitingUser | Outcome::Undecided, next) => next,
        // A post that is there was not cancelled and has not failed, whatever was told before.
        (Outcome::Cancelled | Outcome::Failed(_), next @ Outcome::Published(_)) => next,
        _ => known.clone(),
    }
}

/// Every link that is known, also one that an event told and this look did not.
fn joined(had: &[PostLink], has: Vec<PostLink>) -> Vec<PostLink> {
    let mut links = had.to_vec();
    for link in has {
        match links.iter_mut().find(|known| known.id == link.id) {
            Some(known) if link.url.is_some() || link.hidden_at.is_some() => *known = link,
            Some(_) => {}
            None => links.push(link),
        }
    }
    links
}

#[cfg(test)]
mod tests;
