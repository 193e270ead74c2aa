//! What is claimed while nobody waits for it any more is given back, and does not wait for its lease.

use std::sync::Arc;

use async_trait::async_trait;
use social_core::{
    conformance::{Through, named},
    memory::MemoryStore,
    store::{
        ClaimEvents, ClaimPosts, EventStore, HistoryEntry, HistoryKind, PostClaim, PostStore,
        ReceivedEvent, StartStep,
    },
    time::{Clock, ManualClock},
    webhook::{EventHandler, Handled, VerifiedEvent},
};
use social_workers::{EventWorker, PublishSettings, PublishWorker};
use tokio::sync::Notify;

use crate::stage::{PLATFORM, Stage, app};

/// A store that has claimed before it answers.
#[derive(Debug)]
struct Late {
    store: MemoryStore,
    claimed: Notify,
    answers: Notify,
}

impl Late {
    fn new(stage: &Stage) -> Arc<Self> {
        Arc::new(Self {
            store: stage.store.clone(),
            claimed: Notify::new(),
            answers: Notify::new(),
        })
    }
}

impl Through for Late {
    type Store = MemoryStore;

    fn behind(&self) -> &MemoryStore {
        &self.store
    }

    async fn after(&self, method: &'static str) {
        if method.ends_with("::claim") {
            self.claimed.notify_one();
            self.answers.notified().await;
        }
    }
}

#[derive(Debug)]
struct Never;

#[async_trait]
impl EventHandler for Never {
    async fn handle(&self, _: &social_core::store::EventRecord) -> social_core::Result<Handled> {
        panic!("nothing begins")
    }
}

async fn claim(stage: &Stage) -> Vec<PostClaim> {
    let lease = PublishSettings::default().lease;
    let which = ClaimPosts::new(stage.clock.now(), lease, 9, vec![(app(), 1)]);
    PostStore::claim(&stage.store, &which).await.unwrap()
}

async fn settle_down() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn posts_claimed_while_their_worker_is_dropped_are_given_back() {
    let stage = Stage::open().await;
    stage.submit("a").await;
    let late = Late::new(&stage);
    let worker = PublishWorker::new(&stage.with_posts(Arc::clone(&late) as _).await);
    let round = tokio::spawn(async move { worker.run_once().await });
    late.claimed.notified().await;
    round.abort();
    assert!(round.await.is_err());
    late.answers.notify_one();
    settle_down().await;
    assert_eq!(claim(&stage).await.len(), 1);
    assert!(stage.calls().is_empty(), "nothing was begun");
}

#[tokio::test]
async fn posts_claimed_at_the_end_are_given_back_before_it() {
    let stage = Stage::open().await;
    stage.submit("a").await;
    let late = Late::new(&stage);
    let worker = PublishWorker::new(&stage.with_posts(Arc::clone(&late) as _).await);
    let asked = async {
        late.claimed.notified().await;
        late.answers.notify_one();
    };
    worker.run(asked).await;
    assert_eq!(claim(&stage).await.len(), 1);
    assert!(stage.calls().is_empty(), "nothing was begun");
}

#[tokio::test]
async fn posts_whose_settle_time_nobody_can_tell_are_given_back() {
    let server = ManualClock::default();
    let stage = Stage::with_clock_of_store(&server).await;
    stage.submit("a").await;
    let found = claim(&stage).await.remove(0);
    let line = HistoryEntry::new(stage.clock.now(), HistoryKind::Started, "prepare");
    let lease = PublishSettings::default().lease;
    let step = StartStep::new(lease * 4, line);
    stage.store.start(&found, &step).await.unwrap();
    // Its process is killed.
    server.advance(lease);
    stage.clock.advance(lease);
    assert!(
        !stage.social.worker().is_held().await.unwrap(),
        "compared just now"
    );
    stage.no_clock_of_store(true);
    stage.worker().run_once().await.unwrap_err();
    assert_eq!(claim(&stage).await.len(), 1);
}

#[tokio::test]
async fn events_claimed_while_their_worker_is_dropped_are_given_back() {
    let stage = Stage::open().await;
    let event = VerifiedEvent::new(PLATFORM, named("app"), "event", "kind", vec![1]);
    let event = ReceivedEvent::new(event, stage.clock.now());
    stage.store.insert(&[event]).await.unwrap();
    let late = Late::new(&stage);
    let worker = EventWorker::new(&stage.with_events(Arc::clone(&late) as _).await, Never);
    let round = tokio::spawn(async move { worker.run_once().await });
    late.claimed.notified().await;
    round.abort();
    assert!(round.await.is_err());
    late.answers.notify_one();
    settle_down().await;
    let which = ClaimEvents::new(stage.clock.now(), PublishSettings::default().lease, 9);
    let found = EventStore::claim(&stage.store, &which).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].record.attempts, 1, "as it was found, and this one");
}
