//! Limits that are booked in the store.

use std::time::Duration;

use social_core::{
    ErrorKind,
    publish::Outcome,
    store::{Booking, Limit, Limits, Window},
};
use social_workers::MaintenanceWorker;

use crate::stage::{OWNER, Script, Stage, published};

const KEY: &str = "example/post/app";

/// A platform that takes one post in each window.
async fn one_per(window: Duration) -> Stage {
    let script = Script {
        limit: Some(Limit::new(KEY, Window::new(1, window))),
        ..Script::default()
    };
    Stage::with(script).await
}

const MINUTE: Duration = Duration::from_secs(60);

async fn used(stage: &Stage) -> (u32, u32) {
    let limit = Limit::new(KEY, Window::new(1, MINUTE));
    let usage = stage.store.usage(&limit).await.unwrap();
    (usage.used, usage.waiting)
}

#[tokio::test]
async fn a_post_waits_for_the_promised_time_without_a_failure() {
    let stage = one_per(MINUTE).await;
    let first = stage.submit("first").await;
    stage.worker().run_once().await.unwrap();
    let second = stage.submit("second").await;
    for round in 0..2 {
        stage.worker().run_once().await.unwrap();
        let waiting = stage.load(&second).await;
        let cause = waiting.cause.clone().unwrap();
        assert_eq!(
            (cause.kind(), cause.code()),
            (ErrorKind::RateLimited, Some("limit_booked"))
        );
        assert_eq!(
            (waiting.failures, waiting.attempts),
            (0, 0),
            "round {round}"
        );
        assert!(!waiting.started, "certainly not sent");
        let wait = waiting.next_at.unwrap() - stage.social.clock().now();
        assert!(wait <= chrono::Duration::seconds(66), "{wait}");
    }
    assert_eq!(used(&stage).await, (1, 1));
    let next_at = stage.load(&second).await.next_at.unwrap();
    let until = (next_at - stage.social.clock().now()).to_std().unwrap();
    assert!(until >= MINUTE, "not before: {until:?}");
    stage.clock.advance(until);
    assert_eq!(stage.finish(&second).await, published());
    assert_eq!(stage.finish(&first).await, published());
    assert_eq!(stage.posts(), 2);
    let history = stage.history(&second).await;
    let troubles = history.iter().filter(|line| line.starts_with("troubled"));
    assert_eq!(troubles.count(), 1, "{history:?}");
}

#[tokio::test]
async fn a_cancelled_post_gives_its_place_back() {
    let day = Duration::from_secs(86_400);
    let stage = one_per(day).await;
    stage.submit("first").await;
    stage.worker().run_once().await.unwrap();
    let second = stage.submit("second").await;
    stage.worker().run_once().await.unwrap();
    let limit = Limit::new(KEY, Window::new(1, day));
    assert_eq!(stage.store.usage(&limit).await.unwrap().waiting, 1);
    stage.social.cancel(&OWNER, second.id).await.unwrap();
    assert_eq!(stage.finish(&second).await, Outcome::Cancelled);
    let usage = stage.store.usage(&limit).await.unwrap();
    assert_eq!((usage.used, usage.waiting), (1, 0));
    assert!(usage.wait <= day, "the next one waits for the first only");
}

#[tokio::test]
async fn a_disconnected_account_gives_its_places_back() {
    let stage = one_per(MINUTE).await;
    stage.submit("first").await;
    stage.worker().run_once().await.unwrap();
    let second = stage.submit("second").await;
    stage.worker().run_once().await.unwrap();
    stage.social.disconnect(&stage.account.key).await.unwrap();
    assert_eq!(stage.finish(&second).await, Outcome::Cancelled);
    assert_eq!(used(&stage).await.1, 0);
}

#[tokio::test]
async fn a_post_taken_up_again_does_not_book_twice() {
    let stage = one_per(MINUTE).await;
    let post = stage.submit("a").await;
    let limit = Limit::new(KEY, Window::new(1, MINUTE));
    // Booked, and then its process was killed.
    let booked = stage
        .store
        .book(&[limit], &post.id.to_string())
        .await
        .unwrap();
    assert_eq!(booked, Booking::Granted);
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.posts(), 1);
    assert_eq!(used(&stage).await, (1, 0));
}

#[tokio::test]
async fn bookings_that_ended_are_removed() {
    let stage = one_per(MINUTE).await;
    stage.submit("a").await;
    stage.worker().run_once().await.unwrap();
    stage.clock.advance(2 * MINUTE);
    let report = MaintenanceWorker::new(&stage.social).run_once().await;
    assert_eq!(report.unwrap().bookings, 1);
    let left = stage.store.purge(10).await.unwrap();
    assert_eq!(left, 0, "nothing is left to remove");
}
