//! An installation with one connected account on a platform that publishes nothing.

use std::{
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::json;

use crate::{
    MediaDir, PlatformKit, Social,
    conformance::named,
    error::{Error, Result},
    hub::SocialBuilder,
    media::MediaStoreExt,
    memory::MemoryStore,
    model::{Account, AccountKey, AppKey, MediaId, OwnerId, Platform},
    publish::{Checkpoint, Preflight, PublishRequest, Publisher, Step, StepContext},
    random::SeededRandom,
    store::TokenRecord,
    time::{Clock, ManualClock},
    vault::LocalKeyRing,
};

pub(super) const PLATFORM: Platform = Platform::new("example");

pub(super) fn app() -> AppKey {
    AppKey::new(PLATFORM, named("app"))
}

pub(super) static OWNER: LazyLock<OwnerId> = LazyLock::new(|| named("owner"));

/// Plans, and refuses the caption "never".
#[derive(Clone, Debug, Default)]
pub(super) struct Planner {
    pub(super) planned: Arc<Mutex<u32>>,
    pub(super) settle: Duration,
}

#[async_trait]
impl Publisher for Planner {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        if request.caption == "never" {
            return Err(Error::invalid("caption", "caption.never", "never"));
        }
        *self.planned.lock().unwrap() += 1;
        Ok(Checkpoint::new(
            "first",
            1,
            json!({ "for": request.caption }),
        ))
    }

    async fn advance(&self, _: &StepContext<'_>, _: &Checkpoint) -> Result<Step> {
        unreachable!("no worker here")
    }

    async fn reconcile(&self, _: &StepContext<'_>, _: &Checkpoint) -> Result<Step> {
        unreachable!("no worker here")
    }

    async fn cancel(&self, _: &StepContext<'_>, _: &Checkpoint) -> Result<Step> {
        unreachable!("no worker here")
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }

    fn longest_settle(&self) -> Duration {
        self.settle
    }
}

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) store: MemoryStore,
    pub(super) social: Social,
    pub(super) account: Account,
    pub(super) media: MediaId,
    pub(super) planner: Planner,
    pub(super) folder: tempfile::TempDir,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let planner = Planner::default();
        let social = builder(&folder, &clock, &store, &planner);
        let social = social.build().await.unwrap();
        let media = social.media().put_bytes(b"a file".to_vec()).await.unwrap();
        let key = AccountKey::new(OWNER.clone(), named("app"), PLATFORM, named("42"));
        let record = TokenRecord::new(key, "web", clock.now());
        Self {
            account: record.to_account(),
            media: media.id,
            clock,
            store,
            social,
            planner,
            folder,
        }
    }

    pub(super) fn request(&self) -> PublishRequest {
        PublishRequest::video(self.media.clone()).caption("words")
    }

    /// Another process on the same store.
    pub(super) async fn process(&self) -> Social {
        self.process_with(self.store.clone(), |builder| builder)
            .await
    }

    /// The same, with options of its own.
    pub(super) async fn process_with(
        &self,
        store: MemoryStore,
        options: impl FnOnce(SocialBuilder) -> SocialBuilder,
    ) -> Social {
        let builder = builder(&self.folder, &self.clock, &store, &self.planner);
        options(builder).build().await.unwrap()
    }
}

fn builder(
    folder: &tempfile::TempDir,
    clock: &ManualClock,
    store: &MemoryStore,
    planner: &Planner,
) -> SocialBuilder {
    Social::builder()
        .stores(store.clone())
        .keys(LocalKeyRing::file(folder.path().join("key")))
        .media(MediaDir::open(folder.path().join("media")).unwrap())
        .platform(PlatformKit::new(app()).publisher(planner.clone()))
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(1)))
}
