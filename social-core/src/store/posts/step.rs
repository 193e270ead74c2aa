use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{HeldFor, HistoryEntry, PostRecord, StoredCheckpoint};
use crate::{
    error::Error,
    model::AppKey,
    publish::{Note, Outcome},
    webhook::VerifiedEvent,
};

/// Counts the claims of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct Fence(pub i64);

/// Which posts to claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClaimPosts {
    /// Due at this time.
    pub now: DateTime<Utc>,
    /// For how long.
    pub lease: Duration,
    /// At most so many lanes.
    pub limit: u32,
    /// The apps this worker serves, each with the newest form of checkpoint it reads.
    pub versions: Vec<(AppKey, u16)>,
}

impl ClaimPosts {
    /// The newest form of checkpoint that it reads of this app, if it serves it.
    pub fn newest(&self, app: &AppKey) -> Option<u16> {
        let of_app = self.versions.iter().filter(|(name, _)| name == app);
        of_app.map(|(_, version)| *version).max()
    }

    /// Joins the parts.
    pub fn new(
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
        versions: Vec<(AppKey, u16)>,
    ) -> Self {
        Self {
            now,
            lease,
            limit,
            versions,
        }
    }
}

/// The right to work on one post until the lease lapses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostClaim {
    /// The post at the moment of the claim, this attempt counted.
    pub post: PostRecord,
    /// This claim's number on its lane.
    pub fence: Fence,
    /// When a `Once` step was started without a known outcome: how long until nothing of it can happen any more.
    pub settles_in: Option<Duration>,
    /// How long ago that was, on the store's clock, once it has passed.
    pub settled_for: Duration,
    /// The newest form of checkpoint that its holder reads of this app, as the claim named it: posts of a newer one are for others.
    pub reads: u16,
}

impl PostClaim {
    /// Joins the parts. Its holder reads every form.
    pub fn new(post: PostRecord, fence: Fence, settles_in: Option<Duration>) -> Self {
        Self {
            post,
            fence,
            settles_in,
            settled_for: Duration::ZERO,
            reads: u16::MAX,
        }
    }

    /// Its holder reads no newer form of checkpoint than this.
    #[must_use]
    pub fn reading(mut self, newest: u16) -> Self {
        self.reads = newest;
        self
    }

    /// Its step settled so long ago.
    #[must_use]
    pub fn settled_for(mut self, settled_for: Duration) -> Self {
        self.settled_for = settled_for;
        self
    }
}

/// The start of a `Once` step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StartStep {
    /// From now on, on the store's clock, this long passes until nothing of the step can happen any more: what is left
    /// until the deadline, and the step's settle time.
    pub settles_in: Duration,
    /// The line of history. Its time is when the step starts.
    pub history: HistoryEntry,
}

impl StartStep {
    /// Joins the parts.
    pub fn new(settles_in: Duration, history: HistoryEntry) -> Self {
        Self {
            settles_in,
            history,
        }
    }
}

/// Whether a `Once` step may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it may or not")]
pub enum Started {
    /// It is written down.
    Started,
    /// The owner has asked to cancel; nothing was written.
    Cancelled,
}

/// What becomes of a post next.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all cases")]
pub enum Next {
    /// It is due again.
    At(DateTime<Utc>),
    /// As `At`, and its account's lane is held until what was refused is another. Nothing when the account was not connected:
    /// until it is.
    Hold(DateTime<Utc>, Option<HeldFor>),
    /// It has an outcome, and is looked at again at the given time if there is one.
    Settle(Outcome, Option<DateTime<Utc>>),
}

/// What a step led to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordStep {
    /// Where it stands; `None` leaves the checkpoint as it is.
    pub checkpoint: Option<StoredCheckpoint>,
    /// What becomes of it.
    pub next: Next,
    /// Whether a `Once` step that was started still has no known outcome.
    pub still_started: bool,
    /// The trouble; `None` clears the last one.
    pub cause: Option<Error>,
    /// Errors in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<DateTime<Utc>>,
    /// Bytes sent and to send; `None` leaves them as they are.
    pub progress: Option<(u64, u64)>,
    /// Lines of history.
    pub history: Vec<HistoryEntry>,
    /// The numbers of the [events](super::PostStore::told) that this takes into account: they are done at `now`.
    pub applied: Vec<i64>,
    /// It is due when it would be without the [events](super::PostStore::told) that it was told, by what the store knows when this
    /// is written, and not at the time of `next`; at that where the store knows of none, unless the post has an outcome.
    pub due_as_untold: bool,
    /// Events that wait do not make it due before the time of `next`: they cannot be applied now.
    pub puts_off_told: bool,
    /// Goes on with this post at once, under the same lease.
    pub keep_lease: bool,
    /// When the owner has asked to cancel in the meantime, the post is due at `now` and not only at the given time. For
    /// a holder who did not know of it when the step began.
    pub heed_cancel: bool,
    /// Now.
    pub now: DateTime<Utc>,
    /// What is noted beside the outcome from now on; `None` leaves the notes as they are.
    pub notes: Option<Vec<Note>>,
}

impl RecordStep {
    /// A step after which the post is due at `next`.
    pub fn new(next: Next, now: DateTime<Utc>) -> Self {
        Self {
            checkpoint: None,
            next,
            still_started: false,
            cause: None,
            failures: 0,
            failing_since: None,
            progress: None,
            history: Vec::new(),
            applied: Vec::new(),
            due_as_untold: false,
            puts_off_told: false,
            keep_lease: false,
            heed_cancel: false,
            now,
            notes: None,
        }
    }
}

/// What events tell a post that were not applied yet.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Told {
    /// The first of them, in the order in which they came.
    pub events: Vec<ToldEvent>,
    /// When the post would be due without them.
    pub due_at: Option<DateTime<Utc>>,
}

impl Told {
    /// Joins the parts.
    pub fn new(events: Vec<ToldEvent>, due_at: Option<DateTime<Utc>>) -> Self {
        Self { events, due_at }
    }
}

/// An event that was handed over to a post.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToldEvent {
    /// Its number in the order of arrival.
    pub number: i64,
    /// What was sent; nothing when its row cannot be read, which the store has reported.
    pub event: Option<VerifiedEvent>,
}

impl ToldEvent {
    /// Joins the parts.
    pub fn new(number: i64, event: Option<VerifiedEvent>) -> Self {
        Self { number, event }
    }
}

/// What the holder learns from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// The owner has asked to cancel.
    pub cancel_requested: bool,
}

impl Recorded {
    /// Says whether the owner has asked to cancel.
    pub fn new(cancel_requested: bool) -> Self {
        Self { cancel_requested }
    }
}

/// What a cancellation led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all cases")]
pub enum Cancelled {
    /// It is cancelled.
    Done,
    /// A worker has begun it and is asked to stop.
    Requested,
    /// It already has an outcome.
    TooLate,
}
