use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind, Reason, Remedy, Result},
    model::{AccountKey, IdempotencyKey, MediaId, PostId, RemoteId},
    publish::{Effect, Exposure, Note, Outcome, PostLink},
    store::Revision,
};

/// A checkpoint as it is stored: the state is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredCheckpoint {
    /// The name of the next step.
    pub step: String,
    /// What repeating it would do.
    pub next: Effect,
    /// What can exist on the platform.
    pub exposure: Exposure,
    /// The platform's ids for the post, in the order in which they were given; see
    /// [`Checkpoint::remote_ids`](crate::publish::Checkpoint::remote_ids).
    pub remote_ids: Vec<RemoteId>,
    /// The form of the state.
    pub version: u16,
    /// The sealed state.
    pub sealed: Vec<u8>,
    /// Posts of the request that are there; see [`Checkpoint::links`](crate::publish::Checkpoint::links).
    pub links: Vec<PostLink>,
}

impl StoredCheckpoint {
    /// A checkpoint of which nothing can exist on the platform, and that has no ids.
    pub fn new(step: impl Into<String>, next: Effect, version: u16, sealed: Vec<u8>) -> Self {
        Self {
            step: step.into(),
            next,
            exposure: Exposure::Nothing,
            remote_ids: Vec::new(),
            version,
            sealed,
            links: Vec::new(),
        }
    }

    /// What a store asks of the checkpoint of a post that nobody has begun.
    ///
    /// # Errors
    /// `Invalid` when posts are there already: such a post could end as if nothing were; and when nothing is sealed: that stands for
    /// a post that [is kept already](crate::Social::prepare), and no worker could begin it.
    pub fn check_first(&self) -> Result<()> {
        let message = if !self.links.is_empty() {
            "posts of a request cannot be there before its first step"
        } else if self.sealed.is_empty() {
            "the post that this stands for is not kept here: prepare it again"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Invalid, message))
    }

    /// What a store asks of an outcome beside this checkpoint.
    ///
    /// # Errors
    /// `Invalid` for one that says that nothing is there, when something is.
    pub fn check_outcome(&self, outcome: &Outcome) -> Result<()> {
        match outcome {
            Outcome::Cancelled | Outcome::Failed(_) if !self.links.is_empty() => {
                Err(Self::is_there())
            }
            _ => Ok(()),
        }
    }

    /// What a store asks of an outcome on a person's word beside these links, which are kept.
    ///
    /// # Errors
    /// `Invalid` for one that says that nothing is there, when something is, and for a `Published` that leaves out what is there:
    /// it was written before that became known.
    pub fn check_word(links: &[PostLink], outcome: &Outcome) -> Result<()> {
        let lacks = match outcome {
            Outcome::Cancelled | Outcome::Failed(_) => !links.is_empty(),
            Outcome::Published(has) => !links.iter().all(|link| link.is_among(has)),
            _ => false,
        };
        if lacks {
            return Err(Self::is_there());
        }
        Ok(())
    }

    /// Why a post of which something is there did not fail and was not cancelled.
    pub fn is_there() -> Error {
        let message = "part of the post is there, and the outcome does not say so";
        Error::new(ErrorKind::Invalid, message)
    }
}

/// A post to keep.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewPost {
    /// Its id.
    pub id: PostId,
    /// For which account.
    pub account: AccountKey,
    /// The caller's name for it; one post per account and key.
    pub idempotency_key: IdempotencyKey,
    /// What must be equal under that key.
    pub fingerprint: [u8; 32],
    /// The caption, as the request has it. Readable, unlike the request: owners look for their posts by it, publishers for
    /// others of the same words, and it is meant to be public.
    pub caption: String,
    /// The sealed request.
    pub request: Vec<u8>,
    /// The first checkpoint.
    pub checkpoint: StoredCheckpoint,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// After this it is too late to begin.
    pub expires_at: Option<DateTime<Utc>>,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// The files of the media store that it needs: none of them is removed by age before the post is over.
    pub media: Vec<MediaId>,
    /// Keep it held for an operator's word where its key [is doubted](super::super::Incarnations::doubts_keys) for so long,
    /// in the life that the posts' own data are in. Never when nothing.
    pub hold_after_loss: Option<Duration>,
}

