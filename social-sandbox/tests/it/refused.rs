//! Wrong calls to the API, each with the status and code they are refused with.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::DEMO_CLIENT_KEY;

use crate::client::{Answer, JSON, Stage, init_body, send};
use crate::refused_oauth::log_id;

/// Asserts a nested refusal.
fn nested(answer: &Answer, status: u16, code: &str, case: &str) {
    let json = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{case}: {}", answer.text);
    assert_eq!(json["error"]["code"], code, "{case}");
    assert!(json["error"]["message"].is_string(), "{case}");
    log_id(&json["error"]["log_id"]);
    let data = json.get("data");
    assert!(
        data.is_none() || data == Some(&json!({})),
        "{case}: {}",
        answer.text
    );
}

#[tokio::test]
async fn calls_without_a_living_token_or_its_scope() {
    let stage = Stage::new().await;
    let control = stage.control();
    let basic = control
        .grant(DEMO_CLIENT_KEY, "studio-account", &["user.info.basic"])
        .unwrap();
    let upload = control
        .grant(DEMO_CLIENT_KEY, "studio-account", &["video.upload"])
        .unwrap();
    let calls = [
        ("/v2/post/publish/creator_info/query/", json!({})),
        ("/v2/post/publish/video/init/", init_body(1, 1, 1)),
        (
            "/v2/post/publish/status/fetch/",
            json!({ "publish_id": "v_pub_file~v2-1.1" }),
        ),
    ];
    for (path, body) in &calls {
        for token in ["", "act.made-up", basic.refresh_token.as_str()] {
            nested(
                &send(stage.post(path, token, body)).await,
                401,
                "access_token_invalid",
                path,
            );
        }
        let bare = stage
            .http
            .post(stage.api(path))
            .header("content-type", JSON);
        nested(
            &send(bare.body(body.to_string())).await,
            401,
            "access_token_invalid",
            path,
        );
        let refused = send(stage.post(path, &basic.access_token, body)).await;
        nested(&refused, 401, "scope_not_authorized", path);
    }
    for (path, body) in &calls[..2] {
        let refused = send(stage.post(path, &upload.access_token, body)).await;
        nested(&refused, 401, "scope_not_authorized", path);
    }
    let (path, body) = &calls[2];
    let answer = send(stage.post(path, &upload.access_token, body)).await;
    nested(
        &answer,
        400,
        "invalid_publish_id",
        "either scope opens the status",
    );
    stage.advance(7200);
    let expired = stage.creator_info(&upload.access_token).await;
    nested(&expired, 401, "access_token_invalid", "two hours later");
}

/// `base` with one field of a part changed, or removed by null.
fn with(part: &str, field: &str, value: Value) -> Value {
    let mut body = init_body(20_000_000, 10_000_000, 2);
    let fields = body[part].as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), value);
    }
    body
}

const POST_INFO: &str = "The request post info is empty or incorrect";
const SOURCE_INFO: &str = "The request source info is empty or incorrect";
const CHUNK_SIZE: &str = "The chunk size is invalid";
const CHUNK_COUNT: &str = "The total chunk count is invalid";
const VIDEO_SIZE: &str = "The video size is invalid";

