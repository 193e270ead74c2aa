//! The virtual clock: the machine's clock plus an offset that the control surface moves forward.
//!
//! This is the only file that reads real time or waits for it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// Milliseconds since the Unix epoch, on the virtual clock.
pub(crate) type Millis = i64;

/// Everything in the sandbox that has a lifetime is measured on this clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    offset: Arc<AtomicI64>,
    moved: watch::Sender<()>,
}

impl Clock {
    /// A clock that is `offset` milliseconds ahead of the machine's.
    pub(crate) fn ahead_by(offset: Millis) -> Self {
        Self {
            offset: Arc::new(AtomicI64::new(offset)),
            moved: watch::Sender::new(()),
        }
    }

    pub(crate) fn now(&self) -> Millis {
        real_now().saturating_add(self.offset())
    }

    pub(crate) fn offset(&self) -> Millis {
        self.offset.load(Ordering::SeqCst)
    }

    /// Moves the clock forward and wakes everything that waits for it.
    pub(crate) fn advance(&self, by: Duration) {
        self.offset.fetch_add(millis(by), Ordering::SeqCst);
        self.moved.send_replace(());
    }

    /// Waits until the virtual clock shows `at`.
    pub(crate) async fn sleep_until(&self, at: Millis) {
        let mut moved = self.moved.subscribe();
        loop {
            let left = at.saturating_sub(self.now());
            if left <= 0 {
                return;
            }
            tokio::select! {
                () = pause(Duration::from_millis(left.unsigned_abs())) => {}
                _ = moved.changed() => {}
            }
        }
    }
}

/// `time` as a date. Times the sandbox produces are always in range; others become the epoch.
pub(crate) fn date(time: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time).unwrap_or_default()
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

/// Waits in real time.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that waits on the real clock"
)]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The result of `future`, or `None` when it takes longer than `limit` of real time.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that waits on the real clock"
)]
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the real clock"
)]
fn real_now() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, millis)
}
