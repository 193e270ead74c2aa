//! Faults: what they leave undone, what they do before, and how they are waited for.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use social_sandbox::{DEMO_CLIENT_KEY, Ending, Endpoint, Fault, FaultKind};

use crate::client::{Stage, init_body, send};

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn dropping_before_leaves_everything_undone() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    let control = stage.control();
    let fault = |endpoint| {
        control
            .arm(Fault::new(endpoint, FaultKind::DropBefore))
            .unwrap()
    };
    let (init, refresh) = (fault(Endpoint::Init), fault(Endpoint::Refresh));
    let path = "/v2/post/publish/video/init/";
    let lost = stage
        .post(path, &tokens.access_token, &init_body(3, 3, 1))
        .send()
        .await;
    assert!(lost.is_err());
    assert!(control.publishes().is_empty());
    let url = stage.api("/v2/oauth/token/");
    let body = crate::client::form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("client_secret", "demo-secret"),
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh_token),
    ]);
    let refresh_call = || {
        stage
            .http
            .post(&url)
            .header("content-type", crate::client::FORM)
            .body(body.clone())
    };
    assert!(refresh_call().send().await.is_err());
    assert_eq!(
        send(refresh_call()).await.code(),
        "-",
        "the token still lives"
    );
    let hits: Vec<u64> = control.faults().iter().map(|fault| fault.hits).collect();
    assert_eq!(hits, [1, 1]);
    assert!(control.disarm(init) && control.disarm(refresh) && !control.disarm(init));
}

#[tokio::test]
async fn dropping_after_has_done_the_work() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    let control = stage.control();
    for endpoint in [
        Endpoint::Init,
        Endpoint::Upload,
        Endpoint::Refresh,
        Endpoint::Revoke,
    ] {
        control
            .arm(Fault::new(endpoint, FaultKind::DropAfter))
            .unwrap();
    }
    let path = "/v2/post/publish/video/init/";
    let lost = stage
        .post(path, &tokens.access_token, &init_body(3, 3, 1))
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(
        control.publishes().len(),
        1,
        "begun, and nobody knows its URL"
    );

    let (publish_id, url) = stage
        .begin(&tokens.access_token, 6_000_000, 6_000_000)
        .await;
    let video = vec![7; 6_000_000];
    assert!(
        stage
            .put(&url, &video, "bytes 0-5999999/6000000")
            .send()
            .await
            .is_err()
    );
    stage.advance(1);
    let data = stage.status_data(&tokens.access_token, &publish_id).await;
    assert_eq!(data["status"], "PUBLISH_COMPLETE");
    let last = control
        .transcript()
        .into_iter()
        .find(|e| e.endpoint == Endpoint::Upload)
        .unwrap();
    assert_eq!((last.ending, last.status), (Ending::Dropped, Some(201)));
    assert_eq!(last.publish_id, Some(publish_id));
}

#[tokio::test]
async fn a_lost_refresh_has_killed_the_old_token() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    stage
        .control()
        .arm(Fault::new(Endpoint::Refresh, FaultKind::DropAfter))
        .unwrap();
    let url = stage.api("/v2/oauth/token/");
    let body = crate::client::form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("client_secret", "demo-secret"),
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh_token),
    ]);
    let lost = stage
        .http
        .post(url)
        .header("content-type", crate::client::FORM)
        .body(body);
    assert!(lost.send().await.is_err());
    assert_eq!(
        stage.refresh(&tokens.refresh_token).await.code(),
        "invalid_grant"
    );
    let counts = stage.control().refresh_counts()["studio-account"];
    assert_eq!((counts.successful, counts.rejected), (1, 1));
}

#[tokio::test]
async fn a_held_call_is_answered_when_released() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let control = stage.control();
    let id = control
        .arm(Fault::new(Endpoint::Init, FaultKind::Hold))
        .unwrap();
    let body = init_body(3, 3, 1);
    let held = stage.init(&token, &body);
    let released = async {
        assert!(control.struck(id, LIMIT).await);
        assert_eq!(control.publishes().len(), 1, "the work is done");
        assert_eq!(control.faults()[0].held, 1);
        let open = control.transcript().pop().unwrap();
        assert_eq!((open.ending, open.status), (Ending::Open, Some(200)));
        assert!(control.disarm(id));
    };
    let (answer, ()) = tokio::join!(held, released);
    assert_eq!(answer.code(), "ok");
}

#[tokio::test]
async fn a_call_held_before_has_done_nothing_yet() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let control = stage.control();
    let (_, url) = stage.begin(&token, 3, 3).await;
    let id = control
        .arm(Fault::new(Endpoint::Upload, FaultKind::HoldBefore))
        .unwrap();
    let held = stage.chunk(&url, b"abc", 0, 3);
    let released = async {
        assert!(control.struck(id, LIMIT).await);
        assert_eq!(control.publishes()[0].uploaded_bytes, 0);
        control.disarm_all();
    };
    let (answer, ()) = tokio::join!(held, released);
    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(control.faults().is_empty());
}

