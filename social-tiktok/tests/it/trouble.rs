use std::time::Duration;

use serde_json::json;
use social_core::{
    ErrorKind, LimitScope, Remedy,
    publish::{Outcome, Publisher, Step},
};
use social_sandbox::{Endpoint, Fault, FaultKind, PublishStatus};

use crate::stage::{CHUNK, Stage, kind};

const HOUR: Duration = Duration::from_secs(3600);

fn published(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Published(_))
}

#[tokio::test]
async fn a_broken_chunk_is_sent_again() {
    for fault in [
        FaultKind::DropBefore,
        FaultKind::Status {
            status: 502,
            body: json!("<html>bad gateway</html>"),
        },
        FaultKind::Status {
            status: 500,
            body: json!({"error": {"code": "internal_error"}}),
        },
    ] {
        let stage = Stage::new().await;
        let request = stage.request(3 * CHUNK).await;
        stage.arm_fault(Fault::new(Endpoint::Upload, fault.clone()).skip(1));
        let done = stage.publish(&request).await;
        assert!(published(&done.outcome), "{fault:?}: {done:?}");
        assert_eq!(
            done.steps.iter().filter(|step| *step == "upload").count(),
            4,
            "three chunks, and the word that the last is next"
        );
        assert_eq!(
            done.steps
                .iter()
                .filter(|step| *step == "upload?Unavailable")
                .count(),
            1
        );
        stage.assert_one_post();
    }
}

#[tokio::test]
async fn a_stored_chunk_whose_answer_is_lost_is_found_by_416() {
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, FaultKind::DropAfter).skip(1));
    let done = stage.publish(&request).await;
    assert!(published(&done.outcome), "{done:?}");
    let refused = stage.control().transcript();
    assert!(
        refused
            .iter()
            .any(|exchange| format!("{exchange:?}").contains("416"))
    );
    stage.assert_one_post();
}

#[tokio::test]
async fn a_lost_answer_to_the_last_chunk_is_decided_by_the_status() {
    for size in [60_000, 3 * CHUNK] {
        let stage = Stage::new().await;
        let request = stage.request(size).await;
        let chunks = size.div_ceil(CHUNK);
        stage.arm_fault(Fault::new(Endpoint::Upload, FaultKind::DropAfter).skip(chunks - 1));
        let done = stage.publish(&request).await;
        assert!(published(&done.outcome), "{done:?}");
        let uploads = done
            .steps
            .iter()
            .filter(|step| step.starts_with("upload"))
            .count();
        assert_eq!(
            uploads as u64,
            chunks + 1,
            "nothing is sent again: {:?}",
            done.steps
        );
        stage.assert_one_post();
    }
}

#[tokio::test]
async fn a_last_chunk_that_did_not_arrive_is_sent_again() {
    let stage = Stage::new().await;
    let request = stage.request(2 * CHUNK).await;
    stage.arm_fault(Fault::new(Endpoint::Upload, FaultKind::DropBefore).skip(1));
    let done = stage.publish(&request).await;
    assert!(published(&done.outcome), "{done:?}");
    stage.assert_one_post();
}

#[tokio::test]
async fn a_process_that_dies_anywhere_leaves_one_post() {
    let stage = Stage::new().await;
    let request = stage.request(2 * CHUNK).await;
    let mut at = stage.plan(&request);
    // Every step is carried out, forgotten, and carried out again.
    for _ in 0..30 {
        let _forgotten = stage.step(&request, &at).await;
        stage.pass(Duration::from_secs(30));
        match stage.step(&request, &at).await.unwrap() {
            Step::Pending {
                checkpoint, after, ..
            } => {
                stage.pass(after.max(Duration::from_secs(30)));
                at = checkpoint;
            }
            Step::Settled { outcome, .. } => {
                assert!(published(&outcome), "{outcome:?}");
                stage.assert_one_post();
                let begun = stage.control().publishes();
                let unused = begun
                    .iter()
                    .filter(|publish| publish.uploaded_bytes == 0)
                    .count();
                assert_eq!((begun.len(), unused), (2, 1), "one init was forgotten");
                return;
            }
        }
    }
    panic!("it never ends: {at:?}");
}

#[tokio::test]
async fn a_lost_answer_to_init_costs_an_upload_that_nobody_uses() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    stage.arm(Endpoint::Init, FaultKind::DropAfter);
    let done = stage.publish(&request).await;
    assert!(published(&done.outcome), "{done:?}");
    assert!(
        done.steps.contains(&"init?Unavailable".to_owned()),
        "{:?}",
        done.steps
    );
    assert_eq!(stage.control().publishes().len(), 2);
    stage.assert_one_post();
}

#[tokio::test]
async fn an_expired_upload_is_begun_anew() {
    let stage = Stage::new().await;
    let request = stage.request(3 * CHUNK).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| {
            at.state["upload"]["offset"] == CHUNK
        })
        .await
        .unwrap_err();
    let first = at.remote_ids.clone();
    stage.control().advance(HOUR);
    let done = stage.drive(&request, at).await;
    assert!(published(&done.outcome), "{done:?}");
    assert_ne!(done.at.remote_ids, first);
    let [old, _] = &stage.control().publishes()[..] else {
        panic!("two publishes")
    };
    assert_eq!(old.status, PublishStatus::Failed);
    stage.assert_one_post();
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_whose_hour_is_over() {
    let stage = Stage::new().await;
    let request = stage.request(2 * CHUNK).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "upload")
        .await
        .unwrap_err();
    stage.clock.advance(HOUR);
    let step = stage.step(&request, &at).await.unwrap();
    let Step::Pending { checkpoint, .. } = step else {
        panic!("{step:?}")
    };
    assert_eq!(checkpoint.step, "status");
    assert_eq!(stage.control().publishes()[0].uploaded_bytes, 0);
}

