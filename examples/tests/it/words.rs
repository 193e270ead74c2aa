//! A post without media goes through the hub into every store, and comes back whole.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::json;
use social_core::{
    Error, ErrorKind, LocalKeyRing, MediaDir, PlatformKit, PublishRequest, Result, Social, Stores,
    conformance::named,
    memory::MemoryStore,
    model::{AccountKey, AppKey, Platform},
    publish::{Checkpoint, Preflight, Publisher, Step, StepContext},
    store::{ClaimPosts, Expect, TokenRecord},
    time::ManualClock,
};
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;

use crate::worker::place::Postgres;

const PLATFORM: Platform = Platform::new("words");
const OWNER: &str = "owner";

/// Plans what has no media, and goes no further.
#[derive(Debug)]
struct Words;

#[async_trait]
impl Publisher for Words {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        match request.media.is_empty() {
            true => Ok(Checkpoint::new("say", 1, json!({}))),
            false => Err(Error::invalid("media", "media.none", "words only")),
        }
    }

    async fn advance(&self, _: &StepContext<'_>, _: &Checkpoint) -> Result<Step> {
        Err(Error::new(ErrorKind::Unsupported, "no worker here"))
    }

    async fn reconcile(&self, _: &StepContext<'_>, _: &Checkpoint) -> Result<Step> {
        Err(Error::new(ErrorKind::Unsupported, "no worker here"))
    }

    async fn cancel(&self, _: &StepContext<'_>, _: &Checkpoint) -> Result<Step> {
        Err(Error::new(ErrorKind::Unsupported, "no worker here"))
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }

    fn longest_settle(&self) -> Duration {
        Duration::ZERO
    }
}

/// Submits words alone, and finds them with the owner and with the worker as they were.
async fn words_come_back(stores: Stores) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = ManualClock::default();
    let app = AppKey::new(PLATFORM, named("app"));
    let social = Social::builder()
        .stores(stores)
        .keys(LocalKeyRing::file(folder.path().join("social.key")))
        .media(MediaDir::open(folder.path().join("media")).expect("a folder"))
        .platform(PlatformKit::new(app.clone()).publisher(Words))
        .clock(Arc::new(clock.clone()))
        .clock_tolerance(Duration::MAX)
        .build()
        .await
        .expect("a whole");
    let now = social.clock().now();
    let key = AccountKey::new(named(OWNER), named("app"), PLATFORM, named("42"));
    let record = TokenRecord::new(key, "web", now);
    let tokens = &social.worker().stores().tokens;
    tokens.save(&record, Expect::Absent).await.expect("saved");

    let request = PublishRequest::text("From the sea, \u{1f30a}");
    let account = record.to_account();
    let submit = || social.submit(&account, "card-1", request.clone());
    let post = submit().await.expect("submitted");
    assert!(post.is_new);
    let again = submit().await.expect("submitted again");
    assert_eq!((again.id, again.is_new), (post.id, false));
    let kept = social.post(&named(OWNER), post.id).await.expect("the post");
    assert_eq!(kept.caption, request.caption);
    let opened = social.request(&named(OWNER), post.id).await;
    assert_eq!(opened.expect("opened"), request);
    let which = ClaimPosts::new(now, Duration::from_secs(15), 1, vec![(app, 1)]);
    let claims = social
        .worker()
        .stores()
        .posts
        .claim(&which)
        .await
        .expect("claimed");
    let claimed = social
        .worker()
        .open_post(&claims[0].post)
        .await
        .expect("opened");
    assert_eq!(claimed.request, request, "what its worker sees");
}

#[tokio::test]
async fn words_alone_come_back_from_memory() {
    words_come_back(MemoryStore::new(Arc::new(ManualClock::default())).into()).await;
}

#[tokio::test]
async fn words_alone_come_back_from_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::builder().open(folder.path().join("words.db"));
    words_come_back(store.await.expect("a store").into()).await;
}

#[tokio::test]
async fn words_alone_come_back_from_postgres() {
    let database = Postgres::make().await;
    let store = PgStore::builder().connect(database.url().as_str()).await;
    words_come_back(store.expect("a store").into()).await;
    database.remove().await;
}
