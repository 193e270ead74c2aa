//! Clocks that are set while a step that must happen once is on its way, on a real file.

mod platform;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use secrecy::ExposeSecret;
use social_core::{
    LocalKeyRing, MediaDir, MediaStoreExt, PlatformKit, PublishRequest, Social, time::ManualClock,
};
use social_store_sqlite::SqliteStore;
use social_workers::PublishWorker;
use url::Url;

use platform::{CONNECTOR, Example, PLATFORM};

const OWNER: &str = "owner";

/// A machine with a file, and processes on it.
struct Machine {
    folder: tempfile::TempDir,
    /// Of the first process, which may be dead when time passes.
    first: ManualClock,
    clock: ManualClock,
    store: SqliteStore,
    platform: Example,
}

impl Machine {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("social.db");
        Self {
            store: SqliteStore::open(path).await.unwrap(),
            first: ManualClock::default(),
            clock: ManualClock::default(),
            platform: Example::default(),
            folder,
        }
    }

    async fn process(&self, clock: &ManualClock) -> Social {
        let kit = PlatformKit::new(PLATFORM).connector(self.platform.clone());
        Social::builder()
            .stores(self.store.clone())
            .keys(LocalKeyRing::file(self.folder.path().join("key")))
            .media(MediaDir::open(self.folder.path().join("media")).unwrap())
            .platform(kit.publisher(self.platform.clone()))
            .clock(Arc::new(clock.clone()))
            .build()
            .await
            .unwrap()
    }

    /// A post of an account that was connected for it.
    async fn submit(&self, social: &Social) {
        let redirect = Url::parse("https://service.example/callback").unwrap();
        let connector = CONNECTOR;
        let start = social.begin_login(OWNER, &connector, None, &redirect);
        let start = start.await.unwrap();
        let url = start.url.expose_secret().to_owned();
        let state = url.split_once("state=").unwrap().1;
        let query = format!("code=c&state={state}");
        let browser = Some(&start.browser);
        let offer = social.finish_login(OWNER, &connector, &redirect, browser, &query);
        let offer = offer.await.unwrap();
        let chosen = ["42".to_owned()];
        let accounts = social.accept_offer(OWNER, offer.id, &chosen);
        let accounts = accounts.await.unwrap();
        let media = social.media().put_bytes(b"a file".to_vec()).await.unwrap();
        let request = PublishRequest::video(media.id).caption("words");
        social.submit(&accounts[0], "key", request).await.unwrap();
    }

    /// Time passes for the machine, asleep or not.
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.store.advance_clock(time).await.unwrap();
    }

    /// The wall clock is set, and no time passes.
    fn jump(&self, by: TimeDelta) {
        self.first.jump(by);
        self.clock.jump(by);
        self.store.jump_wall_clock(by);
    }
}

/// Begun by one worker: its request is on its way, and its answer will be lost.
async fn on_its_way(machine: &Machine) -> tokio::task::JoinHandle<()> {
    let social = machine.process(&machine.first).await;
    machine.submit(&social).await;
    let worker = PublishWorker::new(&social);
    let round = tokio::spawn(async move {
        worker.run_once().await.unwrap();
    });
    machine.platform.sent.notified().await;
    round
}

#[tokio::test]
async fn a_wall_clock_that_jumps_starts_no_step_again() {
    let machine = Machine::new().await;
    let round = on_its_way(&machine).await;
    let other = PublishWorker::new(&machine.process(&machine.clock).await);
    for seconds in [60, 86_400, -200_000] {
        machine.jump(TimeDelta::seconds(seconds));
        let report = other.run_once().await.unwrap();
        assert_eq!(report.claimed, 0, "{seconds}");
    }
    assert_eq!(
        machine.platform.calls(),
        ["advance"],
        "while it is on its way nobody asks or sends"
    );
    machine.platform.go_on.notify_one();
    round.await.unwrap();
    machine.jump(TimeDelta::days(3));
    other.run_once().await.unwrap();
    assert_eq!(
        machine.platform.calls(),
        ["advance"],
        "nor before it has settled"
    );
    machine.pass(Duration::from_secs(60)).await;
    other.run_once().await.unwrap();
    assert_eq!(
        machine.platform.calls()[1],
        "reconcile",
        "then it is asked about"
    );
}

#[tokio::test]
async fn a_machine_that_restarts_starts_no_step_again_and_goes_on() {
    let machine = Machine::new().await;
    on_its_way(&machine).await.abort();
    machine.store.restart_machine("second start");
    machine.jump(TimeDelta::days(1_000));
    let other = PublishWorker::new(&machine.process(&machine.clock).await);
    other.run_once().await.unwrap();
    assert_eq!(
        machine.platform.calls(),
        ["advance"],
        "nobody knows how long it was off"
    );
    machine.pass(Duration::from_secs(60)).await;
    other.run_once().await.unwrap();
    assert_eq!(
        machine.platform.calls()[1],
        "reconcile",
        "no lease is held for ever"
    );
}
