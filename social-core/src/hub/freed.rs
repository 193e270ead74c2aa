use super::WorkerContext;
use crate::{
    error::{LimitScope, Remedy, Result},
    model::AccountKey,
    store::{PostFilter, PostRecord, PostState},
};

/// A place serves one post; which of those that wait is first in the queue, the booking tells. So a few are let look.
const LOOK: usize = 10;

impl WorkerContext {
    /// A place that one of the account's posts had booked is free again: lets a worker look now at those that wait longest for
    /// one, and says how many. Without a place they go on waiting.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Safe: what was not hastened goes on at its time.
    pub async fn place_freed(&self, account: &AccountKey) -> Result<usize> {
        let mut filter = PostFilter {
            account: Some(account.clone()),
            states: vec![PostState::Working],
            limit: 100,
            ..PostFilter::default()
        };
        let waits = |remedy: &Remedy| {
            matches!(
                remedy,
                Remedy::After {
                    scope: LimitScope::Account,
                    ..
                }
            )
        };
        let mut waiting: Vec<PostRecord> = Vec::new();
        loop {
            let page = self
                .inner
                .stores
                .posts
                .list(&account.owner, &filter)
                .await?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.id);
            waiting.extend(page.into_iter().filter(|post| {
                let cause = post.cause.as_ref();
                cause.is_some_and(|cause| waits(cause.remedy()))
            }));
            waiting.sort_by_key(|post| post.next_at);
            waiting.truncate(LOOK);
        }
        let now = self.inner.clock.now();
        for post in &waiting {
            let posts = &self.inner.stores.posts;
            if posts.hasten(&account.owner, post.id, now).await? {
                self.wake();
            }
        }
        Ok(waiting.len())
    }
}