impl NewPost {
    /// A post due now, to be filled in.
    pub fn new(
        id: PostId,
        account: AccountKey,
        idempotency_key: IdempotencyKey,
        checkpoint: StoredCheckpoint,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            account,
            idempotency_key,
            fingerprint: [0; 32],
            caption: String::new(),
            request: Vec::new(),
            checkpoint,
            due_at: now,
            expires_at: None,
            created_at: now,
            media: Vec::new(),
            hold_after_loss: None,
        }
    }
}

/// What a submission found.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "all cases")]
pub enum Submitted {
    /// It is kept.
    New(PostRecord),
    /// The key already stood for this content.
    Existing(PostRecord),
}

/// Where a post stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PostState {
    /// No worker has begun it.
    Queued,
    /// A worker has begun it.
    Working,
    /// [`Outcome::AwaitingUser`].
    AwaitingUser,
    /// [`Outcome::Cancelled`].
    Cancelled,
    /// [`Outcome::Failed`].
    Failed,
    /// [`Outcome::Published`].
    Published,
    /// [`Outcome::Undecided`].
    Undecided,
    /// A newer release wrote down something that this one does not know: the post is left alone.
    #[serde(other, skip_serializing)]
    Unknown,
}

impl PostState {
    /// Every state of this release.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Working,
        Self::AwaitingUser,
        Self::Cancelled,
        Self::Failed,
        Self::Published,
        Self::Undecided,
    ];

    /// The state that an outcome leads to.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::AwaitingUser => Self::AwaitingUser,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Published(_) => Self::Published,
            Outcome::Undecided => Self::Undecided,
            Outcome::Unknown => Self::Unknown,
        }
    }

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Working => "working",
            Self::AwaitingUser => "awaiting_user",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Published => "published",
            Self::Undecided => "undecided",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the stored word; [`Unknown`](Self::Unknown) when it is none of this release.
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == word);
        known.unwrap_or(Self::Unknown)
    }

    /// Whether there is an outcome, as far as this release can tell.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Working | Self::Unknown)
    }
}

/// A stored post.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PostRecord {
    /// Its id.
    pub id: PostId,
    /// For which account.
    pub account: AccountKey,
    /// The caller's name for it.
    pub idempotency_key: IdempotencyKey,
    /// The caption.
    pub caption: String,
    /// The sealed request.
    pub request: Vec<u8>,
    /// Where it stands on the platform.
    pub checkpoint: StoredCheckpoint,
    /// Counts its edits, from 1.
    pub revision: Revision,
    /// Where it stands here.
    pub state: PostState,
    /// The outcome, once there is one.
    pub outcome: Option<Outcome>,
    /// When something is next done; nothing when nothing is.
    pub next_at: Option<DateTime<Utc>>,
    /// It is kept held for an operator's word, since its idempotency key may have been used in writes that were lost; due then
    /// once it is [released](super::PostStore::release_held).
    pub held_due_at: Option<DateTime<Utc>>,
    /// After this it is too late to begin.
    pub expires_at: Option<DateTime<Utc>>,
    /// A `Once` step was started and its outcome is not known.
    pub started: bool,
    /// When the last `Once` step was started, whether or not its outcome is known by now.
    pub started_at: Option<DateTime<Utc>>,
    /// When the data were last restored, cloned or failed over while this post was begun or due and had no outcome: more may
    /// have been done of it than is written here, see [`mark_restored`](super::PostStore::mark_restored).
    pub restored_at: Option<DateTime<Utc>>,
    /// Claims that neither released nor recorded their end; the present one is among them.
    pub attempts: u32,
    /// Errors in a row.
    pub failures: u32,
    /// Since when it fails in a row; what it had to wait in between is not counted in.
    pub failing_since: Option<DateTime<Utc>>,
    /// The owner has asked to cancel.
    pub cancel_requested: bool,
    /// The last trouble.
    pub cause: Option<Error>,
    /// Bytes sent and to send, as of the last record.
    pub progress: Option<(u64, u64)>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When a worker began it.
    pub began_at: Option<DateTime<Utc>>,
    /// When the outcome was recorded.
    pub settled_at: Option<DateTime<Utc>>,
    /// What is to know beside the outcome. What was noted stays as long as the outcome does; with the answer to a question, or with a
    /// verdict that is taken back, its notes go, and the [history](HistoryEntry::notes) has them.
    pub notes: Vec<Note>,
}

