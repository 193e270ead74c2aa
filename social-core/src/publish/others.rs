use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Outcome, PostLink};
use crate::error::Result;

/// What the service knows of the account's other posts. A publisher that looks for a post by what it says must not take
/// another one for it.
#[async_trait]
pub trait OtherPosts: Debug + Send + Sync {
    /// Those that are posts, or may be, and whose caption contains `words`, whatever the case of ASCII letters.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn with_words(&self, words: &str) -> Result<Vec<OtherPost>>;
}

/// No others.
#[async_trait]
impl OtherPosts for () {
    async fn with_words(&self, _words: &str) -> Result<Vec<OtherPost>> {
        Ok(Vec::new())
    }
}

/// One of the account's other posts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OtherPost {
    /// Its caption.
    pub caption: String,
    /// When its last `Once` step was started, or else when work on it began.
    pub begun_at: Option<DateTime<Utc>>,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    /// What of it is there already, though more is to be done or nobody can tell about the rest: these are nobody else's.
    pub there: Vec<PostLink>,
}

impl OtherPost {
    /// Joins the parts.
    pub fn new(
        caption: impl Into<String>,
        begun_at: Option<DateTime<Utc>>,
        outcome: Option<Outcome>,
    ) -> Self {
        Self {
            caption: caption.into(),
            begun_at,
            outcome,
            there: Vec::new(),
        }
    }

    /// This much of it is there.
    #[must_use]
    pub fn with(mut self, there: Vec<PostLink>) -> Self {
        self.there = there;
        self
    }

    /// Which posts of the platform it is known to be, and no more. None: it may be any, beside what is
    /// [there](Self::there).
    pub fn links(&self) -> &[PostLink] {
        match &self.outcome {
            Some(Outcome::Published(links)) => links,
            _ => &[],
        }
    }
}
