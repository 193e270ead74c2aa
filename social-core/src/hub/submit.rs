use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Social, Submission};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Account, AccountKey, AccountStatus, IdempotencyKey, MediaId, PostId},
    publish::{Checkpoint, Effect, MediaRef, PublishRequest},
    store::{NewPost, SealedField, StoredCheckpoint, Submitted},
    tokens::unusable,
};

impl Social {
    /// Takes a post for publishing. It is durable when this answers; a worker does the rest.
    ///
    /// `idempotency_key`, an [`IdempotencyKey`] or a text that can be one, is the caller's name for it: the same key and content
    /// on the same account is the same post, however often it is submitted, as far as the data remember: see
    /// [`hold_after_loss`](super::SocialBuilder::hold_after_loss).
    ///
    /// # Errors
    /// `Storage` when the store fails. Where the key stands for no post yet, or for one with another content: `Invalid` when the
    /// request can never succeed, `NotFound` when its media are not stored, `Unauthorized` when the account must be connected
    /// again, `Unsupported` when its platform cannot be published to. `Conflict` when the key stands for another content and
    /// none of these stands against this one.
    ///
    /// # Cancel safety
    /// Dropped, it has either happened or not; submitting again with the same key is always right, also when its media are gone
    /// by now, or its account is not connected any more.
    pub async fn submit(
        &self,
        account: &Account,
        idempotency_key: impl TryInto<IdempotencyKey, Error = Error>,
        request: PublishRequest,
    ) -> Result<Submission> {
        let post = self.prepare(account, idempotency_key, request).await?;
        let found = self.worker.inner.stores.posts.submit(&post).await?;
        self.submitted(&post, found)
    }

    /// All of [`submit`](Self::submit) up to the store: checks the request and seals it. For a store that takes the post in
    /// a transaction of the service's own, so that the service's row and the post are kept together or not at all; once
    /// that is committed, hand what the store found to [`submitted`](Self::submitted).
    ///
    /// Prepare a post for each attempt: the idempotency key makes them one. Where it stands for a post already that could not be
    /// taken anew, what is prepared is that one, for the store to find.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), without `Conflict`.
    ///
    /// # Cancel safety
    /// Safe: nothing is kept.
    pub async fn prepare(
        &self,
        account: &Account,
        idempotency_key: impl TryInto<IdempotencyKey, Error = Error>,
        mut request: PublishRequest,
    ) -> Result<NewPost> {
        let idempotency_key = idempotency_key.try_into()?;
        let now = self.worker.inner.clock.now();
        let checkpoint = match self.admit_new(account, &mut request, now).await {
            Ok(checkpoint) => checkpoint,
            Err(refused) => {
                let there = self.taken(&account.key, &idempotency_key, &request, now);
                return there.await?.ok_or(refused);
            }
        };
        let id = PostId::generate(&*self.worker.inner.clock, &*self.worker.inner.random)?;
        let stored = self.worker.seal_checkpoint(id, &checkpoint).await?;
        let mut post = NewPost::new(id, account.key.clone(), idempotency_key, stored, now);
        post.fingerprint = request.fingerprint()?;
        post.caption.clone_from(&request.caption);
        post.request = self.seal_request(id, &request).await?;
        post.due_at = due_at(&request, now);
        post.expires_at = request.expires_at();
        post.media = stored_media(&request);
        post.hold_after_loss = self.worker.inner.hold_after_loss;
        if post.hold_after_loss.is_some() {
            // A promotion that needs nobody's word is accepted first, and nothing is doubted after it.
            self.worker.inner.guard.is_held().await?;
        }
        Ok(post)
    }

