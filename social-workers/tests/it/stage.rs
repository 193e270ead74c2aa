//! An installation on a platform that does as it is told.

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Error, LocalKeyRing, MediaDir, MediaStoreExt, PlatformKit, PublishRequest, Result, Social,
    Stores, Submission,
    conformance::named,
    hub::SocialBuilder,
    login::Offer,
    memory::MemoryStore,
    model::{Account, AppKey, Connector, MediaId, OwnerId, Platform},
    publish::Outcome,
    random::SeededRandom,
    store::{
        EventStore, Incarnation, Incarnations, Installation, InstallationStore, LastWrites,
        PostRecord, PostStore,
    },
    time::{Clock, ManualClock},
    vault::{KeyId, KeyRing},
};
use social_workers::{PublishSettings, PublishWorker};
use url::Url;

pub(crate) use crate::platform::{Example, Reply, Script, published};

pub(crate) const PLATFORM: Platform = Platform::new("example");
pub(crate) static OWNER: LazyLock<OwnerId> = LazyLock::new(|| named("owner"));
pub(crate) const SETTLE: Duration = Duration::from_secs(7);

pub(crate) static CONNECTOR: LazyLock<Connector> = LazyLock::new(|| app().connector("web"));

pub(crate) fn app() -> AppKey {
    AppKey::new(PLATFORM, named("app"))
}

pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
    server: Server,
    pub(crate) platform: Example,
    pub(crate) social: Social,
    pub(crate) account: Account,
    media: MediaId,
    pub(crate) folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::with(Script::default()).await
    }

    pub(crate) async fn with(script: Script) -> Self {
        let clock = ManualClock::default();
        Self::on(script, clock.clone(), &clock).await
    }

    /// On a store whose clock is not that of the workers, as a database server's is not.
    pub(crate) async fn with_clock_of_store(store: &ManualClock) -> Self {
        Self::on(Script::default(), ManualClock::default(), store).await
    }

    async fn on(script: Script, clock: ManualClock, clock_of_store: &ManualClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = MemoryStore::new(Arc::new(clock_of_store.clone()));
        let server = Server(store.clone(), clock_of_store.clone(), Arc::default());
        let script = Arc::new(Mutex::new(script));
        let platform = Example {
            script,
            hung: Arc::default(),
            go_on: Arc::default(),
        };
        let social = build(&folder, &clock, server.stores(), &platform).await;
        let media = social
            .media()
            .put_bytes(b"a file".to_vec())
            .await
            .unwrap()
            .id;
        let account = connect(&social).await;
        Self {
            clock,
            store,
            server,
            platform,
            social,
            account,
            media,
            folder,
        }
    }

    /// Whether nobody can ask for the store's time.
    pub(crate) fn no_clock_of_store(&self, away: bool) {
        self.server.2.store(away, Ordering::Relaxed);
    }

    /// Another process on the same store.
    pub(crate) async fn process(&self) -> Social {
        build(
            &self.folder,
            &self.clock,
            self.server.stores(),
            &self.platform,
        )
        .await
    }

    /// Another process, to which the same events come through another store.
    pub(crate) async fn with_events(&self, events: Arc<dyn EventStore>) -> Social {
        let mut stores = self.server.stores();
        stores.events = events;
        build(&self.folder, &self.clock, stores, &self.platform).await
    }

    /// Another process, with another store of posts.
    pub(crate) async fn with_posts(&self, posts: Arc<dyn PostStore>) -> Social {
        let mut stores = self.server.stores();
        stores.posts = posts;
        build(&self.folder, &self.clock, stores, &self.platform).await
    }

    /// Another process, whose keys are elsewhere.
    pub(crate) async fn with_keys(&self, keys: impl KeyRing) -> Social {
        let builder = parts(
            &self.folder,
            &self.clock,
            self.server.stores(),
            &self.platform,
        );
        builder.keys(keys).build().await.unwrap()
    }

    /// Another process, which keeps new posts held for so long after writes may have been lost.
    pub(crate) async fn holding(&self, within: Duration) -> Social {
        let builder = parts(
            &self.folder,
            &self.clock,
            self.server.stores(),
            &self.platform,
        );
        let keys = LocalKeyRing::file(self.folder.path().join("key"));
        builder
            .keys(keys)
            .hold_after_loss(within)
            .build()
            .await
            .unwrap()
    }

    pub(crate) async fn submit(&self, key: &str) -> Submission {
        let request = PublishRequest::video(self.media.clone()).caption(key);
        self.social
            .submit(&self.account, key, request)
            .await
            .unwrap()
    }

    /// The person has finished it in the platform's app.
    pub(crate) fn is_finished(&self) {
        self.platform.script.lock().unwrap().posts = 1;
    }

    pub(crate) fn request(&self) -> PublishRequest {
        PublishRequest::video(self.media.clone())
    }

    pub(crate) fn worker(&self) -> PublishWorker {
        PublishWorker::new(&self.social)
    }

    /// Rounds with time passing between them, until the post has an outcome.
    pub(crate) async fn finish(&self, post: &Submission) -> Outcome {
        for _ in 0..60 {
            self.worker().run_once().await.unwrap();
            if let Some(outcome) = self.load(post).await.outcome {
                return outcome;
            }
            self.clock.advance(Duration::from_secs(10));
        }
        panic!("no outcome: {:?}", self.load(post).await);
    }

    /// As [`finish`](Self::finish), while the store's clock goes on too.
    pub(crate) async fn finish_with(
        &self,
        clock_of_store: &ManualClock,
        post: &Submission,
    ) -> Outcome {
        for _ in 0..60 {
            self.worker().run_once().await.unwrap();
            if let Some(outcome) = self.load(post).await.outcome {
                return outcome;
            }
            self.clock.advance(Duration::from_secs(10));
            clock_of_store.advance(Duration::from_secs(10));
        }
        panic!("no outcome: {:?}", self.load(post).await);
    }

    pub(crate) async fn load(&self, post: &Submission) -> PostRecord {
        self.social
            .worker()
            .stores()
            .posts
            .load(&OWNER, post.id)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn history(&self, post: &Submission) -> Vec<String> {
        let lines = self.store.history(&OWNER, post.id).await.unwrap();
        lines
            .iter()
            .map(|line| format!("{} {}", line.kind.as_str(), line.step))
            .collect()
    }

    pub(crate) fn reply(&self, reply: Reply) {
        self.platform
            .script
            .lock()
            .unwrap()
            .replies
            .push_back(reply);
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.platform.script.lock().unwrap().calls.clone()
    }

    pub(crate) fn posts(&self) -> u32 {
        self.platform.script.lock().unwrap().posts
    }

    /// Runs a worker until the platform hangs, then drops it as a crash would.
    pub(crate) async fn crash_while_it_hangs(&self) {
        let worker = self.worker();
        let round = tokio::spawn(async move { worker.run_once().await });
        self.platform.hung.notified().await;
        round.abort();
        let _ = round.await;
        // The task of the post is aborted with its process; here the lease is what matters.
        self.clock.advance(PublishSettings::default().lease);
    }
}

