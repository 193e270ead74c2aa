//! Registered apps.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::clock::Millis;
use crate::reached;
use crate::tiktok::grant::{self, Lives};
use crate::tiktok::properties::{check_domain, check_prefix};
use crate::tiktok::webhook::callback;
use crate::tiktok::{account, is_scope, redirect};

/// TikTok takes at most ten redirect URIs for an app.
const MOST_REDIRECTS: usize = 10;

/// An app registered with the sandbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct App {
    /// The app's public id, sent as `client_key`.
    pub client_key: String,
    /// The app's secret.
    pub client_secret: String,
    /// Where the user may be sent back to. A loopback URI may have `*` for its port.
    pub redirect_uris: Vec<String>,
    /// Whether TikTok has audited the app. An unaudited one may only post to private accounts.
    #[serde(default = "yes")]
    pub audited: bool,
    /// Verified domains. Media may be fetched from them and their subdomains.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Verified URL prefixes, such as `https://host/path/`.
    #[serde(default)]
    pub url_prefixes: Vec<String>,
    /// How many users may post through it in 24 hours, if that is limited. An unaudited app: five.
    #[serde(default)]
    pub daily_creators: Option<u32>,
    /// Where events are sent: http on this machine.
    #[serde(default)]
    pub webhook: Option<String>,
    /// The scopes approved for the app; all when empty.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Who may sign in, as with a sandbox app; everyone when empty.
    #[serde(default)]
    pub target_users: Vec<String>,
    /// The life of an access token in seconds.
    #[serde(default = "access_seconds")]
    pub access_seconds: u32,
    /// The life of a refresh token in seconds, counted from the consent.
    #[serde(default = "refresh_seconds")]
    pub refresh_seconds: u32,
    /// Whether a refresh begins the life of the refresh token anew.
    #[serde(default)]
    pub refresh_restarts: bool,
    /// The host of upload URLs, below `tiktokapis.com`.
    #[serde(default = "upload_host")]
    pub upload_host: String,
}

fn access_seconds() -> u32 {
    grant::ACCESS_SECONDS
}

fn refresh_seconds() -> u32 {
    grant::REFRESH_SECONDS
}

fn upload_host() -> String {
    reached::UPLOAD.to_owned()
}

fn yes() -> bool {
    true
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_key", &self.client_key)
            .field("redirect_uris", &self.redirect_uris)
            .field("audited", &self.audited)
            .field("webhook", &self.webhook)
            .finish_non_exhaustive()
    }
}

impl App {
    /// An audited app without redirect URIs.
    pub fn new(client_key: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_key: client_key.into(),
            client_secret: client_secret.into(),
            redirect_uris: Vec::new(),
            audited: true,
            webhook: None,
            scopes: Vec::new(),
            target_users: Vec::new(),
            access_seconds: access_seconds(),
            refresh_seconds: refresh_seconds(),
            refresh_restarts: false,
            upload_host: upload_host(),
            domains: Vec::new(),
            url_prefixes: Vec::new(),
            daily_creators: None,
        }
    }

    /// Adds a redirect URI.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Says whether TikTok has audited the app.
    #[must_use]
    pub fn audited(mut self, audited: bool) -> Self {
        self.audited = audited;
        self
    }

    /// Has events sent to this address: http on this machine.
    #[must_use]
    pub fn webhook(mut self, url: impl Into<String>) -> Self {
        self.webhook = Some(url.into());
        self
    }

    /// Sets the lives of access and refresh tokens, in seconds.
    #[must_use]
    pub fn lifetimes(mut self, access_seconds: u32, refresh_seconds: u32) -> Self {
        self.access_seconds = access_seconds;
        self.refresh_seconds = refresh_seconds;
        self
    }

    /// Adds a verified domain.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Adds a verified URL prefix, `https://HOST/PATH/`.
    #[must_use]
    pub fn url_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.url_prefixes.push(prefix.into());
        self
    }

    /// Limits the users who may post through it in 24 hours.
    #[must_use]
    pub fn daily_creators(mut self, most: u32) -> Self {
        self.daily_creators = Some(most);
        self
    }

    /// Checks the app as TikTok's portal does.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.client_key.is_empty() || self.client_secret.is_empty() {
            return Err("an app needs a client key and a client secret".to_owned());
        }
        if self.redirect_uris.len() > MOST_REDIRECTS {
            return Err(format!("an app has at most {MOST_REDIRECTS} redirect URIs"));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(format!("there is no scope {scope:?}"));
        }
        if let Some(user) = self
            .target_users
            .iter()
            .find(|user| account::find(user).is_none())
        {
            return Err(format!("there is no account {user:?}"));
        }
        if !reached::is_upload_host(&self.upload_host) {
            let host = &self.upload_host;
            return Err(format!("upload host {host:?} must be below tiktokapis.com"));
        }
        if let Some(url) = &self.webhook {
            callback::check(url)?;
        }
        let mut redirects = self.redirect_uris.iter();
        redirects.try_for_each(|uri| redirect::check(uri))?;
        let mut domains = self.domains.iter();
        domains.try_for_each(|domain| check_domain(domain))?;
        let mut prefixes = self.url_prefixes.iter();
        prefixes.try_for_each(|prefix| check_prefix(prefix))
    }

    pub(crate) fn lives(&self) -> Lives {
        Lives {
            access: Millis::from(self.access_seconds) * 1000,
            refresh: Millis::from(self.refresh_seconds) * 1000,
            restarts: self.refresh_restarts,
        }
    }

    /// Whether the app may ask for a scope.
    pub(crate) fn may_ask(&self, scope: &str) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|approved| approved == scope)
    }

    /// Whether a user may sign in.
    pub(crate) fn admits(&self, account: &str) -> bool {
        self.target_users.is_empty() || self.target_users.iter().any(|user| user == account)
    }

    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        self.client_secret
            .as_bytes()
            .ct_eq(secret.as_bytes())
            .into()
    }

    /// Whether `uri` is registered: byte for byte, or any port where the port is `*`.
    pub(crate) fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| redirect::matches(registered, uri))
    }
}
