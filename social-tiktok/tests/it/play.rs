//! TikTok's part, spoken line by line: what the sandbox does not say, and what it would not say twice.

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use social_core::{
    Error, MediaDir, MediaStore, PublishRequest, Result,
    conformance::named,
    content::ContentContext,
    media::{ByteStream, Media, PublicUrl, fetch::Fetcher},
    memory::MemoryStore,
    model::{Account, AccountKey, MediaId, PostId, TokenSet},
    publish::{
        Checkpoint, Consent, MediaRef, OtherPost, OtherPosts, Outcome, Preflight, Publisher, Step,
        StepContext,
    },
    store::TokenRecord,
    time::{Clock, Deadline, ManualClock},
};
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET};
use social_tiktok::{
    Content, OAuth, PLATFORM, PostOptions, Privacy, PublishSettings, Publishing, Route, TikTok,
};
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::stage::settings;

pub(crate) const CREATOR: &str = "creator_info/query/";
pub(crate) const VIDEO: &str = "video/init/";
pub(crate) const INBOX: &str = "inbox/video/init/";
pub(crate) const PHOTOS: &str = "content/init/";
pub(crate) const STATUS: &str = "status/fetch/";
pub(crate) const CANCEL: &str = "cancel/";

/// Who may post what, and a platform that answers as it is told.
pub(crate) struct Play {
    pub(crate) server: MockServer,
    pub(crate) clock: ManualClock,
    pub(crate) publisher: Publishing,
    pub(crate) content: Content,
    pub(crate) oauth: OAuth,
    pub(crate) media: Shown,
    pub(crate) limits: MemoryStore,
    pub(crate) account: Account,
    /// The account's other posts.
    pub(crate) others: Vec<OtherPost>,
    /// When the once step was started, as the journal says it.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// The data were restored since the post was begun or due.
    pub(crate) restored: bool,
    pub(crate) tokens: TokenSet,
    _folder: tempfile::TempDir,
}

/// What a worker knows of the account's other posts.
#[derive(Debug)]
struct Beside<'a>(&'a [OtherPost]);

#[async_trait]
impl OtherPosts for Beside<'_> {
    async fn with_words(&self, words: &str) -> Result<Vec<OtherPost>> {
        let others = self.0.iter();
        Ok(others
            .filter(|other| other.caption.contains(words))
            .cloned()
            .collect())
    }
}

impl Play {
    pub(crate) async fn new(scopes: &[&str]) -> Self {
        Self::with(scopes, settings(), None).await
    }

    pub(crate) async fn with(
        scopes: &[&str],
        settings: PublishSettings,
        fetcher: Option<Fetcher>,
    ) -> Self {
        let server = MockServer::start().await;
        let clock = ManualClock::default();
        let http = social_core::http::ApiClient::builder(Arc::new(clock.clone()))
            .loopback_only()
            .retries(0);
        let builder = TikTok::builder()
            .client_key(DEMO_CLIENT_KEY)
            .client_secret(DEMO_CLIENT_SECRET)
            .base_url(server.uri())
            .clock(Arc::new(clock.clone()))
            .http(http.build().unwrap())
            .publishing(settings);
        let builder = match fetcher {
            Some(fetcher) => builder.fetcher(fetcher),
            None => builder,
        };
        let folder = tempfile::tempdir().unwrap();
        let media = Shown {
            inner: MediaDir::open(folder.path()).unwrap(),
            base: None,
        };
        let app = builder.build().unwrap();
        let mut tokens = TokenSet::new("act.1".into(), clock.now());
        tokens.scopes = scopes.iter().copied().collect();
        Self {
            publisher: app.publisher(),
            content: app.content(),
            oauth: app.oauth(Route::Web),
            media,
            limits: MemoryStore::new(Arc::new(clock.clone())),
            account: account("-000ann", &clock),
            others: Vec::new(),
            started_at: None,
            restored: false,
            tokens,
            server,
            clock,
            _folder: folder,
        }
    }

