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

/// The machine's clock and everything measured on it, ahead by a time that grows: time has passed for the whole process.
#[derive(Clone, Debug, Default)]
pub struct LeapClock(SkewedClock);

impl LeapClock {
    /// Sets it ahead by so many seconds. Never by fewer than before.
    pub fn set(&self, seconds: u32) {
        self.0.set(i64::from(seconds));
    }
}

#[async_trait]
impl Clock for LeapClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        let ahead = self.0.seconds.load(Ordering::SeqCst);
        self.0.elapsed() + Duration::from_secs(ahead.unsigned_abs())
    }

    async fn sleep(&self, wait: Duration) {
        self.0.sleep(wait).await;
    }
}
