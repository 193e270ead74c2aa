//! One account on a store, and processes that use it.

use std::{
    future::{Future, poll_fn},
    path::Path,
    pin::pin,
    sync::{Arc, LazyLock},
    task::Poll,
    time::Duration,
};

use chrono::TimeDelta;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    super::{Tokens, TokensConfig, spool::busy, tokens_place},
    ahead::Ahead,
    platform::{Example, LIFETIME, PERSON, ROUTE, app, token_set_of},
    store::Flaky,
};
use crate::{
    conformance::named,
    memory::MemoryStore,
    model::{AccountKey, OwnerId, TokenSet},
    oauth::{GrantScope, OAuthProvider},
    random::SeededRandom,
    store::{Expect, Revision, TokenRecord, TokenStore},
    time::{Clock, ManualClock},
    vault::{LocalKeyRing, Vault},
};

pub(super) static OWNER: LazyLock<OwnerId> = LazyLock::new(|| named("owner-1"));

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) platform: Arc<Example>,
    pub(super) store: Arc<Flaky>,
    pub(super) vault: Arc<Vault>,
}

impl Bench {
    /// With one account, `key(0)`, connected just now.
    pub(super) async fn new() -> Self {
        let bench = Self::of(GrantScope::Principal).await;
        bench.connect(0, "consent-0").await;
        bench
    }

    /// Without an account, on a platform with such grants.
    pub(super) async fn of(scope: GrantScope) -> Self {
        let clock = ManualClock::default();
        let memory = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let ring =
            LocalKeyRing::from_keys([&std::array::from_fn(|i| u8::try_from(i).unwrap())]).unwrap();
        let random = Arc::new(SeededRandom::new(1));
        Self {
            vault: Arc::new(Vault::new(Uuid::nil(), Arc::new(ring), random)),
            platform: Arc::new(Example::new(scope)),
            store: Arc::new(Flaky::new(memory)),
            clock,
        }
    }

    /// With one account whose access token has ended.
    pub(super) async fn expired() -> Self {
        let bench = Self::new().await;
        bench.clock.advance(LIFETIME);
        bench
    }

    pub(super) fn key(account: u32) -> AccountKey {
        app().account(OWNER.clone(), named(format!("account-{account}")))
    }

    pub(super) async fn connect(&self, account: u32, consent: &str) {
        let tokens = token_set_of(account, 0, self.clock.now());
        self.put(account, consent, &tokens, Expect::Absent).await;
    }

    /// An account of the person, which has this set; the first is due for all.
    pub(super) async fn join(&self, number: u32, tokens: &TokenSet) {
        self.put(number, "consent", tokens, Expect::Absent).await;
        let (mut record, revision) = self.record(number).await;
        record.principal = Some(named(PERSON));
        record.refresh_due_at = record.refresh_due_at.filter(|_| number == 0);
        let save = self.store.inner.save(&record, Expect::Revision(revision));
        save.await.unwrap();
    }

    pub(super) async fn put(&self, n: u32, consent: &str, tokens: &TokenSet, expect: Expect) {
        let key = Self::key(n);
        let (row, plain) = (key.row_id(), tokens.to_plain().unwrap());
        let mut record = TokenRecord::new(key, ROUTE, self.clock.now());
        record.consent = consent.to_owned();
        record.scopes = tokens.scopes.clone();
        record.sealed = Some(self.vault.seal(&tokens_place(&row), &plain).await.unwrap());
        record.expires_at = tokens.expires_at;
        record.refresh_due_at = tokens.expires_at.map(|ends| ends - LIFETIME / 5);
        self.store.inner.save(&record, expect).await.unwrap();
    }

    /// A process.
    pub(super) fn process(&self) -> Tokens {
        self.process_with(|_| {})
    }

    pub(super) fn process_with(&self, change: impl FnOnce(&mut TokensConfig)) -> Tokens {
        let provider: Arc<dyn OAuthProvider> = Arc::clone(&self.platform) as _;
        let mut config = TokensConfig::new(
            Arc::clone(&self.store) as _,
            Arc::clone(&self.vault),
            std::iter::once((app().connector(ROUTE), provider)).collect(),
            Arc::new(self.clock.clone()),
            Arc::new(SeededRandom::new(2)),
        );
        change(&mut config);
        Tokens::new(config)
    }

    pub(super) fn process_ahead(&self, by: TimeDelta) -> Tokens {
        let clock = Arc::new(Ahead(self.clock.clone(), by));
        self.process_with(|config| config.clock = clock)
    }

    pub(super) fn process_with_spool(&self, folder: &Path) -> Tokens {
        self.process_with(|config| config.spool = Some(folder.to_owned()))
    }

    pub(super) async fn record(&self, account: u32) -> (TokenRecord, Revision) {
        let stored = self.store.inner.load(&Self::key(account)).await.unwrap();
        let stored = stored.unwrap();
        (stored.value, stored.revision)
    }

    /// The refresh token that is stored.
    pub(super) async fn stored_refresh(&self) -> String {
        self.refresh_of(0).await
    }

    pub(super) async fn refresh_of(&self, account: u32) -> String {
        let (record, _) = self.record(account).await;
        let row = record.key.row_id();
        let sealed = record.sealed.unwrap();
        let plain = self.vault.open(&tokens_place(&row), &sealed).await.unwrap();
        let tokens = TokenSet::from_plain(&plain).unwrap();
        tokens.refresh.unwrap().expose_secret().to_owned()
    }

    /// Runs until `done`; time stands still.
    pub(super) async fn until(&self, done: impl Fn() -> bool) {
        for _ in 0..100_000 {
            if done() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("it never happened");
    }

    /// Runs `work`, and lets time pass whenever everything waits.
    pub(super) async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut rounds = 0;
        while rounds < 100_000 {
            let polled = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
            if let Poll::Ready(value) = polled {
                return value;
            }
            tokio::task::yield_now().await;
            // Files are read and written beside the runtime, however slow the disk is.
            if busy::is_any() {
                let _ = tokio::task::spawn_blocking(std::thread::yield_now).await;
                continue;
            }
            rounds += 1;
            if rounds % 200 == 0 {
                // Keys are read there, too.
                let _ = tokio::task::spawn_blocking(std::thread::yield_now).await;
                self.clock.advance(Duration::from_millis(100));
            }
        }
        panic!("it never ended");
    }
}
