//! A platform that rotates refresh tokens and kills the old one at once, and does what a test scripts.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{
    conformance::named,
    error::{Error, ErrorKind, Remedy, Result},
    model::{AppKey, Connector, Platform, Scopes, TokenSet},
    oauth::{
        AuthorizeRequest, CallContext, Exchange, Grant, GrantScope, OAuthProvider, RefreshPlan,
    },
};

pub(super) const ROUTE: &str = "web";
pub(super) const PERSON: &str = "person";

pub(super) fn app() -> AppKey {
    AppKey::new(Platform::new("example"), named("app-1"))
}

pub(super) const LIFETIME: Duration = Duration::from_secs(7_200);

/// What happens to a refresh instead of the usual.
#[derive(Debug)]
pub(super) enum Act {
    /// It is carried out; its answer waits for [`Example::go_on`].
    Hold,
    /// It is carried out; its answer is lost.
    LoseAnswer,
    /// It is not carried out, and nobody knows.
    LoseRequest,
    /// It is carried out; the answer holds an empty access token.
    Blank,
    /// As `Blank`, but the refresh token is empty.
    BlankRefresh,
    /// It is carried out; the answer leaves the refresh token out, because the old one stays.
    KeepOld,
    /// The platform says that the grant is dead.
    Dead,
    /// As `Dead`; the answer waits for [`Example::go_on`].
    HoldDead,
    Fail(Error),
    Panic,
}

#[derive(Debug)]
pub(super) struct Example {
    /// The number of the living token of each account.
    living: Mutex<HashMap<u32, u32>>,
    script: Mutex<VecDeque<Act>>,
    always_dead: Mutex<bool>,
    /// How long tokens live that a refresh gives, where it is not the usual time.
    pub(super) lives: Mutex<Option<Duration>>,
    /// For how long tokens may go unused, where they are refreshed when they are used.
    pub(super) unused: Mutex<Option<Duration>>,
    gate: Semaphore,
    pub(super) refreshes: AtomicU32,
    pub(super) revoked: Mutex<Vec<String>>,
    pub(super) revoke_fails: Mutex<bool>,
    scope: GrantScope,
}

/// Of account 0.
pub(super) fn token_set(number: u32, now: DateTime<Utc>) -> TokenSet {
    token_set_of(0, number, now)
}

pub(super) fn token_set_of(account: u32, number: u32, now: DateTime<Utc>) -> TokenSet {
    TokenSet {
        access: SecretString::from(name("access", account, number)),
        refresh: Some(SecretString::from(name("refresh", account, number))),
        companions: std::iter::once(("page".to_owned(), SecretString::from("page-0"))).collect(),
        issued_at: now,
        expires_at: Some(now + LIFETIME),
        refresh_expires_at: Some(now + 100 * LIFETIME),
        scopes: Scopes::from_iter(["read", "write"]),
    }
}

fn name(kind: &str, account: u32, number: u32) -> String {
    match account {
        0 => format!("{kind}-{number}"),
        _ => format!("{kind}-{number}-of-{account}"),
    }
}

impl Example {
    pub(super) fn new(scope: GrantScope) -> Self {
        Self {
            living: Mutex::default(),
            script: Mutex::default(),
            always_dead: Mutex::new(false),
            lives: Mutex::default(),
            unused: Mutex::default(),
            gate: Semaphore::new(0),
            refreshes: AtomicU32::new(0),
            revoked: Mutex::default(),
            revoke_fails: Mutex::new(false),
            scope,
        }
    }

    /// So many refreshes of account 0 were carried out before.
    pub(super) fn carried_out(&self, count: u32) {
        self.living.lock().unwrap().insert(0, count);
    }

    pub(super) fn next(&self, act: Act) {
        self.script.lock().unwrap().push_back(act);
    }

    /// Whatever is sent, as after the platform app's secret was mistyped.
    pub(super) fn always_dead(&self, dead: bool) {
        *self.always_dead.lock().unwrap() = dead;
    }

    pub(super) fn go_on(&self) {
        self.gate.add_permits(1);
    }

    pub(super) fn calls(&self) -> u32 {
        self.refreshes.load(Ordering::SeqCst)
    }

