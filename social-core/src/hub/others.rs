use std::sync::Arc;

use async_trait::async_trait;

use super::WorkerContext;
use crate::{
    error::Result,
    model::{AccountKey, PostId},
    publish::{OtherPost, OtherPosts},
    store::{PostFilter, PostRecord, PostState, PostStore},
};

/// The other posts of a post's account, as its owner has them in the store.
#[derive(Debug)]
struct Beside {
    posts: Arc<dyn PostStore>,
    account: AccountKey,
    post: PostId,
}

/// So many are read at once.
const PAGE: u32 = 100;

impl WorkerContext {
    /// What a publisher may know of the other posts of this one's account, for [`StepContext::beside`].
    ///
    /// [`StepContext::beside`]: crate::publish::StepContext::beside
    pub fn others(&self, post: &PostRecord) -> impl OtherPosts + use<> {
        Beside {
            posts: Arc::clone(&self.inner.stores.posts),
            account: post.account.clone(),
            post: post.id,
        }
    }
}

#[async_trait]
impl OtherPosts for Beside {
    async fn with_words(&self, words: &str) -> Result<Vec<OtherPost>> {
        let mut filter = PostFilter {
            account: Some(self.account.clone()),
            // All that are posts or may be, as far as this release can tell.
            states: vec![
                PostState::Working,
                PostState::AwaitingUser,
                PostState::Published,
                PostState::Undecided,
                PostState::Unknown,
            ],
            caption: Some(words.to_owned()),
            before: None,
            limit: PAGE,
        };
        let mut found = Vec::new();
        loop {
            let page = self.posts.list(&self.account.owner, &filter).await?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            filter.before = Some(last.id);
            let others = page.into_iter().filter(|post| post.id != self.post);
            found.extend(others.map(|post| {
                let begun_at = post.started_at.or(post.began_at);
                let there = post.checkpoint.links;
                OtherPost::new(post.caption, begun_at, post.outcome).with(there)
            }));
        }
    }
}
