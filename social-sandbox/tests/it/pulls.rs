//! Media by URL: whose they may be, how they come, and what stops them.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY, MediaHost, Sandbox, Settings};

use crate::client::{Stage, init_body, sha256};
use crate::posting::{
    HOST, INBOX, SAMPLE_VIDEO, VIDEO, patient, pull_body, sample_video, slow, unlimited, with_media,
};

const OWNERSHIP: &str = "url_ownership_unverified";

#[tokio::test]
async fn a_pulled_video_is_posted() {
    let stage = patient().await;
    let token = stage.grant("studio-account").access_token;
    let answer = stage
        .call(VIDEO, &token, &pull_body(SAMPLE_VIDEO))
        .await
        .json();
    assert!(answer["data"].get("upload_url").is_none());
    let id = answer["data"]["publish_id"].as_str().unwrap();
    assert!(id.starts_with("v_pub_url~"), "{id}");
    let data = stage.status_data(&token, id).await;
    assert_eq!(data["status"], "PROCESSING_DOWNLOAD");
    assert!(data.get("uploaded_bytes").is_none());
    stage.advance(61);
    let data = stage.status_data(&token, id).await;
    assert_eq!(data["status"], "PUBLISH_COMPLETE");
    let bytes = sample_video();
    assert_eq!(data["downloaded_bytes"], bytes.len());
    let [post] = &stage.control().posts()[..] else {
        panic!("one post")
    };
    assert_eq!(post.sha256.as_deref(), Some(sha256(&bytes).as_str()));
    assert_eq!(post.size, bytes.len() as u64);
}

#[tokio::test]
async fn a_download_takes_its_time_and_can_be_cancelled_only_then() {
    let (stage, _folder, speed) = slow().await;
    let token = stage.grant("studio-account").access_token;
    let url = format!("{HOST}a.mp4?signature=x");
    let cancelled = stage.begun(VIDEO, &token, &pull_body(&url)).await;
    let kept = stage.begun(VIDEO, &token, &pull_body(&url)).await;
    let secrets = stage.control().secrets();
    assert!(
        secrets
            .iter()
            .any(|secret| secret.kind == "media_url" && secret.value == url)
    );
    stage.advance(50);
    let data = stage.status_data(&token, &cancelled).await;
    assert_eq!(data["status"], "PROCESSING_DOWNLOAD");
    let bytes = data["downloaded_bytes"].as_u64().unwrap();
    assert!((50 * speed..100 * speed).contains(&bytes), "{bytes}");
    let answer = stage.cancel(&token, &cancelled).await;
    assert_eq!(answer.status, StatusCode::OK);
    let json = answer.json();
    assert!(json.get("data").is_none());
    assert_eq!(json["error"]["code"], "ok");
    let data = stage.status_data(&token, &cancelled).await;
    assert_eq!(
        (&data["status"], &data["fail_reason"]),
        (&json!("FAILED"), &json!("publish_cancelled"))
    );
    assert_eq!(
        stage.cancel(&token, &cancelled).await.code(),
        "publish_not_cancellable"
    );
    stage.advance(60);
    assert_eq!(
        stage.cancel(&token, &kept).await.code(),
        "publish_not_cancellable"
    );
    assert_eq!(
        stage.status_data(&token, &kept).await["status"],
        "PUBLISH_COMPLETE"
    );
    assert_eq!(stage.control().posts().len(), 1);
}

#[tokio::test]
async fn a_cancelled_share_is_never_delivered() {
    let (stage, _folder, _) = slow().await;
    let token = stage.scoped("studio-account", &["video.upload"]);
    let body = json!({ "source_info": pull_body(&format!("{HOST}a.mp4"))["source_info"] });
    let id = stage.begun(INBOX, &token, &body).await;
    assert_eq!(stage.cancel(&token, &id).await.code(), "ok");
    let data = stage.settled(&token, &id).await;
    assert_eq!(data["fail_reason"], "publish_cancelled");
    assert!(stage.control().inbox().is_empty());
}