impl PostRecord {
    /// What a store may write down as the time of a post that is kept held: the last day of the year 9999.
    pub fn never() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(2_932_896)
    }

    /// Whether a newer release wrote down something of it that this one does not know. It can be shown, and nothing is done with
    /// it: a store hands it out to no worker, and changes nothing of it.
    pub fn is_newer(&self) -> bool {
        self.state == PostState::Unknown
            || self.outcome == Some(Outcome::Unknown)
            || self.checkpoint.next == Effect::Unknown
    }

    /// Whether its last trouble was that its account's connection was refused, or is gone.
    pub fn was_refused_access(&self) -> bool {
        let remedy = self.cause.as_ref().map(Error::remedy);
        matches!(remedy, Some(Remedy::Refresh | Remedy::Reauthorize))
    }

    /// Whether who reads no newer form of checkpoint than this can work on it.
    pub fn is_read_by(&self, newest: u16) -> bool {
        !self.is_newer() && self.checkpoint.version <= newest
    }

    /// Why nothing is done with a post of a newer release.
    pub fn newer() -> Error {
        Error::new(
            ErrorKind::Unsupported,
            "a newer release wrote the post, and this one does not know all that it says",
        )
        .with_remedy(Remedy::Operator)
        .with_reason(Reason::NewerRelease)
    }

    /// The same post, kept held.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held_due_at = self.next_at.take();
        self
    }

    /// Why [`release_held`](super::PostStore::release_held) released nothing.
    pub fn none_held() -> Error {
        Error::new(
            ErrorKind::NotFound,
            "no post with this id is kept held: look which are",
        )
    }

    /// Why a post fails whose time passed before anything of it could become a post.
    pub fn missed() -> Error {
        Error::new(
            ErrorKind::Rejected,
            "the post's time passed before it could be posted",
        )
        .with_remedy(Remedy::Never)
        .with_reason(Reason::Missed)
    }

    /// The record of a post just submitted. A store fills in the rest from its row.
    pub fn new(post: &NewPost) -> Self {
        Self {
            id: post.id,
            account: post.account.clone(),
            idempotency_key: post.idempotency_key.clone(),
            caption: post.caption.clone(),
            request: post.request.clone(),
            checkpoint: post.checkpoint.clone(),
            revision: Revision(1),
            state: PostState::Queued,
            outcome: None,
            next_at: Some(post.due_at),
            held_due_at: None,
            expires_at: post.expires_at,
            started: false,
            started_at: None,
            restored_at: None,
            attempts: 0,
            failures: 0,
            failing_since: None,
            cancel_requested: false,
            cause: None,
            progress: None,
            created_at: post.created_at,
            began_at: None,
            settled_at: None,
            notes: Vec::new(),
        }
    }

    /// Posts of the request that are there, as far as is known: those of the outcome, or those of the checkpoint.
    pub fn links(&self) -> &[PostLink] {
        match &self.outcome {
            Some(Outcome::Published(links)) => links,
            _ => &self.checkpoint.links,
        }
    }
}

