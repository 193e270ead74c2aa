use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::{Change, Post, Social};
use crate::{
    error::Result,
    model::{OwnerId, PostId},
};

/// How often other processes' changes are looked for.
const LOOK: Duration = Duration::from_millis(500);

impl Social {
    /// Waits until a post has an outcome, telling each change on the way. It publishes nothing itself: run a worker
    /// beside it.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such post, `Storage` when the store fails.
    ///
    /// # Cancel safety
    /// Safe.
    pub fn wait<F>(
        &self,
        owner: &OwnerId,
        id: PostId,
        mut on_change: F,
    ) -> impl Future<Output = Result<Post>> + Send + use<F>
    where
        F: FnMut(&Post) + Send,
    {
        let (social, owner) = (self.clone(), owner.clone());
        async move {
            let mut changes = social.changes();
            let mut last: Option<Post> = None;
            loop {
                let post = social.post(&owner, id).await?;
                if last.as_ref() != Some(&post) {
                    on_change(&post);
                }
                if post.outcome.is_some() {
                    return Ok(post);
                }
                last = Some(post);
                let ours = async {
                    loop {
                        match changes.recv().await {
                            Ok(Change::Post { id: changed, .. }) if changed == id => return,
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
