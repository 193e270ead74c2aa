//! Calls per minute, by the virtual clock.

use http::StatusCode;
use serde_json::json;
use social_sandbox::Endpoint;

use crate::client::{Answer, Stage, init_body, send};

async fn call(stage: &Stage, endpoint: Endpoint, token: &str) -> Answer {
    match endpoint {
        Endpoint::Init => stage.init(token, &init_body(1, 1, 1)).await,
        Endpoint::CreatorInfo => stage.creator_info(token).await,
        _ => stage.status(token, "v_pub_file~v2-1.7").await,
    }
}

#[tokio::test]
async fn each_endpoint_has_its_own_window_for_each_user() {
    let limits = [
        (Endpoint::Init, 6),
        (Endpoint::CreatorInfo, 20),
        (Endpoint::Status, 30),
    ];
    for (endpoint, limit) in limits {
        let stage = Stage::new().await;
        let token = stage.grant("studio-account");
        for _ in 0..limit {
            let answer = call(&stage, endpoint, &token.access_token).await;
            assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        }
        let over = call(&stage, endpoint, &token.access_token).await;
        assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS, "{endpoint}");
        let json = over.json();
        assert_eq!(json["data"], json!({}));
        assert_eq!(json["error"]["code"], "rate_limit_exceeded");
        assert_eq!(over.header("retry-after"), "", "none is documented");

        let same_user = stage.grant("studio-account").access_token;
        assert_eq!(
            call(&stage, endpoint, &same_user).await.code(),
            "rate_limit_exceeded"
        );
        let other_user = stage.grant("studio-private").access_token;
        assert_ne!(
            call(&stage, endpoint, &other_user).await.code(),
            "rate_limit_exceeded"
        );

        stage.advance(50);
        assert_eq!(
            call(&stage, endpoint, &token.access_token).await.code(),
            "rate_limit_exceeded"
        );
        stage.advance(10);
        assert_ne!(
            call(&stage, endpoint, &token.access_token).await.code(),
            "rate_limit_exceeded"
        );
    }
}

#[tokio::test]
async fn calls_with_a_dead_token_do_not_count() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    for _ in 0..10 {
        assert_eq!(
            stage.init("act.made-up", &init_body(1, 1, 1)).await.code(),
            "access_token_invalid"
        );
    }
    assert_eq!(stage.init(&token, &init_body(1, 1, 1)).await.code(), "ok");
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let mut body = init_body(1, 1, 1);
    body["post_info"]["title"] = json!("x".repeat(2 << 20));
    let answer = send(stage.post("/v2/post/publish/video/init/", &token, &body)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn limits_can_be_switched_off_and_on() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let settings = stage.control().settings();
    stage.control().set(settings.rate_limits(false));
    for _ in 0..20 {
        assert_eq!(stage.init(&token, &init_body(1, 1, 1)).await.code(), "ok");
    }
    stage.control().set(settings.posts_per_day(1000));
    let mut codes = Vec::new();
    for _ in 0..7 {
        codes.push(stage.init(&token, &init_body(1, 1, 1)).await.code());
    }
    assert_eq!(codes[5..], ["ok", "rate_limit_exceeded"]);
}
