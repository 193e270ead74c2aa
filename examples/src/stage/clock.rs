use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::time::{Clock, SystemClock};

/// The machine's clock, with a wall clock that is wrong by a fixed time.
#[derive(Clone, Copy, Debug)]
pub struct SkewedClock {
    by: chrono::Duration,
}

impl SkewedClock {
    /// Ahead by so many seconds; behind when negative.
    pub fn by_seconds(seconds: i64) -> Self {
        Self {
            by: chrono::Duration::seconds(seconds),
        }
    }
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock::default().now() + self.by
    }

    fn elapsed(&self) -> Duration {
        SystemClock::default().elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        SystemClock::default().sleep(wait).await;
    }
}
