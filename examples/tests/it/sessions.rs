//! Who is signed in, and what that protects.

use reqwest::Method;

use crate::harness::form::post_of;
use crate::harness::page::between;
use crate::harness::{Browser, Post, Server};

#[tokio::test]
async fn the_link_signs_in_one_browser_once() {
    let server = Server::start().await;
    assert!(
        server.line.starts_with("Open http://127.0.0.1:"),
        "{}",
        server.line
    );
    let mut first = server.stranger();
    let answer = first.get(&server.link).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (303, Some("/"))
    );
    let cookie = answer.header("set-cookie");
    for part in [
        &format!("{}=", server.cookie("session")),
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
        "; Max-Age=2592000",
    ] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "it is not https");
    let answer = first.get("/accounts").await;
    assert_eq!(
        (answer.status, answer.h1().as_str()),
        (200, "Connect an account")
    );

    let mut second = server.stranger();
    let answer = second.get(&server.link).await;
    assert_eq!(
        (answer.status, answer.h1().as_str()),
        (401, "This sign-in link no longer counts")
    );
    assert!(second.cookies.is_empty());
    assert_eq!(second.get("/accounts").await.status, 401);
}

#[tokio::test]
async fn a_sign_in_survives_a_restart_and_ends_by_signing_out() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let old = server.link.clone();
    let (setup, more) = server.stop().await;
    assert_eq!(more, Vec::<String>::new(), "one line is printed, no more");

    let server = setup.start().await;
    assert_ne!(server.link, old, "a new link each time");
    assert_eq!(browser.get("/accounts").await.status, 200);
    assert_eq!(
        server.stranger().get(&old).await.status,
        401,
        "the old link is nothing now"
    );

    let answer = browser.post("/sign-out", &[]).await;
    let page = browser.follow(answer).await;
    assert_eq!(page.h1(), "You are signed out");
    assert_eq!(browser.get("/accounts").await.status, 401);
}

#[tokio::test]
async fn nothing_of_a_person_is_shown_to_a_stranger() {
    let server = Server::start().await;
    let mut stranger = server.stranger();
    for address in [
        "/",
        "/accounts",
        "/accounts/0123456789abcdef/disconnect",
        "/publish/tiktok",
        "/posts",
        "/posts/01a1f859-f61f-7ec8-ad58-b7950831c724",
        "/events?page=posts",
        "/api/auth/tiktok",
    ] {
        let answer = stranger.get(address).await;
        assert_eq!(
            (answer.status, answer.h1().as_str()),
            (401, "Sign in first"),
            "{address}"
        );
    }
    for address in [
        "/sign-out",
        "/accounts/0123456789abcdef/disconnect",
        "/publish/tiktok",
        "/publish/tiktok/check",
        "/posts/01a1f859-f61f-7ec8-ad58-b7950831c724/cancel",
        "/posts/01a1f859-f61f-7ec8-ad58-b7950831c724/reconcile",
    ] {
        assert_eq!(
            stranger
                .post(address, &[("verdict", "published")])
                .await
                .status,
            401,
            "{address}"
        );
    }
    let request = stranger
        .request(Method::GET, "/api/auth/tiktok")
        .header("accept", "application/json");
    // The first accept header counts as well.
    let answer = stranger.send(request).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn errors_of_the_interface_are_json_and_carry_the_log_lines_number() {
    let server = Server::start().await;
    let http = reqwest::Client::new();
    let answer = http
        .get(format!("{}/api/unknown", server.base))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 404);
    let named = answer.headers()["x-correlation-id"]
        .to_str()
        .expect("text")
        .to_owned();
    let body: serde_json::Value =
        serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
    assert_eq!(body["error"]["code"], "not_found");
    assert_eq!(body["error"]["correlation"], named.as_str());
}

#[tokio::test]
async fn an_unknown_address_is_a_page_whose_number_is_in_the_log() {
    let server = crate::harness::Setup::new()
        .var("RUST_LOG", "info")
        .start()
        .await;
    let mut browser = server.visitor().await;
    let answer = browser.get("/no/such/page?with=secret-words").await;
    assert_eq!(
        (answer.status, answer.h1().as_str()),
        (404, "There is nothing at this address")
    );
    let named = between(&answer.text, "data-copy=\"", "\"").expect("a number");
    assert_eq!(answer.header("x-correlation-id"), named);
    let log = server.log();
    let line = log
        .lines()
        .find(|line| line.contains(named))
        .expect("its line");
    assert!(line.contains("404"), "{line}");
    assert!(!log.contains("secret-words"), "addresses are not logged");
    assert!(answer.text.contains("href=\"/\""), "a way back");
}

