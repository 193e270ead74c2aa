mod limit;
mod room;
#[cfg(test)]
mod tests;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;

pub use limit::{Counting, Limit, Window};
pub use room::Room;

use crate::error::Result;

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
    /// Units that are granted in the window.
    pub used: u32,
    /// Places in the queue, whatever each costs.
    pub waiting: u32,
    /// For how long a newcomer would wait who books what the limit says it costs.
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
/// is granted, or promised: in a sliding window for the window's length, in one that ends until that end. A place that
/// nobody comes back for lapses then. What a key's window is, is said anew with every call; by the one it was booked with a
/// booking is [removed](Self::purge), so a key is booked with windows of one kind.
///
/// **In a window that ends** a booking keeps the end that was said with it, or, of one that is granted or promised later,
/// the end of the window in which that is. It counts until then, whatever end others say: that processes differ a little
/// does no harm. What is promised for a later window takes nothing of this one, so who fits into what is left of this one
/// passes those who wait for the next. What is booked in the [last moments](Window::eve) counts in the next window too. When
/// a key is booked with a sliding window as well, its call counts every booking by when it was granted, and a call with a
/// window that ends counts what was booked in the sliding one until that has passed.
///
/// Stores that work out in their process when there is room do so with [`Room`].
#[async_trait]
pub trait Limits: Debug + Send + Sync + 'static {
    /// Books one of each for `holder`, all or nothing. Each key is named once.
    ///
    /// It is granted when, for every key, its cost and what is granted in the window or stands ahead in the queue are no
    /// more than the limit, and no key is blocked. Otherwise the holder gets, or keeps, its place in the queue of every
    /// key, for the earliest time at which that is so: in a window that ends, not before the next one. With a limit of 0
    /// that is a whole window away, again and again. Who asks again for its place says anew what it costs; what is granted
    /// keeps its cost.
    ///
    /// # Errors
    /// `Invalid` when a limit [can never be booked](Limit::check); nothing is booked then. `Storage` when a shared store
    /// fails.
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking>;

    /// Takes back a holder's place in the queue and its latest grant of each key, with all they cost: nothing was spent, or
    /// a slot is free again. What is not booked is passed over.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()>;

    /// The platform counts `used` units in the window: what is missing here is added, as granted now. When it counts less,
    /// nothing changes.
    ///
    /// In a window that ends it counts until that end. Say what was left *before* the platform was asked: what it tells may
    /// be of the window that has ended meanwhile, and with nothing left nothing is added.
    ///
    /// # Errors
    /// As [`book`](Self::book).
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
    /// As [`book`](Self::book).
    async fn usage(&self, limit: &Limit) -> Result<Usage>;

    /// Removes at most `limit` bookings that left their window, whatever each costs, and says how many. Blocks that ended go along, uncounted.
    ///
    /// # Errors
    /// `Storage` when a shared store fails.
    async fn purge(&self, limit: u32) -> Result<u64>;
}
