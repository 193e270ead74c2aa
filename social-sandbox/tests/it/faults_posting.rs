//! Faults at the inits of shares and photos, and at cancel.

use http::StatusCode;
use serde_json::json;
use social_sandbox::{Endpoint, Fault, FaultKind};

use crate::posting::{
    CANCEL, CONTENT, HOST, INBOX, SAMPLE_JPEG, SAMPLE_VIDEO, VIDEO, photo_body, pull_body, slow,
    unlimited,
};

#[tokio::test]
async fn a_lost_answer_leaves_a_post_that_nobody_knows() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let share = json!({ "source_info": pull_body(SAMPLE_VIDEO)["source_info"] });
    let calls = [
        (Endpoint::Init, VIDEO, pull_body(SAMPLE_VIDEO)),
        (Endpoint::InboxInit, INBOX, share),
        (Endpoint::PhotoInit, CONTENT, photo_body(&[SAMPLE_JPEG])),
    ];
    for (number, (endpoint, path, body)) in calls.into_iter().enumerate() {
        let arm = |kind| stage.control().arm(Fault::new(endpoint, kind)).unwrap();
        arm(FaultKind::DropBefore);
        assert!(stage.post(path, &token, &body).send().await.is_err());
        assert_eq!(stage.control().publishes().len(), number, "{endpoint}");
        arm(FaultKind::DropAfter);
        assert!(stage.post(path, &token, &body).send().await.is_err());
        assert_eq!(stage.control().publishes().len(), number + 1, "{endpoint}");
        arm(FaultKind::Throttle);
        let throttled = stage.call(path, &token, &body).await;
        assert_eq!(throttled.status, StatusCode::TOO_MANY_REQUESTS);
    }
    stage.advance(60);
    assert_eq!(
        stage.control().posts().len(),
        2,
        "they are made all the same"
    );
    assert_eq!(stage.control().inbox().len(), 1);
}

/// What the platform says need not be what it did.
#[tokio::test]
async fn an_answer_may_be_given_in_place_of_the_platforms() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let body = json!({"error": {"code": "internal_error", "log_id": "1"}});
    for (number, done) in [(0, false), (1, true)] {
        let kind = FaultKind::Answer {
            status: 400,
            headers: [("Retry-After".to_owned(), "1000000000000".to_owned())].into(),
            body: body.clone(),
            done,
        };
        let fault = Fault::new(Endpoint::PhotoInit, kind);
        stage.control().arm(fault).unwrap();
        let answer = stage
            .call(CONTENT, &token, &photo_body(&[SAMPLE_JPEG]))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code(), "internal_error");
        assert_eq!(answer.headers["retry-after"], "1000000000000");
        assert_eq!(stage.control().publishes().len(), number, "done: {done}");
    }
}

#[tokio::test]
async fn a_cancel_may_work_though_its_answer_is_lost() {
    let (stage, _folder, _) = slow().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage
        .begun(VIDEO, &token, &pull_body(&format!("{HOST}a.mp4")))
        .await;
    let arm = |kind| {
        stage
            .control()
            .arm(Fault::new(Endpoint::Cancel, kind))
            .unwrap()
    };
    arm(FaultKind::ExpireToken);
    let expired = stage.cancel(&token, &id).await;
    assert_eq!(expired.code(), "access_token_invalid");
    let token = stage.grant("studio-account").access_token;
    arm(FaultKind::DropAfter);
    let request = stage.post(CANCEL, &token, &json!({ "publish_id": id }));
    assert!(request.send().await.is_err());
    let data = stage.status_data(&token, &id).await;
    assert_eq!(data["fail_reason"], "publish_cancelled");
    assert_eq!(
        stage.cancel(&token, &id).await.code(),
        "publish_not_cancellable"
    );
    let inbox = Fault::new(Endpoint::Inbox, FaultKind::Hold);
    assert!(
        stage.control().arm(inbox).is_err(),
        "the page has no faults"
    );
}
