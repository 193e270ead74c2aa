//! Events that wait at a post, with the workers that let them take effect, on a platform whose events say what a test wants.

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
    Error, ErrorKind, LimitScope, LocalKeyRing, MediaDir, PlatformKit, Post, PublishRequest,
    Remedy, Result, Social, Stores,
    model::{AccountKey, Platform},
    publish::{Checkpoint, Exposure, Outcome, PostLink, Preflight, Publisher, Step, StepContext},
    random::SeededRandom,
    store::{EventFilter, EventState, EventStore, HistoryKind, PostStore, ReceivedEvent},
    time::Clock,
    vault::{KeyId, KeyRing, SealingKey},
    webhook::{EventSubject, VerifiedEvent},
};
use social_workers::{EventWorker, PlatformEvents, PublishReport, PublishSettings, PublishWorker};

use crate::stage::{Example, PLATFORM, Reply, SETTLE, Stage, published};

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
}

/// A process on the stage's store whose platform tells this.
async fn process(
    stage: &Stage,
    apply: fn(&Checkpoint, Option<&Outcome>, &VerifiedEvent) -> Option<Step>,
) -> Social {
    let keys = LocalKeyRing::file(stage.folder.path().join("key"));
    let kit = PlatformKit::new(PLATFORM).connector(stage.platform.clone());
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
    let mut event = VerifiedEvent::new(PLATFORM, "app", id, kind, b"not to be read".to_vec());
    let remote_id = remote_id.to_owned();
    (event.account, event.subject) = (Some("42".to_owned()), EventSubject::Post { remote_id });
    let event = ReceivedEvent::new(event, stage.clock.now());
    assert_eq!(stage.store.insert(&[event]).await.unwrap(), [true]);
    let worker = EventWorker::new(&stage.social, PlatformEvents::new(&stage.social));
    worker.run_once().await.unwrap();
}

/// The post has the platform's id, and is looked at in some seconds.
async fn sent(stage: &Stage, key: &str) -> Post {
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

async fn kinds(stage: &Stage, post: &Post) -> Vec<HistoryKind> {
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
    ids.iter().fold(at, |at, id| at.with_remote_id(*id))
}

fn pending(checkpoint: Checkpoint, seconds: u64) -> Reply {
    let after = Duration::from_secs(seconds);
    let cause = None;
    Reply::Step(Step::Pending {
        checkpoint,
        after,
        cause,
    })
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
    stage.worker().run_once().await.unwrap();
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
        Some(Step::Settled {
            checkpoint: at.clone().with_remote_id("1"),
            outcome,
            watch: None,
        })
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
        (event.kind == "expired").then(|| Step::Pending {
            checkpoint: Checkpoint::new("publish", 1, json!({})).once(SETTLE),
            after: Duration::ZERO,
            cause: None,
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

/// "Come back in an hour" holds whatever an event says.
#[tokio::test]
async fn an_event_that_says_nothing_ends_no_wait() {
    let stage = Stage::open().await;
    sent(&stage, "one").await;
    stage.clock.advance(Duration::from_secs(10));
    let wait = Duration::from_secs(3_600);
    let error = Error::new(ErrorKind::RateLimited, "slowly").with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Account,
    });
    stage.reply(Reply::Error(error));
    stage.worker().run_once().await.unwrap();
    let calls = stage.calls().len();
    for number in 0..5 {
        stage.clock.advance(Duration::from_secs(1));
        stage.reply(pending(look(&["1"]), 3_600));
        send(&stage, &number.to_string(), "a word that says nothing", "1").await;
        round(&stage.social).await.unwrap();
    }
    let calls = stage.calls().len() - calls;
    assert_eq!(
        calls, 0,
        "asked {calls} times within the hour that the platform wanted to be left alone"
    );
}

/// Of a post that was given up with its question open, an event about an earlier try does not say that it failed.
#[tokio::test]
async fn an_open_question_of_an_undecided_post_is_not_ended_by_a_failure() {
    use social_core::publish::journal::{Follow, Standing, after_event};
    let at = look(&["1"]);
    let standing = Standing::new(&at, DateTime::UNIX_EPOCH);
    let failed = Outcome::Failed(Error::new(ErrorKind::Rejected, "it came to nothing"));
    let step = Step::Settled {
        checkpoint: at.clone(),
        outcome: failed,
        watch: None,
    };
    let written = after_event(Some(&Outcome::Undecided), &standing, true, step);
    println!(
        "{:?}, still started: {}",
        written.next, written.still_started
    );
    let Follow::Settle(outcome, _) = written.next else {
        panic!()
    };
    assert_eq!(
        outcome,
        Outcome::Undecided,
        "believed while a Once step is open"
    );
}

/// A person asks to look now; then an event tells something else.
#[tokio::test]
async fn a_look_now_outlives_an_event_that_tells_something() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    let social = process(&stage, |at, _, _| {
        let mut at = at.clone();
        at.state = json!({ "heard": true });
        Some(Step::Settled {
            checkpoint: at,
            outcome: Outcome::AwaitingUser,
            watch: None,
        })
    })
    .await;
    stage.clock.advance(Duration::from_secs(10));
    stage.reply(Reply::Step(Step::Settled {
        checkpoint: look(&["1"]),
        outcome: Outcome::AwaitingUser,
        watch: Some(Duration::from_secs(600)),
    }));
    round(&social).await.unwrap();
    send(&stage, "1", "delivered", "1").await;
    assert!(
        stage
            .store
            .hasten(&one.owner, one.id, stage.clock.now())
            .await
            .unwrap()
    );
    let calls = stage.calls().len();
    round(&social).await.unwrap();
    stage.clock.advance(Duration::from_secs(5));
    round(&social).await.unwrap();
    let post = stage.load(&one).await;
    println!(
        "{:?}, due {:?}, calls since {:?}",
        post.state,
        post.next_at,
        &stage.calls()[calls..]
    );
    assert!(
        stage.calls().len() > calls || post.next_at.is_some(),
        "nobody looks now, nor ever"
    );
}

/// The owner's word is not put off by an event.
#[tokio::test]
async fn a_cancel_outlives_an_event() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    let social = process(&stage, |at, _, _| {
        let (checkpoint, after, cause) = (at.clone(), Duration::from_secs(3_600), None);
        Some(Step::Pending {
            checkpoint,
            after,
            cause,
        })
    })
    .await;
    send(&stage, "1", "processing", "1").await;
    let cancelled = stage
        .store
        .cancel(&one.owner, one.id, stage.clock.now())
        .await;
    println!("{cancelled:?}");
    for _ in 0..10 {
        round(&social).await.unwrap();
        stage.clock.advance(Duration::from_secs(10));
    }
    let post = stage.load(&one).await;
    println!(
        "{:?}, due {:?}, calls {:?}",
        post.state,
        post.next_at,
        stage.calls()
    );
    assert!(
        stage.calls().iter().any(|call| call.starts_with("cancel")),
        "nobody has stopped it within 100 s"
    );
}

