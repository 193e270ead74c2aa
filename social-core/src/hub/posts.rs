use std::sync::Arc;

use super::{Post, Social};
use crate::{
    error::{Error, ErrorKind, Result},
    media::MediaStore,
    model::{Account, AccountKey, OwnerId, PostId},
    publish::{Outcome, Preflight, PublishRequest, StepContext, journal},
    store::{Cancelled, HistoryEntry, Limits, PostFilter, PostRecord, Statistics},
    time::Deadline,
    tokens::ValidTokens,
};

/// What a submission led to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    /// Whose.
    pub owner: OwnerId,
    /// Which.
    pub id: PostId,
    /// Whether this submission made it; `false` when the idempotency key already stood for it.
    pub is_new: bool,
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
        let publisher = self.worker.publisher(&account.key.app_key())?;
        let (media, limits): (&dyn MediaStore, &dyn Limits) =
            (&*self.worker.inner.media, self.limits());
        let clock = &self.worker.inner.clock;
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
        self.worker
            .inner
            .tokens
            .with_valid(&account.key, check)
            .await
    }

    /// Limits to book before they are spent.
    pub fn limits(&self) -> &dyn Limits {
        &*self.worker.inner.stores.limits
    }

    /// One post of this owner.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Storage` when the store fails.
    pub async fn post(&self, owner: &OwnerId, id: PostId) -> Result<Post> {
        Ok(self.record(owner, id).await?.into())
    }

    /// Posts of this owner, newest first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn posts(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<Post>> {
        let posts = self.worker.inner.stores.posts.list(owner, filter).await?;
        Ok(posts.into_iter().map(Post::from).collect())
    }

    /// What was asked for: the request of a post, as it was submitted or last edited.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post, `Seal` when the request cannot be opened, `Storage` when the store fails.
    pub async fn request(&self, owner: &OwnerId, id: PostId) -> Result<PublishRequest> {
        let post = self.record(owner, id).await?;
        self.worker.open_request(&post).await
    }

    /// What became of a post, oldest first.
    ///
    /// # Errors
    /// `Storage` when the store fails. A post that this owner does not have has no history.
    pub async fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>> {
        self.worker.inner.stores.posts.history(owner, id).await
    }

    /// How many posts stand where, of an owner or of one of the accounts.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn statistics(
        &self,
        owner: &OwnerId,
        account: Option<&AccountKey>,
    ) -> Result<Statistics> {
        let posts = &self.worker.inner.stores.posts;
        posts.statistics(owner, account).await
    }

    pub(super) async fn record(&self, owner: &OwnerId, id: PostId) -> Result<PostRecord> {
        let found = self.worker.inner.stores.posts.load(owner, id).await?;
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "this owner has no such post"))
    }

    /// Cancels a post of this owner: at once, or as soon as the worker that has begun it can stop.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Unavailable` with the reason `RestoredNotAccepted` while the data were restored and not
    /// accepted, unless the post is kept held: it may be out, and nobody is asked yet; `Storage` when the store fails.
    pub async fn cancel(&self, owner: &OwnerId, id: PostId) -> Result<Cancelled> {
        // One that is kept held is not marked when the data are accepted: it is for a person to decide.
        if self.record(owner, id).await?.held_due_at.is_none() {
            self.worker.inner.guard.check().await?;
        }
        let now = self.worker.inner.clock.now();
        let cancelled = self
            .worker
            .inner
            .stores
            .posts
            .cancel(owner, id, now)
            .await?;
        self.worker.changed(owner, id);
        self.worker.wake();
        Ok(cancelled)
    }

    /// Lets a worker ask the platform about a post of this owner now, instead of later or not any more: word came that there
    /// is something to see. `false` when no worker has begun it.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Storage` when the store fails.
    pub async fn check_now(&self, owner: &OwnerId, id: PostId) -> Result<bool> {
        let now = self.worker.inner.clock.now();
        let hastened = self
            .worker
            .inner
            .stores
            .posts
            .hasten(owner, id, now)
            .await?;
        if hastened {
            self.worker.wake();
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
        let now = self.worker.inner.clock.now();
        let there = self.record(owner, id).await?.checkpoint.links;
        let (outcome, notes) = journal::on_word(&there, outcome);
        let posts = &self.worker.inner.stores.posts;
        posts.settle(owner, id, &outcome, &notes, by, now).await?;
        self.worker.changed(owner, id);
        Ok(())
    }
}