#[tokio::test]
async fn a_download_that_takes_over_an_hour_fails_then() {
    let (stage, folder) = with_media().await;
    std::fs::write(folder.path().join("a.mp4"), sample_video()).unwrap();
    let host = json!({ "url": HOST, "folder": folder.path(), "bytes_per_second": 10 });
    let added = stage.control_call("POST", "/media", &host).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let token = stage.grant("studio-account").access_token;
    let id = stage
        .begun(VIDEO, &token, &pull_body(&format!("{HOST}a.mp4")))
        .await;
    stage.advance(3599);
    assert_eq!(
        stage.status_data(&token, &id).await["status"],
        "PROCESSING_DOWNLOAD"
    );
    stage.advance(2);
    let data = stage.status_data(&token, &id).await;
    assert_eq!(
        (&data["status"], &data["fail_reason"]),
        (&json!("FAILED"), &json!("video_pull_failed"))
    );
}

#[tokio::test]
async fn what_is_pulled_is_checked() {
    let (stage, folder) = with_media().await;
    let token = stage.grant("studio-account").access_token;
    let mut long = sample_video();
    let at = long.windows(4).position(|part| part == b"mvhd").unwrap();
    long[at + 20..at + 24].copy_from_slice(&301_000_u32.to_be_bytes());
    let mut webm = vec![0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84];
    webm.extend(b"webm");
    let files = [
        ("long.mp4", long),
        ("clip.webm", webm),
        ("text.mp4", b"not a video".to_vec()),
    ];
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let complete = json!("PUBLISH_COMPLETE");
    for (url, reason) in [
        (format!("{HOST}long.mp4"), json!("duration_check_failed")),
        (format!("{HOST}text.mp4"), json!("file_format_check_failed")),
        (format!("{HOST}none.mp4"), json!("video_pull_failed")),
        (
            "https://unreachable.example.org/a.mp4".to_owned(),
            json!("video_pull_failed"),
        ),
        (format!("{HOST}clip.webm"), Value::Null),
    ] {
        let id = stage.begun(VIDEO, &token, &pull_body(&url)).await;
        stage.advance(10);
        let data = stage.status_data(&token, &id).await;
        assert_eq!(data["fail_reason"], reason, "{url}");
        assert_eq!(data["status"] == complete, reason.is_null(), "{url}");
    }
    let private = stage.grant("studio-private").access_token;
    let mut body = pull_body(&format!("{HOST}long.mp4"));
    body["post_info"]["privacy_level"] = json!("SELF_ONLY");
    let id = stage.begun(VIDEO, &private, &body).await;
    assert_eq!(
        stage.settled(&private, &id).await["status"],
        complete,
        "this creator may"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stage, folder) = with_media().await;
    std::fs::write(folder.path().join("a.mp4"), sample_video()).unwrap();
    stage
        .control()
        .add_media(MediaHost::new(HOST, folder.path()).redirects(true))
        .unwrap();
    let token = stage.grant("studio-account").access_token;
    let id = stage
        .begun(VIDEO, &token, &pull_body(&format!("{HOST}a.mp4")))
        .await;
    assert_eq!(
        stage.settled(&token, &id).await["fail_reason"],
        "video_pull_failed"
    );
}

#[tokio::test]
async fn each_app_owns_its_own() {
    let stage = unlimited().await;
    let control = stage.control();
    let app = App::new("owner", "owner-secret")
        .domain("example.net")
        .url_prefix("https://shared.example.org/mine/");
    control.add_app(app).unwrap();
    let token = |key: &str| {
        control
            .grant(key, "studio-account", &["video.publish"])
            .unwrap()
            .access_token
    };
    let (owner, demo) = (token("owner"), token(DEMO_CLIENT_KEY));
    for (url, code) in [
        ("https://example.net/a.mp4", "ok"),
        ("https://cdn.example.net/a.mp4", "ok"),
        ("https://badexample.net/a.mp4", OWNERSHIP),
        ("https://shared.example.org/mine/a.mp4", "ok"),
        ("https://shared.example.org/yours/a.mp4", OWNERSHIP),
        (SAMPLE_VIDEO, "ok"),
    ] {
        let answer = stage.call(VIDEO, &owner, &pull_body(url)).await;
        assert_eq!(answer.code(), code, "{url}");
        let expected = if url == SAMPLE_VIDEO { "ok" } else { OWNERSHIP };
        assert_eq!(
            stage.call(VIDEO, &demo, &pull_body(url)).await.code(),
            expected,
            "{url}"
        );
    }
    for wrong in [
        App::new("x", "y").domain("https://example.net"),
        App::new("x", "y").url_prefix("https://example.net/a"),
    ] {
        assert!(control.add_app(wrong).is_err());
    }
}

