use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use social_core::{
    model::{More, Scopes, TokenSet},
    platform::lenient,
};

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
    /// What this version does not know. Not shown by `Debug`: it may be a secret.
    pub more: More,
}

/// The token of the app itself, for calls that concern no account. `Debug` shows no token.
///
/// <https://developers.tiktok.com/doc/client-access-token-management>
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientToken {
    /// Sent with each call.
    pub access: SecretString,
    /// Its remaining life in seconds. There is nothing to refresh it with: another one is asked for.
    pub expires_in: Option<i64>,
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
    #[serde(flatten)]
    more: More,
}

impl ClientToken {
    /// Nothing when there is no access token: whatever it is, it is no success.
    pub(crate) fn from_sent(sent: Sent) -> Option<Self> {
        let access = sent.access_token.filter(|token| !token.trim().is_empty())?;
        Some(Self {
            access: access.into(),
            expires_in: sent.expires_in,
        })
    }
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
            more: sent.more,
        })
    }

    /// The set to keep. Both lives are counted from `now`, the moment of asking, so that they never end too late.
    pub fn into_set(self, now: DateTime<Utc>) -> TokenSet {
        let mut tokens = TokenSet::new(self.access, now);
        tokens.refresh = self.refresh;
        tokens.expires_at = self.expires_in.and_then(|life| after(now, life));
        tokens.refresh_expires_at = self.refresh_expires_in.and_then(|life| after(now, life));
        tokens.scopes = self.scopes;
        tokens
    }
}

fn after(now: DateTime<Utc>, seconds: i64) -> Option<DateTime<Utc>> {
    now.checked_add_signed(TimeDelta::try_seconds(seconds.max(0))?)
}

/// Scopes as TikTok writes them: separated by commas.
pub(crate) fn scopes(text: &str) -> Scopes {
    let words = text.split(',').map(str::trim);
    words.filter(|word| !word.is_empty()).collect()
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

impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientToken")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(json: &str) -> Option<UserToken> {
        UserToken::from_sent(serde_json::from_str(json).ok()?)
    }

    /// The answers of TikTok's documentation of November 2026, and of its older pages.
    #[test]
    fn both_documented_lives_are_taken_as_they_come() {
        for (expires_in, refresh_expires_in) in [(7_200, 15_552_000), (86_400, 31_536_000)] {
            let json = format!(
                r#"{{"access_token":"act.x","expires_in":{expires_in},"open_id":"-000abc","refresh_expires_in":{refresh_expires_in},"refresh_token":"rft.x","scope":"user.info.basic,video.publish","token_type":"Bearer"}}"#
            );
            let token = read(&json).unwrap();
            assert_eq!(
                token.open_id.as_deref(),
                Some("-000abc"),
                "the dash is part of it"
            );
            assert_eq!(token.more["token_type"], "Bearer");
            let now = DateTime::UNIX_EPOCH;
            let set = token.into_set(now);
            assert_eq!((set.expires_at.unwrap() - now).num_seconds(), expires_in);
            let life = set.refresh_expires_at.unwrap() - now;
            assert_eq!(life.num_seconds(), refresh_expires_in);
            assert_eq!(set.access.expose_secret(), "act.x");
            let granted = ["user.info.basic", "video.publish"];
            assert_eq!(set.scopes, granted.into_iter().collect());
        }
    }

    #[test]
    fn an_answer_without_a_token_is_no_success() {
        for json in [
            "{}",
            r#"{"access_token":null}"#,
            r#"{"access_token":" "}"#,
            r#"{"access_token":7}"#,
            r#"{"error":"invalid_grant"}"#,
        ] {
            assert!(read(json).is_none(), "{json}");
            assert!(ClientToken::from_sent(serde_json::from_str(json).unwrap()).is_none());
        }
    }

    #[test]
    fn nothing_of_a_token_is_shown() {
        let json = r#"{"access_token":"sesame","refresh_token":"sesame","fresh":"sesame"}"#;
        assert!(!format!("{:?}", read(json).unwrap()).contains("sesame"));
        let token = ClientToken::from_sent(serde_json::from_str(json).unwrap());
        assert!(!format!("{:?}", token.unwrap()).contains("sesame"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let read: Result<Sent, _> = serde_json::from_slice(&bytes);
            let _ = read.ok().and_then(UserToken::from_sent);
        }

        #[test]
        fn any_lives_are_survived(life in any::<i64>(), refresh in any::<i64>(), now in 0_i64..4_000_000_000) {
            let json = format!(r#"{{"access_token":"a","expires_in":{life},"refresh_expires_in":"{refresh}"}}"#);
            let now = DateTime::from_timestamp(now, 0).unwrap();
            let set = read(&json).unwrap().into_set(now);
            prop_assert!(set.expires_at.is_none_or(|ends| ends >= now));
        }
    }
}
