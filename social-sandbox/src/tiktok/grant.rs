//! Codes, grants and tokens.
//!
//! Lifetimes: <https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::random::Random;
use crate::secrets::Secrets;
use crate::tiktok::oauth_error::OAuthError;

/// An access token lives two hours, in seconds.
pub(crate) const ACCESS_SECONDS: u32 = 2 * 60 * 60;
/// A refresh token lives 180 days, in seconds.
pub(crate) const REFRESH_SECONDS: u32 = 180 * 24 * 60 * 60;
/// A code lives ten minutes.
pub(crate) const CODE_LIFE: Millis = 10 * 60 * 1000;

/// How long an app's tokens live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lives {
    pub(crate) access: Millis,
    /// Counted from the consent.
    pub(crate) refresh: Millis,
    /// Whether a refresh begins it anew.
    pub(crate) restarts: bool,
}

impl Default for Lives {
    fn default() -> Self {
        Self {
            access: Millis::from(ACCESS_SECONDS) * 1000,
            refresh: Millis::from(REFRESH_SECONDS) * 1000,
            restarts: false,
        }
    }
}

/// What the user was asked to let go wrong with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeFault {
    /// The token call answers after 30 s.
    Slow,
    /// The token call answers this.
    Refused(OAuthError),
    /// The token call answers 500. Only older state files hold it.
    ServerError,
}

/// A code that waits to be exchanged.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) client_key: String,
    pub(crate) account: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: Option<String>,
    pub(crate) expires_at: Millis,
    pub(crate) fault: Option<CodeFault>,
}

/// What one user has let one app do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) client_key: String,
    pub(crate) account: String,
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Token {
    grant: u64,
    expires_at: Millis,
}

/// How the refresh calls of an account went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefreshCount {
    /// Refresh calls whose token could be told to be this account's.
    pub refreshes: u64,
    /// Calls answered with a new pair.
    pub successful: u64,
    /// Calls refused: the token was rotated away, expired or revoked, or the client was wrong.
    pub rejected: u64,
}

/// A pair as the token endpoint hands it out.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) expires_in: i64,
    pub(crate) refresh_expires_in: i64,
    pub(crate) grant: Grant,
}

/// Every grant and its tokens.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Grants {
    next: u64,
    grants: BTreeMap<u64, Grant>,
    access: BTreeMap<String, Token>,
    refresh: BTreeMap<String, Token>,
    /// Refresh tokens that are dead, with the account they were for: for counting only.
    dead: BTreeMap<String, String>,
    pub(crate) counts: BTreeMap<String, RefreshCount>,
}

impl Grants {
    /// Starts a grant with its first pair of tokens.
    pub(crate) fn start(
        &mut self,
        grant: Grant,
        lives: Lives,
        now: Millis,
        random: &mut Random,
        secrets: &mut Secrets,
    ) -> Issued {
        self.next += 1;
        self.grants.insert(self.next, grant.clone());
        let until = (now + lives.access, now + lives.refresh);
        self.issue(self.next, grant, until, now, random, secrets)
    }

    /// Replaces a living refresh token, which is dead from then on. The new one keeps what is left
    /// of the life of the old, unless the app's begin anew. Access tokens handed out before live until they expire.
    pub(crate) fn rotate(
        &mut self,
        refresh_token: &str,
        lives: Lives,
        now: Millis,
        random: &mut Random,
        secrets: &mut Secrets,
    ) -> Option<Issued> {
        let token = self.refresh.remove(refresh_token)?;
        let grant = self.grants.get(&token.grant)?.clone();
        self.dead
            .insert(refresh_token.to_owned(), grant.account.clone());
        let refresh_until = if lives.restarts {
            now + lives.refresh
        } else {
            token.expires_at
        };
        let until = (now + lives.access, refresh_until);
        Some(self.issue(token.grant, grant, until, now, random, secrets))
    }

    fn issue(
        &mut self,
        id: u64,
        grant: Grant,
        (access_until, refresh_until): (Millis, Millis),
        now: Millis,
        random: &mut Random,
        secrets: &mut Secrets,
    ) -> Issued {
        let access_token = format!("act.{}", random.word(60));
        let refresh_token = format!("rft.{}", random.word(60));
        secrets.issue("access_token", &access_token);
        secrets.issue("refresh_token", &refresh_token);
        self.access.retain(|_, token| token.expires_at > now);
        self.access.insert(
            access_token.clone(),
            Token {
                grant: id,
                expires_at: access_until,
            },
        );
        self.refresh.insert(
            refresh_token.clone(),
            Token {
                grant: id,
                expires_at: refresh_until,
            },
        );
        Issued {
            access_token,
            refresh_token,
            expires_in: (access_until - now) / 1000,
            refresh_expires_in: (refresh_until - now) / 1000,
            grant,
        }
    }

    /// Whether a user has let an app do all of this.
    pub(crate) fn covers(&self, client_key: &str, account: &str, scopes: &[String]) -> bool {
        let theirs = |grant: &&Grant| grant.client_key == client_key && grant.account == account;
        let given = |scope: &String| {
            let mut grants = self.grants.values().filter(theirs);
            grants.any(|grant| grant.scopes.contains(scope))
        };
        scopes.iter().all(given)
    }

    /// What a living access token allows.
    pub(crate) fn by_access(&self, token: &str, now: Millis) -> Option<&Grant> {
        let token = self
            .access
            .get(token)
            .filter(|token| token.expires_at > now)?;
        self.grants.get(&token.grant)
    }

    /// What a living refresh token stands for.
    pub(crate) fn by_refresh(&self, token: &str, now: Millis) -> Option<&Grant> {
        let token = self
            .refresh
            .get(token)
            .filter(|token| token.expires_at > now)?;
        self.grants.get(&token.grant)
    }

    /// The account a refresh token is or was for, dead or alive.
    pub(crate) fn owner_of_refresh(&self, token: &str) -> Option<&str> {
        let living = self
            .refresh
            .get(token)
            .and_then(|token| self.grants.get(&token.grant));
        living
            .map(|grant| grant.account.as_str())
            .or(self.dead.get(token).map(String::as_str))
    }

    /// Makes an access token invalid before its time.
    pub(crate) fn expire_access(&mut self, token: &str) {
        self.access.remove(token);
    }

    /// Ends everything between a user and an app. `false` if there was nothing.
    pub(crate) fn revoke(&mut self, client_key: &str, account: &str) -> bool {
        let gone: Vec<u64> = self
            .grants
            .iter()
            .filter(|(_, grant)| grant.client_key == client_key && grant.account == account)
            .map(|(id, _)| *id)
            .collect();
        self.grants.retain(|id, _| !gone.contains(id));
        self.access.retain(|_, token| !gone.contains(&token.grant));
        let dead = self
            .refresh
            .extract_if(.., |_, token| gone.contains(&token.grant));
        self.dead
            .extend(dead.map(|(token, _)| (token, account.to_owned())));
        !gone.is_empty()
    }

    /// Counts a refresh call of an account.
    pub(crate) fn count(&mut self, account: &str, successful: bool) {
        let count = self.counts.entry(account.to_owned()).or_default();
        count.refreshes += 1;
        if successful {
            count.successful += 1;
        } else {
            count.rejected += 1;
        }
    }
}
