//! Stores, keys and platforms that are away for a while, and what becomes of posts meanwhile.
#![expect(
    clippy::print_stdout,
    reason = "what was seen helps whoever reads a failure"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    Error, ErrorKind, LocalKeyRing, Remedy, Result, Submission,
    conformance::{Through, named},
    memory::MemoryStore,
    model::{AccountStatus, NeedsReauth},
    publish::{Checkpoint, Exposure, MissedPolicy, Outcome, Step},
    store::{Cancelled, Limit, PostState, PostStore, TokenClaimed, TokenStore, Verdict, Window},
    time::{Clock, ManualClock},
    vault::{KeyId, KeyRing, SealingKey},
};
use social_workers::PublishWorker;

use crate::stage::{OWNER, Reply, SETTLE, Script, Stage, connect, published};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn once() -> Checkpoint {
    Checkpoint::new("publish", 1, serde_json::json!({})).once(SETTLE)
}

fn pending(checkpoint: Checkpoint) -> Reply {
    Reply::Step(Step::pending(checkpoint, Duration::ZERO))
}

fn known(id: &str) -> Checkpoint {
    Checkpoint::new("look", 1, serde_json::json!({}))
        .with_remote_id(named(id))
        .with_exposure(Exposure::PostMayExist)
}

fn settles(at: Checkpoint, outcome: Outcome, watch: Option<Duration>) -> Reply {
    Reply::Step(Step::settled(at, outcome, watch))
}

/// A store that is away for a while once the platform has carried out the step that happens once.
#[derive(Debug)]
struct Leaves {
    inner: MemoryStore,
    clock: ManualClock,
    platform: crate::stage::Example,
    for_so_long: Duration,
    since: std::sync::Mutex<Option<DateTime<Utc>>>,
}

impl Leaves {
    fn answers(&self) -> Result<()> {
        let calls = self.platform.script.lock().unwrap().calls.clone();
        if !calls.iter().any(|call| call == "advance publish") {
            return Ok(());
        }
        let since = *self.since.lock().unwrap().get_or_insert(self.clock.now());
        let gone = (self.clock.now() - since).to_std().unwrap_or_default();
        if gone < self.for_so_long {
            return Err(Error::new(ErrorKind::Unavailable, "a failover"));
        }
        Ok(())
    }
}

impl Through for Leaves {
    type Store = MemoryStore;

    fn behind(&self) -> &MemoryStore {
        &self.inner
    }

    async fn before(&self, method: &'static str) -> Result<()> {
        // What the tests themselves ask is answered.
        match method {
            "PostStore::claim"
            | "PostStore::start"
            | "PostStore::record"
            | "PostStore::renew"
            | "PostStore::release"
            | "PostStore::held_accounts"
            | "PostStore::needs_no_connection"
            | "PostStore::expire_missed"
            | "PostStore::next_ready" => self.answers(),
            _ => Ok(()),
        }
    }
}

/// Time passes for everybody.
fn ticking(clock: &ManualClock) -> tokio::task::JoinHandle<()> {
    let clock = clock.clone();
    tokio::spawn(async move {
        loop {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_millis(200));
        }
    })
}

