use chrono::{DateTime, Utc};

use super::{
    Post, Social,
    submit::{due_at, stored_media},
};
use crate::{
    error::Result,
    model::{OwnerId, PostId},
    publish::{MissedPolicy, PublishRequest},
    store::{PostContent, PostEdit, Revision, SealedField, StoredCheckpoint},
};

impl Social {
    /// Replaces the request of a post that no worker has begun: its content, its options and its time. `seen` is the
    /// [revision](Post::revision) that the owner looked at. Answers the post at its next revision.
    ///
    /// The idempotency key keeps standing for what was first submitted.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post, or media of the request are not stored; `Invalid` when the request can
    /// never succeed; `Unsupported` when the platform cannot be published to; `Conflict` when the post was changed since
    /// `seen`, a worker has begun it, or it has an outcome; `Unavailable` with the reason `RestoredNotAccepted` while the data
    /// were restored and not accepted: the post may be out; `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Dropped, it has either happened or not; looking again tells.
    pub async fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        seen: Revision,
        mut request: PublishRequest,
    ) -> Result<Post> {
        self.worker.inner.guard.check().await?;
        let account = self.record(owner, id).await?.account;
        let now = self.worker.inner.clock.now();
        let checkpoint = self.admit(&account, &mut request, now).await?;
        let checkpoint = self.worker.seal_checkpoint(id, &checkpoint).await?;
        self.change(owner, id, seen, &request, checkpoint, now)
            .await
    }

    /// Moves a post that no worker has begun to another time, or to now when there is none. As [`edit`](Self::edit), with
    /// the content as it is: that is not checked again.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post; `Conflict` when it was changed since `seen`, a worker has begun it, or
    /// it has an outcome; `Seal` when it cannot be opened; `Unavailable` and `Storage` as [`edit`](Self::edit).
    ///
    /// # Cancel safety
    /// As [`edit`](Self::edit).
    pub async fn reschedule(
        &self,
        owner: &OwnerId,
        id: PostId,
        seen: Revision,
        not_before: Option<DateTime<Utc>>,
        missed: MissedPolicy,
    ) -> Result<Post> {
        self.worker.inner.guard.check().await?;
        let post = self.record(owner, id).await?;
        let mut request = self.worker.open_request(&post).await?;
        (request.not_before, request.missed) = (not_before, missed);
        let mut checkpoint = post.checkpoint;
        // Under the current key, so that an edit never brings an old one back.
        let (row, vault) = (id.to_string(), &self.worker.inner.vault);
        let place = SealedField::PostState.place(&row);
        if let Some(sealed) = vault.reseal(&place, &checkpoint.sealed).await? {
            checkpoint.sealed = sealed;
        }
        let now = self.worker.inner.clock.now();
        self.change(owner, id, seen, &request, checkpoint, now)
            .await
    }

    async fn change(
        &self,
        owner: &OwnerId,
        id: PostId,
        seen: Revision,
        request: &PublishRequest,
        checkpoint: StoredCheckpoint,
        now: DateTime<Utc>,
    ) -> Result<Post> {
        let sealed = self.seal_request(id, request).await?;
        let mut edit = PostEdit::new(due_at(request, now), request.expires_at());
        let mut content = PostContent::new(&request.caption, sealed, checkpoint);
        content.media = stored_media(request);
        edit.content = Some(content);
        let posts = &self.worker.inner.stores.posts;
        let post = posts.edit(owner, id, seen, &edit, now).await?;
        self.worker.changed(owner, id);
        self.worker.wake();
        Ok(post.into())
    }
}
