//! What events of a platform change by themselves, and how handlers share them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Result,
    conformance::named,
    model::{AppKey, RemoteId},
    publish::{Checkpoint, Exposure, Outcome, Step},
    store::{
        EventFilter, EventRecord, EventState, EventStore, Expect, HistoryKind, PostStore,
        ReceivedEvent, TokenRecord, TokenStore,
    },
    time::{Clock, ManualClock},
    webhook::{EventHandler, EventSubject, Handled, VerifiedEvent},
};
use social_workers::{EventReport, EventWorker, MaintenanceWorker, PlatformEvents};

use crate::stage::{PLATFORM, Reply, Stage, published};

async fn send(stage: &Stage, id: &str, kind: &str, subject: EventSubject) {
    let mut event =
        VerifiedEvent::new(PLATFORM, named("app"), id, kind, b"not to be read".to_vec());
    (event.account, event.subject) = (Some(named("42")), subject);
    let event = ReceivedEvent::new(event, stage.clock.now());
    assert_eq!(stage.store.insert(&[event]).await.unwrap(), [true]);
}

fn post(remote_id: &RemoteId) -> EventSubject {
    EventSubject::Post {
        remote_id: remote_id.to_owned(),
    }
}

async fn round(stage: &Stage) -> EventReport {
    let worker = EventWorker::new(&stage.social, PlatformEvents::new(&stage.social));
    worker.run_once().await.unwrap()
}

/// The post has the platform's id, and is looked at in some seconds.
async fn sent(stage: &Stage) -> social_core::Submission {
    let post = stage.submit("one").await;
    for _ in 0..3 {
        if !stage.load(&post).await.checkpoint.remote_ids.is_empty() {
            return post;
        }
        stage.worker().run_once().await.unwrap();
    }
    panic!("not sent: {:?}", stage.load(&post).await);
}

/// The ids of the events in a state.
async fn ids(stage: &Stage, state: EventState) -> Vec<String> {
    let listed = EventStore::list(&stage.store, &EventFilter::new(state)).await;
    let ids = listed.unwrap().into_iter().map(|record| record.event.id);
    ids.collect()
}

async fn kinds(
    stage: &Stage,
    post: &social_core::Submission,
) -> Vec<(HistoryKind, Option<String>)> {
    let history = PostStore::history(&stage.store, &post.owner, post.id).await;
    let lines = history.unwrap().into_iter();
    lines.map(|line| (line.kind, line.detail)).collect()
}

#[tokio::test]
async fn what_an_event_tells_is_written_down_by_the_posts_worker() {
    let stage = Stage::open().await;
    let one = sent(&stage).await;
    send(&stage, "1", "published", post(&named("1"))).await;
    assert_eq!(round(&stage).await.handed_over, 1);
    assert_eq!(stage.load(&one).await.outcome, None, "its worker decides");
    assert_eq!(ids(&stage, EventState::Handed).await, ["1"]);
    let calls = stage.calls().len();
    stage.worker().run_once().await.unwrap();
    let outcome: Option<Outcome> = stage.load(&one).await.outcome;
    assert_eq!(outcome, Some(published()), "though no time has passed");
    assert_eq!(stage.calls().len(), calls, "and the platform is not asked");
    assert_eq!(ids(&stage, EventState::Done).await, ["1"]);
    let told = (HistoryKind::Told, Some("published".to_owned()));
    let kinds = kinds(&stage, &one).await;
    assert_eq!(
        kinds[kinds.len() - 2..],
        [told, (HistoryKind::Settled, None)]
    );
}

/// An account that must be connected again holds its posts, and none of what the platform tells meanwhile.
#[tokio::test]
async fn an_event_is_applied_while_the_account_is_not_connected() {
    let stage = Stage::open().await;
    let one = sent(&stage).await;
    PostStore::hold(&stage.store, &stage.account.key)
        .await
        .unwrap();
    send(&stage, "1", "published", post(&named("1"))).await;
    assert_eq!(round(&stage).await.handed_over, 1);
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&one).await.outcome, Some(published()));
}

/// What says nothing new leaves no line, asks nobody, and the post is looked at when it would have been.
#[tokio::test]
async fn an_event_that_says_nothing_new_changes_nothing() {
    let stage = Stage::open().await;
    let one = sent(&stage).await;
    assert_eq!(stage.finish(&one).await, published());
    let (before, lines) = (stage.load(&one).await, kinds(&stage, &one).await);
    let calls = stage.calls().len();
    send(&stage, "1", "published", post(&named("1"))).await;
    assert_eq!(round(&stage).await.handed_over, 1);
    assert!(stage.load(&one).await.next_at.is_some(), "it is due");
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&one).await, before);
    assert_eq!(kinds(&stage, &one).await, lines);
    assert_eq!(stage.calls().len(), calls);
    assert_eq!(ids(&stage, EventState::Done).await, ["1"]);
}

