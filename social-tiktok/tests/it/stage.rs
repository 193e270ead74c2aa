//! A sandbox, an app that talks to it, and a worker's part played by hand.

use std::{sync::Arc, time::Duration};

use social_core::{
    Error, ErrorKind, MediaDir, MediaStoreExt, PublishRequest, Remedy,
    conformance::named,
    http::ApiClient,
    memory::MemoryStore,
    model::{Account, AccountKey, MediaId, TokenSet},
    publish::{Checkpoint, Consent, Outcome, Publisher, Step, StepContext},
    store::TokenRecord,
    time::{Clock, Deadline, ManualClock},
};
use social_sandbox::{
    Control, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Endpoint, Fault, FaultKind, Sandbox,
};
use social_tiktok::{
    ChunkLimits, PLATFORM, PostOptions, Privacy, PublishSettings, Publishing, Route, TikTok,
};

/// Files of more than this are cut, so that tests of several chunks stay small.
pub(crate) const CHUNK: u64 = 5_242_880;

pub(crate) fn app(base: &str, clock: &ManualClock, settings: PublishSettings) -> TikTok {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    // Waits between tries would be waits of a clock that nobody moves.
    let http = ApiClient::builder(Arc::clone(&clock))
        .loopback_only()
        .retries(0);
    TikTok::builder()
        .client_key(DEMO_CLIENT_KEY)
        .client_secret(DEMO_CLIENT_SECRET)
        .base_url(base)
        .clock(clock)
        .http(http.build().unwrap())
        .publishing(settings)
        .build()
        .unwrap()
}

pub(crate) fn settings() -> PublishSettings {
    PublishSettings::default().chunks(ChunkLimits::new(1, CHUNK))
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: ManualClock,
    pub(crate) publisher: Publishing,
    pub(crate) media: MediaDir,
    pub(crate) tokens: TokenSet,
    pub(crate) account: Account,
    pub(crate) limits: MemoryStore,
    _folder: tempfile::TempDir,
}

