//! Events take effect once each, in order; what cannot be handled comes again, and ends as a dead letter.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Result,
    conformance::named,
    store::{EventFilter, EventRecord, EventState, EventStore, ReceivedEvent},
    webhook::{EventHandler, Handled, VerifiedEvent},
};
use social_workers::{EventSettings, EventWorker};

use crate::stage::{PLATFORM, Stage};

/// Hears every event and answers what was put down for it; by itself it is content.
#[derive(Clone, Debug, Default)]
struct Ears {
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<Result<Handled>>>>,
}

#[async_trait]
impl EventHandler for Ears {
    async fn handle(&self, event: &EventRecord) -> Result<Handled> {
        self.heard.lock().unwrap().push(event.event.id.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        answer.unwrap_or(Ok(Handled::Done))
    }
}

impl Ears {
    fn say(&self, answer: Result<Handled>) {
        self.answers.lock().unwrap().push_back(answer);
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

async fn send(stage: &Stage, ids: &[&str]) {
    use social_core::time::Clock as _;

    let now = stage.clock.now();
    let event =
        |id: &&str| VerifiedEvent::new(PLATFORM, named("app"), *id, "a.kind", b"{}".to_vec());
    let events = ids.iter().map(|id| ReceivedEvent::new(event(id), now));
    let events: Vec<_> = events.collect();
    stage.store.insert(&events).await.unwrap();
}

async fn dead(stage: &Stage) -> Vec<EventRecord> {
    let filter = EventFilter::new(EventState::Dead);
    stage.store.list(&filter).await.unwrap()
}

#[tokio::test]
async fn events_take_effect_once_in_the_order_they_came() {
    let (stage, ears) = (Stage::open().await, Ears::default());
    send(&stage, &["1", "2", "3"]).await;
    send(&stage, &["2"]).await;
    let settings = {
        let mut settings = EventSettings::default();
        settings.concurrency = 2;
        settings
    };
    let worker = EventWorker::new(&stage.social, ears.clone()).settings(settings);
    let report = worker.run_once().await.unwrap();
    assert_eq!((report.claimed, report.done), (3, 3));
    assert_eq!(ears.heard(), ["1", "2", "3"]);
    assert_eq!(worker.run_once().await.unwrap().claimed, 0);
}

#[tokio::test]
async fn what_cannot_be_handled_comes_again_with_growing_waits() {
    let (stage, ears) = (Stage::open().await, Ears::default());
    send(&stage, &["early"]).await;
    let worker = EventWorker::new(&stage.social, ears.clone());
    ears.say(Ok(Handled::RetryLater));
    ears.say(Err(Error::new(ErrorKind::Unavailable, "no answer")));
    assert_eq!(worker.run_once().await.unwrap().later, 1);
    assert_eq!(worker.run_once().await.unwrap().claimed, 0, "not at once");
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(worker.run_once().await.unwrap().later, 1);
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(worker.run_once().await.unwrap().claimed, 0, "two seconds");
    stage.clock.advance(Duration::from_secs(1));
    let report = worker.run_once().await.unwrap();
    assert_eq!((report.done, ears.heard().len()), (1, 3));
}

#[tokio::test]
async fn what_nobody_can_handle_is_a_dead_letter_with_its_cause() {
    let (stage, ears) = (Stage::open().await, Ears::default());
    send(&stage, &["lost"]).await;
    let mut settings = EventSettings::default();
    settings.tries = 3;
    let worker = EventWorker::new(&stage.social, ears.clone()).settings(settings);
    for _ in 0..3 {
        ears.say(Ok(Handled::RetryLater));
        worker.run_once().await.unwrap();
        stage.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(worker.run_once().await.unwrap().claimed, 0);
    let dead = dead(&stage).await;
    let cause = dead[0].cause.as_ref().and_then(|cause| cause.code());
    assert_eq!((dead.len(), cause), (1, Some("event_unmatched")));
}

#[tokio::test]
async fn an_event_that_keeps_ending_its_process_is_set_aside() {
    let (stage, ears) = (Stage::open().await, Ears::default());
    send(&stage, &["poison"]).await;
    let mut settings = EventSettings::default();
    settings.attempts = 2;
    let worker = EventWorker::new(&stage.social, ears.clone()).settings(settings);
    for _ in 0..2 {
        // A process that claims it and is gone.
        use social_core::{store::ClaimEvents, time::Clock as _};
        let which = ClaimEvents::new(stage.clock.now(), settings.lease, 1);
        assert_eq!(stage.store.claim(&which).await.unwrap().len(), 1);
        stage.clock.advance(settings.lease);
    }
    assert_eq!(worker.run_once().await.unwrap().dead, 1);
    assert!(ears.heard().is_empty(), "it was not handled again");
    assert_eq!(dead(&stage).await.len(), 1);
}

#[tokio::test]
async fn run_hears_of_new_events_and_stops_when_it_is_told() {
    let (stage, ears) = (Stage::open().await, Ears::default());
    let worker = EventWorker::new(&stage.social, ears.clone());
    let heard = async {
        send(&stage, &["1"]).await;
        while ears.heard.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        7
    };
    assert_eq!(worker.run(heard).await, 7);
}
