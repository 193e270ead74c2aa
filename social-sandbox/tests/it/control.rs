//! The control surface over HTTP.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::DEMO_CLIENT_KEY;

use crate::client::{Answer, Stage, init_body, send};

async fn get(stage: &Stage, path: &str) -> Answer {
    send(
        stage
            .http
            .get(format!("{}/_sandbox{path}", stage.sandbox.url())),
    )
    .await
}

async fn ask(stage: &Stage, method: &str, path: &str, body: &Value) -> Answer {
    let url = format!("{}/_sandbox{path}", stage.sandbox.url());
    let request = stage.http.request(method.parse().unwrap(), url);
    send(
        request
            .header("content-type", "application/json")
            .body(body.to_string()),
    )
    .await
}

#[tokio::test]
async fn apps_are_registered_by_the_portals_rules() {
    let stage = Stage::new().await;
    let app = |uris: Value| {
        json!({
            "platform": "tiktok",
            "client_key": "awnew",
            "client_secret": "new-secret",
            "redirect_uris": uris,
            "audited": false,
        })
    };
    let answer = ask(
        &stage,
        "POST",
        "/apps",
        &app(json!(["https://a.example/cb"])),
    )
    .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let apps = get(&stage, "/apps").await;
    assert!(!apps.text.contains("new-secret"));
    let apps = apps.json();
    let new = |app: &&Value| app["client_key"] == "awnew";
    let view = apps.as_array().unwrap().iter().find(new).unwrap();
    for (field, value) in [
        ("platform", json!("tiktok")),
        ("redirect_uris", json!(["https://a.example/cb"])),
        ("audited", json!(false)),
        ("domains", json!([])),
        ("daily_creators", json!(null)),
        ("webhook", json!(null)),
        ("access_seconds", json!(7200)),
        ("refresh_seconds", json!(15_552_000)),
        ("upload_host", json!("open-upload.tiktokapis.com")),
    ] {
        assert_eq!(view[field], value, "{field}");
    }
    let odd = json!({ "platform": "tiktok", "client_key": "a", "client_secret": "b", "audit": 1 });
    let odd = ask(&stage, "POST", "/apps", &odd).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert!(odd.text.contains("audit"), "{}", odd.text);
    let eleven: Vec<String> = (0..11).map(|n| format!("https://a.example/{n}")).collect();
    for uris in [
        json!(["http://a.example/cb"]),
        json!(["http://127.0.0.1/cb"]),
        json!(eleven),
    ] {
        let answer = ask(&stage, "POST", "/apps", &app(uris)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer.json()["error"]
                .as_str()
                .unwrap()
                .contains("redirect URI"),
            "{}",
            answer.text
        );
    }
    let other = json!({ "platform": "myspace", "client_key": "a", "client_secret": "b" });
    assert_eq!(
        ask(&stage, "POST", "/apps", &other).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_clock_moves_forward_only() {
    let stage = Stage::new().await;
    assert_eq!(get(&stage, "/clock").await.json()["offset_millis"], 0);
    let answer = ask(&stage, "POST", "/clock/advance", &json!({ "seconds": 1.5 })).await;
    assert_eq!(answer.json()["offset_millis"], 1500);
    for seconds in [json!(-1), json!("1"), json!(1e300)] {
        let answer = ask(
            &stage,
            "POST",
            "/clock/advance",
            &json!({ "seconds": seconds }),
        )
        .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{seconds}");
    }
}

#[tokio::test]
async fn settings_change_in_part() {
    let stage = Stage::new().await;
    let answer = ask(
        &stage,
        "PUT",
        "/settings",
        &json!({ "processing_millis": 5 }),
    )
    .await;
    let expected = json!({
        "processing_millis": 5,
        "moderation_millis": 300,
        "hash": true,
        "rate_limits": true,
        "posts_per_day": 15,
        "pending_shares": 5,
        "post_ids": "integers",
        "check_uploads": false,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(get(&stage, "/settings").await.json(), expected);
    let wrong = ask(&stage, "PUT", "/settings", &json!({ "procesing": 5 })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn faults_over_http() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let fault = json!({ "endpoint": "init", "kind": "hold", "times": 1, "skip": 1 });
    let armed = ask(&stage, "POST", "/faults", &fault).await;
    assert_eq!(armed.status, StatusCode::CREATED);
    let id = armed.json()["id"].as_u64().unwrap();
    assert_eq!(
        stage.init(&token, &init_body(3, 3, 1)).await.code(),
        "ok",
        "skipped"
    );
    let body = init_body(3, 3, 1);
    let held = stage.init(&token, &body);
    let released = async {
        let struck = get(&stage, &format!("/faults/{id}/wait")).await.json();
        assert_eq!((&struck["hits"], &struck["held"]), (&json!(1), &json!(1)));
        let list = get(&stage, "/faults").await.json();
        assert_eq!(list, json!([struck]));
        let gone = ask(&stage, "DELETE", &format!("/faults/{id}"), &json!({})).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    };
    let (answer, ()) = tokio::join!(held, released);
    assert_eq!(answer.code(), "ok");
    assert_eq!(
        get(&stage, &format!("/faults/{id}/wait")).await.status,
        StatusCode::NOT_FOUND
    );
    let again = ask(&stage, "DELETE", &format!("/faults/{id}"), &json!({})).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let status = json!({ "endpoint": "status", "kind": "status", "status": 503, "body": "later" });
    assert_eq!(
        ask(&stage, "POST", "/faults", &status).await.status,
        StatusCode::CREATED
    );
    let answer = stage.status(&token, "v").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text.as_str()),
        (503, "later")
    );
    assert_eq!(
        ask(&stage, "DELETE", "/faults", &json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(get(&stage, "/faults").await.json(), json!([]));
    for wrong in [
        json!({}),
        json!({ "endpoint": "init" }),
        json!({ "endpoint": "nowhere", "kind": "hold" }),
        json!({ "endpoint": "init", "kind": "explode" }),
        json!({ "endpoint": "init", "kind": "slow" }),
        json!({ "endpoint": "init", "kind": "hold", "tiems": 2 }),
        json!(["init", "hold"]),
        json!({ "endpoint": "upload", "kind": "throttle" }),
        json!({ "endpoint": "init", "kind": "status", "status": 20 }),
    ] {
        let answer = ask(&stage, "POST", "/faults", &wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn posts_publishes_grants_and_counts() {
    let stage = Stage::new().await;
    let wanted = json!({
        "account": "studio-account",
        "scopes": ["user.info.basic", "video.publish"],
        "client_key": DEMO_CLIENT_KEY,
    });
    let tokens = ask(&stage, "POST", "/grants", &wanted).await;
    assert_eq!(tokens.status, StatusCode::CREATED);
    let tokens = tokens.json();
    assert_eq!(tokens["scope"], "user.info.basic,video.publish");
    let token = tokens["access_token"].as_str().unwrap();
    let (publish_id, url) = stage.begin(token, 3, 3).await;
    stage.chunk(&url, b"abc", 0, 3).await;
    stage.advance(1);
    let posts = get(&stage, "/posts").await.json();
    let post = &posts[0];
    assert_eq!(post["publish_id"], publish_id.as_str());
    assert_eq!(post["sha256"], crate::client::sha256(b"abc"));
    assert_eq!(
        (&post["size"], &post["privacy_level"]),
        (&json!(3), &json!("PUBLIC_TO_EVERYONE"))
    );
    assert!(post["post_id"].as_str().unwrap().parse::<i64>().unwrap() > 1 << 53);
    let publish = &get(&stage, "/publishes").await.json()[0];
    assert_eq!(publish["status"], "PUBLISH_COMPLETE");
    assert_eq!(publish["uploaded_bytes"], 3);
    assert_eq!(publish["post_info"]["disable_comment"], true);
    stage
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    let counts = get(&stage, "/tokens/count").await.json();
    let expected = json!({ "studio-account": { "refreshes": 1, "successful": 1, "rejected": 0 } });
    assert_eq!(counts, expected);
    for (field, value) in [
        ("account", json!("nobody")),
        ("scopes", json!(["video.delete"])),
        ("client_key", json!("nobody")),
    ] {
        let mut wrong = wanted.clone();
        wrong[field] = value;
        let answer = ask(&stage, "POST", "/grants", &wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}");
    }
}

#[tokio::test]
async fn every_secret_is_listed_and_none_is_in_the_transcript() {
    let stage = Stage::new().await;
    let code = stage.code("studio-account").await;
    let tokens = stage.exchange(&code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let (_, url) = stage.begin(access, 3, 3).await;
    stage.chunk(&url, b"abc", 0, 3).await;
    stage.creator_info("act.received-only-1").await;
    let rotated = stage.refresh(refresh).await.json();
    let upload_token = url.split("upload_token=").nth(1).unwrap();
    let listed = get(&stage, "/secrets").await.json();
    let listed = listed.as_array().unwrap();
    let expected = [
        ("client_secret", "demo-secret"),
        ("state", "state-of-this-test"),
        ("code", &code),
        ("code_verifier", crate::client::VERIFIER),
        ("access_token", access),
        ("refresh_token", refresh),
        ("access_token", rotated["access_token"].as_str().unwrap()),
        ("refresh_token", rotated["refresh_token"].as_str().unwrap()),
        ("upload_url", &url),
        ("upload_token", upload_token),
        ("access_token", "act.received-only-1"),
    ];
    let page = get(&stage, "").await;
    let transcript = get(&stage, "/transcript").await;
    assert_eq!(transcript.json().as_array().unwrap().len(), 7);
    for (kind, value) in expected {
        assert!(
            listed.contains(&json!({ "kind": kind, "value": value })),
            "a {kind} is missing"
        );
    }
    for secret in listed {
        let value = secret["value"].as_str().unwrap();
        for text in [&page.text, &transcript.text] {
            assert!(!text.contains(value), "a {} shows", secret["kind"]);
        }
    }
}

#[tokio::test]
async fn the_transcript_tells_what_happened() {
    let stage = Stage::new().await;
    assert!(
        get(&stage, "")
            .await
            .text
            .contains("Nothing has been asked yet")
    );
    let token = stage.grant("studio-account").access_token;
    let (publish_id, url) = stage.begin(&token, 3, 3).await;
    stage.chunk(&url, b"ab", 0, 3).await;
    stage.chunk(&url, b"abc", 0, 3).await;
    stage.init("act.made-up", &init_body(3, 3, 1)).await;
    let transcript = get(&stage, "/transcript").await.json();
    let line = |index: usize| {
        let entry = &transcript[index];
        [
            "endpoint",
            "path",
            "status",
            "code",
            "publish_id",
            "attempt",
        ]
        .map(|name| entry[name].clone())
    };
    let init = "/v2/post/publish/video/init/";
    assert_eq!(
        line(0),
        [
            json!("init"),
            json!(init),
            json!(200),
            json!("ok"),
            json!(publish_id),
            json!(1)
        ]
    );
    let upload = |status, code: &str, attempt| {
        [
            json!("upload"),
            json!("/video/"),
            json!(status),
            json!(code),
            json!(publish_id),
            json!(attempt),
        ]
    };
    assert_eq!(line(1), upload(400, "invalid_file_upload", 1));
    assert_eq!(line(2), upload(201, "ok", 2));
    assert_eq!(line(3)[3], "access_token_invalid");
    let page = get(&stage, "").await;
    let newest = page.text.find("access_token_invalid").unwrap();
    assert!(
        newest < page.text.find("invalid_file_upload").unwrap(),
        "newest first"
    );
    assert!(
        page.text
            .contains(transcript[1]["log_id"].as_str().unwrap())
    );
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}

#[tokio::test]
async fn only_this_machine_asking_directly() {
    let stage = Stage::new().await;
    let url = format!("{}/_sandbox/secrets", stage.sandbox.url());
    for (name, value) in [
        ("host", "rebound.example"),
        ("origin", "https://evil.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
    ] {
        let answer = send(stage.http.get(&url).header(name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(send(stage.http.get(&url)).await.status, StatusCode::OK);
    let posted = send(
        stage
            .http
            .post(format!("{}/_sandbox/apps", stage.sandbox.url()))
            .header("content-type", "text/plain")
            .body("{}"),
    );
    assert_eq!(
        posted.await.status,
        StatusCode::BAD_REQUEST,
        "not as a simple form post"
    );
    assert_eq!(get(&stage, "/nothing").await.status, StatusCode::NOT_FOUND);
}
