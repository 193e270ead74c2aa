//! The last chunk is stored, its sender dies, and what the next one meets when it sends that chunk again decides nothing.

use std::time::Duration;

use serde_json::{Value, json};
use social_core::{
    MediaStore, PublishRequest,
    publish::{Checkpoint, MediaRef, Outcome},
};
use social_sandbox::{Endpoint, Fault, FaultKind, PublishStatus};

use crate::stage::{CHUNK, Drive, Stage};

fn published(done: &Drive) -> bool {
    matches!(done.outcome, Outcome::Published(_))
}

fn answer(status: u16, body: Value) -> FaultKind {
    FaultKind::Status { status, body }
}

/// Up to the moment at which the last chunk is to be sent.
async fn before_the_last(stage: &Stage, size: u64) -> (PublishRequest, Checkpoint) {
    let request = stage.request(size).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| {
            at.step == "upload" && at.state["upload"]["may_be_complete"] == true
        })
        .await
        .unwrap_err();
    (request, at)
}

/// TikTok stores it, and nobody writes that down.
async fn stored_and_forgotten(size: u64) -> (Stage, PublishRequest, Checkpoint) {
    let stage = Stage::new().await;
    let (request, at) = before_the_last(&stage, size).await;
    let _forgotten = stage.step(&request, &at).await;
    assert_eq!(stage.control().publishes()[0].uploaded_bytes, size);
    (stage, request, at)
}

fn answers() -> Vec<FaultKind> {
    let coded = |code: &str| json!({"error": {"code": code, "log_id": "1"}});
    vec![
        answer(400, Value::Null),
        answer(400, coded("invalid_file_upload")),
        answer(400, coded("invalid_params")),
        answer(401, Value::Null),
        answer(403, Value::Null),
        answer(404, Value::Null),
        answer(409, Value::Null),
        answer(410, json!("<html>")),
        answer(413, Value::Null),
        answer(429, Value::Null),
        answer(429, coded("rate_limit_exceeded")),
        answer(500, Value::Null),
        answer(200, coded("invalid_file_upload")),
        answer(200, coded("internal_error")),
        answer(201, coded("brand_new")),
        answer(206, coded("spam_risk")),
        FaultKind::DropBefore,
    ]
}

#[tokio::test]
async fn whatever_the_resent_last_chunk_meets_the_status_decides() {
    for size in [60_000, 2 * CHUNK + 17] {
        for kind in answers() {
            let (stage, request, at) = stored_and_forgotten(size).await;
            stage.arm(Endpoint::Upload, kind.clone());
            let done = stage.drive(&request, at).await;
            assert!(published(&done), "{kind:?}: {done:?}");
            assert_eq!(stage.control().publishes().len(), 1, "{kind:?}");
            stage.assert_one_post();
        }
    }
}

/// Nothing is begun in its place while the hour of its address lasts: who else goes on with it makes a post of it.
#[tokio::test]
async fn a_last_chunk_that_was_refused_and_never_stored_is_sent_again() {
    for kind in answers() {
        let stage = Stage::new().await;
        let (request, at) = before_the_last(&stage, 2 * CHUNK).await;
        stage.arm(Endpoint::Upload, kind.clone());
        let done = stage.drive(&request, at).await;
        assert!(published(&done), "{kind:?}: {done:?}");
        assert_eq!(stage.control().publishes().len(), 1, "{kind:?}");
        stage.assert_one_post();
    }
}

async fn remove(stage: &Stage, request: &PublishRequest) {
    let MediaRef::Stored(id) = &request.media[0].source else {
        panic!("one stored file")
    };
    assert!(stage.media.remove(id).await.unwrap());
}

#[tokio::test]
async fn a_file_that_is_gone_after_its_last_chunk_was_stored_is_a_post() {
    let (stage, request, at) = stored_and_forgotten(2 * CHUNK).await;
    remove(&stage, &request).await;
    let done = stage.drive(&request, at).await;
    assert!(published(&done), "{done:?}");
    stage.assert_one_post();
}

/// TikTok's verdict comes after the hour, and then the file is missed.
#[tokio::test]
async fn a_file_that_is_gone_before_its_last_chunk_fails_after_the_verdict() {
    let stage = Stage::new().await;
    let (request, at) = before_the_last(&stage, 2 * CHUNK).await;
    remove(&stage, &request).await;
    let done = stage.drive(&request, at).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert!(error.message().contains("stored"), "{error:?}");
    assert_eq!(stage.control().publishes()[0].status, PublishStatus::Failed);
    assert!(stage.control().posts().is_empty());
}

/// A count that lags behind leads back to an earlier chunk, whose refusal is no verdict either.
#[tokio::test]
async fn an_earlier_chunk_that_is_refused_decides_nothing_once_everything_may_be_there() {
    let (stage, request, at) = stored_and_forgotten(3 * CHUNK).await;
    let short = json!({"data": {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}});
    stage.arm(Endpoint::Status, answer(200, short));
    stage.arm_fault(Fault::new(Endpoint::Upload, answer(400, Value::Null)).times(2));
    let done = stage.drive(&request, at).await;
    assert!(published(&done), "{done:?}");
    stage.assert_one_post();
}

/// Of a chunk before the last nothing can have become a post: what its answer says for certain is the end.
#[tokio::test]
async fn an_earlier_chunk_that_is_refused_for_good_ends_an_upload_that_cannot_be_a_post() {
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    stage.arm(Endpoint::Upload, answer(400, Value::Null));
    let done = stage.publish(&request).await;
    assert!(matches!(done.outcome, Outcome::Failed(_)), "{done:?}");
    stage.pass(Duration::from_secs(7_200));
    assert!(stage.control().posts().is_empty());
}

/// What the answer to an earlier chunk leaves open is tried again.
#[tokio::test]
async fn an_earlier_chunk_with_an_unknown_answer_is_sent_again() {
    let coded = json!({"error": {"code": "brand_new"}});
    for kind in [
        answer(401, Value::Null),
        answer(409, Value::Null),
        answer(413, Value::Null),
        answer(400, coded.clone()),
        answer(200, coded),
        answer(429, Value::Null),
    ] {
        let stage = Stage::new().await;
        let request = stage.request(3 * CHUNK).await;
        stage.arm(Endpoint::Upload, kind.clone());
        let done = stage.publish(&request).await;
        assert!(published(&done), "{kind:?}: {done:?}");
        stage.assert_one_post();
    }
}
