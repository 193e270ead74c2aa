//! What events of a platform change by themselves, and how handlers share them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Result,
    publish::{Checkpoint, Exposure, Outcome, Step},
    store::{EventFilter, EventRecord, EventState, EventStore, PostStore, ReceivedEvent},
    time::Clock,
    webhook::{EventHandler, EventSubject, Handled, VerifiedEvent},
};
use social_workers::{EventReport, EventWorker, PlatformEvents};

use crate::stage::{PLATFORM, Reply, Stage, published};

async fn send(stage: &Stage, id: &str, kind: &str, subject: EventSubject) {
    let mut event = VerifiedEvent::new(PLATFORM, "app", id, kind, b"not to be read".to_vec());
    (event.account, event.subject) = (Some("42".to_owned()), subject);
    let event = ReceivedEvent::new(event, stage.clock.now());
    assert_eq!(stage.store.insert(&[event]).await.unwrap(), [true]);
}

fn post(remote_id: &str) -> EventSubject {
    EventSubject::Post {
        remote_id: remote_id.to_owned(),
    }
}

async fn round(stage: &Stage) -> EventReport {
    let worker = EventWorker::new(&stage.social, PlatformEvents::new(&stage.social));
    worker.run_once().await.unwrap()
}

/// The post has the platform's id, and is looked at in some seconds.
async fn sent(stage: &Stage) -> social_core::Post {
    let post = stage.submit("one").await;
    for _ in 0..3 {
        if !stage.load(&post).await.checkpoint.remote_ids.is_empty() {
            return post;
        }
        stage.worker().run_once().await.unwrap();
    }
    panic!("not sent: {:?}", stage.load(&post).await);
}

#[tokio::test]
async fn an_event_about_a_post_brings_its_worker_by_and_is_done_then() {
    let stage = Stage::open().await;
    let one = sent(&stage).await;
    send(&stage, "1", "published", post("1")).await;
    assert_eq!(stage.load(&one).await.outcome, None);
    assert_eq!(round(&stage).await.later, 1, "its own worker decides");
    stage.worker().run_once().await.unwrap();
    let outcome: Option<Outcome> = stage.load(&one).await.outcome;
    assert_eq!(outcome, Some(published()), "though no time has passed");
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(round(&stage).await.done, 1);
}

/// That a try came to nothing settles an undecided post; not a restored one, of which another may have been begun.
#[tokio::test]
async fn an_event_about_an_old_try_does_not_end_a_restored_post() {
    for restored in [false, true] {
        let stage = Stage::open().await;
        let one = sent(&stage).await;
        if restored {
            let now = stage.clock.now();
            let marked = PostStore::mark_restored(&stage.store, now, Duration::ZERO).await;
            assert_eq!(marked.unwrap(), 1);
        }
        let at = Checkpoint::new("look", 1, serde_json::json!({})).with_remote_id("1");
        stage.reply(Reply::Step(Step::Settled {
            checkpoint: at.with_exposure(Exposure::PostMayExist),
            outcome: Outcome::Undecided,
            watch: None,
        }));
        stage.clock.advance(Duration::from_secs(60));
        stage.worker().run_once().await.unwrap();
        assert_eq!(stage.load(&one).await.outcome, Some(Outcome::Undecided));
        send(&stage, "1", "failed", post("1")).await;
        assert_eq!(round(&stage).await.done, 1);
        let outcome = stage.load(&one).await.outcome;
        let is_undecided = outcome == Some(Outcome::Undecided);
        assert_eq!(is_undecided, restored, "{outcome:?}");
    }
}

#[tokio::test]
async fn an_event_about_a_post_that_is_not_known_yet_comes_again() {
    let stage = Stage::open().await;
    send(&stage, "1", "published", post("1")).await;
    assert_eq!(round(&stage).await.later, 1);
    sent(&stage).await;
    stage.clock.advance(Duration::from_secs(1));
    send(&stage, "2", "a word that says nothing", post("1")).await;
    let report = round(&stage).await;
    assert_eq!(
        (report.claimed, report.later),
        (1, 1),
        "the second is behind the first"
    );
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
