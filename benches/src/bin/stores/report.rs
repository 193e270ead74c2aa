//! What was measured, and what must have been.

use std::time::Duration;

use anyhow::{Result, ensure};
use social_core::time::{Clock, SystemClock};

/// What is not as it must be.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<String>);

impl Report {
    /// A time, and the longest it may be.
    pub(crate) fn at_most(&mut self, what: &str, times: &[Duration], most: Duration) {
        let median = median(times);
        show(what, times);
        self.must(median <= most, &format!("{what}: over {} ms", millis(most)));
    }

    /// Something that must be so.
    pub(crate) fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            line(&format!("  MISSED: {what}"));
            self.0.push(what.to_owned());
        }
    }

    pub(crate) fn end(self) -> Result<()> {
        ensure!(self.0.is_empty(), "missed: {}", self.0.join("; "));
        Ok(())
    }
}

/// Prints a median and what lies around it.
pub(crate) fn show(what: &str, times: &[Duration]) {
    let mut sorted = times.to_vec();
    sorted.sort();
    let of = |index: usize| sorted.get(index).copied().unwrap_or_default();
    line(&format!(
        "  {what:<52} {:>8.3} ms, median of {}; fastest {:.3}, slowest {:.3}",
        millis(median(times)),
        times.len(),
        millis(of(0)),
        millis(of(sorted.len().saturating_sub(1)))
    ));
}

pub(crate) fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(crate) fn now() -> Duration {
    SystemClock::default().elapsed()
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}
