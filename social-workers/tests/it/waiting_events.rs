//! Events that wait at a post, with the workers that let them take effect, on a platform whose events say what a test wants.
#![expect(
    clippy::print_stdout,
    reason = "what each sequence led to is told beside the verdict"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a loop that never ends must end its test"
)]

mod more;
mod noted;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::json;
use social_core::{
    Error, ErrorKind, LimitScope, LocalKeyRing, MediaDir, PlatformKit, PublishRequest, Remedy,
    Result, Social, Stores, Submission,
    conformance::named,
    model::{AccountKey, Platform},
    publish::{Checkpoint, Exposure, Outcome, PostLink, Preflight, Publisher, Step, StepContext},
    random::SeededRandom,
    store::{EventFilter, EventState, EventStore, HistoryKind, PostStore, ReceivedEvent},
    time::Clock,
    vault::{KeyId, KeyRing, SealingKey},
    webhook::{EventSubject, VerifiedEvent},
};
use social_workers::{EventWorker, PlatformEvents, PublishReport, PublishSettings, PublishWorker};

use crate::stage::{Example, PLATFORM, Reply, SETTLE, Stage, app, published};

/// The platform of the stage, whose events say this.
#[derive(Clone)]
struct Tells(
    Example,
    fn(&Checkpoint, Option<&Outcome>, &VerifiedEvent) -> Option<Step>,
);

impl std::fmt::Debug for Tells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tells")
    }
}

#[async_trait]
impl Publisher for Tells {
    fn platform(&self) -> Platform {
        PLATFORM
    }
    async fn preflight(&self, cx: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight> {
        self.0.preflight(cx, request).await
    }
    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        self.0.plan(request)
    }
    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        self.0.advance(cx, at).await
    }
    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        self.0.reconcile(cx, at).await
    }
    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        self.0.cancel(cx, at).await
    }
    fn apply(
        &self,
        at: &Checkpoint,
        outcome: Option<&Outcome>,
        event: &VerifiedEvent,
        _: DateTime<Utc>,
    ) -> Option<Step> {
        (self.1)(at, outcome, event)
    }
    fn refundable(&self, account: &AccountKey, request: &PublishRequest) -> Vec<String> {
        Publisher::refundable(&self.0, account, request)
    }
    fn checkpoint_version(&self) -> u16 {
        1
    }
    fn longest_settle(&self) -> Duration {
        Publisher::longest_settle(&self.0)
    }
}

/// A process on the stage's store whose platform tells this.
async fn process(
    stage: &Stage,
    apply: fn(&Checkpoint, Option<&Outcome>, &VerifiedEvent) -> Option<Step>,
) -> Social {
    let keys = LocalKeyRing::file(stage.folder.path().join("key"));
    let kit = PlatformKit::new(app()).connector(stage.platform.clone());
    Social::builder()
        .stores(Stores::from(stage.store.clone()))
        .media(MediaDir::open(stage.folder.path().join("media")).unwrap())
        .platform(kit.publisher(Tells(stage.platform.clone(), apply)))
        .clock(Arc::new(stage.clock.clone()))
        .random(Arc::new(SeededRandom::new(1)))
        .keys(keys)
        .build()
        .await
        .unwrap()
}

async fn send(stage: &Stage, id: &str, kind: &str, remote_id: &str) {
    let mut event =
        VerifiedEvent::new(PLATFORM, named("app"), id, kind, b"not to be read".to_vec());
    (event.account, event.subject) = (Some(named("42")), EventSubject::post(remote_id));
    let event = ReceivedEvent::new(event, stage.clock.now());
    assert_eq!(stage.store.insert(&[event]).await.unwrap(), [true]);
    let worker = EventWorker::new(&stage.social, PlatformEvents::new(&stage.social));
    worker.run_once().await.unwrap();
}

/// The post has the platform's id, and is looked at in some seconds.
async fn sent(stage: &Stage, key: &str) -> Submission {
    let post = stage.submit(key).await;
    for _ in 0..3 {
        if !stage.load(&post).await.checkpoint.remote_ids.is_empty() {
            return post;
        }
        stage.worker().run_once().await.unwrap();
    }
    panic!("not sent: {:?}", stage.load(&post).await);
}

async fn ids(stage: &Stage, state: EventState) -> Vec<String> {
    let listed = EventStore::list(&stage.store, &EventFilter::new(state)).await;
    listed
        .unwrap()
        .into_iter()
        .map(|record| record.event.id)
        .collect()
}

