//! What must not end a worker.

use std::time::Duration;

use social_core::{
    Error, ErrorKind,
    conformance::named,
    publish::{Checkpoint, Exposure, Outcome, Step},
    store::{Cancelled, PostState},
};
use social_workers::PublishSettings;

use crate::stage::{OWNER, Reply, SETTLE, Stage, published};

#[tokio::test]
async fn work_that_panics_is_parked_and_the_others_go_on() {
    let stage = Stage::open().await;
    let bad = stage.submit("bad").await;
    let limit = PublishSettings::default().patience.attempts;
    for _ in 0..limit {
        stage.reply(Reply::Panic);
        let report = stage.worker().run_once().await.unwrap();
        assert_eq!(report.lost, 1);
        stage.clock.advance(PublishSettings::default().lease);
    }
    let Outcome::Failed(error) = stage.finish(&bad).await else {
        panic!("not failed")
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let good = stage.submit("good").await;
    assert_eq!(stage.finish(&good).await, published());
}

#[tokio::test]
async fn what_is_published_stays_so_whatever_happens_to_those_who_look_again() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let checkpoint = Checkpoint::new("look", 1, serde_json::json!({}))
        .with_remote_id(named("1"))
        .with_exposure(Exposure::PostMayExist);
    let watch = Some(Duration::from_secs(1));
    stage.reply(Reply::Step(Step::settled(checkpoint, published(), watch)));
    stage.worker().run_once().await.unwrap();
    let limit = PublishSettings::default().patience.attempts;
    for _ in 0..limit {
        stage.clock.advance(PublishSettings::default().lease);
        stage.reply(Reply::Panic);
        assert_eq!(stage.worker().run_once().await.unwrap().lost, 1);
    }
    stage.clock.advance(PublishSettings::default().lease);
    assert_eq!(
        stage.worker().run_once().await.unwrap().settled,
        1,
        "set aside"
    );
    assert_eq!(stage.load(&post).await.outcome, Some(published()));
    assert_eq!(
        stage.load(&post).await.next_at,
        None,
        "nobody looks any more"
    );
}

/// A started step of unknown outcome, of which the platform could not tell at first.
#[tokio::test]
async fn an_undecided_post_is_looked_for_and_neither_sent_again_nor_cancelled() {
    for wish in [false, true] {
        let stage = Stage::open().await;
        let post = stage.submit("a").await;
        let once = Checkpoint::new("publish", 1, serde_json::json!({})).once(SETTLE);
        stage.reply(Reply::Step(Step::pending(once.clone(), Duration::ZERO)));
        stage.reply(Reply::PostThenHang);
        stage.crash_while_it_hangs().await;
        if wish {
            let asked = stage.social.cancel(&OWNER, post.id).await.unwrap();
            assert_eq!(asked, Cancelled::Requested);
        }
        let nobody_knows = || {
            Reply::Step(Step::settled(
                once.clone(),
                Outcome::Undecided,
                Some(Duration::from_secs(60)),
            ))
        };
        stage.reply(nobody_knows());
        assert_eq!(stage.finish(&post).await, Outcome::Undecided);
        stage.reply(nobody_knows());
        stage.clock.advance(Duration::from_secs(60));
        assert_eq!(stage.worker().run_once().await.unwrap().settled, 1);
        assert_eq!(stage.load(&post).await.state, PostState::Undecided);
        stage.clock.advance(Duration::from_secs(60));
        assert_eq!(stage.worker().run_once().await.unwrap().settled, 1);
        assert_eq!(stage.load(&post).await.outcome, Some(published()));
        let calls = stage.calls();
        assert_eq!(calls[..2], ["advance prepare", "advance publish"]);
        assert_eq!(calls[2..], ["reconcile publish"; 3], "wish: {wish}");
        assert_eq!(stage.posts(), 1);
    }
}

#[tokio::test]
async fn failures_back_off_and_are_forgotten_after_success() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    for failures in 1..=3 {
        stage.reply(Reply::Error(Error::new(ErrorKind::Unavailable, "down")));
        stage.worker().run_once().await.unwrap();
        let now = stage.load(&post).await;
        assert_eq!((now.failures, now.state), (failures, PostState::Working));
        let wait = now.next_at.unwrap() - stage.social.clock().now();
        assert!(
            wait >= chrono::Duration::seconds(1 << (failures - 1)),
            "{wait}"
        );
        stage.clock.advance(Duration::from_secs(10));
    }
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&post).await.failures, 0);
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::PostThenHang);
    let worker = stage.worker();
    let paused = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    // Its lease lapses before it can renew; another takes over and finishes.
    let claimed = {
        stage.clock.advance(PublishSettings::default().lease * 2);
        stage.finish(&post).await
    };
    assert_eq!(claimed, published());
    stage.clock.advance(PublishSettings::default().lease);
    let report = paused.await.unwrap().unwrap();
    assert_eq!(report.lost, 1);
    assert_eq!(stage.load(&post).await.outcome, Some(published()));
}

#[tokio::test]
async fn run_ends_with_its_future_and_not_before() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let clock = stage.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    });
    let settled = stage.social.wait(&OWNER, post.id, |_| {});
    let status = stage.worker().run(settled).await.unwrap();
    ticking.abort();
    assert_eq!(status.outcome, Some(published()));
}
