//! What status/fetch tells, and whom.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY, SandboxBuilder};

use crate::client::{SCOPES, Stage, init_body, send};

const PATH: &str = "/v2/post/publish/status/fetch/";

#[tokio::test]
async fn only_the_same_app_and_user_may_ask() {
    let stage = Stage::new().await;
    stage
        .control()
        .add_app(App::new("second", "second-secret"))
        .unwrap();
    let owner = stage.grant("studio-account");
    let (publish_id, _) = stage.begin(&owner.access_token, 3, 3).await;
    let other_app = stage
        .control()
        .grant("second", "studio-account", &SCOPES)
        .unwrap();
    for token in [
        stage.grant("studio-private").access_token,
        other_app.access_token,
    ] {
        let answer = stage.status(&token, &publish_id).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            answer.code(),
            "token_not_authorized_for_specified_publish_id"
        );
    }
    let later = stage.grant("studio-account");
    assert_eq!(
        stage.status(&later.access_token, &publish_id).await.code(),
        "ok"
    );
}

#[tokio::test]
async fn wrong_questions() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let cases: [(Value, &str); 6] = [
        (
            json!({ "publish_id": "v_pub_file~v2-1.7" }),
            "invalid_publish_id",
        ),
        (
            json!({ "publish_id": "7654321098765432109" }),
            "invalid_publish_id",
        ),
        (json!({ "publish_id": "" }), "invalid_params"),
        (json!({ "publish_id": 7 }), "invalid_params"),
        (json!({ "publish_id": "x".repeat(65) }), "invalid_params"),
        (json!({}), "invalid_params"),
    ];
    for (body, code) in cases {
        let answer = send(stage.post(PATH, &token, &body)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, code),
            "{body}"
        );
    }
    let text = stage
        .http
        .post(stage.api(PATH))
        .bearer_auth(&token)
        .body("{\"publish_id\":\"v\"}");
    assert_eq!(send(text).await.code(), "invalid_params");
}

#[tokio::test]
async fn only_public_posts_get_an_id() {
    let stage = Stage::new().await;
    for privacy in ["MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"] {
        let token = stage.grant("studio-account").access_token;
        let mut body = init_body(3, 3, 1);
        body["post_info"]["privacy_level"] = json!(privacy);
        let begun = stage.init(&token, &body).await.json();
        let url = begun["data"]["upload_url"].as_str().unwrap();
        assert_eq!(
            stage.chunk(url, b"abc", 0, 3).await.status,
            StatusCode::CREATED
        );
        stage.advance(3600);
        let data = stage
            .status_data(&token, begun["data"]["publish_id"].as_str().unwrap())
            .await;
        assert_eq!(
            data["status"], "PUBLISH_COMPLETE",
            "an hour later it is still complete"
        );
        assert_eq!(data["publicaly_available_post_id"], json!([]), "{privacy}");
    }
    assert_eq!(stage.control().posts().len(), 2, "they exist all the same");
}

#[tokio::test]
async fn a_seed_makes_runs_alike() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sandbox = SandboxBuilder::default().seed(11).start().await.unwrap();
        let pair = sandbox
            .control()
            .grant(DEMO_CLIENT_KEY, "studio-account", &SCOPES)
            .unwrap();
        runs.push((pair.access_token, pair.refresh_token));
    }
    assert_eq!(runs[0], runs[1]);
    let stage = Stage::new().await;
    assert_ne!(stage.grant("studio-account").access_token, runs[0].0);
}
