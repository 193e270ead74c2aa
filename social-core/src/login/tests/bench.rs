//! A platform with a consent page, and a service with two owners.

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use super::super::{LoginStart, Logins, LoginsConfig, Offer};
use super::offers::Offers;
use crate::{
    conformance::named,
    error::{Error, ErrorKind, Result},
    memory::MemoryStore,
    model::{Account, AccountStatus, AppKey, Connector, OwnerId, Platform, Scopes, TokenSet},
    oauth::{
        AuthorizeRequest, CallContext, Exchange, Grant, GrantScope, OAuthProvider, RefreshPlan,
    },
    random::SeededRandom,
    store::{Expect, Stored, TokenOrder, TokenRecord, TokenStore},
    time::{Clock, ManualClock},
    tokens::{
        family,
        tests::{ahead::Ahead, store::Flaky},
        tokens_place,
    },
    vault::{LocalKeyRing, Vault},
};

pub(super) static WEB: LazyLock<Connector> = LazyLock::new(|| app().connector("web"));
pub(super) static DESKTOP: LazyLock<Connector> = LazyLock::new(|| app().connector("desktop"));

fn app() -> AppKey {
    AppKey::new(Platform::new("example"), named("app-1"))
}
pub(super) static OTHER: LazyLock<OwnerId> = LazyLock::new(|| named("owner-2"));
pub(super) static OWNER: LazyLock<OwnerId> = LazyLock::new(|| named("owner-1"));

/// Grants what a test wants. Each code is good once and bound to its verifier.
#[derive(Debug)]
pub(super) struct Consent {
    connector: Connector,
    verifiers: Mutex<Vec<String>>,
    pub(super) grants: Mutex<Vec<Grant>>,
    pub(super) exchanges: AtomicU32,
    pub(super) scope: Mutex<GrantScope>,
    /// Whether it never answers when a login begins.
    pub(super) hangs: AtomicBool,
    /// The time that the last beginning was told, and how long it might send.
    pub(super) asked: Mutex<Option<(DateTime<Utc>, Duration)>>,
}

#[async_trait]
impl OAuthProvider for Consent {
    fn connector(&self) -> Connector {
        self.connector.clone()
    }

    fn grant_scope(&self) -> GrantScope {
        *self.scope.lock().unwrap()
    }

    fn default_scopes(&self) -> Scopes {
        Scopes::from_iter(["read", "write"])
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let call = &request.call;
        *self.asked.lock().unwrap() = Some((call.now, call.deadline.remaining()));
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let verifier = request.verifier.expose_secret().to_owned();
        self.verifiers.lock().unwrap().push(verifier);
        let mut url = Url::parse("https://example.com/consent").unwrap();
        url.query_pairs_mut()
            .append_pair("state", request.state.expose_secret())
            .append_pair("redirect_uri", request.redirect_uri.as_str());
        Ok(SecretString::from(url.to_string()))
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        let mut verifiers = self.verifiers.lock().unwrap();
        let verifier = exchange.verifier.expose_secret();
        let known = verifiers.iter().position(|known| known == verifier);
        verifiers.remove(known.expect("the verifier of the start"));
        if exchange.callback.code()?.expose_secret() != "good" {
            return Err(Error::new(ErrorKind::Unauthorized, "the code is not known"));
        }
        Ok(self.grants.lock().unwrap().clone())
    }

    async fn refresh(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<TokenSet> {
        unreachable!("no refresh here")
    }

    fn refresh_plan(&self, tokens: &TokenSet, _: DateTime<Utc>) -> RefreshPlan {
        tokens
            .expires_at
            .map_or(RefreshPlan::Never, |closes| RefreshPlan::Window {
                opens: tokens.issued_at,
                closes,
            })
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        unreachable!("no revocation here")
    }
}

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) store: Arc<MemoryStore>,
    pub(super) accounts: Arc<Flaky>,
    pub(super) offers: Arc<Offers>,
    pub(super) consent: Arc<Consent>,
    pub(super) logins: Logins,
    config: LoginsConfig,
    vault: Arc<Vault>,
}

pub(super) fn callback_url() -> Url {
    Url::parse("https://service.example/callback").unwrap()
}