#[tokio::test]
async fn init_bodies() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let url = |url: &str| json!({ "source": "PULL_FROM_URL", "video_url": url });
    let pull = |video_url: &str| {
        let mut body = init_body(1, 1, 1);
        body["source_info"] = url(video_url);
        body
    };
    let mut branded = with("post_info", "privacy_level", json!("SELF_ONLY"));
    branded["post_info"]["brand_content_toggle"] = json!(true);
    let cases: Vec<(Value, u16, &str, Option<&str>)> = vec![
        (json!({}), 400, "invalid_params", Some(POST_INFO)),
        (json!([]), 400, "invalid_params", Some(POST_INFO)),
        (
            json!({ "post_info": {}, "source_info": {} }),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            json!({ "post_info": { "privacy_level": "SELF_ONLY" } }),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            with("post_info", "privacy_level", Value::Null),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            with("post_info", "privacy_level", json!("")),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            with("post_info", "privacy_level", json!("FRIENDS")),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            with("post_info", "privacy_level", json!("FOLLOWER_OF_CREATOR")),
            403,
            "privacy_level_option_mismatch",
            None,
        ),
        (
            with("post_info", "title", json!("😀".repeat(1101))),
            400,
            "invalid_params",
            Some("The title is too long"),
        ),
        (
            with("post_info", "title", json!(7)),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            with("post_info", "disable_duet", json!("no")),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            with("post_info", "is_aigc", json!(1)),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            with("post_info", "video_cover_timestamp_ms", json!("1000")),
            400,
            "invalid_params",
            Some(POST_INFO),
        ),
        (
            branded,
            400,
            "invalid_params",
            Some("Branded content cannot be private"),
        ),
        (
            with("source_info", "source", Value::Null),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            with("source_info", "source", json!("FILE")),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            with("source_info", "video_size", Value::Null),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            with("source_info", "chunk_size", json!("10000000")),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            with("source_info", "total_chunk_count", json!(2.5)),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            with("source_info", "total_chunk_count", json!(3)),
            400,
            "invalid_params",
            Some(CHUNK_COUNT),
        ),
        (
            with("source_info", "total_chunk_count", json!(1)),
            400,
            "invalid_params",
            Some(CHUNK_SIZE),
        ),
        (
            init_body(65_000_000, 60_000_000, 2),
            400,
            "invalid_params",
            Some(CHUNK_COUNT),
        ),
        (
            init_body(602_285_541, 67_108_864, 9),
            400,
            "invalid_params",
            Some(CHUNK_COUNT),
        ),
        (
            init_body(66_259_900, 64_000_000, 1),
            400,
            "invalid_params",
            Some(CHUNK_SIZE),
        ),
        (
            init_body(121_000_000, 67_108_864, 1),
            400,
            "invalid_params",
            Some(CHUNK_SIZE),
        ),
        (
            init_body(12_000_000, 4_000_000, 3),
            400,
            "invalid_params",
            Some(CHUNK_SIZE),
        ),
        (init_body(0, 0, 1), 400, "invalid_params", Some(VIDEO_SIZE)),
        (
            init_body((4 << 30) + 1, 10_000_000, 429),
            400,
            "invalid_params",
            Some(VIDEO_SIZE),
        ),
        (
            pull("https://cdn.example.org/video.mp4"),
            403,
            "url_ownership_unverified",
            None,
        ),
        (
            pull("http://media.example.com/video.mp4"),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (
            pull("https://192.0.2.1/video.mp4"),
            400,
            "invalid_params",
            Some(SOURCE_INFO),
        ),
        (pull("video.mp4"), 400, "invalid_params", Some(SOURCE_INFO)),
    ];
    for (index, (body, status, code, message)) in cases.iter().enumerate() {
        if index % 6 == 0 {
            stage.advance(60);
        }
        let answer = stage.init(&token, body).await;
        nested(&answer, *status, code, &body.to_string());
        if let Some(message) = message {
            assert_eq!(answer.json()["error"]["message"], *message, "{body}");
        }
    }
    stage.advance(60);
    let path = "/v2/post/publish/video/init/";
    let broken = stage.post(path, &token, &json!({})).body("{\"post_info\":");
    nested(&send(broken).await, 400, "invalid_params", "broken JSON");
    let text = stage
        .http
        .post(stage.api(path))
        .bearer_auth(&token)
        .body(init_body(1, 1, 1).to_string());
    nested(&send(text).await, 400, "invalid_params", "no content type");
    assert!(stage.control().publishes().is_empty(), "nothing has begun");
}

#[tokio::test]
async fn the_longest_title_passes() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let mut body = init_body(1, 1, 1);
    body["post_info"]["title"] = json!("😀".repeat(1100));
    assert_eq!(stage.init(&token, &body).await.code(), "ok");
    let minimal = json!({
        "post_info": { "privacy_level": "SELF_ONLY", "video_cover_timestamp_ms": -1 },
        "source_info": init_body(1, 1, 1)["source_info"],
    });
    assert_eq!(stage.init(&token, &minimal).await.code(), "ok");
}

#[tokio::test]
async fn accounts_and_apps_that_may_not_post() {
    let stage = Stage::new().await;
    let unaudited = social_sandbox::App::new("unaudited", "unaudited-secret").audited(false);
    stage.control().add_app(unaudited).unwrap();
    let grant = |key: &str, account: &str| {
        stage
            .control()
            .grant(key, account, &["video.publish"])
            .unwrap()
            .access_token
    };
    let body = |privacy: &str| {
        let mut body = init_body(1, 1, 1);
        body["post_info"]["privacy_level"] = json!(privacy);
        body
    };
    let private_only = "unaudited_client_can_only_post_to_private_accounts";
    let cases = [
        (
            grant(DEMO_CLIENT_KEY, "studio-capped"),
            "SELF_ONLY",
            "spam_risk_too_many_posts",
        ),
        (
            grant(DEMO_CLIENT_KEY, "studio-private"),
            "PUBLIC_TO_EVERYONE",
            "privacy_level_option_mismatch",
        ),
        (
            grant("unaudited", "studio-account"),
            "SELF_ONLY",
            private_only,
        ),
        (
            grant("unaudited", "studio-account"),
            "PUBLIC_TO_EVERYONE",
            private_only,
        ),
        (
            grant("unaudited", "studio-private"),
            "FOLLOWER_OF_CREATOR",
            private_only,
        ),
    ];
    for (token, privacy, code) in cases {
        nested(&stage.init(&token, &body(privacy)).await, 403, code, code);
    }
    let token = grant("unaudited", "studio-private");
    assert_eq!(stage.init(&token, &body("SELF_ONLY")).await.code(), "ok");
    let token = grant(DEMO_CLIENT_KEY, "studio-private");
    assert_eq!(
        stage
            .init(&token, &body("FOLLOWER_OF_CREATOR"))
            .await
            .code(),
        "ok"
    );
}

#[tokio::test]
async fn paths_and_methods_the_platform_does_not_have() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    for (method, path) in [
        ("POST", "/v2/oauth/token"),
        ("GET", "/v2/oauth/token/"),
        ("POST", "/v2/oauth/revoke"),
        ("GET", "/v2/post/publish/creator_info/query/"),
        ("POST", "/v2/post/publish/video/init"),
        ("POST", "/v2/user/info/"),
        ("POST", "/v3/anything/"),
    ] {
        let request = stage.http.request(method.parse().unwrap(), stage.api(path));
        let answer = send(request.bearer_auth(&token).header("content-type", JSON)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(answer.text, "Unsupported path(Janus)", "{method} {path}");
    }
}
