//! One platform with one connected person, and what each suite wants to know of it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    MediaDir, MediaStore, PublishRequest,
    conformance::{
        Trouble,
        comments::CommentsHarness,
        content::{ContentHarness, ContentSourceHarness},
        insights::{InsightsHarness, days},
        oauth::OAuthHarness,
        publisher::PublisherHarness,
        webhook::{Challenge, WebhookHarness},
    },
    content::{Comments, ContentSource, Insights, Period},
    memory::MemoryStore,
    model::{Account, AccountKey, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Callback, Exchange, OAuthProvider},
    publish::{Checkpoint, Publisher},
    store::{Limits, TokenRecord},
    time::{Clock, Deadline, ManualClock},
    webhook::{Delivery, VerifiedEvent, WebhookVerifier},
};
use url::Url;

use crate::{
    client::{Client, PLATFORM},
    content::Shown,
    oauth::{LOGIN, Login},
    peer::{self, APP, Peer, SECRET},
    publish::Publishing,
    story,
    webhook::{HEADER, WINDOW, sign},
};

/// The platform, and each of the implementations, which a test may replace by a broken one.
pub(crate) struct Stage {
    pub(crate) peer: Peer,
    pub(crate) client: Client,
    pub(crate) publisher: Box<dyn Publisher>,
    pub(crate) oauth: Box<dyn OAuthProvider>,
    pub(crate) webhooks: Box<dyn WebhookVerifier>,
    pub(crate) source: Box<dyn ContentSource>,
    pub(crate) comments: Box<dyn Comments>,
    pub(crate) insights: Box<dyn Insights>,
    clock: ManualClock,
    account: Account,
    tokens: TokenSet,
    media: MediaDir,
    limits: MemoryStore,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::default();
        let peer = Peer::start(Arc::new(clock.clone())).await.unwrap();
        let client = story::client(&peer, &clock).unwrap();
        let (account, tokens) = connect(&client, &clock).await;
        let folder = tempfile::tempdir().unwrap();
        Self {
            peer,
            publisher: Box::new(Publishing(client.clone())),
            oauth: Box::new(Login(client.clone())),
            webhooks: Box::new(story::webhooks()),
            source: Box::new(Shown(client.clone())),
            comments: Box::new(Shown(client.clone())),
            insights: Box::new(Shown(client.clone())),
            client,
            account,
            tokens,
            media: MediaDir::open(folder.path()).unwrap(),
            limits: MemoryStore::new(Arc::new(clock.clone())),
            clock,
            _folder: folder,
        }
    }

    /// `at` is a part of the method and path of a call.
    fn arm(&self, at: &'static str, trouble: Trouble) {
        let trouble = match trouble {
            Trouble::LostAfter => peer::Trouble::LostAfter,
            Trouble::Refused => peer::Trouble::Refused,
            _ => peer::Trouble::LostBefore,
        };
        self.peer.world().trouble = Some((at, trouble));
    }

    fn deliveries(&self) -> Vec<(i64, Vec<u8>)> {
        self.peer.world().hooks.clone()
    }

    async fn follow(&self, url: &SecretString) -> String {
        let query = story::browse(url.expose_secret()).await.unwrap();
        // A browser is no call of the provider.
        self.peer.world().heard -= 1;
        query
    }
}

async fn connect(client: &Client, clock: &ManualClock) -> (Account, TokenSet) {
    let login = Login(client.clone());
    let (state, verifier) = (SecretString::from("state"), SecretString::from("verifier"));
    let (scopes, redirect) = (login.default_scopes(), redirect());
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier);
    let url = login.authorize(&request).unwrap();
    let query = story::browse(url.expose_secret()).await.unwrap();
    let deadline = Deadline::after(Arc::new(clock.clone()), Duration::from_secs(20));
    let (callback, call) = (
        Callback::parse(&query),
        CallContext::new(clock.now(), &deadline),
    );
    let exchange = Exchange::new(&callback, &redirect, &verifier, call);
    let grant = login.exchange(&exchange).await.unwrap().remove(0);
    let key = AccountKey::new("ann", APP, PLATFORM, grant.account);
    let account = TokenRecord::new(key, LOGIN, clock.now()).to_account();
    (account, grant.tokens)
}

fn redirect() -> Url {
    "https://app.example/callback".parse().unwrap()
}

fn secrets(stage: &Stage) -> Vec<String> {
    stage.peer.world().secrets.clone()
}

fn signed(secret: &str, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
    let time = when.timestamp().to_string();
    let value = format!("t={time},s={}", sign(&secret.into(), &time, body));
    let mut headers = HeaderMap::new();
    headers.insert(HEADER, HeaderValue::from_str(&value).unwrap());
    headers
}

#[async_trait]
impl PublisherHarness for Stage {
    fn publisher(&self) -> &dyn Publisher {
        &*self.publisher
    }

    fn account(&self) -> &Account {
        &self.account
    }

    async fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn media(&self) -> &dyn MediaStore {
        &self.media
    }

