//! Waiting between rounds.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{Social, publish::journal};

/// How long to wait before the next round: until something is due, never longer than `idle`; after errors ever longer.
///
/// What is due and was not claimed is in somebody's hands: it is looked at again soon, but not in a busy loop.
pub(crate) fn pause(
    now: DateTime<Utc>,
    next: Option<DateTime<Utc>>,
    failures: u32,
    idle: Duration,
) -> Duration {
    if failures > 0 {
        return journal::backoff(failures).min(Duration::from_secs(30));
    }
    let until = next.map_or(idle, |at| (at - now).to_std().unwrap_or_default());
    if until.is_zero() {
        idle.min(Duration::from_millis(250))
    } else {
        until.min(idle)
    }
}

/// No wait is stretched by more: what was promised for a time should not come much later.
const JITTER: Duration = Duration::from_secs(30);

/// Adds up to a tenth, so that many processes do not move in step.
pub(crate) fn jittered(social: &Social, wait: Duration) -> Duration {
    let mut byte = [0_u8];
    // Without randomness the plain wait does.
    let _ = social.random().fill(&mut byte);
    wait + (wait / 10).min(JITTER).mul_f64(f64::from(byte[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_until_something_is_due_but_looks_now_and_then() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let idle = Duration::from_secs(5);
        let at = |millis| Some(now + chrono::Duration::milliseconds(millis));
        assert_eq!(pause(now, at(700), 0, idle), Duration::from_millis(700));
        assert_eq!(pause(now, at(90_000), 0, idle), idle);
        assert_eq!(
            pause(now, at(-5), 0, idle),
            Duration::from_millis(250),
            "no busy loop"
        );
        assert_eq!(pause(now, None, 0, idle), idle);
        assert_eq!(pause(now, at(0), 3, idle), Duration::from_secs(4));
        assert_eq!(pause(now, at(0), 99, idle), Duration::from_secs(30));
    }
}
