//! Claims of which no work has begun yet.

use std::{future::Future, panic};

use futures_util::FutureExt;
use social_core::{
    Error, Result, Social,
    store::{EventClaim, PostClaim},
};
use tokio::runtime::Handle;
use tokio_util::{task::TaskTracker, task::task_tracker::TaskTrackerToken};

/// A claim that can be left as it was found.
pub(crate) trait GiveBack: Send + 'static {
    fn give_back(self, social: &Social) -> impl Future<Output = Result<()>> + Send;
}

/// What was claimed together. Whatever of it is not taken is given back when this is dropped, in a task of `tasks`.
pub(crate) struct Batch<T: GiveBack> {
    social: Social,
    claims: Vec<T>,
    tasks: TaskTracker,
    runtime: Handle,
    /// Whoever waits for the tasks waits for this too: what it gives back is begun when it is dropped.
    _open: TaskTrackerToken,
}

impl<T: GiveBack> Batch<T> {
    /// Claims, in a task of its own unless it is done at once: when whoever asked is dropped meanwhile, the claims do not stay
    /// with a lease that nobody holds.
    pub(crate) async fn claim(
        social: &Social,
        tasks: &TaskTracker,
        claim: impl Future<Output = Result<Vec<T>>> + Send + 'static,
    ) -> Result<Self> {
        let mut claim = Box::pin(claim);
        let mut batch = Self {
            social: social.clone(),
            claims: Vec::new(),
            tasks: tasks.clone(),
            runtime: Handle::current(),
            _open: tasks.token(),
        };
        if let Some(claims) = (&mut claim).now_or_never() {
            batch.claims = claims?;
            return Ok(batch);
        }
        let work = async move {
            batch.claims = claim.await?;
            Ok(batch)
        };
        let work = tokio::spawn(tracing::Instrument::in_current_span(work));
        work.await
            .unwrap_or_else(|ended| match ended.try_into_panic() {
                Ok(cause) => panic::resume_unwind(cause),
                Err(_) => Err(Error::storage("the process ends")),
            })
    }

    pub(crate) fn claims(&mut self) -> &mut [T] {
        &mut self.claims
    }

    /// All of it: from here on it is in the caller's hands.
    pub(crate) fn take(mut self) -> Vec<T> {
        std::mem::take(&mut self.claims)
    }
}

impl<T: GiveBack> Drop for Batch<T> {
    fn drop(&mut self) {
        for claim in std::mem::take(&mut self.claims) {
            let social = self.social.clone();
            let give_back = async move {
                if let Err(error) = claim.give_back(&social).await {
                    tracing::warn!(%error, "what was claimed is left to its lease");
                }
            };
            self.tasks.spawn_on(give_back, &self.runtime);
        }
    }
}

impl GiveBack for EventClaim {
    async fn give_back(self, social: &Social) -> Result<()> {
        let ready_at = self.record.ready_at;
        let retry = social.worker().stores().events.retry(&self, ready_at, None);
        retry.await.map(drop)
    }
}

impl GiveBack for PostClaim {
    async fn give_back(self, social: &Social) -> Result<()> {
        let due_at = self.post.next_at.unwrap_or_else(|| social.clock().now());
        social.worker().stores().posts.release(&self, due_at).await
    }
}
