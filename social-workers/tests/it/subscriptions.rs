//! What platforms are asked to send, and how often.

mod trouble;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use social_core::{
    Error, ErrorKind, LocalKeyRing, MediaDir, PlatformKit, Result, Social, Stores,
    conformance::named,
    content::ContentContext,
    memory::MemoryStore,
    model::{Account, Connector, Platform, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    random::SeededRandom,
    store::InstallationStore,
    time::ManualClock,
    webhook::{CallbackContext, EventSubscriptions},
};
use social_workers::{SubscriptionReport, SubscriptionSettings, SubscriptionWorker};
use url::Url;

use crate::stage::{CONNECTOR, OWNER, PLATFORM, app, offer};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

/// No two processes draw the same.
static SEED: AtomicU64 = AtomicU64::new(1);

/// A login that gives so many accounts.
#[derive(Clone, Debug)]
struct Crowd(usize);

#[async_trait]
impl OAuthProvider for Crowd {
    fn connector(&self) -> Connector {
        CONNECTOR.clone()
    }

    fn default_scopes(&self) -> Scopes {
        ["post"].into_iter().collect()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        use secrecy::ExposeSecret;
        let state = request.state.expose_secret();
        let url = format!("https://example.com/?state={state}");
        Ok(SecretString::from(url))
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let tokens = || {
            let mut tokens = TokenSet::new(SecretString::from("access"), exchange.call.now);
            tokens.scopes = self.default_scopes();
            tokens
        };
        let grant = |number| Grant::new(named(format!("box-{number:02}")), "an account", tokens());
        Ok((0..self.0).map(grant).collect())
    }

    async fn refresh(&self, tokens: &TokenSet, _: &CallContext<'_>) -> Result<TokenSet> {
        Ok(tokens.clone())
    }

    fn refresh_plan(&self, _: &TokenSet, _: DateTime<Utc>) -> RefreshPlan {
        RefreshPlan::Never
    }

    fn grant_ends_at(&self, _: &TokenSet) -> Option<DateTime<Utc>> {
        None
    }

    async fn revoke(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        Ok(())
    }
}

/// What a platform says.
#[derive(Clone, Debug)]
enum Says {
    Error(Error),
    Hangs,
    Panics,
    Refuses(&'static str),
}

/// Sends what it is asked to, and says what it is told to say.
#[derive(Clone, Debug, Default)]
struct Sender(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    asked: Vec<String>,
    ended: Vec<String>,
    callbacks: usize,
    says: BTreeMap<String, Says>,
    /// What is said of those of whom nothing is.
    to_all: Option<Says>,
    of_callback: Option<Says>,
}

impl Sender {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn say(&self, account: &str, says: Says) {
        self.state().says.insert(account.to_owned(), says);
    }

    /// Who was asked about since the last time, in order.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.state().asked);
        asked.sort();
        asked
    }

    fn saying(&self, account: &str) -> Option<Says> {
        let state = self.state();
        let says = state.says.get(account).or(state.to_all.as_ref());
        says.cloned()
    }
}

async fn said(says: Option<Says>) -> Result<Vec<String>> {
    match says {
        None => Ok(Vec::new()),
        Some(Says::Error(error)) => Err(error),
        Some(Says::Hangs) => std::future::pending().await,
        Some(Says::Panics) => panic!("a platform's crate has a fault"),
        Some(Says::Refuses(what)) => Ok(vec![what.to_owned()]),
    }
}

#[async_trait]
impl EventSubscriptions for Sender {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn account_every(&self) -> Duration {
        24 * HOUR
    }

    fn callback_every(&self) -> Option<Duration> {
        Some(10 * MINUTE)
    }

    async fn subscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<Vec<String>> {
        assert_eq!(*callback, address());
        let account = cx.account.key.account.to_string();
        self.state().asked.push(account.clone());
        said(self.saying(&account)).await
    }

    async fn unsubscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<()> {
        assert_eq!(*callback, address());
        let account = cx.account.key.account.to_string();
        self.state().ended.push(account.clone());
        said(self.saying(&account)).await.map(drop)
    }

