use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Clock, Moment};

/// A moment after which nothing of a step may be sent any more.
///
/// It is over as soon as either clock says so, [`Clock::elapsed`] or the wall clock: the first goes on while the machine
/// sleeps, and the second is what a database on this machine measures its leases on, which a jump ends early. A wall
/// clock that is set back changes nothing. It means nothing in another process. Clones share it: whoever renews a lease
/// moves the deadline for all who hold it.
#[derive(Clone)]
pub struct Deadline {
    clock: Arc<dyn Clock>,
    end: Arc<Mutex<End>>,
}

/// Where it is on each clock; nothing once it was seen to have passed.
type End = Option<Moment>;

impl Deadline {
    /// `within` from now.
    pub fn after(clock: Arc<dyn Clock>, within: Duration) -> Self {
        let now = clock.moment();
        Self::since(clock, now, within)
    }

    /// `within` after `moment`, which was read from the same clock.
    pub fn since(clock: Arc<dyn Clock>, moment: Moment, within: Duration) -> Self {
        let end = Arc::new(Mutex::new(Some(later(moment, within))));
        Self { clock, end }
    }

    /// Moves it to `within` after `since`. It never moves back, and one that has passed stays passed.
    pub fn extend(&self, since: Moment, within: Duration) {
        let now = self.clock.moment();
        let mut end = self.end();
        if left(&mut end, now).is_zero() {
            return;
        }
        let to = later(since, within);
        // By what has elapsed, not by the wall clock: one that was set back meanwhile would never let it move.
        if end.is_some_and(|end| end.elapsed < to.elapsed) {
            *end = Some(to);
        }
    }

    /// What is left, zero when it has passed.
    pub fn remaining(&self) -> Duration {
        let now = self.clock.moment();
        left(&mut self.end(), now)
    }

    /// Whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The clock it is measured on.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline")
            .field("remaining", &self.remaining())
            .finish()
    }
}

/// What is left on the clock on which less is left. What has passed on either stays passed.
fn left(end: &mut End, now: Moment) -> Duration {
    let left = end.map_or(Duration::ZERO, |end| {
        let wall = (end.now - now.now).to_std().unwrap_or_default();
        end.elapsed.saturating_sub(now.elapsed).min(wall)
    });
    if left.is_zero() {
        *end = None;
    }
    left
}

fn later(moment: Moment, by: Duration) -> Moment {
    let wall = TimeDelta::from_std(by).ok();
    let wall = wall.and_then(|by| moment.now.checked_add_signed(by));
    Moment {
        now: wall.unwrap_or(DateTime::<Utc>::MAX_UTC),
        elapsed: moment.elapsed.saturating_add(by),
    }
}
