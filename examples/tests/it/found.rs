//! Posts whose beginning was interrupted: the worker looks for them, publisher and sandbox together.

use std::{sync::Arc, time::Duration};

use examples::stage::{self, OWNER, Setup};
use social_core::{
    Post, PublishRequest, Social,
    memory::MemoryStore,
    publish::{Consent, MediaRef, Outcome},
    store::{PostRecord, PostState},
    time::{Clock as _, ManualClock},
};
use social_sandbox::{Endpoint, Fault, FaultKind, Sandbox, Settings};
use social_tiktok::{PostOptions, Privacy};
use social_workers::PublishWorker;

const HOUR: Duration = Duration::from_secs(3_600);

/// One account, a worker that is let go by hand, and a TikTok that takes an hour to show a post.
struct Ground {
    sandbox: Sandbox,
    clock: ManualClock,
    social: Social,
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings::default().processing(HOUR);
        let sandbox = Sandbox::builder().settings(settings).start().await;
        let sandbox = sandbox.expect("the sandbox");
        let clock = ManualClock::at(sandbox.control().clock().now);
        let setup = Setup {
            clock: Arc::new(clock.clone()),
            ..Setup::default()
        };
        // The other stores go by clocks of their own.
        let stores = MemoryStore::new(Arc::new(clock.clone())).into();
        let social = stage::social_on(stores, folder.path(), sandbox.url(), setup).await;
        Self {
            sandbox,
            clock,
            social: social.expect("the stage"),
            _folder: folder,
        }
    }

    /// Two photos, whose beginning TikTok carries out without an answer.
    async fn interrupted(&self) -> Post {
        let account = stage::connect(&self.social, "studio-account").await;
        let fault = Fault::new(Endpoint::PhotoInit, FaultKind::DropAfter);
        self.sandbox.control().arm(fault).expect("a fault");
        let photo = MediaRef::Url(
            "https://media.example.com/sample.jpg"
                .parse()
                .expect("an address"),
        );
        let options = PostOptions::direct(Privacy::Public, Consent::given_by(OWNER));
        let request = PublishRequest::photos([photo.clone(), photo])
            .caption("Two on glass")
            .options(options)
            .expect("options");
        let account = account.expect("an account");
        let post = self.social.submit(&account, "a", request).await;
        post.expect("submitted")
    }

    /// Lets the worker do what is due, and then what is due so much later.
    async fn work(&self, post: &Post, later: Duration) -> PostRecord {
        let worker = PublishWorker::new(&self.social);
        worker.run_once().await.expect("a round");
        self.clock.advance(later);
        worker.run_once().await.expect("a round");
        self.social.post(OWNER, post.id).await.expect("the post")
    }

    /// At TikTok; the post is shown after it.
    fn pass(&self) {
        let fetched = Duration::from_secs(60);
        self.sandbox.control().advance(HOUR + fetched);
    }

    fn begun(&self) -> usize {
        self.sandbox.control().publishes().len()
    }
}

#[tokio::test]
async fn a_post_is_found_by_its_worker_when_tiktok_shows_it() {
    let ground = Ground::open().await;
    let post = ground.interrupted().await;
    let undecided = ground.work(&post, Duration::from_secs(600)).await;
    assert_eq!(undecided.state, PostState::Undecided);
    let next = undecided.next_at.expect("it is looked for");
    assert!(next <= ground.clock.now() + Duration::from_secs(61));

    // Not there yet: it stays as it is, and its account is not kept waiting.
    ground.clock.advance(Duration::from_secs(61));
    let still = ground.work(&post, Duration::ZERO).await;
    assert_eq!((still.state, still.attempts), (PostState::Undecided, 0));
    assert!(still.next_at > undecided.next_at);

    ground.pass();
    let found = ground.work(&post, Duration::from_secs(180)).await;
    let Some(Outcome::Published(links)) = &found.outcome else {
        panic!("{found:?}")
    };
    let url = links[0].url.as_ref().expect("its link").as_str();
    assert!(url.contains("/photo/"), "{url}");
    assert_eq!(found.next_at, None);
    assert_eq!(ground.begun(), 1, "nothing is begun again");
    assert_eq!(ground.sandbox.control().posts().len(), 1);
}

#[tokio::test]
async fn a_wish_to_cancel_does_not_make_it_cancelled() {
    let ground = Ground::open().await;
    let post = ground.interrupted().await;
    PublishWorker::new(&ground.social)
        .run_once()
        .await
        .expect("a round");
    ground.social.cancel(OWNER, post.id).await.expect("asked");
    let undecided = ground.work(&post, Duration::from_secs(600)).await;
    assert_eq!(undecided.state, PostState::Undecided);
    assert!(undecided.cancel_requested);
    ground.pass();
    let found = ground.work(&post, Duration::from_secs(180)).await;
    assert_eq!(found.state, PostState::Published, "it is there");
    assert_eq!(ground.begun(), 1);
}