/// A database that fails over takes half a minute. The id that the platform gave is in this process's hands meanwhile.
#[tokio::test]
async fn an_id_that_the_platform_gave_outlives_a_store_that_is_away_for_a_while() {
    for away in [5, 20, 40, 90] {
        let stage = Stage::open().await;
        stage.reply(pending(once()));
        stage.reply(pending(known("77")));
        // Whoever asks without the id is told that nobody knows.
        for _ in 0..50 {
            stage.reply(settles(once(), Outcome::Undecided, Some(HOUR)));
        }
        let posts = Leaves {
            inner: stage.store.clone(),
            clock: stage.clock.clone(),
            platform: stage.platform.clone(),
            for_so_long: Duration::from_secs(away),
            since: std::sync::Mutex::default(),
        };
        let social = stage.with_posts(Arc::new(posts)).await;
        let post = stage.submit("a").await;
        let time = ticking(&stage.clock);
        let clock = stage.clock.clone();
        let until = async move { clock.sleep(Duration::from_secs(240)).await };
        PublishWorker::new(&social).run(until).await;
        time.abort();
        let now = stage.load(&post).await;
        println!(
            "away for {away} s: state {:?}, id {:?}, calls {:?}",
            now.state,
            now.checkpoint.remote_ids.last().cloned(),
            stage.calls()
        );
        let calls = stage.calls();
        assert_eq!(
            calls[..3],
            ["advance prepare", "advance publish", "advance look"],
            "away for {away} s: its id is known"
        );
    }
}

/// Keys that are elsewhere, and cannot always be had.
#[derive(Debug)]
struct Elsewhere(LocalKeyRing, Arc<AtomicBool>);

impl Elsewhere {
    fn answers(&self) -> Result<()> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the key service is away",
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl KeyRing for Elsewhere {
    async fn prepare(&self, fresh: bool) -> Result<()> {
        self.0.prepare(fresh).await
    }
    async fn current(&self) -> Result<Arc<SealingKey>> {
        self.answers()?;
        self.0.current().await
    }
    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>> {
        self.answers()?;
        self.0.get(id).await
    }
}

#[tokio::test]
async fn a_key_service_that_is_away_for_a_moment_ends_no_watch() {
    let stage = Stage::open().await;
    let away = Arc::new(AtomicBool::new(false));
    let keys = LocalKeyRing::file(stage.folder.path().join("key"));
    let social = stage.with_keys(Elsewhere(keys, Arc::clone(&away))).await;
    let worker = PublishWorker::new(&social);
    let post = stage.submit("a").await;
    stage.reply(settles(
        known("1"),
        Outcome::AwaitingUser,
        Some(Duration::from_secs(60)),
    ));
    worker.run_once().await.unwrap();
    assert_eq!(stage.load(&post).await.state, PostState::AwaitingUser);
    stage.clock.advance(Duration::from_secs(120));
    away.store(true, Ordering::SeqCst);
    let report = worker.run_once().await.unwrap();
    println!(
        "while the keys are away: {report:?}, next {:?}",
        stage.load(&post).await.next_at
    );
    away.store(false, Ordering::SeqCst);
    stage.is_finished();
    for _ in 0..48 {
        stage.clock.advance(HOUR);
        worker.run_once().await.unwrap();
    }
    let now = stage.load(&post).await;
    println!("two days later: {:?}, calls {:?}", now.state, stage.calls());
    assert_eq!(now.outcome, Some(published()));
}

async fn dies(stage: &Stage) {
    let lease = Duration::from_secs(60);
    let claimed = TokenStore::claim(&stage.store, &stage.account.key, lease);
    let TokenClaimed::Taken(claim) = claimed.await.unwrap() else {
        panic!("nobody refreshes it")
    };
    let dead = Verdict::Dead(NeedsReauth::AnswerLost);
    assert!(stage.store.judge(&claim, dead).await.unwrap());
    TokenStore::release(&stage.store, &claim, None, true)
        .await
        .unwrap();
}

async fn awaits(stage: &Stage) -> Submission {
    let post = stage.submit("a").await;
    stage.reply(settles(known("1"), Outcome::AwaitingUser, Some(HOUR)));
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&post).await.state, PostState::AwaitingUser);
    post
}

#[tokio::test]
async fn a_watched_post_is_looked_at_again_once_its_account_is_back() {
    for days in [1, 5] {
        let stage = Stage::open().await;
        let post = awaits(&stage).await;
        dies(&stage).await;
        for _ in 0..days * 24 {
            stage.clock.advance(HOUR);
            stage.worker().run_once().await.unwrap();
        }
        stage.is_finished();
        connect(&stage.social).await;
        for _ in 0..48 {
            stage.clock.advance(HOUR);
            stage.worker().run_once().await.unwrap();
        }
        let now = stage.load(&post).await;
        println!(
            "away for {days} d: {:?}, calls {:?}",
            now.state,
            stage.calls()
        );
        assert_eq!(now.outcome, Some(published()), "away for {days} d");
    }
}