    /// The same app and limits, for another account.
    pub(crate) fn becomes(&mut self, open_id: &str) {
        self.account = account(open_id, &self.clock);
    }

    /// The next answer of an endpoint that has no earlier one left.
    pub(crate) async fn says(&self, endpoint: &str, status: u16, body: &Value) {
        self.says_raw(endpoint, status, &body.to_string()).await;
    }

    pub(crate) async fn says_raw(&self, endpoint: &str, status: u16, body: &str) {
        let answer = ResponseTemplate::new(status).set_body_string(body);
        let at = full(endpoint);
        let mock = Mock::given(path(at)).respond_with(answer);
        mock.up_to_n_times(1).mount(&self.server).await;
    }

    pub(crate) async fn says_data(&self, endpoint: &str, data: Value) {
        let body = json!({"data": data, "error": {"code": "ok", "message": "", "log_id": "LOG1"}});
        self.says(endpoint, 200, &body).await;
    }

    pub(crate) async fn refuses(&self, endpoint: &str, status: u16, code: &str) {
        let body = json!({"error": {"code": code, "message": "m", "log_id": "LOG1"}});
        self.says(endpoint, status, &body).await;
    }

    /// A public account of nobody in particular.
    pub(crate) async fn says_creator(&self) {
        let data = json!({
            "creator_username": "ann", "creator_nickname": "Ann",
            "privacy_level_options": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
            "comment_disabled": false, "duet_disabled": false, "stitch_disabled": false,
            "max_video_post_duration_sec": 600,
        });
        self.says_data(CREATOR, data).await;
    }

    /// What an endpoint was sent, in order.
    pub(crate) async fn heard(&self, endpoint: &str) -> Vec<Value> {
        let sent = self.server.received_requests().await.unwrap();
        let at = full(endpoint);
        sent.iter()
            .filter(|sent| sent.url.path() == at)
            .map(|sent| serde_json::from_slice(&sent.body).unwrap())
            .collect()
    }

    /// Everything that was asked, as path and query.
    pub(crate) async fn asked(&self) -> Vec<String> {
        let sent = self.server.received_requests().await.unwrap();
        let shown = |sent: &wiremock::Request| match sent.url.query() {
            Some(query) => format!("{}?{query}", sent.url.path()),
            None => sent.url.path().to_owned(),
        };
        sent.iter().map(shown).collect()
    }

    pub(crate) fn content_cx<'a>(&'a self, deadline: &'a Deadline) -> ContentContext<'a> {
        ContentContext::new(&self.account, &self.tokens, &self.limits, deadline)
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(Arc::new(self.clock.clone()), Duration::from_secs(60))
    }

