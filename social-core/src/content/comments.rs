use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ContentContext;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{More, Platform},
};

/// Reads and answers the comments on what an account shows. Optional: a platform that offers none has no such trait object.
///
/// Most platforms know one level of replies. There a reply to a reply is sent to the comment at the top, and whoever writes it
/// names the person in the text. Where replies are a tree it is sent to the very comment that it answers.
///
/// # Cancel safety
/// What reads may be dropped at any time. What changes something may have been carried out when it is dropped.
#[async_trait]
pub trait Comments: Debug + Send + Sync + 'static {
    /// The platform.
    fn platform(&self) -> Platform;

    /// Whether this platform offers `action` at all; what it does not is answered with `Unsupported` and sends nothing.
    fn supports(&self, action: CommentAction) -> bool;

    /// The comments on one medium, without replies of their own level, from where the last page ended. In the platform's
    /// order, which is newest first where there is a choice. A platform leaves some out (restricted writers, held for
    /// review), so their number is not that of the medium's counter.
    ///
    /// # Errors
    /// The platform's refusals: `NotFound` when there is no such medium, `Permission` when the account did not allow it or,
    /// with [`CommentsOff`](crate::Reason::CommentsOff), comments are off there; `RateLimited` when a limit is spent, before
    /// anything is sent; `Invalid` when `from` is no place of a page.
    async fn comments(
        &self,
        cx: &ContentContext<'_>,
        media: &str,
        from: Option<&str>,
    ) -> Result<CommentPage>;

    /// The comments on everything that the account shows, without replies of their own level, from where the last page ended:
    /// for a platform that tells them in fewer calls than medium by medium. Each names its [medium](Comment::media). In the
    /// platform's order, newest first where there is a choice.
    ///
    /// # Errors
    /// `Unsupported`, unless the platform says that it [supports](Self::supports) [`CommentAction::All`]; else as
    /// [`comments`](Self::comments).
    async fn all(&self, _cx: &ContentContext<'_>, _from: Option<&str>) -> Result<CommentPage> {
        let message = "the comments of an account are read medium by medium here";
        Err(Error::new(ErrorKind::Unsupported, message).with_platform(self.platform()))
    }

    /// The replies to one comment, from where the last page ended. [`Comment::replies`] may hold the first of them.
    ///
    /// # Errors
    /// As [`comments`](Self::comments); `NotFound` when there is no such comment.
    async fn replies(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        from: Option<&str>,
    ) -> Result<CommentPage>;

    /// Writes a comment or a reply. It is sent once and never repeated here. A reply goes to [`NewComment::answers`] where
    /// replies are a tree, else to [`NewComment::parent`].
    ///
    /// # Errors
    /// The remedy [`Reconcile`](crate::Remedy::Reconcile) says that it may be there though no answer came: look for it by
    /// its text and writer before it is written again. Every other remedy says that it certainly is not.
    async fn write(&self, cx: &ContentContext<'_>, comment: &NewComment) -> Result<Comment>;

    /// Hides a comment from everybody but its writer, or takes that back. Doing it twice is a success.
    ///
    /// # Errors
    /// As [`replies`](Self::replies). It may be called again after any of them.
    async fn set_visibility(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        visibility: Visibility,
    ) -> Result<()>;

    /// Deletes a comment for good. Deleting one that is gone is a success.
    ///
    /// # Errors
    /// `Permission` when the account may not delete it, else as [`comments`](Self::comments). It may be called again after
    /// any of them.
    async fn delete(&self, cx: &ContentContext<'_>, comment: &str) -> Result<()>;
}

/// What may be done with comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommentAction {
    /// Read those on everything that the account shows.
    All,
    /// Write one under a medium.
    Comment,
    /// Delete one.
    Delete,
    /// Hide one, and show it again.
    Hide,
    /// Reply to one.
    Reply,
}

/// Who can see a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Visibility {
    /// Its writer, and perhaps the account.
    Hidden,
    /// Everybody who sees the medium.
    Shown,
}

/// One comment or reply. Everything but the id is `None` where the platform does not tell it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comment {
    /// The platform's id, as text: such ids exceed 2^53. It names the comment without the medium.
    pub id: String,
    /// The platform's id of what it is on.
    pub media: Option<String>,
    /// The comment at the top of its thread, of a reply.
    pub parent: Option<String>,
    /// Who wrote it.
    pub author: Option<CommentAuthor>,
    /// Its words, as plain text.
    pub text: Option<String>,
    /// When it was written.
    pub written_at: Option<DateTime<Utc>>,
    /// Who can see it.
    pub visibility: Option<Visibility>,
    /// How many like it.
    pub likes: Option<i64>,
    /// How many replies the platform counts.
    pub reply_count: Option<i64>,
    /// The first replies, where they came with it; the rest begins at its `next`. `None` says that nothing is known of
    /// replies, not that there are none.
    pub replies: Option<CommentPage>,
    /// What was sent and has no field here.
    pub more: More,
}

impl Comment {
    /// A comment of which nothing else is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            media: None,
            parent: None,
            author: None,
            text: None,
            written_at: None,
            visibility: None,
            likes: None,
            reply_count: None,
            replies: None,
            more: More::default(),
        }
    }
}

/// Who wrote a comment. The same person may have another id in another app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommentAuthor {
    /// The platform's id of the writer.
    pub id: Option<String>,
    /// The name shown.
    pub name: Option<String>,
    /// Whether it is the connected account itself.
    pub is_account: Option<bool>,
}

impl CommentAuthor {
    /// A writer with what is known of id and name.
    pub fn new(id: Option<String>, name: Option<String>) -> Self {
        Self {
            id,
            name,
            is_account: None,
        }
    }
}

/// A page of comments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommentPage {
    /// The comments.
    pub items: Vec<Comment>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<String>,
}

impl CommentPage {
    /// A page, and where the next one begins.
    pub fn new(items: Vec<Comment>, next: Option<String>) -> Self {
        Self { items, next }
    }
}

/// A comment to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewComment {
    /// The platform's id of the medium. Some platforms want it for a reply, too.
    pub media: String,
    /// The comment at the top of the thread, for a reply.
    pub parent: Option<String>,
    /// The very comment that it answers, for a reply: the one at the top, or a reply below it. Which of the two the reply is
    /// sent to is the platform's choice.
    pub answers: Option<String>,
    /// Its words.
    pub text: String,
}

impl NewComment {
    /// A comment under a medium.
    pub fn on(media: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            media: media.into(),
            parent: None,
            answers: None,
            text: text.into(),
        }
    }

    /// Makes it a reply to this comment, in its thread.
    #[must_use]
    pub fn in_reply_to(mut self, comment: &Comment) -> Self {
        let top = comment.parent.as_ref().unwrap_or(&comment.id);
        self.parent = Some(top.clone());
        self.answers = Some(comment.id.clone());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_names_the_top_of_the_thread_and_the_very_comment() {
        let top = Comment::new("1");
        let mut reply = Comment::new("2");
        reply.parent = Some("1".to_owned());
        for (comment, very) in [(top, "1"), (reply, "2")] {
            let new = NewComment::on("m", "thanks").in_reply_to(&comment);
            assert_eq!(new.parent.as_deref(), Some("1"));
            assert_eq!(new.answers.as_deref(), Some(very));
        }
        let comment = NewComment::on("m", "thanks");
        assert_eq!((comment.parent, comment.answers), (None, None));
    }
}
