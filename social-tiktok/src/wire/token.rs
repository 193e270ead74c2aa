use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use social_core::model::{Scopes, TokenSet};

use super::lenient;

/// The tokens of a user. `Debug` shows no token.
///
/// <https://developers.tiktok.com/doc/oauth-user-access-token-management>
#[derive(Clone)]
#[non_exhaustive]
pub struct UserToken {
    /// The user's id for this app. Opaque; it may begin with a dash.
    pub open_id: Option<String>,
    /// What was granted.
    pub scopes: Scopes,
    /// Sent with each call.
    pub access: SecretString,
    /// Remaining life of the access token in seconds.
    pub expires_in: Option<i64>,
    /// Buys the next pair; the old one is dead at once.
    pub refresh: Option<SecretString>,
    /// Remaining life of the refresh token in seconds. A refresh need not begin it anew.
    pub refresh_expires_in: Option<i64>,
}

/// As sent. Not `Debug`: it holds tokens in the open.
#[derive(Deserialize)]
pub(crate) struct Sent {
    #[serde(default, deserialize_with = "lenient::text")]
    open_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    access_token: Option<String>,
    #[serde(default, deserialize_with = "lenient::int")]
    expires_in: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "lenient::int")]
    refresh_expires_in: Option<i64>,
}

impl UserToken {
    /// Nothing when there is no access token: whatever it is, it is no success.
    pub(crate) fn from_sent(sent: Sent) -> Option<Self> {
        let access = sent.access_token.filter(|token| !token.trim().is_empty())?;
        Some(Self {
            open_id: sent.open_id.filter(|id| !id.is_empty()),
            scopes: scopes(&sent.scope.unwrap_or_default()),
            access: access.into(),
            expires_in: sent.expires_in,
            refresh: sent
                .refresh_token
                .filter(|token| !token.trim().is_empty())
                .map(SecretString::from),
            refresh_expires_in: sent.refresh_expires_in,
        })
    }

    /// The set to keep. Both lives are counted from `now`, the moment of asking, so that they never end too late.
    pub fn into_set(self, now: DateTime<Utc>) -> TokenSet {
        TokenSet {
            access: self.access,
            refresh: self.refresh,
            companions: std::collections::BTreeMap::new(),
            issued_at: now,
            expires_at: self.expires_in.and_then(|life| after(now, life)),
            refresh_expires_at: self.refresh_expires_in.and_then(|life| after(now, life)),
            scopes: self.scopes,
        }
    }
}

fn after(now: DateTime<Utc>, seconds: i64) -> Option<DateTime<Utc>> {
    now.checked_add_signed(TimeDelta::try_seconds(seconds.max(0))?)
}

/// Scopes as TikTok writes them: separated by commas.
fn scopes(text: &str) -> Scopes {
    text.split(',').map(str::trim).collect()
}

impl fmt::Debug for UserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserToken")
            .field("open_id", &self.open_id)
            .field("scopes", &self.scopes)
            .field("expires_in", &self.expires_in)
            .field("refresh_expires_in", &self.refresh_expires_in)
            .finish_non_exhaustive()
    }
}
