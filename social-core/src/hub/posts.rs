use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Change, Social};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    media::MediaStore,
    model::{Account, OwnerId, PostId, RemoteId},
    publish::{
        Checkpoint, Note, NoteKind, Outcome, PostLink, Preflight, PublishRequest, StepContext,
        journal,
    },
    store::{Cancelled, Limits, PostFilter, PostRecord, PostState, SealedField, StoredCheckpoint},
    time::Deadline,
    tokens::ValidTokens,
};

/// A submitted post.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Post {
    /// Whose.
    pub owner: OwnerId,
    /// Which.
    pub id: PostId,
    /// Whether this submission made it; `false` when the idempotency key already stood for it.
    pub is_new: bool,
}

/// Where a post stands, without its sealed parts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PostStatus {
    /// Which post.
    pub id: PostId,
    /// Where it stands.
    pub state: PostState,
    /// The next remote step.
    pub step: String,
    /// The platform's id, once it gave one.
    pub remote_id: Option<RemoteId>,
    /// Bytes sent and to send.
    pub progress: Option<(u64, u64)>,
    /// A step that counts once was started and its outcome is not known: it is looked for, and not sent again.
    pub started: bool,
    /// The last trouble.
    pub cause: Option<Error>,
    /// When something is next done.
    pub next_at: Option<DateTime<Utc>>,
    /// It is kept [held](PostRecord::held_due_at) for an operator's word.
    pub is_held: bool,
    /// The outcome, once there is one.
    pub outcome: Option<Outcome>,
    /// Posts of the request that are there, also while more of it is to be done or nobody can tell about the rest.
    pub links: Vec<PostLink>,
    /// What is to know beside the outcome: that the rest is missing, what is not as asked, which posts it may be.
    pub notes: Vec<Note>,
}

impl From<&PostRecord> for PostStatus {
    fn from(post: &PostRecord) -> Self {
        Self {
            id: post.id,
            state: post.state,
            step: post.checkpoint.step.clone(),
            remote_id: post.checkpoint.remote_ids.last().cloned(),
            progress: post.progress,
            started: post.started,
            cause: post.cause.clone(),
            next_at: post.next_at,
            is_held: post.held_due_at.is_some(),
            outcome: post.outcome.clone(),
            links: post.links().to_vec(),
            notes: post.notes.clone(),
        }
    }
}

const NEWER: &str =
    "as a newer release left it: this one does not know what that means, and leaves it alone";

impl PostStatus {
    /// Where it stands, in words for a log.
    fn stands(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Some(Outcome::Published(_)) => f.write_str("published"),
            Some(Outcome::Failed(error)) => write!(f, "failed: {error}"),
            Some(Outcome::AwaitingUser) => f.write_str("waiting in the platform's app"),
            Some(Outcome::Cancelled) => f.write_str("cancelled"),
            Some(Outcome::Undecided) => f.write_str("undecided; it is not sent again"),
            Some(Outcome::Unknown) => f.write_str(NEWER),
            None if self.state == PostState::Unknown => f.write_str(NEWER),
            None if self.is_held => f.write_str(
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

impl fmt::Display for PostStatus {
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

/// A post with its sealed parts opened, for a worker.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenPost {
    /// What to publish.
    pub request: PublishRequest,
    /// Where it stands on the platform.
    pub checkpoint: Checkpoint,
}

impl Social {
    /// Checks a request against everything that can be known before it is sent, and spends nothing a post needs.
    ///
    /// # Errors
    /// Only when the check cannot be made; violations are in the answer.
    pub async fn preflight(
        &self,
        account: &Account,
        request: &PublishRequest,
        within: std::time::Duration,
    ) -> Result<Preflight> {
        let publisher = self.publisher(&account.key.app_key())?;
        let (media, limits): (&dyn MediaStore, &dyn Limits) = (&*self.inner.media, self.limits());
        let clock = &self.inner.clock;
        let check = |valid: ValidTokens| {
            // Anew for each asking: whoever refreshes the tokens in between may take longer than a check.
            let deadline = Deadline::after(Arc::clone(clock), within);
            async move {
                let (tokens, now) = (&valid.tokens, clock.now());
                let cx =
                    StepContext::new(account, tokens, request, media, limits, now, &deadline, &());
                publisher.preflight(&cx, request).await
            }
        };
        self.inner.tokens.with_valid(&account.key, check).await
    }

    /// Limits to book before they are spent.
    pub fn limits(&self) -> &dyn Limits {
        &*self.inner.stores.limits
    }

    /// One post of this owner.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Storage` when the store fails.
    pub async fn post(&self, owner: &OwnerId, id: PostId) -> Result<PostRecord> {
        self.inner
            .stores
            .posts
            .load(owner, id)
            .await?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "this owner has no such post"))
    }

    /// Posts of this owner, newest first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn posts(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>> {
        self.inner.stores.posts.list(owner, filter).await
    }