#[tokio::test]
async fn limits_are_booked_before_they_are_spent() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "init")
        .await
        .unwrap_err();
    for _ in 0..6 {
        assert!(stage.step(&request, &at).await.is_ok());
    }
    let refused = stage.step(&request, &at).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RateLimited);
    let wait = Duration::from_secs(60);
    assert_eq!(
        refused.remedy(),
        &Remedy::After {
            wait,
            scope: LimitScope::Endpoint
        }
    );
    let asked = stage.control().publishes().len();
    assert_eq!(asked, 6, "the seventh was never sent");
    stage.pass(wait);
    assert!(stage.step(&request, &at).await.is_ok());
}

#[tokio::test]
async fn a_limit_of_the_platform_holds_everybody_back() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    stage.arm(Endpoint::CreatorInfo, FaultKind::Throttle);
    let at = stage.plan(&request);
    let first = stage.step(&request, &at).await;
    assert_eq!(kind(&first), ErrorKind::RateLimited);
    let second = stage.step(&request, &at).await;
    assert_eq!(kind(&second), ErrorKind::RateLimited);
    let asked = stage.control().transcript().len();
    assert_eq!(asked, 1, "the second was never sent");
    let done = stage.publish(&request).await;
    assert!(published(&done.outcome), "{done:?}");
}

#[tokio::test]
async fn a_refused_token_asks_for_a_refresh_and_nothing_is_lost() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "status")
        .await
        .unwrap_err();
    stage.arm(Endpoint::Status, FaultKind::ExpireToken);
    let error = stage.step(&request, &at).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unauthorized, &Remedy::Refresh)
    );
    assert_eq!(error.code(), Some("access_token_invalid"));
    assert!(error.request_id().is_some());
}

#[tokio::test]
async fn a_post_without_an_end_is_undecided_and_never_sent_again() {
    let stage = Stage::new().await;
    let settings = social_sandbox::Settings::default().processing(1000 * HOUR);
    stage.control().set(settings);
    let request = stage.request(60_000).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "status")
        .await
        .unwrap_err();
    // Only here: on the platform the token would have ended.
    stage.clock.advance(24 * HOUR);
    let done = stage.drive(&request, at).await;
    assert_eq!(done.outcome, Outcome::Undecided);
    assert_eq!(done.steps, ["status"]);
    assert!(done.watch.is_some());
    assert_eq!(stage.control().publishes().len(), 1);
}

#[tokio::test]
async fn an_app_that_was_removed_fails_the_post() {
    let stage = Stage::new().await;
    let request = stage.request(2 * CHUNK).await;
    stage.arm(
        Endpoint::Status,
        FaultKind::Status {
            status: 200,
            body: json!({"data": {"status": "FAILED", "fail_reason": "auth_removed"}, "error": {"code": "ok"}}),
        },
    );
    let done = stage.publish(&request).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert_eq!(error.code(), Some("auth_removed"));
    assert_eq!(stage.control().publishes().len(), 1);
}

#[tokio::test]
async fn a_failure_after_everything_was_taken_is_not_begun_anew() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    stage.arm(
        Endpoint::Status,
        FaultKind::Status {
            status: 200,
            body: json!({"data": {"status": "FAILED", "fail_reason": "internal", "uploaded_bytes": 60_000}}),
        },
    );
    let done = stage.publish(&request).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert_eq!(error.code(), Some("internal"));
    assert_eq!(stage.control().publishes().len(), 1);
}

#[tokio::test]
async fn an_unknown_publish_id_after_everything_was_sent_is_asked_again() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let body = json!({"error": {"code": "invalid_publish_id", "log_id": "1"}});
    stage.arm(Endpoint::Status, FaultKind::Status { status: 400, body });
    let done = stage.publish(&request).await;
    assert!(published(&done.outcome), "{done:?}");
    assert!(done.steps.contains(&"status?NotFound".to_owned()));
    stage.assert_one_post();
}

#[tokio::test]
async fn a_checkpoint_of_a_newer_version_is_left_alone() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let mut at = stage.plan(&request);
    // A plain upload is written in the form that an older program reads.
    assert!(at.version < stage.publisher.checkpoint_version());
    at.version = stage.publisher.checkpoint_version() + 1;
    let error = stage.step(&request, &at).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Operator);
}

/// TikTok does not say what its count means once everything is there: it may well be zero.
#[tokio::test]
async fn a_count_of_nothing_never_begins_a_second_post() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let sent = |at: &social_core::publish::Checkpoint| at.step == "status";
    let at = stage
        .drive_until(&request, stage.plan(&request), sent)
        .await
        .unwrap_err();
    let body = json!({"data": {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}});
    let kind = FaultKind::Status { status: 200, body };
    stage.arm_fault(Fault::new(Endpoint::Status, kind).times(5));
    stage.clock.advance(2 * HOUR);
    let done = stage.drive(&request, at).await;
    assert!(published(&done.outcome), "{done:?}");
    assert!(done.steps.iter().all(|step| step == "status"), "{done:?}");
    assert_eq!(stage.control().publishes().len(), 1);
    stage.assert_one_post();
}

#[tokio::test]
async fn an_upload_that_expired_before_its_last_chunk_is_begun_anew_without_a_verdict() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "upload")
        .await
        .unwrap_err();
    // Only here: the platform still says that it waits for bytes.
    stage.clock.advance(HOUR);
    let done = stage.drive(&request, at).await;
    assert!(published(&done.outcome), "{done:?}");
    assert_eq!(stage.control().publishes().len(), 2);
    stage.assert_one_post();
}
