//! Two apps that give the same account the same id: one account, whichever it is connected through.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::bench::{OWNER, PLATFORM, Planner};
use crate::{
    BuildError, LocalKeyRing, MediaDir, PlatformKit, Social,
    conformance::named,
    error::Result,
    hub::SocialBuilder,
    media::MediaStoreExt,
    memory::MemoryStore,
    model::{Account, AppId, AppKey, Connector, Scopes, TokenSet},
    oauth::{AuthorizeRequest, CallContext, Exchange, Grant, OAuthProvider, RefreshPlan},
    publish::PublishRequest,
    time::ManualClock,
    tokens::Revocation,
};

const SPACE: &str = "space";

/// The login of one of the apps, and what it was asked for.
#[derive(Clone, Debug)]
struct Login {
    app: &'static str,
    space: AppId,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Login {
    fn new(app: &'static str) -> Self {
        Self {
            app,
            space: named(SPACE),
            asked: Arc::default(),
        }
    }

    fn note(&self, what: &str, tokens: &TokenSet) {
        let access = tokens.access.expose_secret();
        self.asked.lock().unwrap().push(format!("{what} {access}"));
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn tokens(&self, now: DateTime<Utc>) -> TokenSet {
        let mut tokens = TokenSet::new(SecretString::from(format!("of {}", self.app)), now);
        tokens.refresh = Some(SecretString::from(format!("refresh of {}", self.app)));
        tokens.expires_at = Some(now + TimeDelta::hours(2));
        tokens
    }
}

#[async_trait]
impl OAuthProvider for Login {
    fn connector(&self) -> Connector {
        AppKey::new(PLATFORM, named(self.app)).connector("web")
    }

    fn account_space(&self) -> AppId {
        self.space.clone()
    }

    fn default_scopes(&self) -> Scopes {
        Scopes::default()
    }

    async fn authorize(&self, request: &AuthorizeRequest<'_>) -> Result<SecretString> {
        let state = request.state.expose_secret();
        Ok(format!("https://example.com/?state={state}").into())
    }

    async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Vec<Grant>> {
        let tokens = self.tokens(exchange.call.now);
        Ok(vec![Grant::new(named("42"), "an account", tokens)])
    }

    async fn refresh(&self, tokens: &TokenSet, call: &CallContext<'_>) -> Result<TokenSet> {
        self.note("refresh", tokens);
        Ok(self.tokens(call.now))
    }

    fn refresh_plan(&self, tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
        RefreshPlan::in_last_part(tokens, now, 2, TimeDelta::zero())
    }

    fn grant_ends_at(&self, tokens: &TokenSet) -> Option<DateTime<Utc>> {
        tokens.ends_at()
    }

    async fn revoke(&self, tokens: &TokenSet, _: &CallContext<'_>) -> Result<()> {
        self.note("revoke", tokens);
        Ok(())
    }
}

struct Ground {
    folder: tempfile::TempDir,
    clock: ManualClock,
    store: MemoryStore,
    logins: [Login; 2],
}

impl Ground {
    fn new() -> Self {
        let clock = ManualClock::default();
        Self {
            folder: tempfile::tempdir().unwrap(),
            store: MemoryStore::new(Arc::new(clock.clone())),
            clock,
            logins: ["app-a", "app-b"].map(Login::new),
        }
    }

    fn builder(&self, logins: &[&Login]) -> SocialBuilder {
        let space = AppKey::new(PLATFORM, named(SPACE));
        let kit = PlatformKit::new(space).publisher(Planner::default());
        let kit = logins
            .iter()
            .fold(kit, |kit, login| kit.connector((*login).clone()));
        Social::builder()
            .stores(self.store.clone())
            .keys(LocalKeyRing::file(self.folder.path().join("key")))
            .media(MediaDir::open(self.folder.path().join("media")).unwrap())
            .clock(Arc::new(self.clock.clone()))
            .platform(kit)
    }

    async fn process(&self, logins: &[&Login]) -> Social {
        self.builder(logins).build().await.unwrap()
    }
}

async fn connect(social: &Social, login: &Login) -> Account {
    let (connector, back) = (login.connector(), "https://service.example/back");
    let back = Url::parse(back).unwrap();
    let start = social.begin_login(&OWNER, &connector, None, &back);
    let start = start.await.unwrap();
    let url = Url::parse(start.url.expose_secret()).unwrap();
    let query = format!("{}&code=good", url.query().unwrap());
    let browser = Some(&start.browser);
    let offer = social.finish_login(&OWNER, &connector, &back, browser, &query);
    let offer = offer.await.unwrap();
    let chosen = [named("42")];
    let linked = social.accept_offer(&OWNER, offer.id, &chosen);
    linked.await.unwrap().remove(0)
}

#[tokio::test]
async fn an_account_is_the_same_through_either_app() {
    let ground = Ground::new();
    let [a, b] = &ground.logins;
    let social = ground.process(&[a, b]).await;
    let first = connect(&social, a).await;
    assert_eq!(first.connector(), a.connector());
    assert_eq!(first.key.app, SPACE);
    let media = social.media().put_bytes(b"a file".to_vec()).await.unwrap();
    let request = PublishRequest::video(media.id).caption("words");
    let order = "order-1";
    let post = social.submit(&first, order, request.clone());
    let post = post.await.unwrap();

    ground.clock.advance(std::time::Duration::from_secs(60));
    let later = connect(&social, b).await;
    assert_eq!(later.key, first.key, "one row");
    assert_eq!(later.connector(), b.connector(), "the later login counts");
    let accounts = social.accounts(&OWNER).await.unwrap();
    assert_eq!(accounts, std::slice::from_ref(&later));
    let again = social.submit(&later, order, request);
    assert_eq!(again.await.unwrap().id, post.id, "one set of keys");
    assert!(social.worker().publisher(&later.key.app_key()).is_ok());

    // What is due is refreshed by the app whose tokens they are, by no other.
    ground.clock.advance(std::time::Duration::from_secs(9_000));
    let one = ground.process(&[a]).await;
    assert_eq!(
        one.worker().tokens().refresh_due(9).await.unwrap().total(),
        0
    );
    assert_eq!(one.worker().tokens().next_due().await.unwrap(), None);
    let two = ground.process(&[b]).await;
    assert_eq!(
        two.worker()
            .tokens()
            .refresh_due(9)
            .await
            .unwrap()
            .refreshed,
        1
    );
    assert_eq!(
        (a.asked(), b.asked().join(" ")),
        (vec![], "refresh of app-b".to_owned())
    );

    ground.clock.advance(std::time::Duration::from_secs(9_000));
    assert!(one.worker().tokens().valid(&later.key).await.is_err());
    assert_eq!(a.asked(), [""; 0], "not by another's either");

    let gone = social.disconnect(&later.key).await.unwrap();
    assert!(matches!(gone.revocation, Revocation::Revoked));
    assert_eq!(
        (a.asked(), b.asked().join(" ")),
        (vec![], "revoke of app-b".to_owned())
    );
}

#[tokio::test]
async fn a_login_of_another_space_is_refused() {
    let ground = Ground::new();
    let [a, b] = &ground.logins;
    let mut strange = b.clone();
    strange.space = named("another space");
    let Err(BuildError::Failed(error)) = ground.builder(&[a, &strange]).build().await else {
        panic!("taken");
    };
    let words = "the kit of example/space has a part of example/app-b/web";
    assert!(error.to_string().contains(words), "{error}");
}
