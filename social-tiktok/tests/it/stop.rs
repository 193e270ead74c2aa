use std::time::Duration;

use serde_json::json;
use social_core::{
    ErrorKind, PublishRequest,
    publish::{Checkpoint, Outcome, Publisher, Step},
};
use social_sandbox::{Endpoint, Fault, FaultKind, Settings};

use crate::stage::{CHUNK, Stage};

async fn cancel(stage: &Stage, request: &PublishRequest, at: &Checkpoint) -> Step {
    let deadline = stage.deadline();
    stage
        .publisher
        .cancel(&stage.cx(request, &deadline), at)
        .await
        .unwrap()
}

fn is_cancelled(step: &Step) -> bool {
    matches!(
        step,
        Step::Settled {
            outcome: Outcome::Cancelled,
            ..
        }
    )
}

fn last_is_next(at: &Checkpoint) -> bool {
    at.state["upload"]["may_be_complete"] == true
}

async fn at(
    stage: &Stage,
    request: &PublishRequest,
    stop: impl Fn(&Checkpoint) -> bool,
) -> Checkpoint {
    stage
        .drive_until(request, stage.plan(request), stop)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn before_the_last_chunk_it_is_stopped_without_a_question() {
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    for step in ["creator", "init", "upload"] {
        let at = at(&stage, &request, |at| at.step == step).await;
        assert!(is_cancelled(&cancel(&stage, &request, &at).await), "{step}");
    }
    let midway = at(&stage, &request, |at| at.state["upload"]["offset"] == CHUNK).await;
    let asked = stage.control().transcript().len();
    assert!(is_cancelled(&cancel(&stage, &request, &midway).await));
    assert_eq!(stage.control().transcript().len(), asked);
    stage.pass(Duration::from_secs(86_400));
    assert!(stage.control().posts().is_empty());
}

/// What TikTok counts is no verdict on a chunk that may be on its way. Its verdict comes when the address ends.
#[tokio::test]
async fn an_unsent_last_chunk_is_stopped_when_tiktok_says_so() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let at = at(&stage, &request, last_is_next).await;
    let checkpoint = waits(cancel(&stage, &request, &at).await, "within an hour");
    stage.pass(Duration::from_secs(3_600));
    assert!(is_cancelled(&cancel(&stage, &request, &checkpoint).await));
    assert!(stage.control().posts().is_empty());
}

/// Still undecided, and why.
fn waits(step: Step, words: &str) -> Checkpoint {
    match step {
        Step::Pending {
            checkpoint,
            cause: Some(cause),
            ..
        } if cause.user_message().contains(words) => checkpoint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_count_that_lags_behind_does_not_call_a_post_cancelled() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let at = at(&stage, &request, last_is_next).await;
    let _forgotten = stage.step(&request, &at).await;
    let body = json!({"data": {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}});
    stage.arm(Endpoint::Status, FaultKind::Status { status: 200, body });
    let checkpoint = waits(cancel(&stage, &request, &at).await, "may have reached");
    stage.pass(Duration::from_secs(60));
    let step = cancel(&stage, &request, &checkpoint).await;
    let published = matches!(
        step,
        Step::Settled {
            outcome: Outcome::Published(_),
            ..
        }
    );
    assert!(published, "{step:?}");
    stage.assert_one_post();
}

#[tokio::test]
async fn what_tiktok_already_has_is_not_called_cancelled() {
    let stage = Stage::new().await;
    stage
        .control()
        .set(Settings::default().processing(Duration::from_secs(30)));
    let request = stage.request(60_000).await;
    let at = at(&stage, &request, last_is_next).await;
    // The process dies after the last chunk: the checkpoint does not know that it was sent.
    stage.arm_fault(Fault::new(Endpoint::Upload, FaultKind::DropAfter));
    let _forgotten = stage.step(&request, &at).await;
    let step = cancel(&stage, &request, &at).await;
    let Step::Pending {
        checkpoint,
        cause: Some(cause),
        ..
    } = step
    else {
        panic!("{step:?}")
    };
    assert_eq!(cause.kind(), ErrorKind::Conflict);
    stage.pass(Duration::from_secs(31));
    let step = cancel(&stage, &request, &checkpoint).await;
    assert!(
        matches!(
            step,
            Step::Settled {
                outcome: Outcome::Published(_),
                ..
            }
        ),
        "{step:?}"
    );
    stage.assert_one_post();
}
