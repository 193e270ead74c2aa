//! What this process remembers of refreshes that failed: how often, until when to hold back, and since when it has
//! seen a grant suspected. Measured on its own steady clock, so that the clocks of others do not matter.

use std::{
    collections::HashMap,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use super::Tokens;
use crate::{error::Error, store::Revision};

/// More rows than this are not remembered; the oldest backoffs are forgotten first.
const ROWS: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Troubles(HashMap<String, Trouble>);

#[derive(Debug)]
struct Trouble {
    at: Revision,
    failures: u32,
    until: Duration,
    error: Option<Error>,
    suspected: Option<Duration>,
}

impl Troubles {
    /// The last error, while it backs off.
    pub(super) fn holds_back(&self, row: &str, at: Revision, now: Duration) -> Option<Error> {
        let trouble = self.0.get(row)?;
        let holds = trouble.at == at && now < trouble.until;
        trouble.error.clone().filter(|_| holds)
    }

    /// Counts a failure and says how many there were in a row.
    pub(super) fn failed(&mut self, row: &str, at: Revision) -> u32 {
        let trouble = self.entry(row, at);
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.failures
    }

    /// Holds callers back.
    pub(super) fn hold(&mut self, row: &str, at: Revision, until: Duration, error: Error) {
        let trouble = self.entry(row, at);
        trouble.until = until;
        trouble.error = Some(error);
    }

    /// Since when this process has seen the suspicion; from now on, if it is new.
    pub(super) fn suspected(&mut self, row: &str, at: Revision, now: Duration) -> Duration {
        *self.entry(row, at).suspected.get_or_insert(now)
    }

    pub(super) fn forget(&mut self, row: &str) {
        self.0.remove(row);
    }

    fn entry(&mut self, row: &str, at: Revision) -> &mut Trouble {
        if self.0.len() >= ROWS && !self.0.contains_key(row) {
            let oldest = self.0.iter().min_by_key(|(_, trouble)| trouble.until);
            if let Some(oldest) = oldest.map(|(row, _)| row.clone()) {
                self.0.remove(&oldest);
            }
        }
        let new = || Trouble {
            at,
            failures: 0,
            until: Duration::ZERO,
            error: None,
            suspected: None,
        };
        let trouble = self.0.entry(row.to_owned()).or_insert_with(new);
        if trouble.at != at {
            *trouble = new();
        }
        trouble
    }
}

impl Tokens {
    pub(super) fn troubles(&self) -> MutexGuard<'_, Troubles> {
        self.inner
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
