//! One platform with one connected person, and what each suite wants to know of it.

mod content;
mod oauth;
mod publisher;
mod subscriptions;
mod webhook;

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use social_core::{
    MediaDir,
    conformance::{Trouble, named},
    content::{Comments, ContentSource, Insights},
    memory::MemoryStore,
    model::{Account, AccountKey, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Callback, Exchange, OAuthProvider},
    publish::Publisher,
    store::TokenRecord,
    time::{Clock, Deadline, ManualClock},
    webhook::{EventSubscriptions, WebhookVerifier},
};
use url::Url;

use crate::{
    client::{Client, PLATFORM},
    content::Shown,
    oauth::{Login, WEB},
    peer::{self, APP, Peer},
    publish::Publishing,
    story,
    subscriptions::Subscribing,
};

/// The platform, and each of the implementations, which a test may replace by a broken one.
pub(crate) struct Stage {
    pub(crate) peer: Peer,
    pub(crate) client: Client,
    pub(crate) publisher: Box<dyn Publisher>,
    pub(crate) oauth: Box<dyn OAuthProvider>,
    pub(crate) webhooks: Box<dyn WebhookVerifier>,
    pub(crate) subscriptions: Box<dyn EventSubscriptions>,
    pub(crate) callback: Url,
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
            subscriptions: Box::new(Subscribing(client.clone())),
            callback: story::callback().unwrap(),
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
    let deadline = Deadline::after(Arc::new(clock.clone()), Duration::from_secs(20));
    let call = CallContext::new(clock.now(), &deadline);
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier, call);
    let url = login.authorize(&request).await.unwrap();
    let query = story::browse(url.expose_secret()).await.unwrap();
    let callback = Callback::parse(&query);
    let exchange = Exchange::new(&callback, &redirect, &verifier, call);
    let grant = login.exchange(&exchange).await.unwrap().remove(0);
    let key = AccountKey::new(named("ann"), named(APP), PLATFORM, grant.account);
    let account = TokenRecord::new(key, WEB, clock.now()).to_account();
    (account, grant.tokens)
}

fn redirect() -> Url {
    "https://app.example/callback".parse().unwrap()
}

fn secrets(stage: &Stage) -> Vec<String> {
    stage.peer.world().secrets.clone()
}