async fn kinds(stage: &Stage, post: &Submission) -> Vec<HistoryKind> {
    let history = PostStore::history(&stage.store, &post.owner, post.id).await;
    history.unwrap().into_iter().map(|line| line.kind).collect()
}

/// A round, while no time passes. Nothing when it does not end: it works on the same post for ever.
async fn round(social: &Social) -> Option<PublishReport> {
    let worker = PublishWorker::new(social);
    let round = tokio::spawn(async move { worker.run_once().await.unwrap() });
    let within = Duration::from_secs(3);
    let stop = round.abort_handle();
    let ended = tokio::time::timeout(within, round).await;
    stop.abort();
    ended.ok().map(|report| report.unwrap())
}

fn look(ids: &[&str]) -> Checkpoint {
    let at = Checkpoint::new("look", 1, json!({})).with_exposure(Exposure::PostMayExist);
    ids.iter().fold(at, |at, id| at.with_remote_id(named(*id)))
}

fn pending(checkpoint: Checkpoint, seconds: u64) -> Reply {
    Reply::Step(Step::pending(checkpoint, Duration::from_secs(seconds)))
}

/// One bad event takes no good one with it.
#[tokio::test]
async fn a_good_event_beside_one_that_panics_is_not_lost() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    send(&stage, "1", "published", "1").await;
    send(&stage, "2", "a word to panic at", "1").await;
    let calls = stage.calls().len();
    for _ in 0..25 {
        stage.worker().run_once().await.unwrap();
        if stage.load(&one).await.outcome.is_some() {
            break;
        }
        stage.clock.advance(PublishSettings::default().lease);
    }
    println!(
        "done: {:?}, lines {:?}",
        ids(&stage, EventState::Done).await,
        kinds(&stage, &one).await
    );
    println!("calls after the events: {:?}", &stage.calls()[calls..]);
    let told = kinds(&stage, &one).await.contains(&HistoryKind::Told);
    assert!(
        told,
        "the event that said that it is published ended without an effect"
    );
}

/// What ended the processes before was not the event.
#[tokio::test]
async fn an_event_that_comes_after_twenty_crashes_is_not_lost() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    stage.clock.advance(Duration::from_secs(10));
    for _ in 0..20 {
        stage.reply(Reply::Panic);
        assert_eq!(stage.worker().run_once().await.unwrap().lost, 1);
        stage.clock.advance(PublishSettings::default().lease);
    }
    println!("attempts so far: {}", stage.load(&one).await.attempts);
    send(&stage, "1", "published", "1").await;
    let error = Error::new(ErrorKind::Unavailable, "no answer").with_remedy(Remedy::Backoff);
    stage.reply(Reply::Error(error));
    // It is parked first, and then told what came.
    for _ in 0..2 {
        stage.worker().run_once().await.unwrap();
        stage.clock.advance(Duration::from_secs(1));
    }
    let post = stage.load(&one).await;
    println!(
        "events done {:?}; post {:?} {:?}",
        ids(&stage, EventState::Done).await,
        post.state,
        post.outcome
    );
    assert_eq!(
        post.outcome,
        Some(published()),
        "its event said so, and was thrown away"
    );
}

/// The platform gave an id twice, which an event tells.
#[tokio::test]
async fn an_event_with_an_id_of_another_post_ends_in_no_loop() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    let two = sent(&stage, "two").await;
    let social = process(&stage, |at, _, _| {
        let outcome = Outcome::Published(vec![PostLink::new("1", None)]);
        Some(Step::settled(
            at.clone().with_remote_id(named("1")),
            outcome,
            None,
        ))
    })
    .await;
    println!(
        "{:?} {:?}",
        stage.load(&one).await.checkpoint.remote_ids,
        stage.load(&two).await.checkpoint.remote_ids
    );
    send(&stage, "1", "published", "2").await;
    let report = round(&social).await;
    let post = stage.load(&two).await;
    println!(
        "{report:?}; {:?}, due {:?}, events handed {:?}",
        post.state,
        post.next_at,
        ids(&stage, EventState::Handed).await
    );
    assert!(report.is_some(), "the post is worked on for ever");
}

