//! The rules of [`Comments`].

mod bounds;
mod read;
mod write;

pub use bounds::*;
pub use read::*;
pub use write::*;

use async_trait::async_trait;

use super::content::ContentHarness;
use crate::content::Comments;

/// Plays a platform on whose media people comment.
#[async_trait]
pub trait CommentsHarness: ContentHarness {
    /// What is under test.
    fn comments(&self) -> &dyn Comments;

    /// Whether the platform keeps replies as a tree: a reply to a reply then stands below that very reply, not at the top of
    /// the thread.
    fn has_trees(&self) -> bool;

    /// Somebody comments on a medium, or replies to a comment on it. Tells the id.
    async fn comment(&self, media: &str, parent: Option<&str>, text: &str) -> String;
}

/// A medium and the comments on it, newest first.
async fn commented(harness: &impl CommentsHarness, count: usize) -> (String, Vec<String>) {
    let media = harness.show(1).await.remove(0);
    let ids = comment_on(harness, &media, count).await;
    (media, ids)
}

async fn comment_on(harness: &impl CommentsHarness, media: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let text = format!("comment {number}");
        ids.push(harness.comment(media, None, &text).await);
    }
    ids.reverse();
    ids
}
