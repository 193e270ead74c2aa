//! Connecting an account: what a platform provides. [`crate::login`] runs the protocol.

mod plan;

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    error::{Error, ErrorKind, Reason, Remedy, Result},
    model::{AccountId, AppId, Connector, PrincipalId, Scopes, TokenSet},
    time::Deadline,
};

/// One login route of one platform app.
#[async_trait]
pub trait OAuthProvider: Debug + Send + Sync + 'static {
    /// Which route of which app.
    fn connector(&self) -> Connector;

    /// The space in which the platform gives ids of accounts to this login: its app, unless the ids of several apps are the
    /// same. Accounts of logins with one space are one account: one row, one lane of posts, one set of idempotency keys. The
    /// login that was used last is the one that counts. It is the app of the [kit](crate::hub::PlatformKit) that has the login,
    /// and must never change: accounts are found by it.
    fn account_space(&self) -> AppId {
        self.connector().app.app
    }

    /// What else ends when the grant of one account ends.
    fn grant_scope(&self) -> GrantScope {
        GrantScope::Account
    }

    /// What is asked for when the caller names no scopes.
    fn default_scopes(&self) -> Scopes;

    /// The address of the consent page. A platform that wants the request pushed to it beforehand (RFC 9126) is asked here.
    ///
    /// # Errors
    /// `Invalid` when the redirect address or a scope breaks the platform's rules; where the platform is asked, `Unavailable`
    /// or `Timeout` when it cannot be reached, `Protocol` for an answer of another form, and what it refuses. The person starts
    /// again after any of them.
    ///
    /// # Cancel safety
    /// It must be safe to drop: whoever begins a login waits for the answer until the deadline and no longer. A request that
    /// was pushed and is never used ends by itself.
    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString>;

    /// What an error means that the consent page came back with, by the platform's own table. `error` has its code. The core
    /// asks this for each login that ends so, before anything is exchanged.
    fn refused(&self, error: Error) -> Error {
        error
    }

    /// Exchanges the code of a callback. One consent may yield several accounts.
    ///
    /// # Errors
    /// `Unauthorized` when the platform refuses the code, `Unavailable` or `Timeout` when it cannot be reached,
    /// `Protocol` for an answer of another form. Codes are single use: the person starts again after any of them.
    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>>;

    /// Buys the next token set.
    ///
    /// # Errors
    /// The remedy decides what follows: `Reauthorize` says that the platform named the grant dead; `Reconcile` that the
    /// request may have been carried out though no answer came; anything else that it certainly was not.
    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet>;

    /// When to refresh. Computed from what the platform answered, never from constants.
    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan;

    /// When the grant ends for good: after this only the person helps. Computed from what the platform answered, at each login and
    /// each refresh, and kept where it can be read without the key. `None` when it has no end that is known, or none as long
    /// as it is refreshed in time.
    ///
    /// Mostly [`TokenSet::ends_at`]. It has no default: where a token renews itself that would be too early, and where
    /// access to the data ends before the tokens do, too late.
    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>>;

    /// Ends the grant on the platform. Ending one that has already ended is a success.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the platform cannot be reached.
    async fn revoke(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<()>;
}

/// How far a grant reaches: what ends with it, and whose tokens they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantScope {
    /// Ending the grant of one account ends no other.
    Account,
    /// Ending one ends those of all accounts of the same [principal](Grant::principal), as this app knows that person; of the same
    /// login where the platform does not tell who consented. A disconnection revokes with the last of them.
    Principal,
    /// As `Principal`, and all of them have one token set: the latest, of whichever login of this person. Every grant has a
    /// principal and a copy of the set. Where one is connected, the set of a new consent is saved for all as soon as it is there,
    /// since the one before may have ended, and so is what a refresh answers. That a refresh finds the grant dead is believed
    /// after a [grace time](crate::tokens::TokenSettings::grace) only: a new consent may be about to be saved.
    OneTokenSet,
}

/// What every call to a platform is given from outside.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallContext<'a> {
    /// The wall clock.
    pub now: DateTime<Utc>,
    /// After this moment nothing may be sent.
    pub deadline: &'a Deadline,
}

impl<'a> CallContext<'a> {
    /// Joins the two.
    pub fn new(now: DateTime<Utc>, deadline: &'a Deadline) -> Self {
        Self { now, deadline }
    }
}

/// What the consent page is asked for.
#[derive(Debug)]
#[non_exhaustive]
pub struct AuthorizeRequest<'a> {
    /// The rights to ask for.
    pub scopes: &'a Scopes,
    /// Where the browser comes back to.
    pub redirect_uri: &'a Url,
    /// Ties the callback to this login.
    pub state: &'a SecretString,
    /// Ties the code to this login (PKCE); a provider that has no use for it ignores it.
    pub verifier: &'a SecretString,
    /// Time and deadline.
    pub call: CallContext<'a>,
}

