use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::{Change, Post, PostStatus, Social};
use crate::error::Result;

/// How often other processes' changes are looked for.
const LOOK: Duration = Duration::from_millis(500);

impl Social {
    /// Waits until a post has an outcome, telling each change on the way. It publishes nothing itself: run a worker
    /// beside it.
    ///
    /// # Errors
    /// `NotFound` when there is no such post, `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Safe.
    pub fn settled<F>(
        &self,
        post: Post,
        mut on_change: F,
    ) -> impl Future<Output = Result<PostStatus>> + Send + use<F>
    where
        F: FnMut(&PostStatus) + Send,
    {
        let social = self.clone();
        async move {
            let mut changes = social.changes();
            let mut last: Option<PostStatus> = None;
            loop {
                let status = PostStatus::from(&social.post(&post.owner, post.id).await?);
                if last.as_ref() != Some(&status) {
                    on_change(&status);
                }
                if status.outcome.is_some() {
                    return Ok(status);
                }
                last = Some(status);
                let ours = async {
                    loop {
                        match changes.recv().await {
                            Ok(Change::Post { id, .. }) if id == post.id => return,
                            Ok(_) => {}
                            Err(RecvError::Lagged(_) | RecvError::Closed) => return,
                        }
                    }
                };
                tokio::select! {
                    () = ours => {}
                    () = social.clock().sleep(LOOK) => {}
                }
            }
        }
    }
}
