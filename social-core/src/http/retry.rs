use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use ::http::StatusCode;
use chrono::{DateTime, Utc};

use super::Reply;
use crate::{
    error::{ErrorKind, Result},
    random::Random,
    wish::{self, heed},
};

/// The first wait is at most this long; each next one at most twice the last.
const FIRST: Duration = Duration::from_millis(400);
/// No wait is longer. A platform that asks for more gets it from whoever called.
const LONGEST: Duration = Duration::from_secs(5);

/// Lets a client repeat a tenth of its calls, and a few at once: a platform in trouble is not asked thrice by everybody.
pub(super) struct Budget(AtomicU32);

const COST: u32 = 10;
const FULL: u32 = 10 * COST;

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Budget {
    /// A call went well.
    pub(super) fn refill(&self) {
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left < FULL).then_some(left + 1)
            });
    }

    /// Whether one more repetition is allowed; then it is spent.
    pub(super) fn spend(&self) -> bool {
        let spend = |left: u32| left.checked_sub(COST);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .is_ok()
    }
}

/// How long to wait before the same observation is worth another try; nothing when it is not.
pub(super) fn wait(
    outcome: &Result<Reply>,
    tries: u32,
    now: DateTime<Utc>,
    random: &dyn Random,
) -> Option<Duration> {
    let asked = match outcome {
        Ok(reply) if is_overloaded(reply.status) => reply.retry_after(now).unwrap_or_default(),
        Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout) => {
            Duration::ZERO
        }
        Ok(_) | Err(_) => return None,
    };
    let wait = heed(asked, jittered(tries, random), wish::LONGEST);
    (wait <= LONGEST).then_some(wait)
}

/// A gateway says that nobody behind it answered. A limit (429) is for the caller, who counts calls.
fn is_overloaded(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Between half of the step and the whole of it.
fn jittered(tries: u32, random: &dyn Random) -> Duration {
    let step = FIRST.saturating_mul(1 << tries.min(10)).min(LONGEST);
    let mut bytes = [0_u8; 2];
    // Without randomness all wait the whole step.
    let part = match random.fill(&mut bytes) {
        Ok(()) => u32::from(u16::from_be_bytes(bytes)),
        Err(_) => u32::from(u16::MAX),
    };
    step / 2 + (step / 2) / u32::from(u16::MAX) * part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, random::SeededRandom};

    #[test]
    fn waits_grow_with_jitter_and_stay_bounded() {
        let random = SeededRandom::new(7);
        for tries in 0..40 {
            let step = FIRST.saturating_mul(1 << tries.min(10)).min(LONGEST);
            let wait = jittered(tries, &random);
            assert!(wait >= step / 2 && wait <= step, "{tries}: {wait:?}");
        }
    }

    #[test]
    fn the_budget_lets_a_few_through_and_then_a_tenth() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        (0..9).for_each(|_| budget.refill());
        assert!(!budget.spend());
        budget.refill();
        assert!(budget.spend());
    }

    #[test]
    fn what_will_not_change_is_not_repeated() {
        let error = |kind| Err(Error::new(kind, "test"));
        let random = SeededRandom::new(1);
        let wait = |outcome| wait(&outcome, 0, DateTime::UNIX_EPOCH, &random);
        assert!(wait(error(ErrorKind::Unavailable)).is_some());
        assert_eq!(wait(error(ErrorKind::Protocol)), None);
    }
}