    fn limits(&self) -> &dyn Limits {
        &self.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    async fn request(&self, number: usize) -> PublishRequest {
        PublishRequest::new([]).caption(format!("card {number}"))
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    async fn posts(&self) -> usize {
        self.peer.world().posts.len()
    }

    async fn heard(&self) -> usize {
        self.peer.world().heard
    }

    async fn trouble(&self, at: &Checkpoint, trouble: Trouble) {
        let call = match at.step.as_str() {
            "create" => "POST containers",
            "publish" => "POST posts",
            _ => "GET containers",
        };
        self.arm(call, trouble);
    }

    fn refusable(&self) -> Vec<&'static str> {
        vec!["create", "publish"]
    }

    async fn events(&self) -> Vec<VerifiedEvent> {
        let verify = |(time, body): (i64, Vec<u8>)| {
            let when = DateTime::from_timestamp(time, 0).unwrap();
            let headers = signed(SECRET, &body, when);
            let delivery = Delivery::new(&headers, &body);
            self.webhooks.verify(delivery, when).unwrap().events
        };
        self.deliveries().into_iter().flat_map(verify).collect()
    }

    fn secrets(&self) -> Vec<String> {
        secrets(self)
    }
}

#[async_trait]
impl OAuthHarness for Stage {
    fn provider(&self) -> &dyn OAuthProvider {
        &*self.oauth
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn redirect_uri(&self) -> Url {
        redirect()
    }

    fn checks_verifier(&self) -> bool {
        true
    }

    fn accounts(&self) -> usize {
        2
    }

    async fn consent(&self, url: &SecretString) -> String {
        self.follow(url).await
    }

    async fn decline(&self, url: &SecretString) -> String {
        self.peer.world().declines = true;
        self.follow(url).await
    }

    async fn trouble(&self, trouble: Trouble) {
        self.arm("", trouble);
    }

    async fn heard(&self) -> usize {
        self.peer.world().heard
    }

    fn secrets(&self) -> Vec<String> {
        secrets(self)
    }
}

impl WebhookHarness for Stage {
    fn verifier(&self) -> &dyn WebhookVerifier {
        &*self.webhooks
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let event = |number: u32| {
            let event = format!(
                r#"{{"id":"e{number}","kind":"post.published","container":"c{number}","post":"p","account":"box-1","at":1}}"#
            );
            format!(r#"{{"app":"{APP}","events":[{event}]}}"#).into_bytes()
        };
        vec![event(1), event(2)]
    }

    fn unknown(&self) -> Vec<u8> {
        format!(r#"{{"app":"{APP}","events":[{{"id":"e9","kind":"post.framed"}}]}}"#).into_bytes()
    }

    fn batch(&self) -> Option<(Vec<u8>, usize)> {
        let event = |number| format!(r#"{{"id":"e{number}","kind":"post.framed"}}"#);
        let events: Vec<_> = (0..5).map(event).collect();
        let body = format!(r#"{{"app":"{APP}","events":[{}]}}"#, events.join(","));
        Some((body.into_bytes(), 5))
    }

    fn sign(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
        signed(SECRET, body, when)
    }

    fn sign_wrongly(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
        signed("the secret of another app", body, when)
    }

    fn window(&self) -> Option<(Duration, Duration)> {
        Some((WINDOW, WINDOW))
    }

    fn challenge(&self) -> Option<Challenge> {
        None
    }

    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned()]
    }
}

#[async_trait]
impl ContentHarness for Stage {
    fn account(&self) -> &Account {
        &self.account
    }

    fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    fn limits(&self) -> &dyn Limits {
        &self.limits
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    async fn show(&self, count: usize) -> Vec<String> {
        let mut world = self.peer.world();
        let account = &self.account.key.account;
        let mut ids: Vec<_> = (0..count).map(|_| world.post(account, "a card")).collect();
        ids.reverse();
        ids
    }

    async fn tell_no_numbers(&self) {
        self.peer.world().bare = true;
    }

    async fn send_unknown_fields(&self) {
        self.peer.world().talkative = true;
    }

    async fn trouble(&self, trouble: Trouble) {
        self.arm("", trouble);
    }

    async fn heard(&self) -> usize {
        self.peer.world().heard
    }

    fn secrets(&self) -> Vec<String> {
        secrets(self)
    }
}

impl ContentSourceHarness for Stage {
    fn source(&self) -> &dyn ContentSource {
        &*self.source
    }
}

#[async_trait]
impl CommentsHarness for Stage {
    fn comments(&self) -> &dyn Comments {
        &*self.comments
    }

    async fn comment(&self, media: &str, parent: Option<&str>, text: &str) -> String {
        self.peer.world().write(media, parent, "bob", text)
    }
}

impl InsightsHarness for Stage {
    fn insights(&self) -> &dyn Insights {
        &*self.insights
    }

    fn days(&self) -> Option<Period> {
        days(3).ok().map(Period::Daily)
    }
}