    async fn keep_callback(&self, cx: &CallbackContext<'_>) -> Result<Vec<String>> {
        assert_eq!(*cx.callback, address());
        self.state().callbacks += 1;
        let says = self.state().of_callback.clone();
        said(says).await
    }
}

fn address() -> Url {
    Url::parse("https://service.example/hooks").unwrap()
}

struct Scene {
    clock: ManualClock,
    store: MemoryStore,
    sender: Sender,
    social: Social,
    accounts: Vec<Account>,
    folder: tempfile::TempDir,
}

impl Scene {
    /// With so many accounts.
    async fn of(count: usize) -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let (sender, folder) = (Sender::default(), tempfile::tempdir().unwrap());
        let stores = Stores::from(store.clone());
        let social = build(&folder, &clock, stores, &sender, count).await;
        let mut scene = Self {
            clock,
            store,
            sender,
            social,
            accounts: Vec::new(),
            folder,
        };
        scene.accounts = scene.connect().await;
        scene
    }

    /// The person connects all of them, again if they are.
    async fn connect(&self) -> Vec<Account> {
        let offer = offer(&self.social).await;
        let all: Vec<_> = offer.accounts.iter().map(|it| it.account.clone()).collect();
        let linked = self.social.accept_offer(&OWNER, offer.id, &all).await;
        linked.unwrap()
    }

    /// Another process on the same store.
    async fn process(&self) -> Social {
        let stores = Stores::from(self.store.clone());
        build(&self.folder, &self.clock, stores, &self.sender, 1).await
    }

    fn worker(&self) -> SubscriptionWorker {
        SubscriptionWorker::new(&self.social)
    }

    async fn round(&self) -> SubscriptionReport {
        self.worker().run_once().await.unwrap()
    }
}

async fn build(
    folder: &tempfile::TempDir,
    clock: &ManualClock,
    stores: Stores,
    sender: &Sender,
    count: usize,
) -> Social {
    let kit = PlatformKit::new(app()).connector(Crowd(count));
    Social::builder()
        .stores(stores)
        .keys(LocalKeyRing::file(folder.path().join("key")))
        .media(MediaDir::open(folder.path().join("media")).unwrap())
        .platform(kit.subscriptions(sender.clone(), address()))
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(
            SEED.fetch_add(1, Ordering::Relaxed),
        )))
        .build()
        .await
        .unwrap()
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("box-{n:02}")).collect()
}

#[tokio::test]
async fn each_account_is_asked_about_once_in_its_time() {
    let scene = Scene::of(3).await;
    let report = scene.round().await;
    assert_eq!((report.subscribed, report.failed), (3, 0), "{report:?}");
    assert_eq!(scene.sender.asked(), names(0..3));
    // Also by a process that begins anew, at every hour of the day.
    for _ in 0..23 {
        scene.clock.advance(HOUR);
        assert_eq!(scene.round().await.subscribed, 0);
        assert_eq!(scene.sender.asked(), [""; 0], "not before its time");
    }
    scene.clock.advance(HOUR);
    assert_eq!(scene.round().await.subscribed, 3);
    assert_eq!(scene.sender.asked(), names(0..3), "in its time");
}

#[tokio::test]
async fn the_apps_address_has_a_time_of_its_own() {
    let scene = Scene::of(1).await;
    assert_eq!(scene.round().await.callbacks, 1);
    scene.clock.advance(10 * MINUTE - Duration::from_secs(1));
    assert_eq!(scene.round().await.callbacks, 0);
    scene.clock.advance(Duration::from_secs(1));
    assert_eq!(scene.round().await.callbacks, 1);
    let down = Error::new(ErrorKind::Unavailable, "down");
    scene.sender.state().of_callback = Some(Says::Error(down));
    scene.clock.advance(10 * MINUTE);
    let report = scene.round().await;
    assert_eq!((report.callbacks, report.failed), (0, 1));
    scene.sender.state().of_callback = Some(Says::Refuses("likes"));
    scene.clock.advance(10 * MINUTE);
    let report = scene.round().await;
    assert_eq!(report.callbacks, 1, "it is tried again in no more time");
    let refused = &report.refused[0];
    assert_eq!(
        (&refused.account, &*refused.what),
        (&None, &["likes".to_owned()][..])
    );
}

