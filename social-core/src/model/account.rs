use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AccountId, AppId, OwnerId, PrincipalId, Scopes};
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

/// Names one app of one platform, written `platform/app`. A process may serve several apps of the same platform: a test app, a
/// regional one, the two set-ups of a platform with two logins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppKey {
    /// The platform.
    pub platform: Platform,
    /// The app's id, as the platform gave it to the developer.
    pub app: AppId,
}

impl AppKey {
    /// Names an app of `platform`.
    pub fn new(platform: Platform, app: AppId) -> Self {
        Self { platform, app }
    }

    /// An account that is connected through it.
    pub fn account(&self, owner: OwnerId, account: AccountId) -> AccountKey {
        AccountKey::new(owner, self.app.clone(), self.platform.clone(), account)
    }

    /// One of the app's login routes.
    pub fn connector(&self, route: impl Into<Cow<'static, str>>) -> Connector {
        Connector {
            app: self.clone(),
            route: route.into(),
        }
    }
}

impl fmt::Display for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform, self.app)
    }
}

/// A login route: an app and one of its ways to connect, written `platform/app/route`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Connector {
    /// The app.
    pub app: AppKey,
    /// Which of its logins, for example `web`.
    pub route: Cow<'static, str>,
}

impl Connector {
    /// Reads the form that [`Display`](fmt::Display) writes. Neither a platform nor a route has a slash in its name; an app's
    /// id may.
    pub fn parse(text: &str) -> Option<Self> {
        let (platform, rest) = text.split_once('/')?;
        let (app, route) = rest.rsplit_once('/')?;
        let app = AppKey::new(Platform::from_name(platform), AppId::new(app).ok()?);
        Some(app.connector(route.to_owned()))
    }
}

impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app, self.route)
    }
}

/// Names one connected account.
///
/// There is one credential per (app, platform, account): an account is linked to one owner at a time. Apps of a platform that
/// give an account the same id share a space of ids ([`OAuthProvider::account_space`]); then the space stands for the app, and
/// the account is one through whichever of them it is connected.
///
/// [`OAuthProvider::account_space`]: crate::oauth::OAuthProvider::account_space
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountKey {
    /// The embedding service's own id of the user or team.
    pub owner: OwnerId,
    /// The space in which the platform gives ids of accounts: the app's id, or the name that several apps share.
    pub app: AppId,
    /// The platform.
    pub platform: Platform,
    /// The platform's id of the account, in this space.
    pub account: AccountId,
}

impl AccountKey {
    /// Joins the four parts.
    pub fn new(owner: OwnerId, app: AppId, platform: Platform, account: AccountId) -> Self {
        Self {
            owner,
            app,
            platform,
            account,
        }
    }

    /// The same account, of this owner.
    #[must_use]
    pub fn with_owner(mut self, owner: OwnerId) -> Self {
        self.owner = owner;
        self
    }

    /// The app, or the space of several, that its id belongs to: by this its publisher and the other parts of a kit are found.
    pub fn app_key(&self) -> AppKey {
        AppKey::new(self.platform.clone(), self.app.clone())
    }

    /// Whether its id belongs to this app, or space.
    pub fn is_of(&self, app: &AppKey) -> bool {
        self.platform == app.platform && self.app == app.app
    }

    /// A name for the row of this account that does not depend on the owner. Parts are length-prefixed, so that no
    /// two accounts share it.
    pub fn row_id(&self) -> String {
        let (platform, app) = (self.platform.as_str(), self.app.as_str());
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
    /// The app by whose consent its tokens are: that of `key`, unless several share its space.
    pub app: AppId,
    /// The login it came from, of this app.
    pub route: String,
    /// Who consented, where the platform tells: accounts of one person count together where the platform counts persons.
    pub principal: Option<PrincipalId>,
    /// The platform's name for it, for people.
    pub name: String,
    /// Other ids of the same account.
    pub aliases: Vec<AccountId>,
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
    /// When its grant ends for good: by then its person has to connect it again. Nothing where no end is known.
    pub grant_ends_at: Option<DateTime<Utc>>,
}

impl Account {
    /// The login its tokens came from: where a space has several apps, the client to call with is chosen by it.
    pub fn connector(&self) -> Connector {
        AppKey::new(self.key.platform.clone(), self.app.clone()).connector(self.route.clone())
    }
}

/// Whether an account can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[non_exhaustive]
pub enum AccountStatus {
    /// Usable.
    Connected,
    /// The person has to connect it again.
    NeedsReauth(NeedsReauth),
    /// The owner disconnected it; its tokens are gone, its history stays.
    Disconnected,
    /// A newer release wrote down something that this one does not know: it is left alone.
    #[serde(skip_serializing)]
    Unknown,
}

crate::newer::reads_unknown! { AccountStatus: "connected", "needs_reauth", "disconnected" }

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
    /// A reason that a newer release wrote down and this one does not know.
    #[serde(other)]
    Unknown,
}

impl NeedsReauth {
    /// The reason of an error that says so.
    pub fn reason(self) -> Reason {
        match self {
            Self::AnswerLost => Reason::RefreshAnswerLost,
            Self::Expired => Reason::AccessExpired,
            Self::Revoked => Reason::AccessRemoved,
            Self::Unknown => Reason::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_as_it_is_written() {
        for app in ["app", "an/app", "/"] {
            let app = AppId::new(app).unwrap();
            let connector = AppKey::new(Platform::new("example"), app).connector("web");
            assert_eq!(Connector::parse(&connector.to_string()), Some(connector));
        }
        for other in ["", "example", "example/web", "example//web"] {
            assert_eq!(Connector::parse(other), None, "{other:?}");
        }
    }
}
