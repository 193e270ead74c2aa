use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::time::{Clock, SystemClock};

/// The machine's clock, with a wall clock that is wrong by a time that can be set. Clones are set together.
#[derive(Clone, Debug, Default)]
pub struct SkewedClock {
    seconds: Arc<AtomicI64>,
}

impl SkewedClock {
    /// Ahead by so many seconds; behind when negative.
    pub fn by_seconds(seconds: i64) -> Self {
        let clock = Self::default();
        clock.set(seconds);
        clock
    }

    /// Sets it ahead by so many seconds; behind when negative.
    pub fn set(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> DateTime<Utc> {
        let by = chrono::Duration::seconds(self.seconds.load(Ordering::SeqCst));
        SystemClock::default().now() + by
    }

    fn elapsed(&self) -> Duration {
        SystemClock::default().elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        SystemClock::default().sleep(wait).await;
    }
}
