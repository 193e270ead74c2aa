//! Uploads whose address ends before everything is there.

use std::time::Duration;

use serde_json::Value;
use social_core::publish::Outcome;
use social_sandbox::{Endpoint, Fault, FaultKind, PublishStatus};

use crate::stage::{CHUNK, Stage};

const MINUTE: Duration = Duration::from_secs(60);

fn ended() -> FaultKind {
    FaultKind::Status {
        status: 403,
        body: Value::Null,
    }
}

#[tokio::test]
async fn an_address_that_ends_before_the_last_chunk_is_replaced_at_once() {
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, ended()).skip(1));
    let began = stage.control().clock().now;
    let done = stage.publish(&request).await;
    assert!(matches!(done.outcome, Outcome::Published(_)), "{done:?}");
    assert_eq!(stage.control().publishes().len(), 2);
    stage.assert_one_post();
    let took = stage.control().clock().now - began;
    assert!(took.to_std().unwrap() < 2 * MINUTE, "{took}");
}

/// Another copy of it may have arrived: only TikTok's verdict allows another upload.
#[tokio::test]
async fn a_last_chunk_that_was_refused_is_begun_anew_only_after_a_verdict() {
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, ended()).skip(2));
    let began = stage.control().clock().now;
    let done = stage.publish(&request).await;
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
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, ended()).times(10));
    let done = stage.publish(&request).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert!(error.user_message().contains("Post it again"), "{error:?}");
    assert_eq!(stage.control().publishes().len(), 5);
    assert!(stage.control().posts().is_empty());
}
