use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use social_core::{
    Error, ErrorKind, Result,
    content::{
        Comment, CommentAction, CommentAuthor, CommentPage, Comments, ContentContext, NewComment,
        Visibility,
    },
    model::{More, Platform},
    platform::lenient,
};

use super::Shown;
use crate::client::PLATFORM;

/// A note as the platform sends it. Everything but the id may be missing, and what is only shown may have any form.
#[derive(Deserialize)]
struct Note {
    id: String,
    card: Option<String>,
    thread: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    by: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    text: Option<String>,
    at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "lenient::flag_opt")]
    hidden: Option<bool>,
    #[serde(default, deserialize_with = "lenient::int")]
    hearts: Option<i64>,
    #[serde(default, deserialize_with = "lenient::int")]
    replies: Option<i64>,
    #[serde(flatten)]
    more: More,
}

impl From<Note> for Comment {
    fn from(note: Note) -> Self {
        let mut comment = Self::new(note.id);
        comment.media = note.card;
        comment.parent = note.thread;
        comment.author = note.by.map(|name| CommentAuthor::new(None, Some(name)));
        comment.text = note.text;
        comment.written_at = note.at;
        comment.visibility = note.hidden.map(|hidden| match hidden {
            true => Visibility::Hidden,
            false => Visibility::Shown,
        });
        comment.likes = note.hearts;
        comment.reply_count = note.replies;
        comment.more = note.more;
        comment
    }
}

impl Shown {
    async fn notes(
        &self,
        cx: &ContentContext<'_>,
        path: &[&str],
        from: Option<&str>,
    ) -> Result<CommentPage> {
        let page = self.page::<Note>(cx, path, from).await?;
        let items = page.items.into_iter().map(Comment::from).collect();
        Ok(CommentPage::new(items, page.next))
    }

    async fn change(&self, cx: &ContentContext<'_>, path: &[&str], body: &Value) -> Result<Note> {
        let done = self.0.post(path, body, &cx.tokens.access, cx.deadline);
        done.await
    }
}

#[async_trait]
impl Comments for Shown {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn supports(&self, action: CommentAction) -> bool {
        action != CommentAction::Comment
    }

    async fn comments(
        &self,
        cx: &ContentContext<'_>,
        media: &str,
        from: Option<&str>,
    ) -> Result<CommentPage> {
        self.notes(cx, &["posts", media, "notes"], from).await
    }

    async fn all(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<CommentPage> {
        self.notes(cx, &["notes"], from).await
    }

    async fn replies(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        from: Option<&str>,
    ) -> Result<CommentPage> {
        self.notes(cx, &["notes", comment, "replies"], from).await
    }

    /// Replies are a tree here.
    async fn write(&self, cx: &ContentContext<'_>, comment: &NewComment) -> Result<Comment> {
        let Some(answers) = comment.answers.as_deref() else {
            let message = "a postcard takes replies only";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let body = json!({"text": comment.text});
        let note = self.change(cx, &["notes", answers, "replies"], &body).await;
        note.map(Comment::from)
    }

    async fn set_visibility(
        &self,
        cx: &ContentContext<'_>,
        comment: &str,
        visibility: Visibility,
    ) -> Result<()> {
        let body = json!({"hidden": visibility == Visibility::Hidden});
        self.change(cx, &["notes", comment], &body).await.map(drop)
    }

    async fn delete(&self, cx: &ContentContext<'_>, comment: &str) -> Result<()> {
        let path = ["notes", comment, "delete"];
        match self.change(cx, &path, &json!({})).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}
