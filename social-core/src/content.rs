//! What a platform shows of an account: its profile and media, the comments on them, their numbers over time.
//!
//! Three traits, because a platform may offer any of them without the others.

mod comments;
mod insights;

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

pub use comments::{
    Comment, CommentAction, CommentAuthor, CommentPage, Comments, NewComment, Visibility,
};
pub use insights::{
    Insight, InsightPage, InsightQuery, InsightSubject, InsightValue, Insights, Number, Period,
    TimeRange, UnavailableMetric,
};

use crate::{
    error::Result,
    model::{Account, AccountId, More, Platform, TokenSet},
    platform::limits::Bookings,
    store::Limits,
    time::Deadline,
};

/// What a call is given.
#[derive(Debug)]
#[non_exhaustive]
pub struct ContentContext<'a> {
    /// The account to look at.
    pub account: &'a Account,
    /// Its tokens.
    pub tokens: &'a TokenSet,
    /// Limits to book before they are spent, with [`bookings`](Self::bookings).
    pub limits: &'a dyn Limits,
    /// After this moment nothing may be sent.
    pub deadline: &'a Deadline,
}

impl<'a> ContentContext<'a> {
    /// Joins the parts.
    pub fn new(
        account: &'a Account,
        tokens: &'a TokenSet,
        limits: &'a dyn Limits,
        deadline: &'a Deadline,
    ) -> Self {
        Self {
            account,
            tokens,
            limits,
            deadline,
        }
    }

    /// Books limits for a call that no post is behind.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings::of_post(self.limits, None)
    }
}

/// Who an account is, as far as its scopes let it be seen. Numbers are nothing where they are not shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// The platform's id of the account.
    pub account: AccountId,
    /// Other ids of the same account.
    pub aliases: Vec<AccountId>,
    /// The name shown.
    pub name: Option<String>,
    /// The name in its address.
    pub username: Option<String>,
    /// Its picture. Such addresses end after hours.
    pub picture: Option<Url>,
    /// The words it says about itself.
    pub biography: Option<String>,
    /// Its page.
    pub page: Option<Url>,
    /// Whether the platform vouches for it.
    pub is_verified: Option<bool>,
    /// Its numbers by the platform's own names.
    pub counts: Vec<Metric>,
    /// What was sent and has no field here.
    pub more: More,
}

impl Profile {
    /// An account of which nothing is known but its id.
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            aliases: Vec::new(),
            name: None,
            username: None,
            picture: None,
            biography: None,
            page: None,
            is_verified: None,
            counts: Vec::new(),
            more: More::default(),
        }
    }
}

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metric {
    /// The platform's own name for it.
    pub name: String,
    /// The number.
    pub value: i64,
}

impl Metric {
    /// Joins the parts.
    pub fn new(name: impl Into<String>, value: i64) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }
}

/// One medium that an account shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MediaItem {
    /// The platform's id, as text: such ids exceed 2^53.
    pub id: String,
    /// When it was posted.
    pub posted_at: Option<DateTime<Utc>>,
    /// The words beside it.
    pub caption: Option<String>,
    /// Its page.
    pub page: Option<Url>,
    /// A picture of it. Such addresses end after hours.
    pub cover: Option<Url>,
    /// Its numbers by the platform's own names.
    pub metrics: Vec<Metric>,
    /// What was sent and has no field here.
    pub more: More,
}

impl MediaItem {
    /// A medium of which nothing else is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            posted_at: None,
            caption: None,
            page: None,
            cover: None,
            metrics: Vec::new(),
            more: More::default(),
        }
    }
}

/// A page of media, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MediaPage {
    /// The media.
    pub items: Vec<MediaItem>,
    /// Where the next page begins; nothing when this is the last.
    pub next: Option<String>,
}

impl MediaPage {
    /// Joins the parts.
    pub fn new(items: Vec<MediaItem>, next: Option<String>) -> Self {
        Self { items, next }
    }
}

/// Shows what a platform knows of a connected account. Only reads.
#[async_trait]
pub trait ContentSource: Debug + Send + Sync + 'static {
    /// Which platform.
    fn platform(&self) -> Platform;

    /// Who the account is; asks only for what its scopes allow.
    ///
    /// # Errors
    /// The platform's refusals; `RateLimited` when a limit is spent, before anything is sent.
    async fn profile(&self, cx: &ContentContext<'_>) -> Result<Profile>;

    /// Its media, newest first, from where the last page ended.
    ///
    /// # Errors
    /// As [`profile`](Self::profile), `Permission` when the account did not allow it, `Invalid` when `from` is no place of
    /// a page.
    async fn media(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<MediaPage>;

    /// These media, as they are now. Those that are not the account's, or are gone, are left out.
    ///
    /// # Errors
    /// As [`media`](Self::media).
    async fn media_by_id(&self, cx: &ContentContext<'_>, ids: &[&str]) -> Result<Vec<MediaItem>>;
}
