//! Webhooks on the control surface.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY, Sandbox, StartError};

use crate::client::{Answer, Stage, send};
use crate::receiver::{held, names};

async fn ask(stage: &Stage, method: &str, path: &str, body: &Value) -> Answer {
    let url = format!("{}/_sandbox{path}", stage.sandbox.url());
    let request = stage.http.request(method.parse().unwrap(), url);
    let request = request.header("content-type", "application/json");
    send(request.body(body.to_string())).await
}

#[tokio::test]
async fn everything_about_them_over_http() {
    let (receiver, stage) = held().await;
    let answer = ask(
        &stage,
        "PUT",
        "/webhooks",
        &json!({ "copies": 2, "order": "reversed" }),
    )
    .await;
    let expected = json!({
        "held": true,
        "copies": 2,
        "order": "reversed",
        "delay_millis": 0,
        "wrong_signature": false,
        "stale_seconds": 0,
        "resign_retries": true,
        "older_names": false,
        "content": "text",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(
        ask(&stage, "GET", "/webhooks", &json!({})).await.json(),
        expected
    );
    let event = json!({
        "client_key": DEMO_CLIENT_KEY,
        "event": "portability.download.ready",
        "content": { "request_id": 7 },
    });
    let sent = ask(&stage, "POST", "/events", &event).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    stage.grant("studio-account");
    let removal = json!({ "client_key": DEMO_CLIENT_KEY, "account": "studio-account" });
    let removed = ask(&stage, "POST", "/disconnect", &removal).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);

    receiver.answer(&[500]);
    let list = ask(&stage, "POST", "/deliveries/run", &json!({}))
        .await
        .json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 4);
    assert_eq!(
        names(&receiver.heard()).first().unwrap(),
        "authorization.removed"
    );
    assert_eq!(
        receiver.heard()[0].content(),
        json!({ "reason": 1 }),
        "by the user"
    );
    let states: Vec<&Value> = list.iter().map(|delivery| &delivery["state"]).collect();
    assert_eq!(states, ["delivered", "delivered", "delivered", "pending"]);
    assert_eq!(list[3]["attempts"][0]["status"], 500);
    assert_eq!(list[3]["body"], receiver.heard()[0].body);

    let page = ask(&stage, "GET", "", &json!({})).await.text;
    for part in [
        "portability.download.ready",
        "authorization.removed",
        "pending",
        "500",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let url = format!("/apps/{DEMO_CLIENT_KEY}/webhook");
    let gone = ask(&stage, "PUT", &url, &json!({ "url": null })).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    stage.advance(10);
    let list = ask(&stage, "POST", "/deliveries/run", &json!({}))
        .await
        .json();
    assert_eq!(list[3]["state"], "dropped", "nowhere to send it");
}

#[tokio::test]
async fn wrong_requests() {
    let (_receiver, stage) = held().await;
    let hook = format!("/apps/{DEMO_CLIENT_KEY}/webhook");
    let app = |webhook: &str| json!({ "platform": "tiktok", "client_key": "a", "client_secret": "b", "webhook": webhook });
    for (method, path, body) in [
        ("PUT", "/webhooks", json!({ "copies": 0 })),
        ("PUT", "/webhooks", json!({ "copies": 101 })),
        ("PUT", "/webhooks", json!({ "order": "random" })),
        ("PUT", "/webhooks", json!({ "speed": 1 })),
        ("PUT", &hook, json!({ "url": "https://example.com/hook" })),
        ("PUT", &hook, json!({ "url": "http://10.0.0.1/hook" })),
        (
            "PUT",
            "/apps/nobody/webhook",
            json!({ "url": "http://127.0.0.1/" }),
        ),
        ("POST", "/apps", app("http://example.com/")),
        (
            "POST",
            "/events",
            json!({ "client_key": "nobody", "event": "e" }),
        ),
        ("POST", "/events", json!({ "client_key": DEMO_CLIENT_KEY })),
        (
            "POST",
            "/disconnect",
            json!({ "client_key": DEMO_CLIENT_KEY, "account": "studio-account" }),
        ),
    ] {
        let answer = ask(&stage, method, path, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}");
        assert!(answer.json()["error"].is_string(), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_sandbox_does_not_start_with_a_callback_elsewhere() {
    let elsewhere = App::new("a", "b").webhook("https://example.com/hook");
    for builder in [
        Sandbox::builder().webhook("http://example.com/hook"),
        Sandbox::builder().app(elsewhere),
    ] {
        let error = builder.start().await.unwrap_err();
        assert!(matches!(error, StartError::App(_)), "{error}");
        assert!(error.to_string().contains("webhook URL"), "{error}");
    }
}
