use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Scopes;
use crate::error::Reason;

/// The name of a platform. The platform crates hold the constants; this crate knows none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Platform(Cow<'static, str>);

impl Platform {
    /// Names a platform, in lowercase.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Reads a stored name.
    pub fn from_name(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A login route: the platform and one of its ways to connect, written `platform/route`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Connector {
    /// The platform.
    pub platform: Platform,
    /// Which of its logins, for example `web`.
    pub route: Cow<'static, str>,
}

impl Connector {
    /// Names a route of `platform`.
    pub const fn new(platform: Platform, route: &'static str) -> Self {
        Self {
            platform,
            route: Cow::Borrowed(route),
        }
    }

    /// Reads the form that [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (platform, route) = text.split_once('/')?;
        Some(Self {
            platform: Platform::from_name(platform),
            route: Cow::Owned(route.to_owned()),
        })
    }
}

impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform, self.route)
    }
}

/// Names one connected account.
///
/// There is one credential per (app, platform, account): an account is linked to one owner at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountKey {
    /// The embedding service's own id of the user or team.
    pub owner: String,
    /// The platform app's id, as the platform gave it to the developer.
    pub app: String,
    /// The platform.
    pub platform: Platform,
    /// The platform's id of the account, for this app.
    pub account: String,
}

impl AccountKey {
    /// Joins the four parts.
    pub fn new(
        owner: impl Into<String>,
        app: impl Into<String>,
        platform: Platform,
        account: impl Into<String>,
    ) -> Self {
        Self {
            owner: owner.into(),
            app: app.into(),
            platform,
            account: account.into(),
        }
    }

    /// A name for the row of this account that does not depend on the owner. Parts are length-prefixed, so that no
    /// two accounts share it.
    pub fn row_id(&self) -> String {
        let (platform, app) = (self.platform.as_str(), &self.app);
        format!(
            "{}:{platform}{}:{app}{}",
            platform.len(),
            app.len(),
            self.account
        )
    }
}

/// A connected account as its owner sees it; holds no credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Which account.
    pub key: AccountKey,
    /// The login it came from.
    pub connector: Connector,
    /// The platform's name for it, for people.
    pub name: String,
    /// Other ids of the same account.
    pub aliases: Vec<String>,
    /// What it granted.
    pub scopes: Scopes,
    /// Whether it can be used.
    pub status: AccountStatus,
    /// When it was connected, or connected again.
    pub connected_at: DateTime<Utc>,
    /// When its access token ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it is next refreshed, or can no longer be.
    pub refresh_due_at: Option<DateTime<Utc>>,
}

/// Whether an account can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountStatus {
    /// Usable.
    Connected,
    /// The person has to connect it again.
    NeedsReauth(NeedsReauth),
    /// The owner disconnected it; its tokens are gone, its history stays.
    Disconnected,
}

/// Why an account has to be connected again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NeedsReauth {
    /// A refresh was sent, its answer never came, and the old token is dead.
    AnswerLost,
    /// The refresh token's time ran out.
    Expired,
    /// The platform says that the grant is dead.
    Revoked,
}

impl NeedsReauth {
    /// The reason of an error that says so.
    pub fn reason(self) -> Reason {
        match self {
            Self::AnswerLost => Reason::RefreshAnswerLost,
            Self::Expired => Reason::AccessExpired,
            Self::Revoked => Reason::AccessRemoved,
        }
    }
}