impl<'a> AuthorizeRequest<'a> {
    /// Joins the parts.
    pub fn new(
        scopes: &'a Scopes,
        redirect_uri: &'a Url,
        state: &'a SecretString,
        verifier: &'a SecretString,
        call: CallContext<'a>,
    ) -> Self {
        Self {
            scopes,
            redirect_uri,
            state,
            verifier,
            call,
        }
    }
}

/// What the exchange of a code needs.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The callback's parameters.
    pub callback: &'a Callback,
    /// The same address as at the start.
    pub redirect_uri: &'a Url,
    /// The same verifier as at the start.
    pub verifier: &'a SecretString,
    /// Time and deadline.
    pub call: CallContext<'a>,
}

impl<'a> Exchange<'a> {
    /// Joins the parts.
    pub fn new(
        callback: &'a Callback,
        redirect_uri: &'a Url,
        verifier: &'a SecretString,
        call: CallContext<'a>,
    ) -> Self {
        Self {
            callback,
            redirect_uri,
            verifier,
            call,
        }
    }
}

/// The parameters with which the browser came back, decoded once. Every value is treated as a secret.
#[derive(Debug)]
pub struct Callback(BTreeMap<String, SecretString>);

impl Callback {
    /// Reads the query of the callback's address. The first of repeated parameters counts.
    pub fn parse(query: &str) -> Self {
        let mut params = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            params
                .entry(name.into_owned())
                .or_insert_with(|| SecretString::from(value.into_owned()));
        }
        Self(params)
    }

    /// One parameter, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.0
            .get(name)
            .filter(|value| !value.expose_secret().is_empty())
    }

    /// The state, which names the login.
    pub(crate) fn state(&self) -> Option<&SecretString> {
        self.get("state")
    }

    /// The authorization code.
    ///
    /// # Errors
    /// `Rejected` with the platform's error code when the person or the platform refused, `Protocol` when there is
    /// neither code nor error.
    pub fn code(&self) -> Result<&SecretString> {
        if let Some(error) = self.get("error") {
            return Err(refused(error.expose_secret()));
        }
        self.get("code").ok_or_else(|| {
            Error::new(
                ErrorKind::Protocol,
                "the callback carries neither a code nor an error",
            )
        })
    }
}

/// The `error` parameter comes from the browser: only a short plain word of it is kept.
fn refused(code: &str) -> Error {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let code = if code.len() <= 64 && code.chars().all(plain) {
        code
    } else {
        "unknown"
    };
    let error = Error::new(
        ErrorKind::Rejected,
        "the consent page came back with an error",
    )
    .with_code(code)
    .with_remedy(Remedy::Reauthorize);
    // The word of the standard, whatever platform it is.
    error.with_reason(match code {
        "access_denied" => Reason::ConsentRefused,
        _ => Reason::ConsentFailed,
    })
}

/// One account that a consent yields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Grant {
    /// The platform's id of the account.
    pub account: AccountId,
    /// A name for people; empty when the platform did not tell it now. A name that is known already then stays.
    pub name: String,
    /// Other ids of the same account.
    pub aliases: Vec<AccountId>,
    /// Its credentials.
    pub tokens: TokenSet,
    /// Who consented: the platform's id of the person, for this app.
    pub principal: Option<PrincipalId>,
    /// Whether this consent left the refresh token of the one before alive, where it brings none itself. Then that one is kept.
    pub keeps_refresh: bool,
}

impl Grant {
    /// A grant without aliases, of which nobody knows who consented, and that stands for itself.
    pub fn new(account: AccountId, name: impl Into<String>, tokens: TokenSet) -> Self {
        Self {
            account,
            name: name.into(),
            aliases: Vec::new(),
            tokens,
            principal: None,
            keeps_refresh: false,
        }
    }

    /// Says who consented.
    #[must_use]
    pub fn by(mut self, principal: PrincipalId) -> Self {
        self.principal = Some(principal);
        self
    }

    /// Says that this consent left the refresh token of the one before alive.
    #[must_use]
    pub fn keeping_refresh(mut self) -> Self {
        self.keeps_refresh = true;
        self
    }
}

/// When to refresh a token set. See [`RefreshPlan::in_last_part`] for the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshPlan {
    /// It lives until it is revoked.
    Never,
    /// It can no longer be refreshed.
    Expired,
    /// When it is used after its end, and at the latest at `latest`, used or not: for refresh tokens that rotate, each of which is
    /// one more to lose, and that live much longer than the access token.
    ///
    /// Who calls within the last moments of the access token may be refused, and asks again with the next one. Between two uses
    /// the access token that is kept has ended, which is as it should be.
    OnUse {
        /// Early enough that there are days left for what goes wrong then. A random moment in the last tenth of the time up to
        /// it is taken, so that accounts connected together do not stay together.
        latest: DateTime<Utc>,
    },
    /// From `opens` on, and before `closes`.
    Window {
        /// The first moment at which it makes sense.
        opens: DateTime<Utc>,
        /// After this the access token is of no use.
        closes: DateTime<Utc>,
    },
}
