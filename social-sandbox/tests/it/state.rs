//! The state file: what survives, and what is refused.

use std::path::Path;

use http::StatusCode;
use social_sandbox::{App, Sandbox, StartError};

use crate::client::{Stage, find, query, sha256};

async fn start(path: &Path) -> Stage {
    Stage::with(Sandbox::builder().state_file(path).start().await.unwrap())
}

/// The upload URL names the port of the sandbox that made it.
fn moved(url: &str, to: &Stage) -> String {
    let rest = url.split_once("/open-upload.").unwrap().1;
    format!("{}/open-upload.{rest}", to.sandbox.url())
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let stage = start(&path).await;
    stage
        .control()
        .add_app(App::new("second", "second-secret"))
        .unwrap();
    stage.advance(1000);
    let tokens = stage.grant("studio-account");
    let code = stage.code("studio-account").await;
    let bytes: Vec<u8> = (0..=250).cycle().take(10_000_001).collect();
    let (publish_id, url) = stage
        .begin(&tokens.access_token, 10_000_001, 5_000_000)
        .await;
    assert_eq!(
        stage
            .chunk(&url, &bytes[..5_000_000], 0, 10_000_001)
            .await
            .status
            .as_u16(),
        206
    );
    let page_url = stage.authorize_url(&[]);
    let page = stage.open_page(&page_url).await;
    stage.sandbox.stop().await;

    let stage = start(&path).await;
    assert_eq!(stage.control().clock().offset_millis, 1_000_000);
    assert!(
        stage
            .control()
            .apps()
            .iter()
            .any(|app| app.client_key == "second")
    );
    let data = stage.status_data(&tokens.access_token, &publish_id).await;
    assert_eq!(data["uploaded_bytes"], 5_000_000);
    let url = moved(&url, &stage);
    assert_eq!(
        stage
            .chunk(&url, &bytes[5_000_000..], 5_000_000, 10_000_001)
            .await
            .status
            .as_u16(),
        201
    );
    assert_eq!(stage.exchange(&code).await.code(), "-");
    let fields = crate::client::form(&[("page", &page), ("decision", "deny")]);
    let denied = stage
        .post_form(stage.authorize_url(&[]).as_str(), &fields)
        .await;
    assert_eq!(
        find(&query(denied.header("location")), "error"),
        Some("access_denied")
    );
    assert_eq!(stage.refresh(&tokens.refresh_token).await.code(), "-");
    stage.advance(1);
    stage.sandbox.stop().await;

    let stage = start(&path).await;
    let [post] = &stage.control().posts()[..] else {
        panic!("one post")
    };
    assert_eq!(post.sha256.as_deref(), Some(sha256(&bytes).as_str()));
    assert_eq!(stage.exchange(&code).await.code(), "invalid_grant", "spent");
    assert_eq!(
        stage.refresh(&tokens.refresh_token).await.code(),
        "invalid_grant",
        "rotated"
    );
    assert_eq!(
        stage.control().refresh_counts()["studio-account"].refreshes,
        2
    );
    let again = stage
        .post_form(stage.authorize_url(&[]).as_str(), &fields)
        .await;
    assert_eq!(
        again.status,
        StatusCode::CONFLICT,
        "answered before the restart"
    );
}

#[tokio::test]
async fn changes_are_written_soon_without_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let stage = start(&path).await;
    let token = stage.grant("studio-account").access_token;
    let written = || std::fs::read_to_string(&path).unwrap().contains(&token);
    for _ in 0..100_000 {
        if written() {
            break;
        }
        stage.creator_info("").await;
    }
    assert!(written());
    drop(stage);
    let stage = start(&path).await;
    assert_eq!(stage.creator_info(&token).await.code(), "ok");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    start(&path).await.sandbox.stop().await;
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn a_file_it_cannot_use_is_an_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    start(&path).await.sandbox.stop().await;
    let good = std::fs::read_to_string(&path).unwrap();
    let cut = &good[..good.len() / 2];
    let newer = good.replacen("\"version\":2", "\"version\":3", 1);
    assert_ne!(newer, good);
    let odd = good.replacen("\"tiktok\":{", "\"tiktok\":[],\"x\":{", 1);
    for (content, reason) in [
        ("", "damaged"),
        ("not JSON", "damaged"),
        (cut, "damaged"),
        (&odd, "damaged"),
        ("{\"format\":\"another\",\"version\":1}", "not a state file"),
        (&newer, "use a newer sandbox"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = Sandbox::builder()
            .state_file(&path)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, StartError::State { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            content,
            "untouched"
        );
    }
}

#[tokio::test]
async fn what_is_no_file_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.json");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [folder.path(), &pipe] {
        let error = Sandbox::builder().state_file(path).start().await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("it is not a file"), "{error}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none/sandbox.json");
    let error = Sandbox::builder()
        .state_file(&path)
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
}

/// What was added to the state since the first version, by path; a file without it still loads.
const ADDED: [(&str, &[&str]); 2] = [
    ("/tiktok", &["outbox", "sessions", "metrics", "stats"]),
    (
        "/tiktok/apps/sbaw-demo",
        &[
            "webhook",
            "scopes",
            "target_users",
            "access_seconds",
            "refresh_seconds",
            "refresh_restarts",
            "upload_host",
        ],
    ),
];

#[tokio::test]
async fn a_file_from_before_webhooks_and_sessions_loads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let stage = start(&path).await;
    let tokens = stage.grant("studio-account");
    stage.sandbox.stop().await;
    let mut saved: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (pointer, names) in ADDED {
        let object = saved.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        for name in names {
            assert!(object.remove(*name).is_some(), "{name}");
        }
    }
    std::fs::write(&path, saved.to_string()).unwrap();
    let stage = start(&path).await;
    assert_eq!(stage.creator_info(&tokens.access_token).await.code(), "ok");
    let pair = stage.refresh(&tokens.refresh_token).await.json();
    assert_eq!(pair["expires_in"], 7200);
}
