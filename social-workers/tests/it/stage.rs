//! An installation on a platform that does as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use social_core::{
    LocalKeyRing, MediaDir, MediaStoreExt, PlatformKit, Post, PublishRequest, Social,
    login::Offer,
    memory::MemoryStore,
    model::{Account, Connector, MediaId, Platform},
    publish::Outcome,
    random::SeededRandom,
    store::{PostRecord, PostStore},
    time::ManualClock,
};
use social_workers::{PublishSettings, PublishWorker};
use url::Url;

pub(crate) use crate::platform::{Example, Reply, Script, published};

pub(crate) const PLATFORM: Platform = Platform::new("example");
pub(crate) const CONNECTOR: Connector = Connector::new(PLATFORM, "web");
pub(crate) const OWNER: &str = "owner";
pub(crate) const SETTLE: Duration = Duration::from_secs(7);

pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
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
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let script = Arc::new(Mutex::new(script));
        let platform = Example {
            script,
            hung: Arc::default(),
            go_on: Arc::default(),
        };
        let social = build(&folder, &clock, &store, &platform).await;
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
            platform,
            social,
            account,
            media,
            folder,
        }
    }

    /// Another process on the same store.
    pub(crate) async fn process(&self) -> Social {
        build(&self.folder, &self.clock, &self.store, &self.platform).await
    }

    pub(crate) async fn submit(&self, key: &str) -> Post {
        let request = PublishRequest::video(self.media.clone()).caption(key);
        self.social
            .submit(&self.account, key, request)
            .await
            .unwrap()
    }

    pub(crate) fn request(&self) -> PublishRequest {
        PublishRequest::video(self.media.clone())
    }

    pub(crate) fn worker(&self) -> PublishWorker {
        PublishWorker::new(&self.social)
    }

    /// Rounds with time passing between them, until the post has an outcome.
    pub(crate) async fn finish(&self, post: &Post) -> Outcome {
        for _ in 0..60 {
            self.worker().run_once().await.unwrap();
            if let Some(outcome) = self.load(post).await.outcome {
                return outcome;
            }
            self.clock.advance(Duration::from_secs(10));
        }
        panic!("no outcome: {:?}", self.load(post).await);
    }

    pub(crate) async fn load(&self, post: &Post) -> PostRecord {
        self.social.post(OWNER, post.id).await.unwrap()
    }

    pub(crate) async fn history(&self, post: &Post) -> Vec<String> {
        let lines = self.store.history(OWNER, post.id).await.unwrap();
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

async fn build(
    folder: &tempfile::TempDir,
    clock: &ManualClock,
    store: &MemoryStore,
    platform: &Example,
) -> Social {
    let kit = PlatformKit::new(PLATFORM).connector(platform.clone());
    Social::builder()
        .stores(store.clone())
        .keys(LocalKeyRing::file(folder.path().join("key")))
        .media(MediaDir::open(folder.path().join("media")).unwrap())
        .platform(kit.publisher(platform.clone()))
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(1)))
        .build()
        .await
        .unwrap()
}

pub(crate) async fn connect(social: &Social) -> Account {
    let offer = offer(social).await;
    let accounts = social
        .accept_offer(OWNER, offer.id, &["42".to_owned()])
        .await
        .unwrap();
    accounts.into_iter().next().unwrap()
}

pub(crate) async fn offer(social: &Social) -> Offer {
    use secrecy::ExposeSecret;
    let redirect = Url::parse("https://service.example/callback").unwrap();
    let start = social
        .begin_login(OWNER, &CONNECTOR, None, &redirect)
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
        .finish_login(OWNER, &CONNECTOR, &redirect, Some(&start.browser), &query)
        .await
        .unwrap()
}
