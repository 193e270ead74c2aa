use std::time::Duration;

/// What a [`MaintenanceWorker`](super::MaintenanceWorker) removes, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaintenanceSettings {
    /// How often it looks. 1 h.
    pub every: Duration,
    /// How many rows a statement removes at most. 1,000.
    pub batch: u32,
    /// How long an event is kept after it was handled, or set aside, to be looked at or handled again. That it is known when it
    /// is sent again does not hang on this. 30 days.
    pub keep_done: Duration,
    /// How long a dead letter is kept. 90 days.
    pub keep_dead: Duration,
    /// How long after it came an event waits for the post that it is about, when no post here has that id, or for a process that
    /// has its app, when none has. Then it is set aside as unmatched, which is no error: it may be about a post that was made
    /// elsewhere, or an app that is no longer served. 7 days.
    pub unmatched_after: Duration,
    /// How long an upload in parts is kept that nobody goes on with. 24 h.
    pub keep_uploads: Duration,
    /// How long a file of the media store is kept that no post needs, counted from when it was stored, last submitted, or a post that
    /// had it ended, whichever is the latest: a day at least. For ever when `None`, which is the default: set it where the store holds nothing but media of this installation's
    /// posts, and what is uploaded is submitted within this time. A post needs its files until it has an outcome and nobody looks
    /// at it any more.
    pub keep_media: Option<Duration>,
    /// How long the history of a post is kept after the post ended. For ever when `None`, which is the default.
    pub keep_history: Option<Duration>,
}

pub(super) const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Default for MaintenanceSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(3_600),
            batch: 1_000,
            keep_done: 30 * DAY,
            keep_dead: 90 * DAY,
            unmatched_after: 7 * DAY,
            keep_uploads: DAY,
            keep_media: None,
            keep_history: None,
        }
    }
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaintenanceReport {
    /// Sign-ins that ended.
    pub logins: u64,
    /// Bookings of limits that left their window.
    pub bookings: u64,
    /// Events that ended long ago; those that a store drops many at once are not counted.
    pub events: u64,
    /// Events that were set aside: no post here had the id that they are about, or no process their app.
    pub unmatched: u64,
    /// Uploads that nobody went on with.
    pub uploads: u64,
    /// Files of the media store that no post needs.
    pub media: u64,
    /// Lines of history.
    pub history: u64,
    /// Parts of the upkeep that failed; the log says why.
    pub failed: u32,
    /// Nothing was looked at: the data have begun another life, and an operator has to accept it, see
    /// [`Social::accept_incarnation`](social_core::Social::accept_incarnation); or this machine's clock is too far from the
    /// store's.
    pub held: bool,
}

impl MaintenanceReport {
    /// Whether anything was removed.
    pub(super) fn is_news(&self) -> bool {
        let rows = [self.logins, self.bookings, self.events, self.unmatched];
        rows.iter().sum::<u64>() + self.uploads + self.media + self.history > 0
    }
}