/// Any number of processes, at the same time and one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_processes_one_asks() {
    let scene = Scene::of(20).await;
    for day in 0..3 {
        let mut processes = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let social = scene.process().await;
            processes.spawn(async move {
                let worker = SubscriptionWorker::new(&social);
                worker.run_once().await.unwrap().subscribed
            });
        }
        let asked: u64 = processes.join_all().await.iter().sum();
        assert_eq!(asked, 20, "each once, day {day}");
        assert_eq!(scene.sender.asked(), names(0..20));
        scene.clock.advance(24 * HOUR);
    }
}

#[tokio::test]
async fn what_the_platform_does_not_send_is_in_the_report() {
    let scene = Scene::of(2).await;
    scene.sender.say("box-01", Says::Refuses("mentions"));
    let report = scene.round().await;
    assert_eq!((report.subscribed, report.failed), (2, 0));
    let [refused] = &*report.refused else {
        panic!("{report:?}")
    };
    let account = refused.account.as_ref().unwrap();
    assert_eq!(account.account, "box-01");
    assert_eq!(
        (&refused.app, &*refused.what),
        (&app(), &["mentions".to_owned()][..])
    );
}

/// A batch at a time, of a thousand or a million.
#[tokio::test]
async fn a_walk_meets_every_account_a_batch_at_a_time() {
    let scene = Scene::of(10).await;
    // So old that they are no news to a process that begins.
    scene.clock.advance(HOUR);
    let mut settings = SubscriptionSettings::default();
    settings.batch = 3;
    let worker = scene.worker().settings(settings);
    let mut all = BTreeSet::new();
    for expected in [3, 3, 3, 1] {
        let report = worker.run_once().await.unwrap();
        assert_eq!(report.subscribed, expected, "{report:?}");
        all.extend(scene.sender.asked());
    }
    assert_eq!(Vec::from_iter(all), names(0..10));
    let report = worker.run_once().await.unwrap();
    assert_eq!(report.looked, 0, "the walk rests");
    scene.clock.advance(15 * MINUTE);
    let report = worker.run_once().await.unwrap();
    assert_eq!((report.looked, report.subscribed), (3, 0), "it begins anew");
}

/// While the walk is somewhere else, or rests.
#[tokio::test]
async fn an_account_that_was_just_connected_does_not_wait_for_the_walk() {
    let scene = Scene::of(9).await;
    scene.clock.advance(HOUR);
    let mut settings = SubscriptionSettings::default();
    settings.batch = 2;
    let worker = scene.worker().settings(settings);
    worker.run_once().await.unwrap();
    assert_eq!(scene.sender.asked().len(), 2);
    scene.clock.advance(MINUTE);
    // The same accounts, connected again: what the platform sends may have ended with the grant before.
    scene.connect().await;
    for _ in 0..5 {
        worker.run_once().await.unwrap();
    }
    assert_eq!(scene.sender.asked(), names(0..9), "all of them again");
}

#[tokio::test]
async fn it_stops_when_it_is_told_and_goes_on_by_itself_until_then() {
    let scene = Scene::of(2).await;
    let worker = scene.worker();
    let three_days = async {
        for _ in 0..100_000 {
            scene.clock.advance(HOUR);
            tokio::task::yield_now().await;
            if scene.sender.state().asked.len() >= 6 {
                return "done";
            }
        }
        panic!("it does not go on");
    };
    assert_eq!(worker.run(three_days).await, "done");
}

#[tokio::test]
async fn nothing_is_asked_for_with_data_that_nobody_has_accepted() {
    let scene = Scene::of(2).await;
    scene.store.reincarnate();
    let report = scene.round().await;
    assert!(report.held, "{report:?}");
    scene
        .social
        .disconnect(&scene.accounts[0].key)
        .await
        .unwrap();
    let heard = {
        let state = scene.sender.state();
        (state.asked.len(), state.ended.len(), state.callbacks)
    };
    assert_eq!(heard, (0, 0, 0));
    let seen = InstallationStore::incarnations(&scene.store).await.unwrap();
    scene
        .social
        .accept_incarnation(&seen.present)
        .await
        .unwrap();
    assert_eq!(scene.round().await.subscribed, 1, "the one that is left");
}