    async fn admit_new(
        &self,
        account: &Account,
        request: &mut PublishRequest,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint> {
        if account.status != AccountStatus::Connected {
            return Err(unusable(&account.status));
        }
        self.admit(&account.key, request, now).await
    }

    /// The post that was taken under this key with this content, as it is submitted again. Nothing is sealed in its checkpoint: a store
    /// that has lost the post since, in a failover or to an older copy, takes this for no new one.
    async fn taken(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        request: &PublishRequest,
        now: DateTime<Utc>,
    ) -> Result<Option<NewPost>> {
        let fingerprint = request.fingerprint()?;
        let posts = &self.worker.inner.stores.posts;
        let there = match posts.submitted(account, key, &fingerprint).await {
            Ok(Some(there)) => there,
            Ok(None) => return Ok(None),
            // Another content, which cannot be taken either: the caller is told why.
            Err(error) if error.kind() == ErrorKind::Conflict => return Ok(None),
            Err(error) => return Err(error),
        };
        let (step, version) = (there.checkpoint.step, there.checkpoint.version);
        let at = StoredCheckpoint::new(step, Effect::Repeatable, version, Vec::new());
        let mut post = NewPost::new(there.id, account.clone(), key.clone(), at, now);
        post.fingerprint = fingerprint;
        post.caption = there.caption;
        post.request = there.request;
        post.due_at = due_at(request, now);
        post.expires_at = request.expires_at();
        post.media = stored_media(request);
        Ok(Some(post))
    }

    /// What [`submit`](Self::submit) does after the store has answered, and committed: tells listeners and workers of this
    /// process.
    ///
    /// # Errors
    /// `Conflict` when the idempotency key was used by a former owner of the account: the post is not this owner's.
    pub fn submitted(&self, post: &NewPost, found: Submitted) -> Result<Submission> {
        let (record, is_new) = match found {
            Submitted::New(record) => (record, true),
            Submitted::Existing(record) => (record, false),
        };
        if record.account.owner != post.account.owner {
            return Err(Error::new(
                ErrorKind::Conflict,
                "this idempotency key was used by a former owner of the account",
            ));
        }
        self.worker.changed(&record.account.owner, record.id);
        self.worker.wake();
        Ok(Submission {
            owner: record.account.owner,
            id: record.id,
            is_new,
        })
    }

    /// How many posts of an account a worker began at or after `since` that are on their way or wait for the person.
    /// Platforms limit how many may be pending.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64> {
        self.worker.inner.stores.posts.pending(account, since).await
    }

    /// Checks a request as far as it can be without asking the platform, fills in the time of its consent, and answers
    /// its first checkpoint.
    pub(super) async fn admit(
        &self,
        account: &AccountKey,
        request: &mut PublishRequest,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint> {
        refuse_nul("caption", &request.caption)?;
        let publisher = self.worker.publisher(&account.app_key())?;
        if let Some(options) = &mut request.options {
            if options.platform != account.platform {
                return Err(Error::invalid(
                    "options",
                    "options.platform",
                    format!(
                        "these are options of {}, not of this account",
                        options.platform
                    ),
                ));
            }
            if let Some(consent) = &mut options.consent {
                consent.at.get_or_insert(now);
            }
        }
        let checkpoint = publisher.plan(request)?;
        for media in &request.media {
            if let MediaRef::Stored(id) = &media.source {
                // From now on it is as young as the post that needs it.
                self.worker.inner.media.renew(id).await?;
            }
        }
        Ok(checkpoint)
    }

    pub(super) async fn seal_request(
        &self,
        id: PostId,
        request: &PublishRequest,
    ) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(request)
            .map_err(|_| Error::new(ErrorKind::Invalid, "the request cannot be written as JSON"))?;
        let row = id.to_string();
        self.worker
            .inner
            .vault
            .seal(&SealedField::PostRequest.place(&row), &plain)
            .await
    }
}

/// The files that it needs of the media store, each once.
pub(super) fn stored_media(request: &PublishRequest) -> Vec<MediaId> {
    let stored = request.media.iter().filter_map(|item| match &item.source {
        MediaRef::Stored(id) => Some(id.clone()),
        _ => None,
    });
    stored.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A time that has passed is now.
pub(super) fn due_at(request: &PublishRequest, now: DateTime<Utc>) -> DateTime<Utc> {
    request.not_before.unwrap_or(now).max(now)
}

/// Not every database can keep the character U+0000.
fn refuse_nul(field: &'static str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(
            field,
            format!("{field}.nul"),
            "the text holds the character U+0000, which cannot be kept: take it out",
        ));
    }
    Ok(())
}
