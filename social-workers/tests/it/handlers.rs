//! Each handler is alone with its event: what it takes, how it ends and what fails beside it changes nothing for the
//! others.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use social_core::{
    Error, Result,
    conformance::{Through, named},
    memory::MemoryStore,
    store::{ClaimEvents, EventFilter, EventRecord, EventState, EventStore, ReceivedEvent},
    time::{Clock as _, ManualClock},
    webhook::{EventHandler, Handled, VerifiedEvent},
};
use social_workers::{EventSettings, EventWorker};

use crate::stage::{PLATFORM, Stage};

/// Takes its time, panics on `bad`, and never ends with `stuck`.
#[derive(Clone, Debug)]
struct Hands {
    clock: ManualClock,
    store: MemoryStore,
    takes: Duration,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    begun: Vec<String>,
    ended: Vec<String>,
    now: usize,
    most: usize,
    /// How many events were in somebody's hands when each handler began.
    held: Vec<u64>,
}

impl Hands {
    fn new(stage: &Stage, takes: u64) -> Self {
        Self {
            clock: stage.clock.clone(),
            store: stage.store.clone(),
            takes: Duration::from_secs(takes),
            seen: Arc::default(),
        }
    }

    fn begun(&self) -> Vec<String> {
        self.seen.lock().unwrap().begun.clone()
    }

    fn ended(&self) -> Vec<String> {
        self.seen.lock().unwrap().ended.clone()
    }
}

/// Counted down however the handler ends.
struct Busy(Arc<Mutex<Seen>>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().unwrap().now -= 1;
    }
}

#[async_trait]
impl EventHandler for Hands {
    async fn handle(&self, event: &EventRecord) -> Result<Handled> {
        let id = event.event.id.clone();
        let backlog = self.store.backlog(self.clock.now()).await?;
        let _busy = {
            let mut seen = self.seen.lock().unwrap();
            seen.begun.push(id.clone());
            seen.held.push(backlog.held);
            seen.now += 1;
            seen.most = seen.most.max(seen.now);
            Busy(Arc::clone(&self.seen))
        };
        match id.as_str() {
            "bad" => panic!("this handler cannot handle it"),
            "stuck" => std::future::pending().await,
            _ if self.takes.is_zero() => {}
            _ => self.clock.sleep(self.takes).await,
        }
        self.seen.lock().unwrap().ended.push(id);
        Ok(Handled::Done)
    }
}

/// A store that fails as often as it was told to.
#[derive(Debug)]
struct Shaky {
    store: MemoryStore,
    ends: Mutex<u32>,
    renewals: Mutex<u32>,
}

impl Shaky {
    fn new(stage: &Stage, ends: u32, renewals: u32) -> Arc<Self> {
        Arc::new(Self {
            store: stage.store.clone(),
            ends: Mutex::new(ends),
            renewals: Mutex::new(renewals),
        })
    }
}

fn fails(left: &Mutex<u32>) -> Result<()> {
    let mut left = left.lock().unwrap();
    if *left == 0 {
        return Ok(());
    }
    *left -= 1;
    Err(Error::storage("the store is away"))
}

impl Through for Shaky {
    type Store = MemoryStore;

    fn behind(&self) -> &MemoryStore {
        &self.store
    }

    async fn before(&self, method: &'static str) -> Result<()> {
        match method {
            "EventStore::renew" => fails(&self.renewals),
            "EventStore::complete" | "EventStore::retry" | "EventStore::park" => fails(&self.ends),
            _ => Ok(()),
        }
    }
}

async fn send(stage: &Stage, ids: &[&str]) {
    let now = stage.clock.now();
    let event =
        |id: &&str| VerifiedEvent::new(PLATFORM, named("app"), *id, "a.kind", b"{}".to_vec());
    let events = ids.iter().map(|id| ReceivedEvent::new(event(id), now));
    let events: Vec<_> = events.collect();
    stage.store.insert(&events).await.unwrap();
}

async fn ids(stage: &Stage, state: EventState) -> Vec<String> {
    let found = stage.store.list(&EventFilter::new(state)).await.unwrap();
    let mut ids: Vec<_> = found.into_iter().map(|record| record.event.id).collect();
    ids.sort();
    ids
}

