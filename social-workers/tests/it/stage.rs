//! A platform that does as it is told, and an installation on it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;
use social_core::{
    Error, LocalKeyRing, MediaDir, MediaStoreExt, PlatformKit, Post, PublishRequest, Result,
    Social,
    memory::MemoryStore,
    model::{Account, Connector, MediaId, Platform, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    publish::{
        Capabilities, Checkpoint, Outcome, PostLink, Preflight, Publisher, Step, StepContext,
    },
    random::SeededRandom,
    store::{PostRecord, PostStore},
    time::ManualClock,
};
use social_workers::{PublishSettings, PublishWorker};
use tokio::sync::Notify;
use url::Url;

pub(crate) const PLATFORM: Platform = Platform::new("example");
pub(crate) const CONNECTOR: Connector = Connector::new(PLATFORM, "web");
pub(crate) const OWNER: &str = "owner";
pub(crate) const SETTLE: Duration = Duration::from_secs(7);

/// What a call leads to.
pub(crate) enum Reply {
    Step(Step),
    Error(Error),
    /// The post appears, and the answer never comes.
    PostThenHang,
    /// The answer comes when the test says so.
    Hang(Error),
    Panic,
}

/// Hears every call and answers what was put down for it; by itself it does what a platform should.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) calls: Vec<String>,
    pub(crate) replies: VecDeque<Reply>,
    pub(crate) posts: u32,
    pub(crate) refreshes: u32,
    pub(crate) revoked: bool,
    pub(crate) token_lives: Option<Duration>,
}

#[derive(Clone)]
pub(crate) struct Example {
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) hung: Arc<Notify>,
    pub(crate) go_on: Arc<Notify>,
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Example")
    }
}

pub(crate) fn published() -> Outcome {
    Outcome::Published(vec![PostLink::new("1", None)])
}

fn settled(at: &Checkpoint, outcome: Outcome) -> Step {
    Step::Settled {
        checkpoint: at.clone(),
        outcome,
        watch: None,
    }
}

impl Example {
    fn hear(&self, call: &str, at: &Checkpoint) -> Option<Reply> {
        let mut script = self.script.lock().unwrap();
        script.calls.push(format!("{call} {}", at.step));
        script.replies.pop_front()
    }

    async fn answer(&self, reply: Reply) -> Result<Step> {
        match reply {
            Reply::Step(step) => Ok(step),
            Reply::Error(error) => Err(error),
            Reply::PostThenHang => {
                self.script.lock().unwrap().posts += 1;
                self.hung.notify_one();
                std::future::pending().await
            }
            Reply::Hang(error) => {
                self.hung.notify_one();
                self.go_on.notified().await;
                Err(error)
            }
            Reply::Panic => panic!("a publisher that panics"),
        }
    }
}

/// Three steps: "prepare" may be repeated, "publish" happens once, "look" asks how it went.
#[async_trait]
impl Publisher for Example {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn preflight(&self, _: &StepContext<'_>, _: &PublishRequest) -> Result<Preflight> {
        Ok(Preflight::default())
    }

    fn plan(&self, _: &PublishRequest) -> Result<Checkpoint> {
        Ok(Checkpoint::new(
            "prepare",
            1,
            json!({ "secret": "upload-address" }),
        ))
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        assert!(!cx.deadline.has_passed());
        if let Some(reply) = self.hear("advance", at) {
            return self.answer(reply).await;
        }
        let after = Duration::ZERO;
        Ok(match at.step.as_str() {
            "prepare" => {
                let checkpoint = Checkpoint::new("publish", 1, at.state.clone()).once(SETTLE);
                Step::Pending {
                    checkpoint,
                    after,
                    cause: None,
                }
            }
            "publish" => {
                self.script.lock().unwrap().posts += 1;
                let checkpoint = Checkpoint::new("look", 1, json!({})).with_remote_id("1");
                Step::Pending {
                    checkpoint,
                    after: Duration::from_secs(5),
                    cause: None,
                }
            }
            _ => settled(at, published()),
        })
    }

    async fn reconcile(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        if let Some(reply) = self.hear("reconcile", at) {
            return self.answer(reply).await;
        }
        if self.script.lock().unwrap().posts > 0 {
            return Ok(settled(at, published()));
        }
        Ok(Step::Pending {
            checkpoint: at.clone(),
            after: Duration::ZERO,
            cause: None,
        })
    }

    async fn cancel(&self, _: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        if let Some(reply) = self.hear("cancel", at) {
            return self.answer(reply).await;
        }
        Ok(settled(at, Outcome::Cancelled))
    }

    fn checkpoint_version(&self) -> u16 {
        1
    }
}

#[async_trait]
impl OAuthProvider for Example {
    fn connector(&self) -> Connector {
        CONNECTOR
    }

    fn app(&self) -> &str {
        "app"
    }

    fn default_scopes(&self) -> Scopes {
        ["post"].into_iter().collect()
    }

    fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        use secrecy::ExposeSecret;
        let state = request.state.expose_secret();
        Ok(SecretString::from(format!(
            "https://example.com/?state={state}"
        )))
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        Ok(vec![Grant::new(
            "42",
            "an account",
            self.tokens(exchange.call.now),
        )])
    }

    async fn refresh(&self, _: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        self.script.lock().unwrap().refreshes += 1;
        Ok(self.tokens(call.now))
    }

    fn refresh_plan(&self, tokens: &TokenSet, _: DateTime<Utc>) -> RefreshPlan {
        match tokens.expires_at {
            None => RefreshPlan::Never,
            Some(closes) => {
                let opens = tokens.issued_at + (closes - tokens.issued_at) / 2;
                RefreshPlan::Window { opens, closes }
            }
        }
    }

    async fn revoke(&self, _: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        self.script.lock().unwrap().revoked = true;
        Ok(())
    }
}

impl Example {
    fn tokens(&self, now: DateTime<Utc>) -> TokenSet {
        let mut tokens = TokenSet::absent(now);
        tokens.access = SecretString::from("access-token");
        tokens.refresh = Some(SecretString::from("refresh-token"));
        tokens.expires_at = self
            .script
            .lock()
            .unwrap()
            .token_lives
            .map(|life| now + life);
        tokens.scopes = ["post"].into_iter().collect();
        tokens
    }
}

pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
    pub(crate) platform: Example,
    pub(crate) social: Social,
    pub(crate) account: Account,
    media: MediaId,
    _folder: tempfile::TempDir,
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
        let kit = PlatformKit::new(PLATFORM).connector(platform.clone());
        let social = Social::builder()
            .stores(store.clone())
            .keys(LocalKeyRing::file(folder.path().join("key")))
            .media(MediaDir::open(folder.path().join("media")).unwrap())
            .platform(kit.publisher(platform.clone()))
            .clock(Arc::new(clock.clone()))
            .random(Arc::new(SeededRandom::new(1)))
            .build()
            .await
            .unwrap();
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
            _folder: folder,
        }
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

pub(crate) async fn connect(social: &Social) -> Account {
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
    let offer = social
        .finish_login(OWNER, &CONNECTOR, &redirect, Some(&start.browser), &query)
        .await
        .unwrap();
    let accounts = social
        .accept_offer(OWNER, offer.id, &["42".to_owned()])
        .await
        .unwrap();
    accounts.into_iter().next().unwrap()
}
