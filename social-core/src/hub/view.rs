use std::fmt;

use chrono::{DateTime, Utc};

use crate::{
    error::{Error, Remedy},
    model::{AccountKey, IdempotencyKey, PostId, RemoteId},
    publish::{Note, NoteKind, Outcome, PostLink},
    store::{PostRecord, PostState, Revision},
};

/// A post as its owner sees it. Nothing in it is sealed; what was asked for tells [`Social::request`](super::Social::request).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Post {
    /// Which post.
    pub id: PostId,
    /// For which account, and whose.
    pub account: AccountKey,
    /// The caller's name for it.
    pub idempotency_key: IdempotencyKey,
    /// The caption.
    pub caption: String,
    /// Counts its edits, from 1: what [`Social::edit`](super::Social::edit) is told to have been seen.
    pub revision: Revision,
    /// Where it stands.
    pub state: PostState,
    /// A newer release wrote down something of it that this one does not know. It can be shown, and nothing is done with it.
    pub is_newer: bool,
    /// The next remote step.
    pub step: String,
    /// The platform's ids for it, in the order in which they were given; the last is the one that tells most.
    pub remote_ids: Vec<RemoteId>,
    /// Bytes sent and to send.
    pub progress: Option<(u64, u64)>,
    /// A step that counts once was started and its outcome is not known: it is looked for, and not sent again.
    pub started: bool,
    /// When the last such step was started, whether or not its outcome is known by now.
    pub started_at: Option<DateTime<Utc>>,
    /// When the data were last restored while this post was begun or due: see [`PostRecord::restored_at`].
    pub restored_at: Option<DateTime<Utc>>,
    /// The last trouble.
    pub cause: Option<Error>,
    /// Since when it fails in a row; what it had to wait in between is not counted in.
    pub failing_since: Option<DateTime<Utc>>,
    /// When something is next done; nothing when nothing is.
    pub next_at: Option<DateTime<Utc>>,
    /// When it would have been due, if it is kept [held](PostRecord::held_due_at) for an operator's word.
    pub held_due_at: Option<DateTime<Utc>>,
    /// After this it is too late to begin.
    pub expires_at: Option<DateTime<Utc>>,
    /// The owner has asked to cancel.
    pub cancel_requested: bool,
    /// The outcome, once there is one.
    pub outcome: Option<Outcome>,
    /// Posts of the request that are there, also while more of it is to be done or nobody can tell about the rest.
    pub links: Vec<PostLink>,
    /// What is to know beside the outcome: that the rest is missing, what is not as asked, which posts it may be.
    pub notes: Vec<Note>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When a worker began it.
    pub began_at: Option<DateTime<Utc>>,
    /// When the outcome was recorded.
    pub settled_at: Option<DateTime<Utc>>,
}

impl Post {
    /// Whether it is kept held for an operator's word: [`Social::release_post`](super::Social::release_post) lets it go.
    pub fn is_held(&self) -> bool {
        self.held_due_at.is_some()
    }
}

impl From<PostRecord> for Post {
    fn from(post: PostRecord) -> Self {
        Self {
            is_newer: post.is_newer(),
            links: post.links().to_vec(),
            id: post.id,
            account: post.account,
            idempotency_key: post.idempotency_key,
            caption: post.caption,
            revision: post.revision,
            state: post.state,
            step: post.checkpoint.step,
            remote_ids: post.checkpoint.remote_ids,
            progress: post.progress,
            started: post.started,
            started_at: post.started_at,
            restored_at: post.restored_at,
            cause: post.cause,
            failing_since: post.failing_since,
            next_at: post.next_at,
            held_due_at: post.held_due_at,
            expires_at: post.expires_at,
            cancel_requested: post.cancel_requested,
            outcome: post.outcome,
            notes: post.notes,
            created_at: post.created_at,
            began_at: post.began_at,
            settled_at: post.settled_at,
        }
    }
}

const NEWER: &str =
    "as a newer release left it: this one does not know what that means, and leaves it alone";

impl Post {
    /// Where it stands, in words for a log.
    fn stands(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Some(Outcome::Published(_)) => f.write_str("published"),
            Some(Outcome::Failed(error)) => write!(f, "failed: {error}"),
            Some(Outcome::AwaitingUser) => f.write_str("waiting in the platform's app"),
            Some(Outcome::Cancelled) => f.write_str("cancelled"),
            Some(Outcome::Undecided) => f.write_str("undecided; it is not sent again"),
            Some(Outcome::Unknown) => f.write_str(NEWER),
            None if self.is_newer => f.write_str(NEWER),
            None if self.is_held() => f.write_str(
                "held: it may have been posted before a failover, an operator has to look and release or cancel it",
            ),
            None if self.state == PostState::Queued => f.write_str("queued"),
            None => {
                write!(f, "working: {}", self.step)?;
                if let Some((sent, total)) = self.progress.filter(|(_, total)| *total > 0) {
                    write!(f, ", {}% sent", sent.saturating_mul(100) / total)?;
                }
                let Some(cause) = &self.cause else {
                    return Ok(());
                };
                write!(f, " ({cause})")?;
                if self.started && *cause.remedy() == Remedy::Reconcile {
                    f.write_str("; not known whether it was done, and it is not sent again")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stands(f)?;
        if !self.links.is_empty() && !matches!(self.outcome, Some(Outcome::Published(_))) {
            f.write_str("; part of it is there")?;
        }
        self.links.iter().try_for_each(|link| match &link.url {
            Some(url) => write!(f, ", {url}"),
            None => write!(f, ", id {}", link.id),
        })?;
        self.notes.iter().try_for_each(|note| match note.kind {
            NoteKind::Rest => write!(f, "; the rest is missing: {}", note.cause),
            _ => write!(f, "; {}", note.cause),
        })
    }
}