/// One line of a post's history.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: HistoryKind,
    /// The step it was about.
    pub step: String,
    /// More in words; holds no secret.
    pub detail: Option<String>,
    /// The trouble, if it was one.
    pub error: Option<Error>,
    /// What was noted beside the outcome.
    pub notes: Vec<Note>,
}

impl HistoryEntry {
    /// A line without detail.
    pub fn new(at: DateTime<Utc>, kind: HistoryKind, step: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            step: step.into(),
            detail: None,
            error: None,
            notes: Vec::new(),
        }
    }
}

/// What a line of history says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryKind {
    /// It was submitted.
    Submitted,
    /// It is kept held for an operator's word.
    Held,
    /// An operator released it.
    Released,
    /// A `Once` step starts.
    Started,
    /// A step was done.
    Advanced,
    /// The owner changed it.
    Edited,
    /// An event of the platform told something new of it; `detail` has the event's kind.
    Told,
    /// A step went wrong; it is tried again, or waits.
    Troubled,
    /// The data were restored, cloned or failed over: the platform is asked first what became of the post.
    Restored,
    /// An earlier holder had gone away in the middle.
    TakenOver,
    /// The platform was asked what became of an interrupted step.
    Reconciled,
    /// The owner asked to cancel.
    CancelRequested,
    /// There is an outcome.
    Settled,
    /// Something that a newer release wrote down and this one does not know.
    #[serde(other)]
    Unknown,
}

impl HistoryKind {
    /// Every kind of this release.
    pub const ALL: [Self; 13] = [
        Self::Submitted,
        Self::Held,
        Self::Released,
        Self::Started,
        Self::Advanced,
        Self::Edited,
        Self::Told,
        Self::Troubled,
        Self::Restored,
        Self::TakenOver,
        Self::Reconciled,
        Self::CancelRequested,
        Self::Settled,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Held => "held",
            Self::Released => "released",
            Self::Started => "started",
            Self::Advanced => "advanced",
            Self::Edited => "edited",
            Self::Told => "told",
            Self::Troubled => "troubled",
            Self::Restored => "restored",
            Self::TakenOver => "taken_over",
            Self::Reconciled => "reconciled",
            Self::CancelRequested => "cancel_requested",
            Self::Settled => "settled",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the stored word; [`Unknown`](Self::Unknown) when it is none of this release.
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.unwrap_or(Self::Unknown)
    }
}

/// Which posts to list.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PostFilter {
    /// Only of this account.
    pub account: Option<AccountKey>,
    /// Only in one of these states; all when empty.
    pub states: Vec<PostState>,
    /// Only with this text in the caption, whatever the case of ASCII letters.
    pub caption: Option<String>,
    /// Only older than this post.
    pub before: Option<PostId>,
    /// At most so many; 50 when zero.
    pub limit: u32,
}

impl PostFilter {
    /// Whether posts in this state are asked for.
    pub fn takes(&self, state: PostState) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }
}

/// How many posts stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// All of them.
    pub total: u64,
    /// Not begun, or being worked on.
    pub processing: u64,
    /// Waiting for the person in the platform's app.
    pub awaiting_user: u64,
    /// Published.
    pub published: u64,
    /// Failed.
    pub failed: u64,
    /// Undecided.
    pub undecided: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Of a newer release, in a state that this one does not know.
    pub unknown: u64,
}

impl Statistics {
    /// Adds `count` posts of `state`.
    pub fn add(&mut self, state: PostState, count: u64) {
        self.total += count;
        let field = match state {
            PostState::Queued | PostState::Working => &mut self.processing,
            PostState::AwaitingUser => &mut self.awaiting_user,
            PostState::Cancelled => &mut self.cancelled,
            PostState::Failed => &mut self.failed,
            PostState::Published => &mut self.published,
            PostState::Undecided => &mut self.undecided,
            PostState::Unknown => &mut self.unknown,
        };
        *field += count;
    }
}