/// A store in memory that tells its clock, as a database server does.
#[derive(Clone, Debug)]
struct Server(MemoryStore, ManualClock, Arc<AtomicBool>);

impl Server {
    fn stores(&self) -> Stores {
        let mut stores = Stores::from(self.0.clone());
        stores.installation = Arc::new(self.clone());
        stores
    }
}

#[async_trait]
impl InstallationStore for Server {
    async fn installation(&self) -> Result<Installation> {
        self.0.installation().await
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        self.0.put_key_check(check, replaces).await
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        self.0.count_seals(key, seals).await
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        self.0.incarnations().await
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        if self.2.load(Ordering::Relaxed) {
            return Err(Error::storage("the store is away"));
        }
        Ok(Some(self.1.now()))
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        self.0.accept_incarnation(seen, last).await
    }
}

async fn build(
    folder: &tempfile::TempDir,
    clock: &ManualClock,
    stores: Stores,
    platform: &Example,
) -> Social {
    let keys = LocalKeyRing::file(folder.path().join("key"));
    let builder = parts(folder, clock, stores, platform).keys(keys);
    builder.build().await.unwrap()
}

fn parts(
    folder: &tempfile::TempDir,
    clock: &ManualClock,
    stores: Stores,
    platform: &Example,
) -> SocialBuilder {
    let kit = PlatformKit::new(app()).connector(platform.clone());
    Social::builder()
        .stores(stores)
        .media(MediaDir::open(folder.path().join("media")).unwrap())
        .platform(kit.publisher(platform.clone()))
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(1)))
}

pub(crate) async fn connect(social: &Social) -> Account {
    let offer = offer(social).await;
    let accounts = social
        .accept_offer(&OWNER, offer.id, &[named("42")])
        .await
        .unwrap();
    accounts.into_iter().next().unwrap()
}

pub(crate) async fn offer(social: &Social) -> Offer {
    use secrecy::ExposeSecret;
    let redirect = Url::parse("https://service.example/callback").unwrap();
    let start = social
        .begin_login(&OWNER, &CONNECTOR, None, &redirect)
        .await
        .unwrap();
    let state = start
        .url
        .expose_secret()
        .split_once("state=")
        .unwrap()
        .1
        .to_owned();
    let query = format!("code=c&state={state}");
    social
        .finish_login(&OWNER, &CONNECTOR, &redirect, Some(&start.browser), &query)
        .await
        .unwrap()
}
