//! Asking a platform what became of a post, beside its worker.

use std::{sync::Arc, time::Duration};

use super::Social;
use crate::{
    error::{Error, Result},
    model::{OwnerId, PostId},
    publish::{Step, StepContext},
    store::{PostRecord, PostState},
    time::Deadline,
    tokens::ValidTokens,
};

impl Social {
    /// Asks the platform now what became of a begun post, for a person who wants to say it instead: as its worker would ask, but
    /// nothing is written down, and the post stays where it is. [`resolve`](Self::resolve) writes down what the person says.
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
}
