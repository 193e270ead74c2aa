use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// What an account granted, in the platform's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Whether `scope` was granted.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether nothing was granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What of `wanted` is missing here.
    pub fn missing(&self, wanted: &Self) -> Self {
        Self(wanted.0.difference(&self.0).cloned().collect())
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        Self(
            scopes
                .into_iter()
                .map(Into::into)
                .filter(|scope| !scope.is_empty())
                .collect(),
        )
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The credentials of one account. `Debug` shows the times and scopes only.
#[derive(Clone)]
#[non_exhaustive]
pub struct TokenSet {
    /// Sent with each call.
    pub access: SecretString,
    /// Buys the next pair. Never empty: a platform that gives none has `None`.
    pub refresh: Option<SecretString>,
    /// Further credentials of the same account by name, for example a Page's token.
    pub companions: BTreeMap<String, SecretString>,
    /// When the platform issued them, by the clock of the process that asked.
    pub issued_at: DateTime<Utc>,
    /// When `access` ends, computed from the answer.
    pub expires_at: Option<DateTime<Utc>>,
    /// When `refresh` ends, computed from the answer.
    pub refresh_expires_at: Option<DateTime<Utc>>,
    /// What was granted, which may be less than what was asked for.
    pub scopes: Scopes,
}

impl TokenSet {
    /// When nothing can be done with them any more, by what the platform answered: the end of the refresh token, where there is
    /// one, otherwise that of the access token.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        match self.refresh {
            Some(_) => self.refresh_expires_at,
            None => self.expires_at,
        }
    }
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .field("refresh_expires_at", &self.refresh_expires_at)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// The plaintext that the vault seals. Its own type, so that `TokenSet` itself can never be serialized by accident.
#[derive(Serialize, Deserialize)]
struct Plain {
    access: String,
    refresh: Option<String>,
    #[serde(default)]
    companions: BTreeMap<String, String>,
    issued_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    refresh_expires_at: Option<DateTime<Utc>>,
    scopes: Scopes,
}

impl Drop for Plain {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.access.zeroize();
        self.refresh.zeroize();
        self.companions.values_mut().for_each(Zeroize::zeroize);
    }
}

impl TokenSet {
    /// An access token without an end, to be filled in.
    pub fn new(access: SecretString, issued_at: DateTime<Utc>) -> Self {
        Self {
            access,
            ..Self::absent(issued_at)
        }
    }

    /// Stands for the tokens of an account that has none any more. No platform accepts it and no store takes it; a
    /// publisher is given it to stop what needs no call.
    pub fn absent(now: DateTime<Utc>) -> Self {
        Self {
            access: SecretString::default(),
            refresh: None,
            companions: BTreeMap::new(),
            issued_at: now,
            expires_at: Some(now),
            refresh_expires_at: None,
            scopes: Scopes::default(),
        }
    }

    /// The bytes to seal.
    pub(crate) fn to_plain(&self) -> Result<zeroize::Zeroizing<Vec<u8>>> {
        let expose = |secret: &SecretString| secret.expose_secret().to_owned();
        let plain = Plain {
            access: expose(&self.access),
            refresh: self.refresh.as_ref().map(expose),
            companions: self
                .companions
                .iter()
                .map(|(k, v)| (k.clone(), expose(v)))
                .collect(),
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            refresh_expires_at: self.refresh_expires_at,
            scopes: self.scopes.clone(),
        };
        serde_json::to_vec(&plain)
            .map(zeroize::Zeroizing::new)
            .map_err(|_| Error::new(ErrorKind::Seal, "a token set cannot be written"))
    }

    /// Reads opened bytes. The cause is dropped: it could quote a token.
    pub(crate) fn from_plain(bytes: &[u8]) -> Result<Self> {
        let mut plain: Plain = serde_json::from_slice(bytes)
            .map_err(|_| Error::new(ErrorKind::Seal, "a stored token set has another form"))?;
        Ok(Self {
            access: SecretString::from(std::mem::take(&mut plain.access)),
            refresh: plain.refresh.take().map(SecretString::from),
            companions: std::mem::take(&mut plain.companions)
                .into_iter()
                .map(|(name, token)| (name, SecretString::from(token)))
                .collect(),
            issued_at: plain.issued_at,
            expires_at: plain.expires_at,
            refresh_expires_at: plain.refresh_expires_at,
            scopes: std::mem::take(&mut plain.scopes),
        })
    }

    /// Refuses a set that could overwrite living tokens with nothing.
    ///
    /// # Errors
    /// `Protocol` when a token is empty.
    pub fn check(&self) -> Result<()> {
        let blank = |secret: &SecretString| secret.expose_secret().trim().is_empty();
        if blank(&self.access) || self.refresh.as_ref().is_some_and(blank) {
            return Err(Error::new(
                ErrorKind::Protocol,
                "the platform answered with an empty token",
            ));
        }
        Ok(())
    }
}
