use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::Clock;

/// A clock that moves only when told to. Clones share the time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: DateTime<Utc>,
    elapsed: Arc<watch::Sender<Duration>>,
    /// By how many microseconds the wall clock was set.
    set: Arc<AtomicI64>,
}

impl ManualClock {
    /// Stands at `start`.
    pub fn at(start: DateTime<Utc>) -> Self {
        Self {
            start,
            elapsed: Arc::new(watch::Sender::new(Duration::ZERO)),
            set: Arc::default(),
        }
    }

    /// Moves on and wakes every wait that has ended.
    pub fn advance(&self, by: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed += by);
    }

    /// Sets the wall clock forward, or back, while no time passes.
    pub fn jump(&self, by: TimeDelta) {
        let by = by.num_microseconds().unwrap_or_default();
        self.set.fetch_add(by, Ordering::AcqRel);
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
        let set = TimeDelta::microseconds(self.set.load(Ordering::Acquire));
        self.start + *self.elapsed.borrow() + set
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
