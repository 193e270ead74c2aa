//! Posts whose beginning was interrupted, and posts that wait for their account: worker, publisher and sandbox together.

use std::{sync::Arc, time::Duration};

use examples::stage::{self, Setup, owner};
use social_core::{
    Post, PublishRequest, Reason, Social, Submission,
    memory::MemoryStore,
    model::{Account, AccountStatus, NeedsReauth},
    publish::{Consent, MediaRef, MissedPolicy, Outcome},
    store::{Expect, PostState, TokenClaimed, Verdict},
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
        Self::on(false).await
    }

    /// In memory, or on SQLite.
    async fn on(sqlite: bool) -> Self {
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
        let stores = match sqlite {
            true => stage::stores(folder.path(), None).await.expect("stores"),
            false => MemoryStore::new(Arc::new(clock.clone())).into(),
        };
        let social = stage::social_on(stores, folder.path(), sandbox.url(), setup).await;
        Self {
            sandbox,
            clock,
            social: social.expect("the stage"),
            _folder: folder,
        }
    }

    async fn connects(&self) -> Account {
        let account = stage::connect(&self.social, "studio-account").await;
        account.expect("an account")
    }

    /// Two photos, whose beginning TikTok carries out without an answer.
    async fn interrupted(&self) -> Submission {
        let account = self.connects().await;
        self.fails(FaultKind::DropAfter);
        self.submits(&account, "a", photos()).await
    }

    /// What happens to the next beginning.
    fn fails(&self, kind: FaultKind) {
        let fault = Fault::new(Endpoint::PhotoInit, kind);
        self.sandbox.control().arm(fault).expect("a fault");
    }

    async fn submits(&self, account: &Account, key: &str, request: PublishRequest) -> Submission {
        let post = self.social.submit(account, key, request).await;
        post.expect("submitted")
    }

    /// A refresh names the account's grant dead.
    async fn dies(&self, account: &Account) {
        let tokens = &self.social.worker().stores().tokens;
        let claimed = tokens.claim(&account.key, HOUR).await.expect("a claim");
        let TokenClaimed::Taken(claim) = claimed else {
            panic!("nobody refreshes it")
        };
        let dead = Verdict::Dead(NeedsReauth::AnswerLost);
        assert!(tokens.judge(&claim, dead).await.expect("a verdict"));
        tokens
            .release(&claim, None, true)
            .await
            .expect("given back");
    }

    /// The tokens of that refresh turn up after all.
    async fn turns_out_well(&self, account: &Account) {
        let tokens = &self.social.worker().stores().tokens;
        let stored = tokens.load(&account.key).await.expect("a store");
        let mut stored = stored.expect("the account");
        stored.value.status = AccountStatus::Connected;
        let expect = Expect::Revision(stored.revision);
        tokens.save(&stored.value, expect).await.expect("saved");
    }

    /// Lets the worker go on until the post has an outcome and nobody looks any more.
    async fn ends(&self, post: &Submission) -> Post {
        for _ in 0..60 {
            let record = self.work(post, Duration::from_secs(120)).await;
            if record.outcome.is_some() && record.next_at.is_none() {
                return record;
            }
        }
        panic!("no outcome: {:?}", self.work(post, Duration::ZERO).await)
    }
}

fn photos() -> PublishRequest {
    let photo = MediaRef::Url(
        "https://media.example.com/sample.jpg"
            .parse()
            .expect("an address"),
    );
    let options = PostOptions::direct(Privacy::Public, Consent::given_by(owner()));
    PublishRequest::photos([photo.clone(), photo])
        .caption("Two on glass")
        .options(options)
        .expect("options")
}

impl Ground {
    /// Lets the worker do what is due, and then what is due so much later.
    async fn work(&self, post: &Submission, later: Duration) -> Post {
        let worker = PublishWorker::new(&self.social);
        worker.run_once().await.expect("a round");
        self.clock.advance(later);
        worker.run_once().await.expect("a round");
        self.social.post(&owner(), post.id).await.expect("the post")
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
    assert_eq!(still.state, PostState::Undecided);
    let posts = &ground.social.worker().stores().posts;
    let stored = posts.load(&owner(), post.id).await.expect("the store");
    assert_eq!(stored.expect("the post").attempts, 0);
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

/// The call never arrived; an earlier post says the same, and by TikTok's clock it is younger than the call.
#[tokio::test]
async fn another_post_with_the_same_words_is_not_taken_for_it() {
    let ground = Ground::open().await;
    let account = ground.connects().await;
    let first = ground.submits(&account, "first", photos()).await;
    ground.work(&first, Duration::from_secs(120)).await;
    ground.pass();
    let first = ground.ends(&first).await;
    let Some(Outcome::Published(links)) = &first.outcome else {
        panic!("{first:?}")
    };
    assert_eq!(links.len(), 1, "its link is known");
    ground.fails(FaultKind::DropBefore);
    let lost = ground.submits(&account, "lost", photos()).await;
    let lost = ground.work(&lost, Duration::from_secs(600)).await;
    assert_eq!(lost.outcome, Some(Outcome::Undecided));
    assert!(lost.next_at.is_some(), "it is looked for");
    assert_eq!(ground.sandbox.control().posts().len(), 1);
}

#[tokio::test]
async fn what_waited_for_its_account_goes_on_or_says_that_it_is_too_late() {
    let ground = Ground::on(true).await;
    let account = ground.connects().await;
    ground.dies(&account).await;
    let in_time = photos().schedule(ground.clock.now(), MissedPolicy::Within(60));
    let late = ground.submits(&account, "late", in_time).await;
    let other = ground.submits(&account, "other", photos()).await;
    let held = ground.work(&late, 2 * HOUR).await;
    assert_eq!(held.state, PostState::Failed);
    let Some(Outcome::Failed(error)) = &held.outcome else {
        panic!("{held:?}")
    };
    assert_eq!(error.reason(), Some(Reason::Missed));
    ground.turns_out_well(&account).await;
    ground.work(&other, Duration::from_secs(120)).await;
    ground.pass();
    let posted = ground.ends(&other).await;
    assert_eq!(
        posted.state,
        PostState::Published,
        "it is not held for good"
    );
    assert_eq!(ground.begun(), 1);
}

#[tokio::test]
async fn a_begun_post_is_stopped_while_its_account_is_away() {
    let ground = Ground::on(true).await;
    let account = ground.connects().await;
    let post = ground.submits(&account, "a", photos()).await;
    ground.dies(&account).await;
    let held = ground.work(&post, HOUR).await;
    assert_eq!(held.state, PostState::Working, "{held:?}");
    ground
        .social
        .cancel(&owner(), post.id)
        .await
        .expect("asked");
    let stopped = ground.work(&post, Duration::ZERO).await;
    assert_eq!(stopped.outcome, Some(Outcome::Cancelled));
    assert_eq!(ground.begun(), 0);
}

#[tokio::test]
async fn a_wish_to_cancel_does_not_make_it_cancelled() {
    let ground = Ground::open().await;
    let post = ground.interrupted().await;
    PublishWorker::new(&ground.social)
        .run_once()
        .await
        .expect("a round");
    ground
        .social
        .cancel(&owner(), post.id)
        .await
        .expect("asked");
    let undecided = ground.work(&post, Duration::from_secs(600)).await;
    assert_eq!(undecided.state, PostState::Undecided);
    assert!(undecided.cancel_requested);
    ground.pass();
    let found = ground.work(&post, Duration::from_secs(180)).await;
    assert_eq!(found.state, PostState::Published, "it is there");
    assert_eq!(ground.begun(), 1);
}