    fn cx<'a>(
        &'a self,
        request: &'a PublishRequest,
        deadline: &'a Deadline,
        post: Option<PostId>,
    ) -> StepContext<'a> {
        let mut cx = StepContext::new(
            &self.account,
            &self.tokens,
            request,
            &self.media,
            &self.limits,
            self.account.connected_at,
            deadline,
            &(),
        );
        cx.post = post;
        cx.started(self.started_at).restored(self.restored)
    }

    pub(crate) fn plan(&self, request: &PublishRequest) -> Checkpoint {
        self.publisher.plan(request).unwrap()
    }

    pub(crate) async fn step(&self, request: &PublishRequest, at: &Checkpoint) -> Result<Step> {
        self.step_of(post(1), request, at).await
    }

    pub(crate) async fn step_of(
        &self,
        post: PostId,
        request: &PublishRequest,
        at: &Checkpoint,
    ) -> Result<Step> {
        let deadline = self.deadline();
        let cx = self.cx(request, &deadline, Some(post));
        self.publisher.advance(&cx, at).await
    }

    pub(crate) async fn reconcile(
        &self,
        request: &PublishRequest,
        at: &Checkpoint,
    ) -> Result<Step> {
        let deadline = self.deadline();
        let others = Beside(&self.others);
        let cx = self.cx(request, &deadline, Some(post(1))).beside(&others);
        self.publisher.reconcile(&cx, at).await
    }

    pub(crate) async fn cancel(&self, request: &PublishRequest, at: &Checkpoint) -> Result<Step> {
        let deadline = self.deadline();
        let cx = self.cx(request, &deadline, Some(post(1)));
        self.publisher.cancel(&cx, at).await
    }

    pub(crate) async fn preflight(&self, request: &PublishRequest) -> Preflight {
        let deadline = self.deadline();
        let cx = self.cx(request, &deadline, None);
        self.publisher.preflight(&cx, request).await.unwrap()
    }

    /// Goes on to the next step of that name; time passes as the steps ask.
    pub(crate) async fn until(&self, request: &PublishRequest, name: &str) -> Checkpoint {
        let mut at = self.plan(request);
        while at.step != name {
            at = self.goes_on(request, &at).await;
        }
        at
    }

    /// One step that leads to another.
    pub(crate) async fn goes_on(&self, request: &PublishRequest, at: &Checkpoint) -> Checkpoint {
        match self.step(request, at).await.unwrap() {
            Step::Pending {
                checkpoint, after, ..
            } => {
                self.clock.advance(after);
                checkpoint
            }
            settled => panic!("{settled:?}"),
        }
    }
}

pub(crate) fn post(number: u128) -> PostId {
    PostId::from(uuid::Uuid::from_u128(number))
}

fn account(open_id: &str, clock: &ManualClock) -> Account {
    let key = AccountKey::new(
        named("ann"),
        named(DEMO_CLIENT_KEY),
        PLATFORM,
        named(open_id),
    );
    TokenRecord::new(key, Route::Web.name(), clock.now()).to_account()
}

fn full(endpoint: &str) -> String {
    let base = "/open.tiktokapis.com/v2";
    match endpoint {
        "user/info/" | "video/list/" | "video/query/" => format!("{base}/{endpoint}"),
        _ => format!("{base}/post/publish/{endpoint}"),
    }
}

pub(crate) fn url(text: &str) -> Url {
    text.parse().unwrap()
}

pub(crate) fn at_url(text: &str) -> MediaRef {
    MediaRef::Url(url(text))
}

pub(crate) fn consent() -> Consent {
    Consent::given_by("ann")
}

pub(crate) fn direct() -> PostOptions {
    PostOptions::direct(Privacy::Public, consent())
}

/// Where a step waits that the platform puts off, and why.
pub(crate) fn put_off(step: Result<Step, Error>) -> (Checkpoint, Error) {
    match step.unwrap() {
        Step::Pending {
            checkpoint,
            after,
            cause: Some(cause),
        } => {
            assert!(!after.is_zero(), "it waits");
            (checkpoint, cause)
        }
        other => panic!("{other:?}"),
    }
}

/// The outcome of a step, and whether it is looked at again.
pub(crate) fn outcome(step: Result<Step, Error>) -> (Outcome, Option<Duration>) {
    match step.unwrap() {
        Step::Settled { outcome, watch, .. } => (outcome, watch),
        pending => panic!("{pending:?}"),
    }
}

/// A media store that may show its files to the world.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) inner: MediaDir,
    pub(crate) base: Option<Url>,
}

#[async_trait]
impl MediaStore for Shown {
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media> {
        self.inner.put(stream, size_hint).await
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        self.inner.stat(id).await
    }

    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        self.inner.read(id, range).await
    }

    async fn public_url(&self, id: &MediaId, lifetime: Duration) -> Result<Option<PublicUrl>> {
        assert!(
            lifetime >= Duration::from_secs(3_600),
            "a download may take an hour"
        );
        let shown = self.base.as_ref();
        Ok(shown.map(|base| PublicUrl::new(base.join(id.as_str()).unwrap())))
    }

    async fn remove(&self, id: &MediaId) -> Result<bool> {
        self.inner.remove(id).await
    }
}
