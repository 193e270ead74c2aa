use std::time::Duration;

use super::Window;

/// When the bookings of a key leave room for one who asks. For stores that work it out in their process; one that does so
/// in SQL follows the same rule, and the suite compares them.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    window: Window,
    queued: Duration,
    fits: bool,
    blocked: Duration,
}

impl Room {
    /// Joins the parts.
    ///
    /// Ahead of who asks is what is granted, and who stands before it in the queue. `queued` says after how long so much of
    /// what counts ahead has ended that the cost fits; zero when it fits beside all of it. `fits` says, of a window that
    /// ends, whether the cost fits beside what counts ahead in this very window: what is granted, and what is promised for
    /// before its [eve](Window::eve). For so long the key is `blocked`.
    pub fn new(window: Window, queued: Duration, fits: bool, blocked: Duration) -> Self {
        Self {
            window,
            queued,
            fits,
            blocked,
        }
    }

    /// The earliest time from `wait` on at which there is room.
    pub fn after(&self, wait: Duration) -> Duration {
        let from = wait.max(self.blocked);
        if self.window.limit == 0 {
            return from.max(self.window.ends_after(Duration::ZERO));
        }
        match self.window.left {
            Some(left) if from.saturating_add(self.window.eve()) < left => {
                if self.fits {
                    from
                } else {
                    left.max(self.queued)
                }
            }
            _ => from.max(self.queued),
        }
    }

    /// The earliest time at which all of them have room.
    pub fn of_all(rooms: &[Self]) -> Duration {
        let mut wait = Duration::ZERO;
        loop {
            let next = rooms.iter().map(|room| room.after(wait)).max();
            match next {
                Some(next) if next > wait => wait = next,
                _ => return wait,
            }
        }
    }
}