/// The post gives up its id while an event waits for it.
#[tokio::test]
async fn an_event_of_an_id_given_up_ends_in_no_loop() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    stage.clock.advance(Duration::from_secs(10));
    // The upload expired: it is begun anew in a minute, without an id.
    stage.reply(Reply::HangThen(Checkpoint::new("wait", 1, json!({}))));
    for _ in 0..10_000 {
        stage.reply(pending(Checkpoint::new("wait", 1, json!({})), 60));
    }
    let worker = stage.worker();
    let first = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    send(&stage, "1", "published", "1").await;
    let calls = stage.calls().len();
    stage.platform.go_on.notify_one();
    let ended = tokio::time::timeout(Duration::from_secs(3), first)
        .await
        .is_ok();
    let calls = stage.calls().len() - calls;
    let post = stage.load(&one).await;
    println!(
        "ended: {ended}; calls of the platform while no time passed: {calls}; ids {:?}, due {:?} at {:?}",
        post.checkpoint.remote_ids,
        post.next_at,
        stage.clock.now()
    );
    assert!(
        ended && calls <= 2,
        "it asked the platform {calls} times, and was to wait for a minute each time"
    );
}

#[derive(Debug)]
struct Elsewhere(LocalKeyRing, Arc<AtomicBool>);

#[async_trait]
impl KeyRing for Elsewhere {
    async fn prepare(&self, fresh: bool) -> Result<()> {
        self.0.prepare(fresh).await
    }
    async fn current(&self) -> Result<Arc<SealingKey>> {
        self.0.current().await
    }
    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the key service is away",
            ));
        }
        self.0.get(id).await
    }
}

/// The keys are away while an event waits.
#[tokio::test]
async fn an_event_of_a_post_that_cannot_be_opened_ends_in_no_loop() {
    let stage = Stage::open().await;
    let away = Arc::new(AtomicBool::new(false));
    let keys = LocalKeyRing::file(stage.folder.path().join("key"));
    let social = stage.with_keys(Elsewhere(keys, Arc::clone(&away))).await;
    let one = sent(&stage, "one").await;
    send(&stage, "1", "published", "1").await;
    away.store(true, Ordering::SeqCst);
    let report = round(&social).await;
    let post = stage.load(&one).await;
    println!(
        "{report:?}; failures {}, due {:?} at {:?}",
        post.failures,
        post.next_at,
        stage.clock.now()
    );
    assert!(
        report.is_some(),
        "it failed {} times without waiting",
        post.failures
    );
    away.store(false, Ordering::SeqCst);
    stage.clock.advance(Duration::from_secs(120));
    round(&social).await;
    assert_eq!(stage.load(&one).await.outcome, Some(published()));
}

/// A post of restored data is begun anew on no word, an event's neither.
#[tokio::test]
async fn an_event_begins_no_restored_post_anew() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    let social = process(&stage, |_, _, event| {
        // "The upload expired": a platform that says so has the publisher begin again.
        (event.kind == "expired").then(|| {
            Step::pending(
                Checkpoint::new("publish", 1, json!({})).once(SETTLE),
                Duration::ZERO,
            )
        })
    })
    .await;
    let now = stage.clock.now();
    let marked = PostStore::mark_restored(&stage.store, now, now, Duration::ZERO).await;
    assert_eq!(marked.unwrap(), 1);
    // It is asked about first; the platform is not done with it.
    stage.reply(pending(look(&["1"]), 60));
    round(&social).await.unwrap();
    println!("calls {:?}, posts {}", stage.calls(), stage.posts());
    send(&stage, "1", "expired", "1").await;
    round(&social).await.unwrap();
    let post = stage.load(&one).await;
    println!(
        "calls {:?}, posts {}, restored {:?}",
        stage.calls(),
        stage.posts(),
        post.restored_at
    );
    assert_eq!(stage.posts(), 1, "a second post");
}

/// The account is refused while an event comes.
#[tokio::test]
async fn an_event_that_comes_while_the_account_is_refused_is_told() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    stage.clock.advance(Duration::from_secs(10));
    let refused =
        Error::new(ErrorKind::Unauthorized, "connect it again").with_remedy(Remedy::Reauthorize);
    stage.reply(Reply::Hang(refused));
    let worker = stage.worker();
    let first = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    send(&stage, "1", "published", "1").await;
    stage.platform.go_on.notify_one();
    first.await.unwrap().unwrap();
    for _ in 0..5 {
        stage.clock.advance(Duration::from_secs(60));
        round(&stage.social).await.unwrap();
    }
    let post = stage.load(&one).await;
    let held = stage.store.held_accounts("", 10).await.unwrap();
    println!(
        "{:?}, held {held:?}, handed {:?}",
        post.state,
        ids(&stage, EventState::Handed).await
    );
    assert_eq!(post.outcome, Some(published()), "it is held, and not told");
}