#[tokio::test]
async fn a_prefix_is_proven_by_a_file_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.json");
    let media = folder.path().join("media");
    std::fs::create_dir_all(media.join("mine")).unwrap();
    let start = async || {
        let builder = Sandbox::builder().state_file(&state).media(HOST, &media);
        let settings = Settings::default().rate_limits(false);
        Stage::with(builder.settings(settings).start().await.unwrap())
    };
    let stage = start().await;
    let prefix = format!("{HOST}mine/");
    let path = format!("/apps/{DEMO_CLIENT_KEY}/properties");
    let verify = format!("{path}/verify");
    let named = json!({ "url_prefix": prefix });
    let unknown = stage.control_call("POST", &verify, &named).await;
    assert!(unknown.text.contains("was not claimed"), "{}", unknown.text);
    let claim = stage.control_call("POST", &path, &named).await;
    assert_eq!(claim.status, StatusCode::CREATED);
    let claim = claim.json();
    assert_eq!(claim["verified"], false);
    let again = stage.control_call("POST", &path, &named).await.json();
    assert_eq!(again, claim, "the code stays");
    let file = claim["file"].as_str().unwrap();
    let code = file
        .strip_prefix("tiktok")
        .unwrap()
        .strip_suffix(".txt")
        .unwrap();
    let content = format!("tiktok-developers-site-verification={code}");
    assert_eq!(claim["content"], content.as_str());
    let token = stage.grant("studio-account").access_token;
    let body = pull_body(&format!("{prefix}a.mp4"));
    let code = async |stage: &Stage| stage.call(VIDEO, &token, &body).await.code();
    assert_eq!(code(&stage).await, OWNERSHIP);
    assert!(
        stage
            .control_call("POST", &verify, &named)
            .await
            .text
            .contains("there is no file")
    );
    std::fs::write(media.join("mine").join(file), "something else").unwrap();
    assert!(
        stage
            .control_call("POST", &verify, &named)
            .await
            .text
            .contains("has to say")
    );
    std::fs::write(media.join("mine").join(file), content + "\n").unwrap();
    let verified = stage.control_call("POST", &verify, &named).await;
    assert_eq!(
        (verified.status.as_u16(), &verified.json()["verified"]),
        (200, &json!(true))
    );
    assert_eq!(code(&stage).await, "ok");
    let domain = json!({ "domain": "example.net" });
    assert_eq!(
        stage.control_call("POST", &path, &domain).await.status,
        StatusCode::CREATED
    );
    stage.sandbox.stop().await;

    let stage = start().await;
    assert_eq!(code(&stage).await, "ok");
    let listed = stage.control_call("GET", &path, &Value::Null).await.json();
    assert_eq!(listed["domains"], json!(["example.net"]));
    assert_eq!(listed["claims"][0]["verified"], true);
    for wrong in [
        json!({}),
        json!({ "domain": "no domain" }),
        json!({ "url_prefix": "http://a.example/" }),
    ] {
        let answer = stage.control_call("POST", &path, &wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let nobody = stage
        .control_call("GET", "/apps/nobody/properties", &Value::Null)
        .await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn folders_that_cannot_be_hosts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let http = Sandbox::builder().media("http://a.example/", folder.path());
    let error = http.start().await.unwrap_err();
    assert!(error.to_string().contains("must be https"), "{error}");
    let stage = Stage::new().await;
    let none = json!({ "url": HOST, "folder": folder.path().join("none") });
    let answer = stage.control_call("POST", "/media", &none).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        stage
            .control_call("GET", "/media", &Value::Null)
            .await
            .json(),
        json!([])
    );
}

#[tokio::test]
async fn uploads_are_checked_when_that_is_asked_for() {
    let stage = Stage::new().await;
    stage.control().set(Settings::default().check_uploads(true));
    let token = stage.grant("studio-account").access_token;
    let bytes = sample_video();
    for (bytes, status) in [(bytes.as_slice(), "PUBLISH_COMPLETE"), (b"abc", "FAILED")] {
        let size = bytes.len() as u64;
        let (id, url) = stage.begin(&token, size, size).await;
        assert_eq!(
            stage.chunk(&url, bytes, 0, size).await.status,
            StatusCode::CREATED
        );
        stage.advance(1);
        assert_eq!(stage.status_data(&token, &id).await["status"], status);
    }
    let answer = stage.init(&token, &init_body(3, 3, 1)).await;
    assert_eq!(answer.code(), "ok");
}
