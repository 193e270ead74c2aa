//! Changes as they happen.

use std::time::Duration;

use reqwest::{Method, Response};

use crate::harness::form::post_of;
use crate::harness::{Browser, Post, SandboxSide, Server, fixture, video_of, within};

async fn open(browser: &Browser, about: &str) -> Response {
    let request = browser.request(Method::GET, &format!("/events?{about}"));
    request.send().await.expect("a stream")
}

/// Reads until the stream has said this.
async fn until(stream: &mut Response, heard: &mut String, words: &str) {
    within(Duration::from_secs(30), words, async {
        while !heard.contains(words) {
            let piece = stream.chunk().await.expect("open").expect("more");
            heard.push_str(&String::from_utf8_lossy(&piece));
        }
    })
    .await;
}

#[tokio::test]
async fn a_posts_page_hears_of_its_progress_and_its_changes() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let hold = sandbox.hold("upload", 1).await;
    let form = Post::open(&mut browser)
        .await
        .file("large.mp4", video_of(70_000_000));
    let post = post_of(&form.send(&mut browser).await);
    sandbox.holds(hold).await;
    let mut stream = open(&browser, &format!("post={post}")).await;
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(stream.headers()[name], value);
    }
    let mut heard = String::new();
    until(
        &mut stream,
        &mut heard,
        "event: changed\ndata: state acts verdict progress timeline ids\n\n",
    )
    .await;
    heard.clear();
    sandbox.disarm().await;
    until(&mut stream, &mut heard, "\"pct\":\"100%\"").await;
    assert!(
        heard.contains("event: progress\ndata: {\"bar\":\"hop2-bar\""),
        "{heard}"
    );
    assert!(heard.contains("part 7 of 7"), "{heard}");
    until(&mut stream, &mut heard, "event: changed").await;
    assert!(!heard.contains("<"), "names only: {heard}");
}

#[tokio::test]
async fn the_lists_hear_of_posts_and_a_sign_in_has_eight_streams() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let stream = open(&browser, "page=posts").await;
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    assert_eq!(open(&browser, "page=posts").await.status(), 429);
    let mut heard = String::new();
    until(&mut streams[0], &mut heard, "data: posts\n\n").await;
    heard.clear();
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    post_of(&form.send(&mut browser).await);
    until(
        &mut streams[0],
        &mut heard,
        "event: changed\ndata: posts\n\n",
    )
    .await;

    let answer = browser.post("/sign-out", &[]).await;
    assert_eq!(answer.status, 303);
    within(Duration::from_secs(10), "the streams' end", async {
        while let Ok(Some(_)) = streams[0].chunk().await {}
    })
    .await;
}

#[tokio::test]
async fn what_another_process_writes_is_heard_of_too() {
    use sqlx::ConnectOptions as _;

    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let mut stream = open(&browser, "page=overview").await;
    let mut heard = String::new();
    until(&mut stream, &mut heard, "event: changed").await;
    heard.clear();
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(server.setup.data().join("social.db"));
    let mut database = options.connect().await.expect("the database");
    let renamed = sqlx::query("UPDATE accounts SET name = 'Renamed elsewhere'")
        .execute(&mut database)
        .await;
    assert_eq!(renamed.expect("written").rows_affected(), 1);
    until(&mut stream, &mut heard, "event: changed").await;
    browser.get("/").await.says("Renamed elsewhere");
}

#[tokio::test]
async fn stopping_ends_the_streams() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let stream = open(&browser, "page=posts").await;
    assert_eq!(stream.status(), 200);
    server.stop().await;
}