    /// Cancels a post of this owner: at once, or as soon as the worker that has begun it can stop.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Unavailable` with the reason `RestoredNotAccepted` while the data were restored and not
    /// accepted, unless the post is kept held: it may be out, and nobody is asked yet; `Storage` when the store fails.
    pub async fn cancel(&self, owner: &OwnerId, id: PostId) -> Result<Cancelled> {
        // One that is kept held is not marked when the data are accepted: it is for a person to decide.
        if self.post(owner, id).await?.held_due_at.is_none() {
            self.inner.guard.check().await?;
        }
        let now = self.inner.clock.now();
        let cancelled = self.inner.stores.posts.cancel(owner, id, now).await?;
        self.changed(owner, id);
        self.wake();
        Ok(cancelled)
    }

    /// Lets a worker look at a post of this owner now, instead of later or not any more: word came, for example in a
    /// webhook, that there is something to see. `false` when no worker has begun it.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Storage` when the store fails.
    pub async fn hasten(&self, owner: &OwnerId, id: PostId) -> Result<bool> {
        let now = self.inner.clock.now();
        let hastened = self.inner.stores.posts.hasten(owner, id, now).await?;
        if hastened {
            self.wake();
        }
        Ok(hastened)
    }

    /// Settles an undecided post on somebody's word: its history names `by`, if it is a person who has looked. A worker does
    /// not look at it again.
    ///
    /// Of a post of which something is there the word is about the rest: it is `Published` with what is there, and a note
    /// says why the rest is missing. What was noted while it was undecided stays in the history.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post, `Conflict` when it is not undecided, `Invalid` when more of it came to be there
    /// meanwhile, `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Dropped, it is settled or not.
    pub async fn resolve(
        &self,
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome,
        by: Option<&str>,
    ) -> Result<()> {
        let now = self.inner.clock.now();
        let there = self.post(owner, id).await?.checkpoint.links;
        let (outcome, notes) = journal::on_word(&there, outcome);
        let posts = &self.inner.stores.posts;
        posts.settle(owner, id, &outcome, &notes, by, now).await?;
        self.changed(owner, id);
        Ok(())
    }

    /// The request of a post, opened.
    ///
    /// # Errors
    /// `Seal` when it cannot be opened.
    pub async fn open_request(&self, post: &PostRecord) -> Result<PublishRequest> {
        let row = post.id.to_string();
        let plain = self
            .inner
            .vault
            .open(&SealedField::PostRequest.place(&row), &post.request)
            .await?;
        serde_json::from_slice(&plain).map_err(|_| other_form("request"))
    }

    /// A post with its sealed parts opened.
    ///
    /// # Errors
    /// `Seal` when they cannot be opened.
    pub async fn open_post(&self, post: &PostRecord) -> Result<OpenPost> {
        let request = self.open_request(post).await?;
        let stored = &post.checkpoint;
        let row = post.id.to_string();
        let plain = self
            .inner
            .vault
            .open(&SealedField::PostState.place(&row), &stored.sealed)
            .await?;
        let state: Value = serde_json::from_slice(&plain).map_err(|_| other_form("state"))?;
        let mut checkpoint = Checkpoint::new(stored.step.clone(), stored.version, state);
        checkpoint.next = stored.next;
        checkpoint.exposure = stored.exposure;
        checkpoint.remote_ids.clone_from(&stored.remote_ids);
        checkpoint.links.clone_from(&stored.links);
        Ok(OpenPost {
            request,
            checkpoint,
        })
    }

    /// A checkpoint as it is stored.
    ///
    /// # Errors
    /// `Seal` when it cannot be sealed.
    pub async fn seal_checkpoint(&self, id: PostId, at: &Checkpoint) -> Result<StoredCheckpoint> {
        let plain = zeroize::Zeroizing::new(at.state.to_string().into_bytes());
        let row = id.to_string();
        let sealed = self
            .inner
            .vault
            .seal(&SealedField::PostState.place(&row), &plain)
            .await?;
        let mut stored = StoredCheckpoint::new(at.step.clone(), at.next, at.version, sealed);
        stored.exposure = at.exposure;
        stored.remote_ids.clone_from(&at.remote_ids);
        stored.links.clone_from(&at.links);
        Ok(stored)
    }

    /// Tells listeners that a post changed.
    pub fn changed(&self, owner: &OwnerId, id: PostId) {
        self.announce(Change::Post {
            owner: owner.to_owned(),
            id,
        });
    }
}

/// The cause is dropped: it could quote a secret.
fn other_form(what: &'static str) -> Error {
    Error::new(
        ErrorKind::Seal,
        format!("a stored {what} has a form that this version does not read"),
    )
    .with_remedy(Remedy::Operator)
}
