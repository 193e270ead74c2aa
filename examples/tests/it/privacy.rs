//! No secret is told: not in a page, not in a log at its finest, not in a file but those made for it.

use crate::harness::form::post_of;
use crate::harness::{Post, SandboxSide, Setup, fixture};

#[tokio::test]
async fn no_secret_of_the_platform_is_told_anywhere() {
    let server = Setup::new().var("RUST_LOG", "trace").start().await;
    let mut browser = server.visitor().await;
    let mut told = String::new();
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    told += &crate::posting::says(&browser, &post, "Public link known").await;
    sandbox
        .arm(serde_json::json!({ "endpoint": "creator_info", "kind": "expire_token" }))
        .await;
    let page = browser.consent_page().await;
    let refused = browser.consent(&page, &[("decision", "deny")]).await;
    let answer = browser.get(&refused).await;
    told += &browser.follow(answer).await.text;
    let failing = [("title", "x")];
    told += &browser.post("/publish/tiktok/check", &failing).await.text;
    for page in [
        "/",
        "/accounts",
        "/publish/tiktok",
        "/posts",
        "/nowhere",
        &format!("/posts/{post}"),
    ] {
        told += &browser.get(page).await.text;
    }
    let session = browser.cookies[&server.cookie("session")].clone();
    let link = server.link.clone();
    let secrets = sandbox.get("/secrets").await;
    let secrets: Vec<String> = secrets
        .as_array()
        .expect("a list")
        .iter()
        .map(|secret| secret["value"].as_str().expect("text").to_owned())
        .chain([
            session,
            link.rsplit('=').next().expect("a token").to_owned(),
        ])
        .collect();
    assert!(
        secrets.len() > 8,
        "codes, tokens, upload addresses: {}",
        secrets.len()
    );
    told += &server.log();
    assert!(told.contains("TRACE"), "the finest log");
    let (setup, _) = server.stop().await;
    for entry in walk(&setup.data()) {
        let name = entry
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // The sandbox is the platform: its own file holds what it gave out.
        if entry.is_file() && !name.starts_with("sandbox.json") {
            told += &String::from_utf8_lossy(&std::fs::read(&entry).expect("readable"));
            told += name;
        }
    }
    for (number, secret) in secrets.iter().enumerate() {
        assert!(
            !told.contains(secret.as_str()),
            "secret {number} of {} is told",
            secrets.len()
        );
    }
}

/// Everything in a folder.
pub(crate) fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(walk(&path));
        }
        files.push(path);
    }
    files
}