    pub(super) fn living(&self) -> String {
        let living = self.living.lock().unwrap();
        name("refresh", 0, living.get(&0).copied().unwrap_or(0))
    }

    /// Rotates.
    fn carry_out(&self, tokens: &TokenSet, now: DateTime<Utc>) -> Result<TokenSet> {
        let mut living = self.living.lock().unwrap();
        let sent = tokens.refresh.as_ref().unwrap().expose_secret();
        let account = sent
            .split_once("-of-")
            .map_or(0, |(_, of)| of.parse().unwrap());
        let number = living.entry(account).or_insert(0);
        if *sent != name("refresh", account, *number) {
            return Err(dead());
        }
        *number += 1;
        let mut tokens = token_set_of(account, *number, now);
        tokens.companions.clear();
        if let Some(lives) = *self.lives.lock().unwrap() {
            tokens.expires_at = Some(now + lives);
        }
        Ok(tokens)
    }
}

fn dead() -> Error {
    Error::new(ErrorKind::Unauthorized, "the grant is invalid")
        .with_remedy(Remedy::Reauthorize)
        .with_code("invalid_grant")
}

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no answer").with_remedy(Remedy::Reconcile)
}

#[async_trait]
impl OAuthProvider for Example {
    fn connector(&self) -> Connector {
        app().connector(ROUTE)
    }

    fn grant_scope(&self) -> GrantScope {
        self.scope
    }

    fn default_scopes(&self) -> Scopes {
        Scopes::from_iter(["read"])
    }

    async fn authorize(&self, _: &AuthorizeRequest<'_>) -> Result<SecretString> {
        unreachable!("no login here")
    }

    async fn exchange(&self, _: &Exchange<'_>) -> Result<Vec<Grant>> {
        unreachable!("no login here")
    }

    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        assert!(!call.deadline.has_passed(), "sent after the deadline");
        self.refreshes.fetch_add(1, Ordering::SeqCst);
        let act = self.script.lock().unwrap().pop_front();
        if *self.always_dead.lock().unwrap() {
            return Err(dead());
        }
        let answer = |tokens: &TokenSet| self.carry_out(tokens, call.now);
        match act {
            None => answer(tokens),
            Some(Act::Hold) => {
                let new = answer(tokens);
                self.gate.acquire().await.unwrap().forget();
                new
            }
            Some(Act::LoseAnswer) => answer(tokens).and(Err(lost())),
            Some(Act::LoseRequest) => Err(lost()),
            Some(Act::Blank) => answer(tokens).map(|new| TokenSet {
                access: SecretString::from(" "),
                ..new
            }),
            Some(Act::BlankRefresh) => answer(tokens).map(|new| TokenSet {
                refresh: Some(SecretString::from("")),
                ..new
            }),
            Some(Act::KeepOld) => Ok(TokenSet {
                access: SecretString::from("access-again"),
                refresh: None,
                refresh_expires_at: None,
                ..token_set(0, call.now)
            }),
            Some(Act::Dead) => Err(dead()),
            Some(Act::HoldDead) => {
                self.gate.acquire().await.unwrap().forget();
                Err(dead())
            }
            Some(Act::Fail(error)) => Err(error),
            Some(Act::Panic) => panic!("a provider with a bug"),
        }
    }

    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        let Some(closes) = tokens.expires_at else {
            return RefreshPlan::Never;
        };
        if tokens.refresh.is_none() || tokens.refresh_expires_at.is_some_and(|ends| ends <= now) {
            return RefreshPlan::Expired;
        }
        if let Some(unused) = *self.unused.lock().unwrap() {
            let latest = tokens.issued_at + unused;
            return RefreshPlan::OnUse { latest };
        }
        RefreshPlan::Window {
            opens: closes - LIFETIME / 5,
            closes,
        }
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, tokens: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        if *self.revoke_fails.lock().unwrap() {
            return Err(Error::new(ErrorKind::Unavailable, "no answer"));
        }
        let access = tokens.access.expose_secret().to_owned();
        self.revoked.lock().unwrap().push(access);
        Ok(())
    }
}
