//! The ways back in, without a restart.

use std::time::Duration;

use reqwest::Method;

use crate::harness::{Server, Setup};

/// A line that is to come, comes within this time.
const SOON: Duration = Duration::from_secs(20);
/// A line that is not to come, would have come within this time.
const WHILE: Duration = Duration::from_secs(3);

#[track_caller]
fn link_of(line: Option<String>) -> String {
    let line = line.expect("a line");
    let link = line.strip_prefix("Open ").expect("an address");
    assert!(link.contains("/sign-in?token="), "{line}");
    link.to_owned()
}

#[tokio::test]
async fn whoever_signs_out_finds_a_new_link_in_the_terminal() {
    let mut server = Server::start().await;
    let mut browser = server.visitor().await;
    let answer = browser.post("/sign-out", &[]).await;
    let page = browser.follow(answer).await;
    assert_eq!(page.h1(), "You are signed out");
    page.says("Open the newest link in the terminal where the server runs.");
    let link = link_of(server.next_line(SOON).await);
    assert_ne!(link, server.link, "the old one was used");
    let old = server.link.clone();
    assert_eq!(server.stranger().get(&old).await.status, 401);
    assert_eq!(browser.get(&link).await.status, 303);
    assert_eq!(browser.get("/accounts").await.status, 200);
    assert_eq!(server.stranger().get(&link).await.status, 401, "once");
}

#[tokio::test]
async fn an_unused_link_is_printed_again_and_stays_the_one_that_counts() {
    let mut server = Server::start().await;
    let mut stranger = server.stranger();
    let page = stranger.get("/accounts").await;
    assert_eq!((page.status, page.h1().as_str()), (401, "Sign in first"));
    assert_eq!(link_of(server.next_line(SOON).await), server.link);
    let link = server.link.clone();
    assert_eq!(stranger.get(&link).await.status, 303);
}

/// Signed out elsewhere, and the next thing that is pressed is a button.
#[tokio::test]
async fn whoever_presses_a_button_signed_out_finds_a_link_too() {
    let mut server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.cookies.clear();
    let page = browser.post("/publish/tiktok/check", &[]).await;
    assert_eq!((page.status, page.h1().as_str()), (401, "Sign in first"));
    let link = link_of(server.next_line(SOON).await);
    assert_eq!(browser.get(&link).await.status, 303);
}

#[tokio::test]
async fn nobody_fills_the_terminal() {
    let mut server = Server::start().await;
    let mut stranger = server.stranger();
    for _ in 0..20 {
        assert_eq!(stranger.get("/posts").await.status, 401);
    }
    link_of(server.next_line(SOON).await);
    for _ in 0..20 {
        assert_eq!(stranger.get("/posts").await.status, 401);
    }
    assert_eq!(server.next_line(WHILE).await, None, "one line a minute");
}

#[tokio::test]
async fn what_nobody_opened_prints_nothing() {
    let mut server = Server::start().await;
    let stranger = server.stranger();
    for (method, name, value) in [
        (Method::HEAD, "accept", "*/*"),
        (Method::GET, "sec-purpose", "prefetch"),
        (Method::GET, "sec-fetch-dest", "image"),
    ] {
        let request = stranger.request(method, "/accounts").header(name, value);
        request.send().await.expect("an answer");
    }
    assert_eq!(server.next_line(WHILE).await, None);
}

#[tokio::test]
async fn a_server_with_a_token_prints_no_link() {
    let sandbox = social_sandbox::Sandbox::start().await.expect("a sandbox");
    let mut server = Setup::new()
        .var("TIKTOK_BASE_URL", sandbox.url())
        .var("OWNER_TOKEN", " 0123456789abcdef0123456789abcdef\n")
        .start()
        .await;
    let mut browser = server.stranger();
    assert_eq!(browser.get("/accounts").await.status, 401);
    assert_eq!(server.next_line(WHILE).await, None);
    let token = [("token", "0123456789abcdef0123456789abcdef")];
    assert_eq!(browser.post("/sign-in", &token).await.status, 303);
    assert_eq!(browser.get("/accounts").await.status, 200);
}

/// A browser gives every server of a machine the cookies of all of them.
#[tokio::test]
async fn two_servers_of_a_machine_do_not_sign_each_other_out() {
    let (one, two) = (Server::start().await, Server::start().await);
    let mut first = one.visitor().await;
    let mut second = two.stranger();
    second.cookies = first.cookies.clone();
    let link = two.link.clone();
    assert_eq!(second.get(&link).await.status, 303);
    first.cookies = second.cookies.clone();
    assert_eq!(first.get("/accounts").await.status, 200);
    assert_eq!(second.get("/accounts").await.status, 200);
    let answer = second.post("/sign-out", &[]).await;
    assert_eq!(answer.status, 303);
    first.cookies = second.cookies.clone();
    assert_eq!(first.get("/accounts").await.status, 200, "still signed in");
}