/// What a drive came to.
#[derive(Debug)]
pub(crate) struct Drive {
    /// The steps that were carried out, and the troubles between them by operation or kind.
    pub(crate) steps: Vec<String>,
    pub(crate) outcome: Outcome,
    pub(crate) at: Checkpoint,
    pub(crate) watch: Option<Duration>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::of("studio-account", &["user.info.basic", "video.publish"]).await
    }

    pub(crate) async fn of(account: &str, scopes: &[&str]) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let clock = ManualClock::at(sandbox.control().clock().now);
        let app = app(sandbox.url(), &clock, settings());
        let pair = sandbox
            .control()
            .grant(DEMO_CLIENT_KEY, account, scopes)
            .unwrap();
        let key = AccountKey::new(
            named("ann"),
            named(DEMO_CLIENT_KEY),
            PLATFORM,
            named(pair.open_id),
        );
        let mut tokens = TokenSet::new(pair.access_token.into(), clock.now());
        tokens.refresh = Some(pair.refresh_token.into());
        tokens.scopes = scopes.iter().copied().collect();
        let folder = tempfile::tempdir().unwrap();
        Self {
            sandbox,
            publisher: app.publisher(),
            media: MediaDir::open(folder.path()).unwrap(),
            tokens,
            account: TokenRecord::new(key, Route::Desktop.name(), clock.now()).to_account(),
            limits: MemoryStore::new(Arc::new(clock.clone())),
            clock,
            _folder: folder,
        }
    }

    pub(crate) fn control(&self) -> Control {
        self.sandbox.control()
    }

    /// A new access token for the account of [`Self::new`]: what takes hours outlives the first one.
    pub(crate) fn renew_token(&mut self) {
        let scopes: Vec<_> = self.tokens.scopes.iter().map(ToString::to_string).collect();
        let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
        let control = self.control();
        let pair = control.grant(DEMO_CLIENT_KEY, "studio-account", &scopes);
        self.tokens.access = pair.unwrap().access_token.into();
    }

    pub(crate) fn arm(&self, endpoint: Endpoint, kind: FaultKind) {
        self.arm_fault(Fault::new(endpoint, kind));
    }

    pub(crate) fn arm_fault(&self, fault: Fault) {
        self.control().arm(fault).unwrap();
    }

    /// Both clocks together.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.control().advance(time);
    }

    pub(crate) async fn video(&self, size: u64) -> MediaId {
        self.media.put_bytes(video(size)).await.unwrap().id
    }

    pub(crate) async fn request(&self, size: u64) -> PublishRequest {
        self.request_for(size, Privacy::Public).await
    }

    pub(crate) async fn request_for(&self, size: u64, privacy: Privacy) -> PublishRequest {
        let options = PostOptions::direct(privacy, Consent::given_by("ann"));
        PublishRequest::video(self.video(size).await)
            .caption("A caption #fun")
            .options(options)
            .unwrap()
    }

    pub(crate) fn plan(&self, request: &PublishRequest) -> Checkpoint {
        self.publisher.plan(request).unwrap()
    }

    pub(crate) async fn step(
        &self,
        request: &PublishRequest,
        at: &Checkpoint,
    ) -> Result<Step, Error> {
        let deadline = self.deadline();
        self.publisher
            .advance(&self.cx(request, &deadline), at)
            .await
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(Arc::new(self.clock.clone()), Duration::from_secs(60))
    }

    pub(crate) fn cx<'a>(
        &'a self,
        request: &'a PublishRequest,
        deadline: &'a Deadline,
    ) -> StepContext<'a> {
        let began = self.account.connected_at;
        StepContext::new(
            &self.account,
            &self.tokens,
            request,
            &self.media,
            &self.limits,
            began,
            deadline,
            &(),
        )
    }

    /// Works on a post as a worker does until it has an outcome. Time passes as the steps ask.
    pub(crate) async fn drive(&self, request: &PublishRequest, at: Checkpoint) -> Drive {
        self.drive_until(request, at, |_| false).await.unwrap()
    }

    /// As [`Self::drive`], but stops where `stop` says so, with the checkpoint as the error.
    pub(crate) async fn drive_until(
        &self,
        request: &PublishRequest,
        mut at: Checkpoint,
        stop: impl Fn(&Checkpoint) -> bool,
    ) -> Result<Drive, Checkpoint> {
        let mut steps = Vec::new();
        for _ in 0..1000 {
            if stop(&at) {
                return Err(at);
            }
            let name = at.step.clone();
            match self.step(request, &at).await {
                Ok(Step::Pending {
                    checkpoint,
                    after,
                    cause,
                }) => {
                    steps.push(name);
                    steps.extend(cause.map(|cause| format!("!{}", cause.message())));
                    at = checkpoint;
                    self.pass(after);
                }
                Ok(Step::Settled {
                    checkpoint,
                    outcome,
                    watch,
                    ..
                }) => {
                    steps.push(name);
                    return Ok(Drive {
                        steps,
                        outcome,
                        at: checkpoint,
                        watch,
                    });
                }
                Err(error) => {
                    let wait = match error.remedy() {
                        Remedy::After { wait, .. } => *wait,
                        Remedy::Backoff | Remedy::Reconcile => Duration::from_secs(1),
                        other => panic!("{error:?} asks for {other:?}"),
                    };
                    steps.push(format!("{name}?{:?}", error.kind()));
                    self.pass(wait);
                }
            }
        }
        panic!("it never ends: {steps:?}");
    }

    pub(crate) async fn publish(&self, request: &PublishRequest) -> Drive {
        self.drive(request, self.plan(request)).await
    }

    /// How many posts there are, and that none is there twice.
    pub(crate) fn assert_one_post(&self) {
        let posts = self.control().posts();
        assert_eq!(posts.len(), 1, "{posts:?}");
    }
}

/// A real video, made as long as asked for by a box of nothing.
pub(crate) fn video(size: u64) -> Vec<u8> {
    let mut bytes = include_bytes!("../../../examples/fixtures/clip.mp4").to_vec();
    let padding = usize::try_from(size)
        .unwrap()
        .checked_sub(bytes.len())
        .expect("larger than the clip");
    assert!(padding >= 8, "a box has a head");
    bytes.extend(u32::try_from(padding).unwrap().to_be_bytes());
    bytes.extend(b"free");
    bytes.extend((0..padding - 8).map(|n| (n % 251) as u8));
    bytes
}

pub(crate) fn kind(result: &Result<Step, Error>) -> ErrorKind {
    result.as_ref().unwrap_err().kind()
}
