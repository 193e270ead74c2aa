//! Removing what is over.

use std::time::Duration;

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, MediaStoreExt as _, Result,
    conformance::named,
    store::{
        EventFilter, EventRecord, EventState, EventStore, InstallationStore, PostStore,
        ReceivedEvent,
    },
    time::Clock,
    webhook::{EventHandler, Handled, VerifiedEvent},
};
use social_workers::{EventSettings, EventWorker, MaintenanceSettings, MaintenanceWorker};

use crate::stage::{OWNER, PLATFORM, Stage, published};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Handles what is good.
#[derive(Debug)]
struct Good;

#[async_trait]
impl EventHandler for Good {
    async fn handle(&self, record: &EventRecord) -> Result<Handled> {
        match record.event.kind.as_str() {
            "good" => Ok(Handled::Done),
            _ => Err(Error::new(ErrorKind::Invalid, "it is not good")),
        }
    }
}

/// One event that is done, and one dead letter.
async fn handled(stage: &Stage) {
    for kind in ["good", "bad"] {
        let event = VerifiedEvent::new(PLATFORM, named("app"), kind, kind, vec![1]);
        let event = ReceivedEvent::new(event, stage.clock.now());
        stage.store.insert(&[event]).await.unwrap();
    }
    let mut settings = EventSettings::default();
    settings.tries = 1;
    let worker = EventWorker::new(&stage.social, Good).settings(settings);
    let report = worker.run_once().await.unwrap();
    assert_eq!((report.done, report.dead), (1, 1));
}

#[tokio::test]
async fn ended_events_are_removed_in_time_and_not_before() {
    let stage = Stage::open().await;
    handled(&stage).await;
    let worker = MaintenanceWorker::new(&stage.social);
    let removed = async |days: u32| {
        stage.clock.advance(DAY * days);
        worker.run_once().await.unwrap().events
    };
    assert_eq!(removed(30).await, 0, "at most thirty days old");
    assert_eq!(removed(1).await, 1, "what was done");
    assert_eq!(removed(59).await, 0, "dead letters wait for somebody");
    assert_eq!(removed(1).await, 1, "for ninety days");
}

/// Batch after batch goes in one round.
#[tokio::test]
async fn a_round_ends_when_nothing_is_left() {
    let stage = Stage::open().await;
    for number in 0..7 {
        let id = number.to_string();
        let event = VerifiedEvent::new(PLATFORM, named("app"), id, "good", vec![1]);
        let event = ReceivedEvent::new(event, stage.clock.now());
        stage.store.insert(&[event]).await.unwrap();
    }
    EventWorker::new(&stage.social, Good)
        .run_once()
        .await
        .unwrap();
    let mut settings = MaintenanceSettings::default();
    settings.batch = 2;
    let worker = MaintenanceWorker::new(&stage.social).settings(settings);
    stage.clock.advance(DAY * 31);
    assert_eq!(worker.run_once().await.unwrap().events, 7);
}

#[tokio::test]
async fn history_is_kept_unless_a_policy_says_for_how_long() {
    let stage = Stage::open().await;
    let post = stage.submit("one").await;
    stage.finish(&post).await;
    stage.clock.advance(DAY * 400);
    let usual = MaintenanceWorker::new(&stage.social);
    assert_eq!(usual.run_once().await.unwrap().history, 0);
    let mut settings = MaintenanceSettings::default();
    settings.keep_history = Some(DAY * 365);
    let worker = MaintenanceWorker::new(&stage.social).settings(settings);
    assert!(worker.run_once().await.unwrap().history > 0);
    let left = PostStore::history(&stage.store, &OWNER, post.id).await;
    assert!(left.unwrap().is_empty());
    assert!(
        stage.load(&post).await.outcome.is_some(),
        "it is still there"
    );
}

/// Restored data are left as they are until somebody accepts them: what is in them may be looked for.
#[tokio::test]
async fn nothing_is_removed_from_data_that_nobody_has_accepted() {
    let stage = Stage::open().await;
    handled(&stage).await;
    stage.clock.advance(DAY * 400);
    stage.store.reincarnate();
    let worker = MaintenanceWorker::new(&stage.social);
    let report = worker.run_once().await.unwrap();
    assert!(report.held && report.events == 0);
    let seen = InstallationStore::incarnations(&stage.store).await.unwrap();
    stage
        .social
        .accept_incarnation(&seen.present)
        .await
        .unwrap();
    assert_eq!(worker.run_once().await.unwrap().events, 2);
}

#[tokio::test]
async fn it_goes_on_each_hour() {
    let stage = Stage::open().await;
    handled(&stage).await;
    let worker = MaintenanceWorker::new(&stage.social);
    let all_gone = async {
        // So many hours that one round too many is no failure: how long a round takes is the machine's affair.
        for _ in 0..10_000 {
            stage.clock.advance(Duration::from_secs(3600));
            tokio::task::yield_now().await;
            let mut left = 0;
            for state in [EventState::Dead, EventState::Done] {
                let filter = EventFilter::new(state);
                left += EventStore::list(&stage.store, &filter).await.unwrap().len();
            }
            if left == 0 {
                return;
            }
        }
        panic!("the first round removed nothing, and no other came");
    };
    worker.run(all_gone).await;
}

#[tokio::test]
async fn media_that_no_post_needs_go_if_that_is_wanted() {
    let stage = Stage::open().await;
    let media = stage.social.media();
    let nobodys = media.put_bytes("nobody submits this").await.unwrap();
    let post = stage.submit("a").await;
    // Files are as old as the file system says.
    let there = social_core::time::SystemClock::default().now();
    let behind = (there - stage.clock.now()).to_std();
    stage.clock.advance(behind.unwrap_or_default());
    let mut settings = MaintenanceSettings::default();
    let removed = async |settings: MaintenanceSettings| {
        let worker = MaintenanceWorker::new(&stage.social).settings(settings);
        worker.run_once().await.unwrap().media
    };
    stage.clock.advance(DAY * 400);
    assert_eq!(removed(settings).await, 0, "nobody asked for it");
    settings.keep_media = Some(DAY * 401);
    assert_eq!(removed(settings).await, 0, "before its time");
    settings.keep_media = Some(Duration::ZERO);
    assert_eq!(removed(settings).await, 1, "what no post needs");
    let gone = media.stat(&nobodys.id).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    assert_eq!(stage.finish(&post).await, published(), "its file is there");
    assert_eq!(removed(settings).await, 0, "it ended just now");
    stage.clock.advance(DAY * 2);
    assert_eq!(removed(settings).await, 1, "it ended a day ago");
    assert_eq!(removed(settings).await, 0, "no more");
}

/// A clock that is far ahead would call everything old.
#[tokio::test]
async fn nothing_is_removed_by_a_clock_that_is_wrong() {
    let clock_of_store = social_core::time::ManualClock::default();
    let stage = Stage::with_clock_of_store(&clock_of_store).await;
    handled(&stage).await;
    stage.clock.advance(DAY * 400);
    let worker = MaintenanceWorker::new(&stage.social);
    let report = worker.run_once().await.unwrap();
    assert_eq!((report.held, report.events), (true, 0));
    // The clocks are compared each minute.
    let minutes = Duration::from_secs(600);
    stage.clock.advance(minutes);
    clock_of_store.advance(DAY * 400 + minutes);
    let report = worker.run_once().await.unwrap();
    assert_eq!((report.held, report.events), (false, 2), "both are old");
}
