//! Time comes in from outside.

mod boot;
mod deadline;
#[cfg(any(test, feature = "test-util"))]
mod manual;
#[cfg(test)]
mod tests;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};

pub use boot::BootClock;
pub use deadline::Deadline;
#[cfg(any(test, feature = "test-util"))]
pub use manual::ManualClock;

/// Tells the time and waits.
///
/// `now` decides what is due. Leases and deadlines are durations: leases run on the store's own clock, deadlines on
/// [`elapsed`](Self::elapsed) and on `now`, whichever is over first, because the wall clocks of processes differ and
/// jump, and the wall clock may be what the store's own clock is made of.
#[async_trait]
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall clock in whole microseconds, so that every store returns what it was given.
    fn now(&self) -> DateTime<Utc>;

    /// Time since some fixed moment. It never goes back, and goes on while the process is stopped and while the machine
    /// sleeps.
    fn elapsed(&self) -> Duration;

    /// Waits. Dropping the future ends the wait.
    async fn sleep(&self, wait: Duration);

    /// Both clocks now.
    fn moment(&self) -> Moment {
        Moment {
            now: self.now(),
            elapsed: self.elapsed(),
        }
    }
}

/// A reading of both clocks of a [`Clock`], from which something counts: a lease that was asked for then, say.
///
/// It means nothing in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// The wall clock.
    pub now: DateTime<Utc>,
    /// [`Clock::elapsed`].
    pub elapsed: Duration,
}

impl Moment {
    /// How long ago it was: what the clock says that says more. A wall clock that was set back says nothing.
    pub fn age(self, clock: &dyn Clock) -> Duration {
        let wall = (clock.now() - self.now).to_std().unwrap_or_default();
        clock.elapsed().saturating_sub(self.elapsed).max(wall)
    }
}

/// The clocks of this machine: its wall clock, and the [`BootClock`] for what has elapsed.
///
/// Waits stand still while the machine sleeps; what they were for is looked at again on the clocks afterwards.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

#[async_trait]
#[expect(
    clippy::disallowed_methods,
    reason = "with `boot`, the one place that reads the machine's clock"
)]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }

    fn elapsed(&self) -> Duration {
        BootClock::of_machine().elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}