async fn waiting(stage: &Stage) -> Vec<EventRecord> {
    let filter = EventFilter::new(EventState::Waiting);
    stage.store.list(&filter).await.unwrap()
}

async fn held(stage: &Stage) -> u64 {
    let backlog = stage.store.backlog(stage.clock.now()).await.unwrap();
    backlog.held
}

/// Lets time pass until the future is done.
async fn while_time_passes<F: Future>(stage: &Stage, work: F) -> F::Output {
    let clock = stage.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    });
    let output = work.await;
    ticking.abort();
    output
}

#[tokio::test]
async fn a_handler_that_takes_longer_than_its_lease_is_not_begun_again() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 100);
    send(&stage, &["1", "2", "3"]).await;
    let other = stage.process().await;
    let (one, two) = (
        EventWorker::new(&stage.social, hands.clone()),
        EventWorker::new(&other, hands.clone()),
    );
    let an_hour = || stage.clock.sleep(Duration::from_secs(3_600));
    let both = async { tokio::join!(one.run(an_hour()), two.run(an_hour())) };
    while_time_passes(&stage, both).await;
    let mut begun = hands.begun();
    begun.sort();
    assert_eq!(begun, ["1", "2", "3"], "each began once");
    assert_eq!(ids(&stage, EventState::Done).await, ["1", "2", "3"]);
    assert!(ids(&stage, EventState::Dead).await.is_empty());
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_event_and_ends_nothing() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 0);
    send(&stage, &["bad", "good"]).await;
    let worker = EventWorker::new(&stage.social, hands.clone());
    let later = async {
        stage.clock.sleep(Duration::from_secs(20)).await;
        send(&stage, &["later"]).await;
        stage.clock.sleep(Duration::from_secs(20)).await;
    };
    while_time_passes(&stage, worker.run(later)).await;
    assert_eq!(ids(&stage, EventState::Done).await, ["good", "later"]);
    let bad = waiting(&stage).await.remove(0);
    let cause = bad.cause.as_ref().and_then(|cause| cause.code());
    assert_eq!(cause, Some("event_panicked"));
    assert!(bad.failures >= 3, "it came again: {}", bad.failures);
}

#[tokio::test]
async fn a_failing_store_leaves_nothing_in_hand() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 0);
    let names: Vec<String> = (10..30).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    send(&stage, &names).await;
    let social = stage.with_events(Shaky::new(&stage, 1, 0)).await;
    let worker = EventWorker::new(&social, hands.clone());
    let round = while_time_passes(&stage, worker.run_once()).await;
    assert_eq!(held(&stage).await, 0, "after {round:?}");
    assert_eq!(ids(&stage, EventState::Done).await, names);
    assert_eq!(hands.begun().len(), names.len(), "each began once");
}

/// As after a crash, so often in a row.
async fn leave_to_their_leases(stage: &Stage, times: u32) {
    for _ in 0..times {
        let which = ClaimEvents::new(stage.clock.now(), EventSettings::default().lease, 100);
        stage.store.claim(&which).await.unwrap();
        stage.clock.advance(EventSettings::default().lease);
    }
}

#[tokio::test]
async fn nothing_is_claimed_that_cannot_begin() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 5);
    send(&stage, &["1", "2", "3", "4", "5"]).await;
    let mut settings = EventSettings::default();
    settings.concurrency = 2;
    let worker = EventWorker::new(&stage.social, hands.clone()).settings(settings);
    let most = async {
        let mut most = 0;
        while hands.ended().len() < 5 {
            most = most.max(held(&stage).await);
            tokio::task::yield_now().await;
        }
        most
    };
    let most = while_time_passes(&stage, worker.run(most)).await;
    assert_eq!((most, hands.seen.lock().unwrap().most), (2, 2));
    assert_eq!(hands.begun(), ["1", "2", "3", "4", "5"], "in their order");
}

#[tokio::test]
async fn what_may_have_ended_its_process_is_handled_alone() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 5);
    send(&stage, &["1", "2", "3"]).await;
    leave_to_their_leases(&stage, 2).await;
    // The first time that something is given back the store fails.
    let social = stage.with_events(Shaky::new(&stage, 1, 0)).await;
    let worker = EventWorker::new(&social, hands.clone());
    let all = async {
        send(&stage, &["4", "5"]).await;
        while hands.ended().len() < 3 {
            assert!(hands.seen.lock().unwrap().most <= 1, "alone");
            tokio::task::yield_now().await;
        }
    };
    while_time_passes(&stage, worker.run(all)).await;
    assert_eq!(hands.ended()[..3], ["1", "2", "3"], "in their order");
    let held = hands.seen.lock().unwrap().held.clone();
    assert_eq!(held[..3], [1, 1, 1], "nothing else was in hand");
    while_time_passes(&stage, worker.run_once()).await.unwrap();
    assert_eq!(ids(&stage, EventState::Done).await.len(), 5);
}

