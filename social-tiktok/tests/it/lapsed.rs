//! Uploads whose address is refused, or ends, before everything is there.

use std::time::Duration;

use serde_json::Value;
use social_core::publish::{Checkpoint, Outcome};
use social_sandbox::{Endpoint, Fault, FaultKind, PublishStatus};

use crate::stage::{CHUNK, Drive, Stage};

const MINUTE: Duration = Duration::from_secs(60);

fn ended() -> FaultKind {
    FaultKind::Status {
        status: 403,
        body: Value::Null,
    }
}

/// Drives a post whose address is refused from its chunk number `from` on, for as long as no other upload was begun.
async fn refused_from(stage: &Stage, from: u64) -> Drive {
    let request = stage.request(3 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, ended()).skip(from).times(1000));
    let begun_anew = |_: &Checkpoint| stage.control().publishes().len() > 1;
    let plan = stage.plan(&request);
    let at = stage.drive_until(&request, plan, begun_anew).await;
    stage.control().disarm_all();
    let at = at.expect_err("it was never begun anew");
    stage.drive(&request, at).await
}

/// Who else goes on with it, as a copy of the data may, makes a post of it: nothing is begun in its place.
#[tokio::test]
async fn an_address_that_is_refused_within_its_hour_is_tried_again() {
    for from in [1, 2] {
        let stage = Stage::new().await;
        let request = stage.request(3 * CHUNK).await;
        stage.arm_fault(Fault::new(Endpoint::Upload, ended()).skip(from));
        let began = stage.control().clock().now;
        let done = stage.publish(&request).await;
        assert!(matches!(done.outcome, Outcome::Published(_)), "{done:?}");
        assert_eq!(stage.control().publishes().len(), 1, "from {from}");
        stage.assert_one_post();
        let took = stage.control().clock().now - began;
        assert!(took.to_std().unwrap() < 2 * MINUTE, "{took}");
    }
}

#[tokio::test]
async fn an_address_that_stays_refused_before_the_last_chunk_is_replaced_after_its_hour() {
    let stage = Stage::new().await;
    let began = stage.control().clock().now;
    let done = refused_from(&stage, 1).await;
    assert!(matches!(done.outcome, Outcome::Published(_)), "{done:?}");
    assert_eq!(stage.control().publishes().len(), 2);
    stage.assert_one_post();
    let took = (stage.control().clock().now - began).to_std().unwrap();
    assert!((60 * MINUTE..65 * MINUTE).contains(&took), "{took:?}");
}

/// Another copy of it may have arrived: only TikTok's verdict allows another upload.
#[tokio::test]
async fn a_last_chunk_that_stays_refused_is_begun_anew_only_after_a_verdict() {
    let stage = Stage::new().await;
    let began = stage.control().clock().now;
    let done = refused_from(&stage, 2).await;
    assert!(matches!(done.outcome, Outcome::Published(_)), "{done:?}");
    let [first, second] = &stage.control().publishes()[..] else {
        panic!("two uploads")
    };
    assert_eq!(first.status, PublishStatus::Failed);
    assert_eq!(second.status, PublishStatus::PublishComplete);
    stage.assert_one_post();
    let took = (stage.control().clock().now - began).to_std().unwrap();
    assert!(took > 59 * MINUTE, "before the verdict: {took:?}");
}

#[tokio::test]
async fn an_upload_that_never_arrives_fails_in_the_end_and_says_what_to_do() {
    let mut stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, ended()).times(10_000));
    let mut at = stage.plan(&request);
    for begun in 2..=5 {
        let again = |_: &Checkpoint| stage.control().publishes().len() >= begun;
        let stopped = stage.drive_until(&request, at, again).await;
        at = stopped.expect_err("it ended before its time");
        stage.renew_token();
    }
    let done = stage.drive(&request, at).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert!(error.user_message().contains("Post it again"), "{error:?}");
    assert_eq!(stage.control().publishes().len(), 5);
    assert!(stage.control().posts().is_empty());
}
