//! Which lines of history a step leaves.

use chrono::{DateTime, Utc};
use social_core::{
    Error,
    publish::{
        Outcome,
        journal::{Asked, Follow, Written},
    },
    store::{HistoryEntry, HistoryKind},
};

/// Not every part of an upload and not every look at the platform is worth a line: a line is written when the step
/// changes, when trouble begins, and at the end.
pub(crate) fn lines(
    asked: Asked,
    at: &str,
    taken_over: bool,
    written: &Written,
    before: Option<&Error>,
    now: DateTime<Utc>,
) -> Vec<HistoryEntry> {
    let mut lines = Vec::new();
    if taken_over {
        lines.push(HistoryEntry::new(now, HistoryKind::TakenOver, at));
    }
    if asked == Asked::Reconcile && !written.still_started {
        lines.push(HistoryEntry::new(now, HistoryKind::Reconciled, at));
    }
    let moved = written
        .checkpoint
        .as_ref()
        .is_some_and(|next| next.step != at);
    if asked == Asked::Advance && moved {
        lines.push(HistoryEntry::new(now, HistoryKind::Advanced, at));
    }
    let same = |cause: &Error| {
        before.is_some_and(|last| (last.kind(), last.code()) == (cause.kind(), cause.code()))
    };
    // A wait is no failure: the second one for the same reason is no news.
    let is_news = |cause: &Error| match written.failures {
        0 => !same(cause),
        failures => failures == 1,
    };
    if let Some(cause) = &written.cause
        && is_news(cause)
    {
        let mut line = HistoryEntry::new(now, HistoryKind::Troubled, at);
        line.error = Some(cause.clone());
        lines.push(line);
    }
    if let Follow::Settle(outcome, _) = &written.next {
        let mut line = settled_line(outcome, written, at, now);
        if written.cause.is_some() {
            line.error = None;
        }
        lines.push(line);
    }
    lines
}

/// The line of an outcome, with why it failed and what is noted beside it.
pub(super) fn settled_line(
    outcome: &Outcome,
    written: &Written,
    at: &str,
    now: DateTime<Utc>,
) -> HistoryEntry {
    let mut line = HistoryEntry::new(now, HistoryKind::Settled, at);
    line.notes = written.notes.clone().unwrap_or_default();
    if let Outcome::Failed(error) = outcome {
        line.error = Some(error.clone());
    }
    line
}