#[tokio::test]
async fn what_is_cut_off_at_the_end_is_given_back_as_it_was_found() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 5);
    send(&stage, &["stuck", "fast"]).await;
    let worker = EventWorker::new(&stage.social, hands.clone());
    let begun = async {
        while hands.begun().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    let before = stage.clock.elapsed();
    while_time_passes(&stage, worker.run(begun)).await;
    let grace = EventSettings::default().grace;
    assert!(stage.clock.elapsed() - before >= grace, "they may end");
    assert_eq!(hands.ended(), ["fast"], "what was begun may end");
    assert_eq!(hands.seen.lock().unwrap().now, 0, "the other was cut off");
    assert_eq!(held(&stage).await, 0, "others need not wait for its lease");
    let stuck = waiting(&stage).await.remove(0);
    assert_eq!((stuck.attempts, stuck.failures, stuck.cause), (0, 0, None));
}

#[tokio::test]
async fn a_worker_that_is_dropped_gives_back_what_it_held() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 0);
    send(&stage, &["stuck"]).await;
    let worker = EventWorker::new(&stage.social, hands.clone());
    let round = tokio::spawn(async move { worker.run_once().await });
    while hands.begun().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(held(&stage).await, 1);
    round.abort();
    while held(&stage).await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(hands.seen.lock().unwrap().now, 0, "it was cut off");
}

#[tokio::test]
async fn who_was_overtaken_is_cut_off() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 40);
    send(&stage, &["1"]).await;
    let worker = EventWorker::new(&stage.social, hands.clone());
    let round = tokio::spawn(async move { worker.run_once().await });
    while hands.begun().is_empty() {
        tokio::task::yield_now().await;
    }
    // This process stood still past its lease, and another was there first.
    let lease = EventSettings::default().lease;
    let claimed = async {
        let which = ClaimEvents::new(stage.clock.now(), 9 * lease, 1);
        stage.clock.advance(lease);
        stage.store.claim(&which).await.unwrap()
    };
    let other = claimed.await;
    let report = while_time_passes(&stage, round).await.unwrap().unwrap();
    assert_eq!((report.lost, report.done), (1, 0));
    assert!(
        hands.ended().is_empty(),
        "what it would have done is not done"
    );
    let now = stage.clock.now();
    assert_eq!(stage.store.complete(&other, now).await.unwrap(), [true]);
}

#[tokio::test]
async fn who_cannot_renew_stops_when_its_lease_is_over() {
    // So many renewals fail, three to a lease; so often the handler begins.
    for (failing, begun) in [(2, 1), (3, 2)] {
        let stage = Stage::open().await;
        let hands = Hands::new(&stage, 40);
        send(&stage, &["1"]).await;
        let social = stage.with_events(Shaky::new(&stage, 0, failing)).await;
        let worker = EventWorker::new(&social, hands.clone());
        let report = while_time_passes(&stage, worker.run_once()).await.unwrap();
        assert_eq!((report.lost, report.done), (begun - 1, 1));
        assert_eq!(hands.begun().len() as u64, begun);
        assert_eq!(hands.ended().len(), 1, "the first one was cut off");
    }
}

#[tokio::test]
async fn a_handler_that_never_ends_is_a_failure_of_its_event() {
    let stage = Stage::open().await;
    let hands = Hands::new(&stage, 0);
    send(&stage, &["stuck", "good"]).await;
    let worker = EventWorker::new(&stage.social, hands.clone());
    let report = while_time_passes(&stage, worker.run_once()).await.unwrap();
    assert_eq!((report.done, report.later), (1, 1));
    let stuck = waiting(&stage).await.remove(0);
    let cause = stuck.cause.as_ref().and_then(|cause| cause.code());
    assert_eq!((cause, stuck.failures), (Some("event_overdue"), 1));
}