/// That a try came to nothing settles an undecided post; not a restored one, of which another may have been begun.
#[tokio::test]
async fn an_event_about_an_old_try_does_not_end_a_restored_post() {
    for restored in [false, true] {
        let stage = Stage::open().await;
        let one = sent(&stage).await;
        if restored {
            let now = stage.clock.now();
            let marked = PostStore::mark_restored(&stage.store, now, now, Duration::ZERO).await;
            assert_eq!(marked.unwrap(), 1);
        }
        let undecided = || {
            let at = Checkpoint::new("look", 1, serde_json::json!({})).with_remote_id(named("1"));
            Reply::Step(Step::settled(
                at.with_exposure(Exposure::PostMayExist),
                Outcome::Undecided,
                None,
            ))
        };
        stage.reply(undecided());
        stage.clock.advance(Duration::from_secs(60));
        stage.worker().run_once().await.unwrap();
        assert_eq!(stage.load(&one).await.outcome, Some(Outcome::Undecided));
        send(&stage, "1", "failed", post(&named("1"))).await;
        assert_eq!(round(&stage).await.handed_over, 1);
        stage.worker().run_once().await.unwrap();
        if restored {
            stage.reply(undecided());
            stage.clock.advance(Duration::from_secs(1));
            stage.worker().run_once().await.unwrap();
            let asked = stage.calls().pop();
            assert_eq!(asked.as_deref(), Some("reconcile look"), "it is asked");
        }
        let outcome = stage.load(&one).await.outcome;
        let is_undecided = outcome == Some(Outcome::Undecided);
        assert_eq!(is_undecided, restored, "{outcome:?}");
    }
}

/// An event about an id that no post has waits without being a failure, in nobody's way, and is told the post that gets it.
#[tokio::test]
async fn an_event_about_a_post_that_is_not_known_yet_waits_for_it() {
    let stage = Stage::open().await;
    send(&stage, "1", "published", post(&named("1"))).await;
    send(&stage, "2", "a word that says nothing", post(&named("1"))).await;
    let report = round(&stage).await;
    assert_eq!((report.claimed, report.handed_over), (2, 2));
    stage.clock.advance(Duration::from_secs(3_600));
    assert_eq!(round(&stage).await.claimed, 0, "nobody looks at them");
    let one = stage.submit("one").await;
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&one).await.outcome, Some(published()));
    assert_eq!(ids(&stage, EventState::Done).await, ["2", "1"]);
    let looked = stage.calls().iter().any(|call| call == "advance look");
    assert!(!looked, "the events say it before the platform is asked");
}

#[tokio::test]
async fn an_event_whose_post_never_comes_is_set_aside_and_is_no_error() {
    let stage = Stage::open().await;
    send(&stage, "1", "published", post(&named("elsewhere"))).await;
    assert_eq!(round(&stage).await.handed_over, 1);
    let upkeep = MaintenanceWorker::new(&stage.social);
    stage.clock.advance(Duration::from_secs(7 * 24 * 3_600));
    let report = upkeep.run_once().await.unwrap();
    assert_eq!(report.unmatched, 0, "not before its time");
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(upkeep.run_once().await.unwrap().unmatched, 1);
    assert_eq!(ids(&stage, EventState::Unmatched).await, ["1"]);
    assert!(ids(&stage, EventState::Dead).await.is_empty());
}

/// When it was set aside is told by the clock by which it was old enough: this machine's is 50 s ahead, as is tolerated.
#[tokio::test]
async fn an_event_is_set_aside_by_one_clock() {
    let of_store = ManualClock::default();
    let stage = Stage::with_clock_of_store(&of_store).await;
    send(&stage, "1", "published", post(&named("elsewhere"))).await;
    assert_eq!(round(&stage).await.handed_over, 1);
    let upkeep = MaintenanceWorker::new(&stage.social);
    let week = Duration::from_secs(7 * 24 * 3_600);
    stage.clock.advance(week + Duration::from_secs(50));
    of_store.advance(week);
    let report = upkeep.run_once().await.unwrap();
    assert_eq!(
        (report.held, report.unmatched),
        (false, 0),
        "not before its time"
    );
    for clock in [&stage.clock, &of_store] {
        clock.advance(Duration::from_secs(60));
    }
    assert_eq!(upkeep.run_once().await.unwrap().unmatched, 1);
    let filter = EventFilter::new(EventState::Unmatched);
    let aside = EventStore::list(&stage.store, &filter).await.unwrap();
    assert_eq!(aside[0].ended_at, Some(of_store.now()));
}

/// A publisher that panics over an event ends no more than twenty tries, and then the post goes on without it.
#[tokio::test]
async fn an_event_that_ends_every_try_is_left_out() {
    let stage = Stage::open().await;
    let one = sent(&stage).await;
    send(&stage, "1", "a word to panic at", post(&named("1"))).await;
    assert_eq!(round(&stage).await.handed_over, 1);
    let outcome = stage.finish(&one);
    assert_eq!(outcome.await, published());
    assert_eq!(ids(&stage, EventState::Done).await, ["1"]);
}