#[tokio::test]
async fn what_comes_from_another_site_changes_nothing() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = browser
            .request(Method::POST, "/sign-out")
            .header(name, value);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, 403, "{name}: {value}");
        assert_eq!(answer.h1(), "This did not come from a page of this server");
    }
    assert_eq!(
        browser.get("/accounts").await.status,
        200,
        "still signed in"
    );
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    for address in [
        "/accounts",
        "/nowhere",
        "/assets/app.css",
        "/sign-in",
        "/publish/tiktok",
    ] {
        let answer = browser.get(address).await;
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none';"),
            "{address}"
        );
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{address}");
        }
        if !address.starts_with("/assets/") {
            assert_eq!(answer.header("cache-control"), "no-store", "{address}");
        }
    }
}

#[tokio::test]
async fn another_name_for_this_machine_leads_to_the_servers_own() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let port = server.base.rsplit(':').next().expect("a port");
    for host in [format!("localhost:{port}"), "rebound.example".to_owned()] {
        let request = browser
            .request(Method::GET, "/accounts")
            .header("host", &host);
        let answer = browser.send(request).await;
        assert_eq!(
            (answer.status, answer.location.as_deref()),
            (307, Some("/accounts")),
            "{host}"
        );
        let request = browser
            .request(Method::POST, "/sign-out")
            .header("host", &host);
        assert_eq!(browser.send(request).await.status, 421, "{host}");
    }
    assert_eq!(browser.get("/accounts").await.status, 200);
}

#[tokio::test]
async fn someone_elses_things_are_not_there() {
    let server = Server::start().await;
    let mut ann = server.visitor().await;
    ann.connect("studio-account").await;
    let form = Post::open(&mut ann)
        .await
        .file("clip.mp4", crate::harness::fixture("clip.mp4"));
    let post = post_of(&form.send(&mut ann).await);
    let refused = form.clone().with("privacy", "").check(&mut ann).await;
    let upload = crate::harness::page::hidden(&refused.text, "upload_id").expect("a kept file");
    let (setup, _) = server.stop().await;

    let server = setup.clone().flags(&["--user", "bob"]).start().await;
    let mut bob = server.visitor().await;
    assert_eq!(bob.get("/accounts").await.h1(), "Connect an account");
    assert!(bob.get("/posts").await.words().contains("No posts yet"));
    assert_eq!(
        bob.get("/publish/tiktok").await.location.as_deref(),
        Some("/accounts")
    );
    let not_there = async |bob: &mut Browser, address: &str| {
        let answer = bob.get(address).await;
        assert_eq!(
            (answer.status, answer.h1().as_str()),
            (404, "There is nothing at this address"),
            "{address}"
        );
    };
    not_there(&mut bob, &format!("/posts/{post}")).await;
    not_there(&mut bob, &format!("/events?post={post}")).await;
    not_there(&mut bob, &format!("/accounts/{}/disconnect", form.account)).await;
    not_there(&mut bob, &format!("/posts?account={}", form.account)).await;
    for action in ["cancel", "settle", "reconcile"] {
        let answer = bob
            .post(
                &format!("/posts/{post}/{action}"),
                &[("verdict", "published")],
            )
            .await;
        assert_eq!(answer.status, 404, "{action}");
    }
    let answer = bob
        .post(&format!("/accounts/{}/disconnect", form.account), &[])
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(form.send(&mut bob).await.status, 404, "another's account");

    bob.connect("studio-private").await;
    let mut own = Post::open(&mut bob)
        .await
        .kept(&upload)
        .with("privacy", "SELF_ONLY");
    let answer = own.send(&mut bob).await;
    assert_eq!(answer.status, 422);
    answer.says("Choose a video from this device.");
    own = own.with("again", &post);
    assert_eq!(own.send(&mut bob).await.status, 422);
    not_there(&mut bob, &format!("/publish/tiktok?again={post}")).await;

    // Of two users one holds an account.
    let page = bob.consent_page().await;
    let callback = bob
        .consent(&page, &crate::harness::client::allow("studio-account"))
        .await;
    let answer = bob.get(&callback).await;
    let page = bob.follow(answer).await;
    assert_eq!(page.h1(), "TikTok did not connect");
    page.says(
        "This account is connected by another user here. It has to be disconnected there first.",
    );
    page.says("account_taken");
}