#[tokio::test]
async fn a_watched_post_is_looked_at_again_once_its_owner_has_connected_anew() {
    let stage = Stage::open().await;
    let post = awaits(&stage).await;
    stage.social.disconnect(&stage.account.key).await.unwrap();
    stage.clock.advance(HOUR);
    stage.worker().run_once().await.unwrap();
    stage.clock.advance(HOUR);
    stage.is_finished();
    connect(&stage.social).await;
    for _ in 0..48 {
        stage.clock.advance(HOUR);
        stage.worker().run_once().await.unwrap();
    }
    let now = stage.load(&post).await;
    println!(
        "disconnected for 2 h: {:?}, calls {:?}",
        now.state,
        stage.calls()
    );
    assert_eq!(now.outcome, Some(published()));
}

/// A call that never ends must not keep a post, its account and a place among the workers for ever.
#[tokio::test]
async fn a_step_that_never_ends_is_given_up() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Hang(Error::new(
        ErrorKind::Unavailable,
        "never said",
    )));
    let time = ticking(&stage.clock);
    let clock = stage.clock.clone();
    let until = async move { clock.sleep(Duration::from_secs(5 * 3_600)).await };
    stage.worker().run(until).await;
    time.abort();
    let now = stage.load(&post).await;
    println!("5 h later: {:?}, calls {:?}", now.state, stage.calls());
    assert_eq!(now.outcome, Some(published()));
}

/// Whoever drops a worker and closes sends nothing any more.
#[tokio::test]
async fn a_worker_that_is_dropped_begins_nothing_after_the_end() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::HangThen(once()));
    {
        let worker = stage.worker();
        let run = worker.run(std::future::pending::<()>());
        tokio::select! {
            () = run => {}
            () = stage.platform.hung.notified() => {}
        }
    }
    stage.social.close().await.unwrap();
    stage.platform.go_on.notify_one();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    println!(
        "after the end: calls {:?}, posts {}, {:?}",
        stage.calls(),
        stage.posts(),
        stage.load(&post).await.state
    );
    assert_eq!(stage.calls(), ["advance prepare"]);
}

