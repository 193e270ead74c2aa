use std::{
    collections::{HashMap, VecDeque},
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use crate::{error::Result, time::Clock};

/// How many in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// At most so many.
    pub limit: u32,
    /// In any stretch of this length.
    pub per: Duration,
}

impl Window {
    /// `limit` in any minute.
    pub const fn per_minute(limit: u32) -> Self {
        Self {
            limit,
            per: Duration::from_secs(60),
        }
    }
}

/// One limit: its key names what it is counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// For example `example/init/ACCOUNT`. Holds no secret.
    pub key: String,
    /// How many.
    pub window: Window,
}

impl Limit {
    /// Joins the two.
    pub fn new(key: impl Into<String>, window: Window) -> Self {
        Self {
            key: key.into(),
            window,
        }
    }
}

/// What a booking found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "granted or not")]
pub enum Booking {
    /// Spend it now.
    Granted,
    /// Nothing was booked; the earliest time at which it may be is this far away.
    Wait(Duration),
}

/// Books limits before they are spent.
#[async_trait]
pub trait Limits: Debug + Send + Sync + 'static {
    /// Books one of each for `holder`, all or nothing.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking>;

    /// Nobody gets `key` for this long: the platform said so.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn block(&self, key: &str, wait: Duration) -> Result<()>;
}

/// Limits of this process only.
#[derive(Debug)]
pub struct LocalLimits {
    clock: Arc<dyn Clock>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Default)]
struct Bucket {
    spent: VecDeque<Duration>,
    blocked_until: Duration,
    per: Duration,
}

impl LocalLimits {
    /// Counts on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            buckets: Mutex::default(),
        }
    }
}

impl Bucket {
    fn wait(&mut self, window: Window, now: Duration) -> Duration {
        self.per = window.per;
        while self.spent.front().is_some_and(|at| *at + window.per <= now) {
            self.spent.pop_front();
        }
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let full = self
            .spent
            .len()
            .checked_sub(limit)
            .and_then(|i| self.spent.get(i));
        let regained = full.map_or(Duration::ZERO, |at| (*at + window.per).saturating_sub(now));
        regained.max(self.blocked_until.saturating_sub(now))
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.blocked_until <= now && self.spent.back().is_none_or(|at| *at + self.per <= now)
    }
}

#[async_trait]
impl Limits for LocalLimits {
    async fn book(&self, limits: &[Limit], _holder: &str) -> Result<Booking> {
        let now = self.clock.elapsed();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = Duration::ZERO;
        for limit in limits {
            let bucket = buckets.entry(limit.key.clone()).or_default();
            wait = wait.max(bucket.wait(limit.window, now));
        }
        if !wait.is_zero() {
            return Ok(Booking::Wait(wait));
        }
        for limit in limits {
            if let Some(bucket) = buckets.get_mut(&limit.key) {
                bucket.spent.push_back(now);
            }
        }
        if buckets.len() > 10_000 {
            buckets.retain(|_, bucket| !bucket.is_idle(now));
        }
        Ok(Booking::Granted)
    }

    async fn block(&self, key: &str, wait: Duration) -> Result<()> {
        let until = self.clock.elapsed().saturating_add(wait);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key.to_owned()).or_default();
        bucket.blocked_until = bucket.blocked_until.max(until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ManualClock;

    #[tokio::test]
    async fn books_all_or_nothing_and_says_when() {
        let clock = ManualClock::default();
        let limits = LocalLimits::new(Arc::new(clock.clone()));
        let narrow = Limit::new("narrow", Window::per_minute(2));
        let wide = Limit::new("wide", Window::per_minute(3));
        let both = [narrow.clone(), wide.clone()];
        assert_eq!(limits.book(&both, "a").await.unwrap(), Booking::Granted);
        clock.advance(Duration::from_secs(10));
        assert_eq!(limits.book(&both, "b").await.unwrap(), Booking::Granted);
        let wait = Booking::Wait(Duration::from_secs(50));
        assert_eq!(limits.book(&both, "c").await.unwrap(), wait);
        assert_eq!(
            limits.book(&[wide], "c").await.unwrap(),
            Booking::Granted,
            "nothing was kept"
        );
        clock.advance(Duration::from_secs(50));
        assert_eq!(limits.book(&[narrow], "c").await.unwrap(), Booking::Granted);
    }

    #[tokio::test]
    async fn a_block_holds_everybody() {
        let clock = ManualClock::default();
        let limits = LocalLimits::new(Arc::new(clock.clone()));
        let limit = [Limit::new("key", Window::per_minute(9))];
        limits.block("key", Duration::from_secs(7)).await.unwrap();
        assert_eq!(
            limits.book(&limit, "a").await.unwrap(),
            Booking::Wait(Duration::from_secs(7))
        );
        clock.advance(Duration::from_secs(7));
        assert_eq!(limits.book(&limit, "a").await.unwrap(), Booking::Granted);
    }
}