/// Many events of one post: a hundred in one record.
#[tokio::test]
async fn each_of_very_many_events_ends_once() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    for number in 0..250 {
        let kind = if number == 240 {
            "published"
        } else {
            "a word that says nothing"
        };
        send(&stage, &number.to_string(), kind, "1").await;
    }
    let calls = stage.calls().len();
    stage.reply(pending(look(&["1"]), 3_600));
    let report = round(&stage.social).await;
    let mut filter = EventFilter::new(EventState::Done);
    filter.limit = 1_000;
    let done = EventStore::list(&stage.store, &filter).await.unwrap().len();
    println!(
        "{report:?}, done {done}, calls {:?}, {:?}",
        &stage.calls()[calls..],
        stage.load(&one).await.outcome
    );
    assert_eq!(
        (done, stage.load(&one).await.outcome),
        (250, Some(published()))
    );
}

/// Nothing that an event carries is in what is printed of it.
#[tokio::test]
async fn an_event_shows_nothing_of_its_body() {
    let stage = Stage::open().await;
    let one = sent(&stage, "one").await;
    send(&stage, "1", "published", "1").await;
    let which = social_core::store::ClaimPosts::new(
        stage.clock.now(),
        Duration::from_secs(60),
        1,
        vec![(PLATFORM, 1)],
    );
    let claim = PostStore::claim(&stage.store, &which)
        .await
        .unwrap()
        .remove(0);
    let told = stage.store.told(&claim, 10).await.unwrap();
    let records = EventStore::list(&stage.store, &EventFilter::new(EventState::Handed))
        .await
        .unwrap();
    let shown = format!("{told:?} {records:?} {claim:?} {one:?} {:?}", stage.social);
    println!("{}", &shown[..300]);
    assert!(
        !shown.contains("upload-address") && !shown.contains("access-token"),
        "a secret"
    );
    let body = format!("{:?}", b"not to be read".to_vec());
    assert!(
        !shown.contains("not to be read") && !shown.contains(&body),
        "a body"
    );
}

