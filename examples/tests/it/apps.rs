//! Two apps of one platform: in one process, and in processes that each know one of them.

use std::{path::Path, sync::Arc, time::Duration};

use examples::stage::{self, REDIRECT, Setup, owner};
use http::HeaderMap;
use serde_json::json;
use social_core::{
    LocalKeyRing, MediaDir, MediaStoreExt as _, Post, Social, Stores, Submission,
    memory::MemoryStore,
    model::{Account, AccountStatus},
    store::{Backlog, PostState, ReceivedEvent},
    time::{Clock as _, ManualClock},
    webhook::{Delivery, VerifyError},
};
use social_sandbox::{App, DEMO_CLIENT_KEY, Sandbox};
use social_tiktok::{Route, TikTok};
use social_workers::{EventWorker, PlatformEvents, PublishWorker};

use crate::harness::webhook;

const SECOND: &str = "second-app";
const SECRET: &str = "the-second-apps-secret";

struct Ground {
    sandbox: Sandbox,
    clock: ManualClock,
    stores: Stores,
    first: TikTok,
    second: TikTok,
    folder: tempfile::TempDir,
}

impl Ground {
    /// In memory, or on SQLite.
    async fn open(sqlite: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = stage::sandbox().await.expect("the sandbox");
        let app = App::new(SECOND, SECRET).redirect_uri(REDIRECT);
        sandbox.control().add_app(app).expect("a second app");
        let clock = ManualClock::at(sandbox.control().clock().now);
        let setup = Setup {
            clock: Arc::new(clock.clone()),
            ..Setup::default()
        };
        let stores = match sqlite {
            true => stage::stores(folder.path(), None).await.expect("stores"),
            false => MemoryStore::new(Arc::new(clock.clone())).into(),
        };
        let second = TikTok::builder()
            .client_key(SECOND)
            .client_secret(SECRET)
            .base_url(sandbox.url())
            .clock(Arc::new(clock.clone()))
            .build();
        Self {
            first: stage::tiktok(sandbox.url(), &setup).expect("the first app"),
            second: second.expect("the second app"),
            sandbox,
            clock,
            stores,
            folder,
        }
    }

    /// A process that knows these apps.
    async fn process(&self, name: &str, apps: &[&TikTok]) -> Social {
        let folder: &Path = self.folder.path();
        let builder = Social::builder()
            .stores(self.stores.clone())
            .keys(LocalKeyRing::file(folder.join("social.key")))
            .media(MediaDir::open(folder.join("media")).expect("a folder"))
            .spool(folder.join(name))
            .clock(Arc::new(self.clock.clone()))
            .clock_tolerance(Duration::MAX);
        let builder = apps
            .iter()
            .fold(builder, |builder, app| builder.platform((*app).clone()));
        builder.build().await.expect("a process")
    }

    async fn both(&self) -> Social {
        self.process("both", &[&self.first, &self.second]).await
    }

    /// One account of the person, connected through each app.
    async fn connects(&self, social: &Social) -> [Account; 2] {
        let [first, second] = [&self.first, &self.second].map(|app| app.connector(Route::Desktop));
        let first = stage::connect_by(social, &first, "studio-account").await;
        let second = stage::connect_by(social, &second, "studio-account").await;
        [first.expect("connected"), second.expect("connected")]
    }

    /// Lets a worker of this process go on until it has nothing to do for an hour.
    async fn work(&self, social: &Social) {
        for _ in 0..60 {
            let report = PublishWorker::new(social).run_once().await;
            report.expect("a round");
            self.pass(Duration::from_secs(60));
        }
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.sandbox.control().advance(time);
    }

    /// What was begun at TikTok, by app.
    fn begun(&self) -> Vec<String> {
        let begun = self.sandbox.control().publishes().into_iter();
        let mut apps: Vec<_> = begun.map(|publish| publish.client_key).collect();
        apps.sort();
        apps
    }
}

async fn submits(social: &Social, account: &Account) -> Submission {
    let media = social.media().put_bytes(stage::clip(60_000)).await;
    let media = media.expect("a video").id;
    let post = stage::submit(social, account, &media, "words").await;
    post.expect("submitted")
}

async fn record(social: &Social, post: &Submission) -> Post {
    social.post(&owner(), post.id).await.expect("the post")
}