#[tokio::test]
async fn access_that_was_revoked_is_looked_into() {
    let stage = Stage::open().await;
    send(&stage, "1", "gone", EventSubject::AccessRevoked).await;
    assert_eq!(round(&stage).await.done, 1);
    let refreshes = stage.platform.script.lock().unwrap().refreshes;
    assert_eq!(refreshes, 1, "only the platform knows whether it lives");
}

#[tokio::test]
async fn what_is_about_nothing_that_is_kept_here_is_done() {
    let stage = Stage::open().await;
    let id = "7".to_owned();
    let comment = EventSubject::Comment { id, media: None };
    send(&stage, "1", "comments", comment).await;
    send(&stage, "2", "something", EventSubject::Other).await;
    assert_eq!(round(&stage).await.done, 2);
    assert!(stage.calls().is_empty());
}

/// Answers what it was told to, once; then it is content.
#[derive(Clone, Debug, Default)]
struct Says {
    heard: Arc<Mutex<u32>>,
    answer: Arc<Mutex<Option<Result<Handled>>>>,
}

impl Says {
    fn once(answer: Result<Handled>) -> Self {
        Self {
            heard: Arc::default(),
            answer: Arc::new(Mutex::new(Some(answer))),
        }
    }

    fn heard(&self) -> u32 {
        *self.heard.lock().unwrap()
    }
}

#[async_trait]
impl EventHandler for Says {
    async fn handle(&self, _: &EventRecord) -> Result<Handled> {
        *self.heard.lock().unwrap() += 1;
        self.answer
            .lock()
            .unwrap()
            .take()
            .unwrap_or(Ok(Handled::Done))
    }
}

#[tokio::test]
async fn an_event_is_done_when_every_handler_has_done_with_it() {
    let stage = Stage::open().await;
    send(&stage, "1", "something", EventSubject::Other).await;
    let error = Error::new(ErrorKind::Unavailable, "no answer");
    let (first, last) = (Says::once(Ok(Handled::RetryLater)), Says::once(Err(error)));
    let content: Arc<dyn EventHandler> = Arc::new(Says::default());
    let worker = EventWorker::new(&stage.social, first.clone())
        .also(content)
        .also(last.clone());
    assert_eq!(worker.run_once().await.unwrap().later, 1);
    assert_eq!(
        (first.heard(), last.heard()),
        (1, 1),
        "one fails, all hear it"
    );
    let waiting = EventFilter::new(EventState::Waiting);
    let cause = EventStore::list(&stage.store, &waiting)
        .await
        .unwrap()
        .remove(0)
        .cause;
    assert_eq!(cause.unwrap().message(), "no answer", "the trouble is kept");
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(worker.run_once().await.unwrap().done, 1);
    assert_eq!((first.heard(), last.heard()), (2, 2));
}

/// Another process that has the app can ask; this one leaves tokens and account as they are.
#[tokio::test]
async fn that_access_was_revoked_is_left_to_a_process_that_has_the_app() {
    let stage = Stage::open().await;
    let key = AppKey::new(PLATFORM, named("another app")).account(named("owner"), named("42"));
    let record = TokenRecord::new(key.clone(), "web", stage.clock.now());
    let saved = stage.store.save(&record, Expect::Absent).await.unwrap();
    let mut event = VerifiedEvent::new(PLATFORM, named("another app"), "1", "gone", Vec::new());
    (event.account, event.subject) = (Some(named("42")), EventSubject::AccessRevoked);
    let event = ReceivedEvent::new(event, stage.clock.now());
    assert_eq!(stage.store.insert(&[event]).await.unwrap(), [true]);
    // Far more often than a failure is tried.
    for _ in 0..150 {
        let report = round(&stage).await;
        assert_eq!((report.done, report.later), (0, 1), "{report:?}");
        stage.clock.advance(Duration::from_secs(60));
    }
    let stored = TokenStore::load(&stage.store, &key).await.unwrap().unwrap();
    assert_eq!((stored.value, stored.revision), (record, saved));
    let waits = EventFilter::new(EventState::Waiting);
    let waits = EventStore::list(&stage.store, &waits).await.unwrap();
    assert_eq!((waits.len(), waits[0].failures), (1, 0), "no failure");

    // No process ever has it.
    let maintenance = MaintenanceWorker::new(&stage.social);
    assert_eq!(maintenance.run_once().await.unwrap().unmatched, 0);
    stage.clock.advance(Duration::from_secs(7 * 24 * 3_600));
    assert_eq!(maintenance.run_once().await.unwrap().unmatched, 1);
    assert_eq!(ids(&stage, EventState::Unmatched).await, ["1"]);
    assert!(ids(&stage, EventState::Dead).await.is_empty(), "no error");
}
