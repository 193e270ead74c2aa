//! Waits that a platform dictates, from nothing to ages.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, LimitScope, Remedy,
    conformance::named,
    publish::{Checkpoint, Exposure, Step},
};

use crate::stage::{Reply, Stage, published};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

fn asks(wait: Duration) -> Reply {
    let remedy = Remedy::After {
        wait,
        scope: LimitScope::Endpoint,
    };
    Reply::Error(Error::new(ErrorKind::RateLimited, "too many").with_remedy(remedy))
}

#[tokio::test]
async fn again_at_once_is_the_usual_backoff() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    for _ in 0..8 {
        stage.reply(asks(Duration::ZERO));
    }
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.calls().len(), 1, "one call in a round");
    for round in 0..120 {
        stage.clock.advance(SECOND);
        stage.worker().run_once().await.unwrap();
        // 1, 2, 4, 8, 16, 32 s.
        let usual = [1, 3, 7, 15, 31, 63, 127];
        let most = usual.iter().filter(|at| **at <= round + 1).count() + 1;
        let calls = stage.calls().len();
        assert!(calls <= most, "{calls} after {} s", round + 1);
    }
    let waiting = stage.load(&post).await;
    assert!(waiting.failures >= 6, "{}", waiting.failures);
    assert_eq!(stage.finish(&post).await, published());
}

/// A wish that is longer than the usual wait counts, until the usual wait is the longer one.
#[tokio::test]
async fn every_refusal_in_a_row_counts() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    for _ in 0..8 {
        stage.reply(asks(60 * SECOND));
    }
    let mut waits = Vec::new();
    for _ in 0..8 {
        stage.worker().run_once().await.unwrap();
        let next_at = stage.load(&post).await.next_at.unwrap();
        let wait = (next_at - stage.social.clock().now()).to_std().unwrap();
        waits.push(wait.as_secs());
        stage.clock.advance(wait);
    }
    assert!(
        waits[..6].iter().all(|wait| (60..=66).contains(wait)),
        "{waits:?}"
    );
    assert!(waits[7] >= 128, "{waits:?}");
}

#[tokio::test]
async fn a_wait_of_ages_is_a_day() {
    for wait in [
        8 * DAY,
        Duration::from_secs(1_000_000_000_000),
        Duration::MAX,
    ] {
        let stage = Stage::open().await;
        let post = stage.submit("a").await;
        stage.reply(asks(wait));
        stage.worker().run_once().await.unwrap();
        let next_at = stage.load(&post).await.next_at.unwrap();
        let waits = (next_at - stage.social.clock().now()).to_std().unwrap();
        assert!(waits >= DAY && waits <= DAY + 31 * SECOND, "{waits:?}");
        stage.clock.advance(waits);
        assert_eq!(stage.finish(&post).await, published());
    }
}

/// The same of a question about a post that has an outcome.
#[tokio::test]
async fn a_look_is_put_off_like_a_step() {
    for (wait, least, most) in [
        (Duration::ZERO, SECOND, 3_600 * SECOND),
        (
            Duration::from_secs(1_000_000_000_000),
            DAY,
            DAY + 31 * SECOND,
        ),
    ] {
        let stage = Stage::open().await;
        let post = stage.submit("a").await;
        let checkpoint = Checkpoint::new("look", 1, serde_json::json!({}))
            .with_remote_id(named("1"))
            .with_exposure(Exposure::PostMayExist);
        let watch = Some(SECOND);
        stage.reply(Reply::Step(Step::settled(checkpoint, published(), watch)));
        stage.worker().run_once().await.unwrap();
        stage.clock.advance(2 * SECOND);
        stage.reply(asks(wait));
        stage.worker().run_once().await.unwrap();
        let next_at = stage.load(&post).await.next_at.unwrap();
        let waits = (next_at - stage.social.clock().now()).to_std().unwrap();
        assert!(waits >= least && waits <= most, "{wait:?}: {waits:?}");
    }
}
