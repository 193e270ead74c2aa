//! Asking a platform what became of a post, beside its worker.

use std::{sync::Arc, time::Duration};

use super::Social;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{OwnerId, PostId},
    publish::{
        Outcome, Step, StepContext,
        journal::{self, Follow, Standing},
    },
    store::{PostRecord, PostState},
    time::Deadline,
    tokens::ValidTokens,
};

impl Social {
    /// Asks the platform now what became of a begun post, for a person who wants to say it instead: as its worker would ask, but
    /// nothing is written down, and the post stays where it is. [`resolve_as_told`](Self::resolve_as_told) writes down what the
    /// platform answers, [`resolve`](Self::resolve) what the person says.
    /// Each asking, of which there are two where the tokens are refused, may take `within`.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post; `Invalid` when no worker has begun it, so that there is nothing to ask about; `NotFound` and `Unauthorized` when its account
    /// is not connected; `Unsupported` when this installation does not have its app, or a newer release wrote
    /// the post; and what the platform answers.
    ///
    /// # Cancel safety
    /// Safe: it causes nothing.
    pub async fn ask_about(&self, owner: &OwnerId, id: PostId, within: Duration) -> Result<Step> {
        let post = &self.record(owner, id).await?;
        if post.state == PostState::Queued {
            return Err(Error::invalid(
                "post",
                "post.begun",
                "no worker has begun the post",
            ));
        }
        if post.is_newer() {
            return Err(PostRecord::newer());
        }
        let publisher = self.worker.publisher(&post.account.app_key())?;
        let open = self.worker.open_post(post).await?;
        let others = self.worker.others(post);
        let began = post.began_at.unwrap_or(post.created_at);
        let ask = |valid: ValidTokens| {
            // Anew for each asking: whoever refreshes the tokens in between may take longer than the question.
            let deadline = Deadline::after(Arc::clone(self.clock()), within);
            let (open, others) = (&open, &others);
            async move {
                let (media, limits) = (self.media(), self.limits());
                let cx = StepContext::new(
                    &valid.account,
                    &valid.tokens,
                    &open.request,
                    media,
                    limits,
                    began,
                    &deadline,
                    &(),
                )
                .of_post(post.id)
                .started(post.started_at)
                .restored(post.restored_at.is_some())
                .beside(others);
                publisher.reconcile(&cx, &open.checkpoint).await
            }
        };
        self.worker.tokens().with_valid(&post.account, ask).await
    }

    /// Settles an undecided post as the platform has [told](Self::ask_about), by the rules of its worker: what is there stays
    /// linked, what is noted is noted, and what nobody can tell stays undecided. Answers the outcome, or nothing where it is still
    /// undecided: then what is newly noted of it is left to a worker, which asks again now. A worker does not look at a settled
    /// post again.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post, `Conflict` when it is not undecided, `Unsupported` when a newer release wrote
    /// it, `Invalid` when more of it came to be there meanwhile, `Seal` when it cannot be opened, `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Dropped, it is settled or not.
    pub async fn resolve_as_told(
        &self,
        owner: &OwnerId,
        id: PostId,
        told: Step,
    ) -> Result<Option<Outcome>> {
        let post = self.record(owner, id).await?;
        if post.is_newer() {
            return Err(PostRecord::newer());
        }
        if post.state != PostState::Undecided {
            let message = "the post is not undecided";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let at = self.worker.open_post(&post).await?.checkpoint;
        let now = self.clock().now();
        let standing = Standing::new(&at, now)
            .restored(post.restored_at.is_some())
            .noted(&post.notes);
        let written = journal::after_look(&Outcome::Undecided, &standing, Ok(told));
        let Some(outcome) = settled(written.next) else {
            if written.notes.is_some() {
                self.check_now(owner, id).await?;
            }
            return Ok(None);
        };
        let notes = written.notes.unwrap_or(post.notes);
        let posts = &self.worker.stores().posts;
        posts.settle(owner, id, &outcome, &notes, None, now).await?;
        self.worker.changed(owner, id);
        Ok(Some(outcome))
    }
}

fn settled(next: Follow) -> Option<Outcome> {
    match next {
        Follow::Settle(outcome, _) if outcome != Outcome::Undecided => Some(outcome),
        _ => None,
    }
}
