use chrono::{DateTime, Utc};

use super::StoredCheckpoint;
use crate::model::MediaId;

/// What a post is to be from now on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostEdit {
    /// Another content; nothing leaves it as it is.
    pub content: Option<PostContent>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// After this it is too late to begin.
    pub expires_at: Option<DateTime<Utc>>,
}

impl PostEdit {
    /// The same content at another time.
    pub fn new(due_at: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) -> Self {
        Self {
            content: None,
            due_at,
            expires_at,
        }
    }
}

/// What a post says and how its publishing begins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostContent {
    /// The caption, for lists and search.
    pub caption: String,
    /// The sealed request.
    pub request: Vec<u8>,
    /// The first checkpoint.
    pub checkpoint: StoredCheckpoint,
    /// The files of the media store that it needs, in place of those it needed.
    pub media: Vec<MediaId>,
}

impl PostContent {
    /// Joins the parts.
    pub fn new(caption: impl Into<String>, request: Vec<u8>, checkpoint: StoredCheckpoint) -> Self {
        Self {
            caption: caption.into(),
            request,
            checkpoint,
            media: Vec::new(),
        }
    }
}