/// The end of a process is no trouble of a post.
#[tokio::test]
async fn the_end_of_a_process_is_no_failure_of_a_post() {
    let script = Script {
        token_lives: Some(2 * HOUR),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    let post = stage.submit("a").await;
    stage.clock.advance(2 * HOUR);
    stage.social.close().await.unwrap();
    stage.worker().run_once().await.unwrap();
    let now = stage.load(&post).await;
    println!("{:?} {:?} failures {}", now.state, now.cause, now.failures);
    println!("{:?}", stage.history(&post).await);
    assert_eq!((now.failures, now.cause), (0, None));
}

/// With a backlog longer than a page.
#[tokio::test]
async fn a_place_that_is_free_again_is_offered_to_who_waits_longest() {
    let limit = Limit::new("example/post/app", Window::new(1, DAY));
    let script = Script {
        limit: Some(limit),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    let mut posts = Vec::new();
    for number in 0..130 {
        posts.push(stage.submit(&format!("{number}")).await);
        stage.worker().run_once().await.unwrap();
        stage.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(stage.posts(), 1);
    // Those promised for the first days are stopped: the next ones may be a day earlier each.
    assert_eq!(
        stage.social.cancel(&OWNER, posts[1].id).await.unwrap(),
        Cancelled::Requested
    );
    for _ in 0..20 {
        stage.worker().run_once().await.unwrap();
        stage.clock.advance(Duration::from_secs(1));
    }
    let now = stage.social.clock().now();
    for number in [2, 3, 60, 129] {
        let next = stage.load(&posts[number]).await.next_at.unwrap() - now;
        println!("post {number}: next in {} h", next.num_hours());
    }
    let mut first = None;
    for hour in 0..60 {
        stage.worker().run_once().await.unwrap();
        if stage.posts() > 1 {
            first = Some(hour);
            break;
        }
        stage.clock.advance(HOUR);
    }
    println!("the next post went out after {first:?} h");
    assert!(first.is_some_and(|hours| hours <= 25), "{first:?}");
}

/// The worker's clock runs ahead by less than is refused; the post is not even due.
#[tokio::test]
async fn a_clock_that_is_a_little_ahead_misses_no_time() {
    let of_store = ManualClock::default();
    let stage = Stage::with_clock_of_store(&of_store).await;
    stage.clock.jump(TimeDelta::seconds(50));
    let due = of_store.now() + TimeDelta::seconds(20);
    let request = stage.request().schedule(due, MissedPolicy::Within(10));
    let post = stage
        .social
        .submit(&stage.account, "a", request)
        .await
        .unwrap();
    stage.worker().run_once().await.unwrap();
    let now = stage.load(&post).await;
    println!(
        "due in {} s by the store's clock: {:?} {:?}",
        (due - of_store.now()).num_seconds(),
        now.state,
        now.outcome.as_ref().map(|outcome| format!("{outcome:?}"))
    );
    assert_eq!(now.outcome, None);
}

/// What the platform told about rights that a question needs.
#[tokio::test]
async fn a_question_without_the_right_to_ask_holds_nobody_else_up() {
    let stage = Stage::open().await;
    let first = stage.submit("a").await;
    stage.reply(pending(once()));
    stage.reply(Reply::Error(
        Error::new(ErrorKind::Unavailable, "lost").with_remedy(Remedy::Reconcile),
    ));
    stage.worker().run_once().await.unwrap();
    stage.clock.advance(Duration::from_secs(60));
    stage.reply(Reply::Error(Error::new(
        ErrorKind::Permission,
        "not granted",
    )));
    stage.worker().run_once().await.unwrap();
    let second = stage.submit("b").await;
    for _ in 0..72 {
        stage.clock.advance(HOUR);
        stage.worker().run_once().await.unwrap();
    }
    let account = &stage.social.accounts(&OWNER).await.unwrap()[0];
    println!(
        "account {:?}; first {:?} {}; second {:?}; held {:?}",
        account.status,
        stage.load(&first).await.state,
        stage.load(&first).await.started,
        stage.load(&second).await.state,
        stage.store.held_accounts("", 9).await.unwrap().len()
    );
    assert_eq!(account.status, AccountStatus::Connected);
}

/// Kept held because it may be out already: nobody knows, so nobody says that it was not posted.
#[tokio::test]
async fn what_may_have_been_posted_before_a_failover_is_not_called_missed() {
    let stage = Stage::open().await;
    stage.store.reincarnate();
    let social = stage.holding(DAY).await;
    let due = stage.social.clock().now() + TimeDelta::seconds(30);
    let request = stage.request().schedule(due, MissedPolicy::Within(60));
    let post = social.submit(&stage.account, "a", request).await.unwrap();
    let held = stage.load(&post).await;
    assert!(held.held_due_at.is_some(), "{held:?}");
    let seen = social.incarnations().await.unwrap().present;
    social.accept_incarnation(&seen).await.unwrap();
    stage.clock.advance(Duration::from_secs(200));
    PublishWorker::new(&social).run_once().await.unwrap();
    let now = stage.load(&post).await;
    println!("before an operator looked: {:?}", now.state);
    if let Some(Outcome::Failed(error)) = &now.outcome {
        println!("its owner reads: {}", error.user_message());
    }
    assert_eq!(now.outcome, None);
}
