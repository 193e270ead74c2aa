//! Wrong requests to the Display API, each with the status and code it is refused with.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{Endpoint, Fault, FaultKind};

use crate::client::{FORM, Stage, send};
use crate::display::{ALL, ask, list, reader};

#[tokio::test]
async fn lists() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list"]);
    let none = json!({});
    for (fields, body) in [
        ("", &none),
        ("id,nonsense", &none),
        ("id,", &none),
        ("id%20title", &none),
        ("id", &json!([])),
        ("id", &json!("x")),
        ("id", &json!({ "max_count": 0 })),
        ("id", &json!({ "max_count": 21 })),
        ("id", &json!({ "max_count": -1 })),
        ("id", &json!({ "max_count": "10" })),
        ("id", &json!({ "cursor": "1646883959000" })),
        ("id", &json!({ "cursor": -1 })),
        ("id", &json!({ "cursor": 1.5 })),
    ] {
        let answer = list(&stage, &token, fields, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{fields} {body}");
        assert_eq!(answer.code(), "invalid_params", "{fields} {body}");
    }
    let path = stage.api("/v2/video/list/?fields=id");
    let request = || stage.http.post(&path).bearer_auth(&token);
    for request in [
        request().header("content-type", FORM).body("max_count=1"),
        request().body("{}"),
        request().header("content-type", "application/json"),
        request()
            .header("content-type", "application/json")
            .body("{"),
    ] {
        assert_eq!(send(request).await.code(), "invalid_params");
    }
}

#[tokio::test]
async fn queries() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list"]);
    let many: Vec<String> = (0..21).map(|id: i32| id.to_string()).collect();
    for ids in [
        json!([]),
        json!(many),
        json!("7"),
        json!([7]),
        json!([""]),
        json!(["+7"]),
        // A publish id is no video id.
        json!(["v_pub_file~v2-1.7602990000000000001"]),
        json!(["7", "p_pub_url~v2.1"]),
        Value::Null,
    ] {
        let answer = ask(&stage, &token, &ids).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{ids}");
        assert_eq!(answer.code(), "invalid_params", "{ids}");
    }
    let fields = stage.post("/v2/video/query/", &token, &json!({}));
    assert_eq!(send(fields).await.code(), "invalid_params");
    let twenty: Vec<String> = (0..20).map(|id: i32| id.to_string()).collect();
    assert_eq!(ask(&stage, &token, &json!(twenty)).await.code(), "ok");
}

#[tokio::test]
async fn tokens_and_scopes() {
    let stage = Stage::new().await;
    let other = reader(
        &stage,
        "studio-account",
        &["user.info.basic", "video.publish"],
    );
    let ids = json!(["7"]);
    for (token, status, code) in [
        ("", 401, "access_token_invalid"),
        ("clt.made-up", 401, "access_token_invalid"),
        (other.as_str(), 401, "scope_not_authorized"),
    ] {
        for answer in [
            list(&stage, token, ALL, &json!({})).await,
            ask(&stage, token, &ids).await,
        ] {
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
            assert_eq!(answer.code(), code);
            assert_eq!(answer.json()["data"], json!({}));
        }
    }
    let videos = reader(&stage, "studio-account", &["video.list"]);
    for (token, fields, status, code) in [
        (&videos, "open_id", 401, "scope_not_authorized"),
        (&other, "open_id,username", 400, "scope_permission_missed"),
        (&other, "follower_count", 400, "scope_permission_missed"),
        (&other, "open_id,email", 400, "invalid_params"),
    ] {
        let url = stage.api(&format!("/v2/user/info/?fields={fields}"));
        let answer = send(stage.http.get(url).bearer_auth(token)).await;
        assert_eq!(answer.status.as_u16(), status, "{fields}");
        assert_eq!(answer.code(), code, "{fields}");
    }
}

#[tokio::test]
async fn six_hundred_a_minute_each() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list", "user.info.basic"]);
    let user = || {
        send(
            stage
                .http
                .get(stage.api("/v2/user/info/?fields=open_id"))
                .bearer_auth(&token),
        )
    };
    for _ in 0..600 {
        assert_eq!(list(&stage, &token, "id", &json!({})).await.code(), "ok");
    }
    let over = list(&stage, &token, "id", &json!({})).await;
    assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(over.code(), "rate_limit_exceeded");
    assert_eq!(
        ask(&stage, &token, &json!(["7"])).await.code(),
        "ok",
        "its own window"
    );
    assert_eq!(user().await.code(), "ok");
    stage.advance(60);
    assert_eq!(list(&stage, &token, "id", &json!({})).await.code(), "ok");
}

#[tokio::test]
async fn faults_strike_here_too() {
    let stage = Stage::new().await;
    let token = reader(&stage, "studio-account", &["video.list"]);
    let arm = |endpoint, kind| stage.control().arm(Fault::new(endpoint, kind)).unwrap();
    arm(Endpoint::VideoList, FaultKind::Throttle);
    let answer = list(&stage, &token, "id", &json!({})).await;
    assert_eq!(answer.code(), "rate_limit_exceeded");
    assert_eq!(
        list(&stage, &token, "id", &json!({})).await.code(),
        "ok",
        "once"
    );
    arm(Endpoint::VideoQuery, FaultKind::ExpireToken);
    let answer = ask(&stage, &token, &json!(["7"])).await;
    assert_eq!(answer.code(), "access_token_invalid");
}
