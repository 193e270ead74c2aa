//! A wall clock that is set while a step is on its way: worker, publisher, SQLite file and sandbox together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use examples::stage::{self, Setup, SkewedClock, owner};
use social_core::{
    Post, PublishRequest, Social, Submission,
    publish::{Consent, MediaRef, Outcome},
};
use social_sandbox::{Endpoint, Fault, FaultKind, Sandbox};
use social_tiktok::{PostOptions, Privacy};
use social_workers::PublishWorker;

use crate::harness::eventually;

const DAY: i64 = 86_400;

/// Two processes on one file, of a machine whose wall clock is set.
struct Ground {
    sandbox: Sandbox,
    clock: SkewedClock,
    workers: [Social; 2],
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = stage::sandbox().await.expect("the sandbox");
        let clock = SkewedClock::default();
        let mut workers = Vec::new();
        for spool in ["one", "two"] {
            let setup = Setup {
                clock: Arc::new(clock.clone()),
                spool: Some(spool.to_owned()),
                ..Setup::default()
            };
            let stores = stage::stores(folder.path(), None).await.expect("stores");
            let social = stage::social_on(stores, folder.path(), sandbox.url(), setup).await;
            workers.push(social.expect("the stage"));
        }
        Self {
            sandbox,
            clock,
            workers: workers.try_into().expect("two"),
            _folder: folder,
        }
    }

    /// Photos, whose beginning TikTok carries out and does not answer for now.
    async fn on_its_way(&self) -> Submission {
        let social = &self.workers[0];
        let account = stage::connect(social, "studio-account").await;
        let account = account.expect("an account");
        let fault = Fault::new(Endpoint::PhotoInit, FaultKind::Hold);
        self.sandbox.control().arm(fault).expect("a fault");
        let post = social.submit(&account, "a", photos()).await;
        post.expect("submitted")
    }

    fn begun(&self) -> usize {
        self.sandbox.control().publishes().len()
    }

    async fn post(&self, post: &Submission) -> Post {
        let record = self.workers[1].post(&owner(), post.id).await;
        record.expect("the post")
    }
}

fn photos() -> PublishRequest {
    let address = "https://media.example.com/sample.jpg";
    let photo = MediaRef::Url(address.parse().expect("an address"));
    let options = PostOptions::direct(Privacy::Public, Consent::given_by(owner()));
    PublishRequest::photos([photo])
        .options(options)
        .expect("options")
}

#[tokio::test]
async fn a_wall_clock_that_is_set_begins_nothing_again_and_keeps_nothing_for_ever() {
    let ground = Ground::open().await;
    let post = ground.on_its_way().await;
    let [one, two] = ground.workers.each_ref().map(PublishWorker::new);
    let round = tokio::spawn(async move { one.run_once().await });
    let begun = || async { (ground.begun() == 1).then_some(()) };
    eventually("the post is begun", begun).await;

    for days in [30, -300] {
        ground.clock.set(days * DAY);
        let report = two.run_once().await.expect("a round");
        assert_eq!(report.claimed, 0, "{days} days: somebody has it");
        assert_eq!(ground.post(&post).await.outcome, None);
    }
    ground.sandbox.control().disarm_all();
    let report = round.await.expect("no panic").expect("a round");
    assert_eq!(report.claimed, 1);

    // A clock that ran ahead has ended the call before its answer came: nobody knows, so it is looked for.
    for days in [-300, 0] {
        ground.clock.set(days * DAY);
        two.run_once().await.expect("a round");
    }
    let shown = Duration::from_secs(3_600);
    ground.sandbox.control().advance(shown);
    let minutes = AtomicI64::new(0);
    let ended = || async {
        let passed = minutes.fetch_add(5, Ordering::Relaxed);
        ground.clock.set(60 * passed);
        two.run_once().await.expect("a round");
        let post = ground.post(&post).await;
        post.next_at.is_none().then_some(post.outcome)
    };
    let outcome = eventually("nobody looks any more", ended).await;
    assert!(
        matches!(outcome, Some(Outcome::Published(_))),
        "{outcome:?}"
    );
    assert_eq!(ground.begun(), 1, "nothing is begun again");
    assert_eq!(ground.sandbox.control().posts().len(), 1);
}