/// A worse word of an event: somebody has to finish it in the app.
#[tokio::test]
async fn what_awaits_the_person_does_not_become_undecided_by_an_event() {
    use social_core::publish::journal::{Follow, Standing, after_event};
    let at = look(&["1"]);
    let standing = Standing::new(&at, DateTime::UNIX_EPOCH);
    for known in [Outcome::AwaitingUser, published()] {
        let step = Step::Settled {
            checkpoint: at.clone(),
            outcome: Outcome::Undecided,
            watch: None,
        };
        let written = after_event(Some(&known), &standing, false, step);
        println!("{known:?} -> {:?}", written.next);
        let Follow::Settle(outcome, _) = written.next else {
            panic!()
        };
        assert_eq!(outcome, known);
    }
}

/// A handler that hands over what is about no post: what comes after it is handled all the same.
#[tokio::test]
async fn an_event_that_cannot_be_handed_over_keeps_no_other_waiting() {
    use social_core::{
        store::EventRecord,
        webhook::{EventHandler, Handled},
    };
    #[derive(Debug)]
    struct HandsAll;
    #[async_trait]
    impl EventHandler for HandsAll {
        async fn handle(&self, event: &EventRecord) -> Result<Handled> {
            Ok(if event.event.kind == "bad" {
                Handled::HandOver
            } else {
                Handled::Done
            })
        }
    }
    let stage = Stage::open().await;
    let put = async |id: &str, kind: &str| {
        let event = VerifiedEvent::new(PLATFORM, "app", id, kind, b"{}".to_vec());
        let event = ReceivedEvent::new(event, stage.clock.now());
        stage.store.insert(&[event]).await.unwrap();
    };
    put("bad", "bad").await;
    let worker = EventWorker::new(&stage.social, HandsAll);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(async move { worker.run(async { stopped.await.ok() }).await });
    let began = stage.clock.now();
    let mut waits = Vec::new();
    for second in 0..1_200 {
        if second % 10 == 0 {
            put(&format!("good-{second}"), "good").await;
        }
        stage.clock.advance(Duration::from_secs(1));
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
        let mut filter = EventFilter::new(EventState::Waiting);
        filter.limit = 1_000;
        let waiting = EventStore::list(&stage.store, &filter).await.unwrap();
        let oldest = waiting
            .iter()
            .filter(|record| record.event.kind == "good")
            .map(|record| record.received_at)
            .min();
        waits.push(oldest.map_or(0, |at| (stage.clock.now() - at).num_seconds()));
    }
    stop.send(()).unwrap();
    let time = tokio::spawn({
        let clock = stage.clock.clone();
        async move {
            loop {
                clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        }
    });
    run.await.unwrap();
    time.abort();
    println!(
        "from {began}: the longest wait of a good event was {} s; dead {:?}",
        waits.iter().max().unwrap(),
        ids(&stage, EventState::Dead).await
    );
    assert!(
        *waits.iter().max().unwrap() <= 10,
        "a good event waited {} s",
        waits.iter().max().unwrap()
    );
}

/// Brings the data into another life in the middle of the upkeep.
#[derive(Debug)]
struct FailsOver(
    social_core::memory::MemoryStore,
    std::sync::Mutex<Vec<&'static str>>,
);

impl social_core::conformance::Through for FailsOver {
    type Store = social_core::memory::MemoryStore;
    fn behind(&self) -> &Self::Store {
        &self.0
    }
    async fn before(&self, method: &'static str) -> Result<()> {
        if method == "EventStore::maintain" {
            self.0.reincarnate();
        }
        self.1.lock().unwrap().push(method);
        Ok(())
    }
}

#[tokio::test]
async fn nothing_is_removed_once_the_data_begin_another_life() {
    use social_core::store::InstallationStore;
    use social_workers::MaintenanceWorker;
    let stage = Stage::open().await;
    send(&stage, "1", "published", "elsewhere").await;
    let event = VerifiedEvent::new(PLATFORM, "app", "2", "something", vec![1]);
    stage
        .store
        .insert(&[ReceivedEvent::new(event, stage.clock.now())])
        .await
        .unwrap();
    EventWorker::new(&stage.social, PlatformEvents::new(&stage.social))
        .run_once()
        .await
        .unwrap();
    stage.clock.advance(Duration::from_secs(40 * 86_400));
    let events = Arc::new(FailsOver(stage.store.clone(), std::sync::Mutex::default()));
    let social = stage.with_events(events.clone()).await;
    let report = MaintenanceWorker::new(&social).run_once().await.unwrap();
    let pending = stage.store.incarnations().await.unwrap();
    println!(
        "{report:?}; calls {:?}; held now: {}",
        events.1.lock().unwrap(),
        social.is_held().await.unwrap()
    );
    let _ = pending;
    assert_eq!(
        (report.unmatched, report.events),
        (0, 0),
        "removed from data that nobody has accepted"
    );
}