/// What the platform appends to the callback's address.
pub(super) fn query(start: &LoginStart, rest: &str) -> String {
    let url = Url::parse(start.url.expose_secret()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap();
    format!("state={}&{rest}", state.1)
}

impl Bench {
    pub(super) fn new() -> Self {
        let clock = ManualClock::default();
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let accounts = Arc::new(Flaky::new(Arc::clone(&store)));
        let offers = Arc::new(Offers {
            inner: Arc::clone(&store),
            failing: AtomicU32::new(0),
            unacknowledged: AtomicU32::new(0),
        });
        let key = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let ring = LocalKeyRing::from_keys([&key]).unwrap();
        let random = Arc::new(SeededRandom::new(3));
        let vault = Arc::new(Vault::new(Uuid::nil(), Arc::new(ring), random));
        let consent = |connector| {
            Arc::new(Consent {
                connector,
                verifiers: Mutex::default(),
                grants: Mutex::default(),
                exchanges: AtomicU32::new(0),
                scope: Mutex::new(GrantScope::Account),
                hangs: AtomicBool::new(false),
                asked: Mutex::default(),
            })
        };
        let web = consent(WEB.clone());
        let providers: [(Connector, Arc<dyn OAuthProvider>); 2] = [
            (WEB.clone(), Arc::clone(&web) as _),
            (DESKTOP.clone(), consent(DESKTOP.clone()) as _),
        ];
        let config = LoginsConfig::new(
            Arc::clone(&offers) as _,
            Arc::clone(&accounts) as _,
            Arc::clone(&vault),
            providers.into_iter().collect(),
            Arc::new(clock.clone()),
            Arc::new(SeededRandom::new(4)),
        );
        let bench = Self {
            logins: Logins::new(config.clone()),
            config,
            consent: web,
            clock,
            store,
            accounts,
            offers,
            vault,
        };
        bench.grant([bench.granted("one", "access-1")]);
        bench
    }

    /// Another process, whose machine shows another time of day.
    pub(super) fn process_ahead(&self, by: TimeDelta) -> Logins {
        let mut config = self.config.clone();
        config.clock = Arc::new(Ahead(self.clock.clone(), by));
        Logins::new(config)
    }

    /// The account is disconnected after all that was consented to so far.
    pub(super) async fn end(&self, account: &str) {
        let stored = self.stored(account).await.unwrap();
        let mut ended = stored.value;
        (ended.status, ended.sealed) = (AccountStatus::Disconnected, None);
        let number = self.store.next_number().await.unwrap();
        ended.order = TokenOrder::first(number);
        let save = self.store.save(&ended, Expect::Revision(stored.revision));
        save.await.unwrap();
    }

    pub(super) fn grant(&self, grants: impl IntoIterator<Item = Grant>) {
        *self.consent.grants.lock().unwrap() = grants.into_iter().collect();
    }

    pub(super) fn granted(&self, account: &str, access: &str) -> Grant {
        let now = self.clock.now();
        let tokens = TokenSet {
            access: SecretString::from(access),
            refresh: Some(SecretString::from(format!("refresh of {access}"))),
            companions: Default::default(),
            issued_at: now,
            expires_at: Some(now + Duration::from_secs(7_200)),
            refresh_expires_at: Some(now + Duration::from_secs(15_552_000)),
            scopes: Scopes::from_iter(["read", "write"]),
        };
        Grant::new(named(account), format!("Account {account}"), tokens)
    }

    pub(super) fn exchanges(&self) -> u32 {
        self.consent.exchanges.load(Ordering::SeqCst)
    }

    pub(super) async fn begin(&self) -> LoginStart {
        let url = callback_url();
        let begun = self.logins.begin(&OWNER, &WEB, None, &url);
        begun.await.unwrap()
    }

    /// The right browser comes back.
    pub(super) async fn finish(&self, start: &LoginStart, rest: &str) -> Result<Offer> {
        let (url, query) = (callback_url(), query(start, rest));
        let browser = Some(&start.browser);
        self.logins
            .finish(&OWNER, &WEB, &url, browser, &query)
            .await
    }

    pub(super) async fn offer(&self) -> Offer {
        let start = self.begin().await;
        self.finish(&start, "code=good").await.unwrap()
    }

    pub(super) async fn accept(
        &self,
        owner: &OwnerId,
        offer: Uuid,
        accounts: &[&str],
    ) -> Result<Vec<Account>> {
        let chosen = Vec::from_iter(accounts.iter().map(named));
        self.logins.accept(owner, offer, &chosen).await
    }

    pub(super) async fn connect(&self) {
        let offer = self.offer().await;
        self.accept(&OWNER, offer.id, &["one"]).await.unwrap();
    }

    pub(super) async fn stored(&self, account: &str) -> Option<Stored<TokenRecord>> {
        let key = app().account(OWNER.clone(), named(account));
        self.store.holder(&key).await.unwrap()
    }

    pub(super) async fn sealed(&self, record: &TokenRecord, tokens: &TokenSet) -> Vec<u8> {
        family::seal(&self.vault, record, tokens).await.unwrap()
    }

    pub(super) async fn tokens(&self, record: &TokenRecord) -> TokenSet {
        let (row, sealed) = (record.key.row_id(), record.sealed.as_ref().unwrap());
        let plain = self.vault.open(&tokens_place(&row), sealed).await.unwrap();
        TokenSet::from_plain(&plain).unwrap()
    }
}
