use std::time::Duration;

use crate::error::{Error, Result};

/// The longest [`Window::eve`].
const LONGEST_EVE: Duration = Duration::from_secs(60);

/// How many in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// At most so many units.
    pub limit: u32,
    /// In any stretch of this length; of a window that ends, how long each one after it is.
    pub per: Duration,
    /// For how long yet the window is the one that is meant. None for a sliding one: any stretch of `per`.
    pub left: Option<Duration>,
}

impl Window {
    /// `limit` in any stretch of `per`.
    pub const fn new(limit: u32, per: Duration) -> Self {
        Self {
            limit,
            per,
            left: None,
        }
    }

    /// `limit` in any minute.
    pub const fn per_minute(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(60))
    }

    /// `limit` in any 24 hours.
    pub const fn per_day(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(86_400))
    }

    /// `limit` in a window that ends after `left`, for everybody at once; another one of `per` begins there.
    ///
    /// For what a platform counts by days of a calendar: who knows its time zone says how much of the day is left, with
    /// every call anew. A duration, because a store measures on a clock of its own. With nothing left the next window
    /// begins now.
    ///
    /// `per` is what tells when the windows after the next turn begin. On the eve of a day of 23 or 25 hours 24 will do: a
    /// promise that is more than one turn away is an hour off then, until it is asked for again.
    pub const fn ending(limit: u32, per: Duration, left: Duration) -> Self {
        Self {
            limit,
            per,
            left: Some(left),
        }
    }

    /// The last moments of a window that ends: a hundredth of `per`, at most a minute. Clocks differ, and everybody who
    /// waits comes at the turn: what is booked so shortly before the end that was said may be spent after it, so it counts in
    /// the next window too. Nothing for a sliding window.
    pub fn eve(&self) -> Duration {
        match self.left {
            Some(_) => (self.per / 100).min(LONGEST_EVE),
            None => Duration::ZERO,
        }
    }

    /// After how long from now a booking ends that is granted after `wait`.
    pub fn ends_after(&self, wait: Duration) -> Duration {
        let Some(left) = self.left else {
            return wait.saturating_add(self.per);
        };
        let Some(past) = wait.saturating_add(self.eve()).checked_sub(left) else {
            return left;
        };
        let per = self.per.as_micros().max(1);
        let turns = (past.as_micros() / per).saturating_add(1);
        let rest = u64::try_from(per.saturating_mul(turns)).unwrap_or(u64::MAX);
        left.saturating_add(Duration::from_micros(rest))
    }
}

/// What one booking stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "both cases")]
pub enum Counting {
    /// Each call: who books again after a grant, books another one.
    EachCall,
    /// Each holder: who books again after a grant has it still, until it leaves the window or is refunded. For a post a
    /// day, or a slot of those that may be pending.
    OncePerHolder,
}

/// One limit: its key names what it is counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// For example `example/init/ACCOUNT`. Holds no secret.
    pub key: String,
    /// How many.
    pub window: Window,
    /// Of what.
    pub counting: Counting,
    /// How many units of the window one booking takes.
    pub cost: u32,
}

impl Limit {
    /// A limit that each holder counts in once, with one unit.
    pub fn new(key: impl Into<String>, window: Window) -> Self {
        Self {
            key: key.into(),
            window,
            counting: Counting::OncePerHolder,
            cost: 1,
        }
    }

    /// A limit that each call counts in, with one unit.
    pub fn of_calls(key: impl Into<String>, window: Window) -> Self {
        Self {
            counting: Counting::EachCall,
            ..Self::new(key, window)
        }
    }

    /// With so many units for a booking.
    #[must_use]
    pub fn costing(self, units: u32) -> Self {
        Self {
            cost: units,
            ..self
        }
    }

    /// Whether it can be booked at all. Every store asks before it does anything.
    ///
    /// # Errors
    /// `Invalid` when a booking costs nothing, or more than the window ever takes, or when the windows after one that ends
    /// have no length. A limit of 0 takes nothing for now, whatever the cost, and is none of these.
    pub fn check(&self) -> Result<()> {
        let Self {
            key, window, cost, ..
        } = self;
        let (rule, message) = if *cost == 0 {
            let message = format!("a booking of {key} costs 0 units; say at least 1");
            ("limit.cost", message)
        } else if window.limit > 0 && *cost > window.limit {
            let message = format!(
                "a booking of {key} costs {cost} units, and its window never takes more than {}; book less, or raise the limit",
                window.limit
            );
            ("limit.cost", message)
        } else if window.left.is_some() && window.per.is_zero() {
            let message = format!("the windows of {key} have no length; say how long one is");
            ("limit.window", message)
        } else {
            return Ok(());
        };
        Err(Error::invalid("limit", rule, message))
    }
}
