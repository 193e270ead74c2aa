//! Clocks that differ, and clocks that are set while a step is on its way.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use social_core::{
    Error, ErrorKind, Remedy,
    conformance::named,
    publish::{Checkpoint, Exposure, MissedPolicy, Step},
    store::{EventRecord, EventStore, ReceivedEvent},
    time::{Clock, ManualClock},
    webhook::{EventHandler, Handled, VerifiedEvent},
};
use social_workers::{EventWorker, PublishWorker, RefreshWorker};

use crate::stage::{PLATFORM, Reply, SETTLE, Stage, published};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Done;

#[async_trait]
impl EventHandler for Done {
    async fn handle(&self, _: &EventRecord) -> social_core::Result<Handled> {
        Ok(Handled::Done)
    }
}

fn once() -> Reply {
    let checkpoint = Checkpoint::new("publish", 1, serde_json::json!({})).once(SETTLE);
    Reply::Step(Step::pending(checkpoint, Duration::ZERO))
}

fn lost() -> Reply {
    let error = Error::new(ErrorKind::Unavailable, "the answer was lost");
    Reply::Hang(error.with_remedy(Remedy::Reconcile))
}

#[tokio::test]
async fn no_worker_claims_anything_while_its_clock_is_wrong() {
    let server = ManualClock::default();
    let stage = Stage::with_clock_of_store(&server).await;
    let post = stage.submit("a").await;
    let event = VerifiedEvent::new(PLATFORM, named("app"), "event", "kind", vec![1]);
    let event = ReceivedEvent::new(event, stage.clock.now());
    stage.store.insert(&[event]).await.unwrap();
    for seconds in [61, -122] {
        stage.clock.jump(TimeDelta::seconds(seconds));
        let publish = stage.worker().run_once().await.unwrap();
        let refresh = RefreshWorker::new(&stage.social).run_once().await.unwrap();
        let events = EventWorker::new(&stage.social, Done).run_once().await;
        assert!(publish.held && publish.claimed == 0, "{publish:?}");
        assert!(refresh.held && refresh.total() == 0, "{refresh:?}");
        assert!(events.is_ok_and(|events| events.held && events.claimed == 0));
    }
    // Sixty are borne, and told.
    stage.clock.jump(TimeDelta::seconds(121));
    let events = EventWorker::new(&stage.social, Done).run_once().await;
    assert_eq!(events.unwrap().done, 1);
    assert!(
        !RefreshWorker::new(&stage.social)
            .run_once()
            .await
            .unwrap()
            .held
    );
    assert_eq!(stage.finish_with(&server, &post).await, published());
}

#[tokio::test]
async fn clocks_are_compared_each_minute() {
    let server = ManualClock::default();
    let stage = Stage::with_clock_of_store(&server).await;
    assert!(!stage.worker().run_once().await.unwrap().held);
    // The server's was set, which nobody here can see.
    server.jump(TimeDelta::seconds(-120));
    stage.clock.advance(SECOND * 59);
    server.advance(SECOND * 59);
    assert!(!stage.worker().run_once().await.unwrap().held);
    stage.clock.advance(SECOND);
    server.advance(SECOND);
    assert!(stage.worker().run_once().await.unwrap().held);
    server.jump(TimeDelta::seconds(120));
    stage.clock.advance(SECOND * 5);
    server.advance(SECOND * 5);
    assert!(!stage.worker().run_once().await.unwrap().held, "it goes on");
}

/// A publisher goes by the same rule as the store and the journal, also when the server's clock was set since the last
/// comparison.
#[tokio::test]
async fn a_step_is_told_by_both_clocks_whether_it_is_too_late() {
    for set_since in [false, true] {
        let server = ManualClock::default();
        if !set_since {
            server.jump(TimeDelta::seconds(-50));
        }
        let stage = Stage::with_clock_of_store(&server).await;
        let due = stage.clock.now();
        let request = stage.request().schedule(due, MissedPolicy::Within(10));
        let submitted = stage.social.submit(&stage.account, "a", request);
        submitted.await.unwrap();
        let known =
            Checkpoint::new("look", 1, serde_json::json!({})).with_exposure(Exposure::PostMayExist);
        stage.reply(Reply::Step(Step::pending(known, SECOND * 30)));
        stage.worker().run_once().await.unwrap();
        if set_since {
            server.jump(TimeDelta::seconds(-50));
        }
        stage.clock.advance(SECOND * 40);
        server.advance(SECOND * 40);
        stage.worker().run_once().await.unwrap();
        assert_eq!(stage.calls(), ["advance prepare", "advance look"]);
        let agreed_at = stage.platform.script.lock().unwrap().agreed_at.unwrap();
        assert_eq!(agreed_at, server.now(), "set since: {set_since}");
        assert!(agreed_at < due, "not too late");
    }
}

/// The server's clock is set forward: its leases and settle times end early.
#[tokio::test]
async fn a_servers_clock_that_is_set_starts_no_step_again() {
    let server = ManualClock::default();
    let stage = Stage::with_clock_of_store(&server).await;
    let other = PublishWorker::new(&stage.process().await);
    stage.submit("a").await;
    stage.reply(once());
    stage.reply(lost());
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    let sent = stage.calls();

    server.advance(SECOND * 50);
    let report = other.run_once().await.unwrap();
    assert_eq!(
        (report.claimed, report.waiting),
        (1, 1),
        "the lease is over"
    );
    // The other worker gave it back until nothing of the step can happen.
    server.advance(SECOND);
    stage.clock.advance(SECOND);
    other.run_once().await.unwrap();
    assert_eq!(stage.calls(), sent, "nobody asks or sends yet");

    stage.platform.go_on.notify_one();
    round.await.unwrap().unwrap();
    server.advance(SECOND * 60);
    stage.clock.advance(SECOND * 60);
    other.run_once().await.unwrap();
    assert_eq!(stage.calls()[sent.len()], "reconcile publish");
}
