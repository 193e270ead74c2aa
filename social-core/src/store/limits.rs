use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;

use crate::error::Result;

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
    /// `limit` in any stretch of `per`.
    pub const fn new(limit: u32, per: Duration) -> Self {
        Self { limit, per }
    }

    /// `limit` in any minute.
    pub const fn per_minute(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(60))
    }

    /// `limit` in any 24 hours.
    pub const fn per_day(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(86_400))
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
}

impl Limit {
    /// A limit that each holder counts in once.
    pub fn new(key: impl Into<String>, window: Window) -> Self {
        Self {
            key: key.into(),
            window,
            counting: Counting::OncePerHolder,
        }
    }

    /// A limit that each call counts in.
    pub fn of_calls(key: impl Into<String>, window: Window) -> Self {
        Self {
            counting: Counting::EachCall,
            ..Self::new(key, window)
        }
    }
}

/// What a booking found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "granted or not")]
pub enum Booking {
    /// Spend it now.
    Granted,
    /// It is granted after this long, to this holder, who has a place in the queue now. Not earlier, unless somebody
    /// ahead is refunded; later when the platform blocks it meanwhile, or when somebody ahead comes late for its place.
    Wait(Duration),
}

/// What is spent of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Granted in the window that ends now.
    pub used: u32,
    /// Places in the queue.
    pub waiting: u32,
    /// For how long a newcomer would wait.
    pub wait: Duration,
}

impl Usage {
    /// Joins the parts.
    pub fn new(used: u32, waiting: u32, wait: Duration) -> Self {
        Self {
            used,
            waiting,
            wait,
        }
    }
}

/// A key that nobody gets for now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// The key.
    pub key: String,
    /// For how long yet.
    pub left: Duration,
}

impl Block {
    /// Joins the parts.
    pub fn new(key: impl Into<String>, left: Duration) -> Self {
        let key = key.into();
        Self { key, left }
    }
}

/// Books limits before they are spent, over all processes of a store, on the store's own clock.
///
/// Bookings of a key queue up in the order in which their holders first asked. A booking counts from the time at which it
/// is granted, or promised, for the length of the window: a place that nobody comes back for lapses then. What a key's
/// window is, is said anew with every call.
#[async_trait]
pub trait Limits: Debug + Send + Sync + 'static {
    /// Books one of each for `holder`, all or nothing. Each key is named once.
    ///
    /// It is granted when, for every key, fewer bookings than the limit are granted in the window that ends now or stand
    /// ahead in the queue, and no key is blocked. Otherwise the holder gets, or keeps, its place in the queue of every
    /// key, for the earliest time at which that is so; with a limit of 0 that is a whole window away, again and again.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking>;

    /// Takes back a holder's place in the queue and its latest grant of each key: nothing was spent, or a slot is free
    /// again. What is not booked is passed over.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()>;

    /// The platform counts `used` in the window that ends now: what is missing here is added, as granted now. When it
    /// counts less, nothing changes. A store may believe no more than 100,000.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn observe(&self, limit: &Limit, used: u32) -> Result<()>;

    /// Nobody gets `key` for this long: the platform said so. A longer block stays.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn block(&self, key: &str, wait: Duration) -> Result<()>;

    /// Ends the block of a key, on an operator's word, and says whether there was one. What is booked of the key stays so.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn unblock(&self, key: &str) -> Result<bool>;

    /// What is blocked, at most `limit` keys; those that are blocked longest come first.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn blocks(&self, limit: u32) -> Result<Vec<Block>>;

    /// What is spent of a limit. Spends nothing.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn usage(&self, limit: &Limit) -> Result<Usage>;

    /// Removes at most `limit` bookings that left their window, and says how many. Blocks that ended go along, uncounted.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn purge(&self, limit: u32) -> Result<u64>;
}
