//! Time comes in from outside.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};

/// Tells the time and waits.
///
/// `now` decides what is due. Leases and deadlines are durations: leases run on the store's own clock, deadlines on
/// [`elapsed`](Self::elapsed), because the wall clocks of processes differ and jump.
#[async_trait]
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall clock in whole microseconds, so that every store returns what it was given.
    fn now(&self) -> DateTime<Utc>;

    /// Time since some fixed moment. It never goes back, and goes on while the process is stopped.
    fn elapsed(&self) -> Duration;

    /// Waits. Dropping the future ends the wait.
    async fn sleep(&self, wait: Duration);
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

#[async_trait]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }

    fn elapsed(&self) -> Duration {
        static ORIGIN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        ORIGIN.get_or_init(std::time::Instant::now).elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

/// A moment after which nothing of a step may be sent any more.
///
/// Measured on [`Clock::elapsed`], so it means nothing in another process. Clones share it: whoever renews a lease moves
/// the deadline for all who hold it.
#[derive(Clone)]
pub struct Deadline {
    clock: Arc<dyn Clock>,
    micros: Arc<AtomicU64>,
}

impl Deadline {
    /// `within` from now.
    pub fn after(clock: Arc<dyn Clock>, within: Duration) -> Self {
        let at = micros(clock.elapsed().saturating_add(within));
        Self {
            clock,
            micros: Arc::new(AtomicU64::new(at)),
        }
    }

    /// Moves it to `within` after `since`, a reading of [`Clock::elapsed`]. It never moves back, and one that has
    /// passed stays passed.
    pub fn extend(&self, since: Duration, within: Duration) {
        let now = micros(self.clock.elapsed());
        let to = micros(since.saturating_add(within));
        // A failed update means that it has passed.
        let _ = self
            .micros
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |at| {
                (now < at).then(|| at.max(to))
            });
    }

    /// What is left, zero when it has passed.
    pub fn remaining(&self) -> Duration {
        let now = micros(self.clock.elapsed());
        Duration::from_micros(self.micros.load(Ordering::Acquire).saturating_sub(now))
    }

    /// Whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The clock it is measured on.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

impl std::fmt::Debug for Deadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deadline")
            .field("remaining", &self.remaining())
            .finish()
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(any(test, feature = "test-util"))]
pub use manual::ManualClock;

#[cfg(any(test, feature = "test-util"))]
mod manual {
    use std::sync::Arc;

    use tokio::sync::watch;

    use super::{Clock, DateTime, Duration, Utc, async_trait};

    /// A clock that moves only when told to. Clones share the time.
    #[derive(Clone, Debug)]
    pub struct ManualClock {
        start: DateTime<Utc>,
        elapsed: Arc<watch::Sender<Duration>>,
    }

    impl ManualClock {
        /// Stands at `start`.
        pub fn at(start: DateTime<Utc>) -> Self {
            Self {
                start,
                elapsed: Arc::new(watch::Sender::new(Duration::ZERO)),
            }
        }

        /// Moves on and wakes every wait that has ended.
        pub fn advance(&self, by: Duration) {
            self.elapsed.send_modify(|elapsed| *elapsed += by);
        }
    }

    impl Default for ManualClock {
        /// Stands at 2026-01-01, 00:00 UTC.
        fn default() -> Self {
            Self::at(DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default())
        }
    }

    #[async_trait]
    impl Clock for ManualClock {
        fn now(&self) -> DateTime<Utc> {
            self.start + *self.elapsed.borrow()
        }

        fn elapsed(&self) -> Duration {
            *self.elapsed.borrow()
        }

        async fn sleep(&self, wait: Duration) {
            let mut changes = self.elapsed.subscribe();
            let until = self.elapsed().saturating_add(wait);
            // The sender lives in `self`, so the wait cannot fail.
            let _ = changes.wait_for(|elapsed| *elapsed >= until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_who_waited_long_enough() {
        let clock = ManualClock::default();
        let deadline = Deadline::after(Arc::new(clock.clone()), Duration::from_secs(5));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(4));
        assert!(!deadline.has_passed());
        clock.advance(Duration::from_secs(1));
        assert!(deadline.has_passed());
        sleeper.await.unwrap();
        deadline.extend(clock.elapsed(), Duration::from_secs(9));
        assert!(deadline.has_passed(), "a passed deadline stays passed");
    }

    #[test]
    fn the_system_clock_gives_whole_microseconds() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