#[tokio::test]
async fn a_client_that_goes_away_is_no_longer_held() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let control = stage.control();
    let id = control
        .arm(Fault::new(Endpoint::Init, FaultKind::Hold))
        .unwrap();
    let body = init_body(3, 3, 1);
    tokio::select! {
        _ = stage.init(&token, &body) => panic!("it is held"),
        struck = control.struck(id, LIMIT) => assert!(struck),
    }
    for _ in 0..100_000 {
        if control.faults()[0].held == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!((control.faults()[0].held, control.faults()[0].hits), (0, 1));
    assert_eq!(
        control.transcript().pop().unwrap().ending,
        Ending::ClientGone
    );
    assert_eq!(control.publishes().len(), 1);
}

#[tokio::test]
async fn faults_skip_then_strike_so_often() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let kind = FaultKind::Status {
        status: 502,
        body: json!("<html>Bad Gateway</html>"),
    };
    let id = stage
        .control()
        .arm(Fault::new(Endpoint::CreatorInfo, kind).skip(2).times(3))
        .unwrap();
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(stage.creator_info(&token).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 502, 502, 502, 200, 200]);
    let fault = stage.control().faults().remove(0);
    assert_eq!((fault.id, fault.hits, fault.held), (id, 3, 0));
}

#[tokio::test]
async fn an_answer_of_ones_own_does_nothing_else() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let (publish_id, url) = stage.begin(&token, 8_000_000, 8_000_000).await;
    let body = json!({ "error": { "code": "internal_error", "message": "", "log_id": "1" } });
    let status = |status, body| FaultKind::Status { status, body };
    let control = stage.control();
    control
        .arm(Fault::new(
            Endpoint::Upload,
            status(503, serde_json::Value::Null),
        ))
        .unwrap();
    control
        .arm(Fault::new(Endpoint::Status, status(500, body)))
        .unwrap();
    let answer = stage.chunk(&url, &vec![1; 8_000_000], 0, 8_000_000).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (503, ""));
    let answer = stage.status(&token, &publish_id).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (500, "internal_error")
    );
    assert_eq!(
        stage.status_data(&token, &publish_id).await["uploaded_bytes"],
        0
    );
}

#[tokio::test]
async fn throttling_and_expiring() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    let control = stage.control();
    control
        .arm(Fault::new(Endpoint::CreatorInfo, FaultKind::Throttle))
        .unwrap();
    let answer = stage.creator_info(&tokens.access_token).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (429, "rate_limit_exceeded")
    );
    assert_eq!(stage.creator_info(&tokens.access_token).await.code(), "ok");
    control
        .arm(Fault::new(Endpoint::Init, FaultKind::ExpireToken))
        .unwrap();
    for _ in 0..2 {
        let answer = stage.init(&tokens.access_token, &init_body(3, 3, 1)).await;
        assert_eq!(answer.code(), "access_token_invalid", "for good");
    }
    let fresh = stage.refresh(&tokens.refresh_token).await.json();
    let token = fresh["access_token"].as_str().unwrap();
    assert_eq!(stage.init(token, &init_body(3, 3, 1)).await.code(), "ok");
}

#[tokio::test]
async fn a_slow_answer_waits_on_the_virtual_clock() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let control = stage.control();
    let id = control
        .arm(Fault::new(
            Endpoint::Init,
            FaultKind::Slow { millis: 3_600_000 },
        ))
        .unwrap();
    let body = init_body(3, 3, 1);
    let slow = stage.init(&token, &body);
    let moved = async {
        assert!(control.struck(id, LIMIT).await);
        control.advance(Duration::from_secs(3600));
    };
    let (answer, ()) = tokio::join!(slow, moved);
    assert_eq!(answer.code(), "ok");
}

#[tokio::test]
async fn faults_that_make_no_sense_are_refused() {
    let stage = Stage::new().await;
    let arm = |endpoint, kind| stage.control().arm(Fault::new(endpoint, kind));
    assert!(arm(Endpoint::Authorize, FaultKind::Hold).is_err());
    assert!(arm(Endpoint::Upload, FaultKind::ExpireToken).is_err());
    assert!(arm(Endpoint::Refresh, FaultKind::Throttle).is_err());
    let status = FaultKind::Status {
        status: 99,
        body: serde_json::Value::Null,
    };
    assert!(arm(Endpoint::Init, status).is_err());
}

#[tokio::test]
async fn every_kind_is_armed_over_http_with_its_own_fields_and_no_others() {
    let stage = Stage::new().await;
    let arm = async |fault: serde_json::Value| {
        let request = stage
            .http
            .post(stage.sandbox.url().to_owned() + "/_sandbox/faults");
        let request = request.header("content-type", "application/json");
        let answer = request.body(fault.to_string()).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    for kind in [
        json!({ "kind": "drop_before", "times": 2, "skip": 1 }),
        json!({ "kind": "status", "status": 500, "body": "x" }),
        json!({ "kind": "answer", "status": 429, "headers": { "retry-after": "5" }, "body": {}, "done": true }),
        json!({ "kind": "slow", "millis": 5 }),
    ] {
        let mut fault = kind.clone();
        fault["endpoint"] = "status".into();
        let (status, said) = arm(fault.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{kind}: {said}");
        fault["delay"] = 5.into();
        let (status, said) = arm(fault).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{kind}: {said}");
        assert!(
            said.contains("no field") && said.contains("delay"),
            "{said}"
        );
    }
    let other = json!({ "endpoint": "status", "kind": "slow", "millis": 5, "status": 500 });
    assert_eq!(
        arm(other).await.0,
        StatusCode::BAD_REQUEST,
        "of another kind"
    );
}