async fn publishes_through_each(sqlite: bool) {
    let ground = Ground::open(sqlite).await;
    let social = ground.both().await;
    let routes: Vec<_> = social.connectors().map(ToString::to_string).collect();
    let expected = [DEMO_CLIENT_KEY, SECOND]
        .map(|app| ["desktop", "web"].map(|route| format!("tiktok/{app}/{route}")));
    assert_eq!(routes.len(), 4, "{routes:?}");
    assert!(expected.as_flattened().iter().all(|it| routes.contains(it)));

    let accounts = ground.connects(&social).await;
    let mut posts = Vec::new();
    for account in &accounts {
        posts.push(submits(&social, account).await);
    }
    ground.work(&social).await;
    for post in &posts {
        let record = record(&social, post).await;
        assert_eq!(record.state, PostState::Published, "{record:?}");
    }
    assert_eq!(ground.begun(), [DEMO_CLIENT_KEY, SECOND], "each by its own");
}

#[tokio::test]
async fn each_account_is_served_by_the_app_it_came_through() {
    publishes_through_each(false).await;
}

#[tokio::test]
async fn each_account_is_served_by_the_app_it_came_through_on_sqlite() {
    publishes_through_each(true).await;
}

async fn leaves_to_others(sqlite: bool) {
    let ground = Ground::open(sqlite).await;
    let both = ground.both().await;
    let [first, second] = ground.connects(&both).await;
    let (mine, theirs) = (submits(&both, &first).await, submits(&both, &second).await);
    let before = record(&both, &theirs).await;

    let one = ground.process("one", &[&ground.first]).await;
    assert!(one.worker().publisher(&second.key.app_key()).is_err());
    ground.work(&one).await;
    assert_eq!(record(&one, &mine).await.state, PostState::Published);
    assert_eq!(record(&one, &theirs).await, before, "nobody touched it");

    // The access tokens of both end.
    ground.pass(Duration::from_secs(90_000));
    let report = one.worker().tokens().refresh_due(9).await.expect("a round");
    assert_eq!((report.refreshed, report.total()), (1, 1), "its own");
    let next = one.worker().tokens().next_due().await.expect("a time");
    assert!(
        next.is_none_or(|next| next > ground.clock.now()),
        "no busy loop"
    );
    let report = both
        .worker()
        .tokens()
        .refresh_due(9)
        .await
        .expect("a round");
    assert_eq!((report.refreshed, report.total()), (1, 1), "the other one");
    ground.work(&both).await;
    assert_eq!(record(&both, &theirs).await.state, PostState::Published);
}

#[tokio::test]
async fn what_a_process_has_no_app_for_is_left_to_those_that_have() {
    leaves_to_others(false).await;
}

#[tokio::test]
async fn what_a_process_has_no_app_for_is_left_to_those_that_have_on_sqlite() {
    leaves_to_others(true).await;
}

#[tokio::test]
async fn what_is_sent_to_one_app_is_about_its_own_accounts() {
    let ground = Ground::open(false).await;
    let social = ground.both().await;
    let [first, second] = ground.connects(&social).await;
    let now = ground.clock.now();
    let body = json!({
        "client_key": SECOND,
        "event": "authorization.removed",
        "create_time": now.timestamp(),
        "user_openid": second.key.account,
        "content": json!({ "reason": 1 }).to_string(),
    })
    .to_string();
    let signature = webhook::signature_at(now.timestamp(), &body, SECRET);
    let mut headers = HeaderMap::new();
    headers.insert("tiktok-signature", signature.parse().expect("a header"));
    let delivery = Delivery::new(&headers, body.as_bytes());
    let verify = |account: &Account| {
        let verifier = social
            .worker()
            .verifier(&account.key.app_key())
            .expect("a verifier");
        verifier.verify(delivery, now)
    };
    assert_eq!(verify(&first).expect_err("foreign"), VerifyError::Signature);
    let verified = verify(&second).expect("its own");

    let control = ground.sandbox.control();
    control
        .disconnect(SECOND, "studio-account", 1)
        .expect("gone");
    let events = verified.events.into_iter();
    let events: Vec<_> = events.map(|it| ReceivedEvent::new(it, now)).collect();
    let store = &social.worker().stores().events;
    store.insert(&events).await.expect("kept");
    let worker = EventWorker::new(&social, PlatformEvents::new(&social));
    worker.run_once().await.expect("a round");
    let backlog: Backlog = store.backlog(now).await.expect("a backlog");
    assert_eq!((backlog.ready, backlog.dead), (0, 0), "{backlog:?}");
    let status = async |account: &Account| {
        let accounts = social.accounts(&owner()).await.expect("the accounts");
        let found = accounts.into_iter().find(|it| it.key == account.key);
        found.expect("the account").status
    };
    assert_eq!(status(&first).await, AccountStatus::Connected);
    let status = status(&second).await;
    assert!(
        matches!(status, AccountStatus::NeedsReauth(_)),
        "{status:?}"
    );
}
