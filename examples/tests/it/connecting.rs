//! Connecting an account, and everything that can go wrong on the way.

use std::time::Duration;

use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::harness::client::allow;
use crate::harness::{Answer, Browser, SandboxSide, Server, Setup, eventually, pause};

async fn accounts(browser: &mut Browser) -> usize {
    browser
        .get("/accounts")
        .await
        .text
        .matches("id=\"account-")
        .count()
}

/// Follows a callback to the page that says why nothing was connected.
async fn not_connected(browser: &mut Browser, callback: &str) -> Answer {
    let answer = browser.get(callback).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let there = answer.location.clone().expect("a clean address");
    assert!(
        there.starts_with("/accounts/not-connected?")
            && !there.contains("state=")
            && !there.contains("code=Z"),
        "{there}"
    );
    let page = browser.follow(answer).await;
    assert_eq!(page.h1(), "TikTok did not connect");
    assert!(
        page.text.contains("href=\"/api/auth/tiktok\""),
        "a way to try again"
    );
    page
}

#[tokio::test]
async fn a_consent_connects_the_account_and_leaves_a_clean_address() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let login: Vec<&String> = browser
        .cookies
        .keys()
        .filter(|name| name.starts_with("login-"))
        .collect();
    assert_eq!(login.len(), 1, "the login is bound to this browser");
    let callback = browser.consent(&page, &allow("studio-account")).await;
    let answer = browser.get(&callback).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (303, Some("/accounts"))
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(
        browser
            .cookies
            .keys()
            .all(|name| !name.starts_with("login-")),
        "the login's cookie is gone"
    );
    let page = browser.get("/accounts").await;
    assert!(page.text.contains("id=\"account-tiktok-studio-account\""));
    page.says("Studio Account is connected");
    page.says("Connected");
    page.says("Access renews itself");
    let again = browser.get("/accounts").await;
    assert!(
        !again.words().contains("Studio Account is connected"),
        "said once"
    );
}

#[tokio::test]
async fn refusing_connects_nothing() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &[("decision", "deny")]).await;
    let page = not_connected(&mut browser, &callback).await;
    page.says("You refused on TikTok's page. Nothing was stored and nothing changed.");
    assert_eq!(accounts(&mut browser).await, 0);
}

#[tokio::test]
async fn a_forged_or_changed_state_connects_nothing() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    for callback in [
        "/api/auth/tiktok/callback?code=abc&state=forged",
        "/api/auth/tiktok/callback?code=abc",
        "/api/auth/tiktok/callback",
    ] {
        let page = not_connected(&mut browser, callback).await;
        page.says("This sign-in did not start here. Nothing was stored and nothing changed.");
    }
    let page = browser.consent_page().await;
    let fields = [
        allow("studio-account").as_slice(),
        &[("fault", "wrong_state")],
    ]
    .concat();
    let callback = browser.consent(&page, &fields).await;
    not_connected(&mut browser, &callback)
        .await
        .says("This sign-in did not start here.");
    assert_eq!(accounts(&mut browser).await, 0);
}

#[tokio::test]
async fn a_callback_counts_once_and_a_code_counts_once() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    let login = browser.cookies.clone();
    assert_eq!(
        browser.get(&callback).await.location.as_deref(),
        Some("/accounts")
    );
    // The back button, with the cookie still there.
    browser.cookies.extend(login);
    not_connected(&mut browser, &callback)
        .await
        .says("This sign-in was already used.");
    assert_eq!(accounts(&mut browser).await, 1);

    // The same code under a new state.
    let code = crate::harness::page::between(&callback, "code=", "&")
        .expect("a code")
        .to_owned();
    let page = browser.consent_page().await;
    let fresh = browser.consent(&page, &allow("studio-account")).await;
    let other = crate::harness::page::between(&fresh, "code=", "&")
        .expect("a code")
        .to_owned();
    let forged = fresh.replace(&other, &code);
    not_connected(&mut browser, &forged)
        .await
        .says("its code is expired, used or of another app");
    assert_eq!(accounts(&mut browser).await, 1);
}

#[tokio::test]
async fn another_browsers_callback_connects_nothing_and_spoils_nothing() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    let mut other = browser.clone();
    other.cookies.retain(|name, _| !name.starts_with("login-"));
    not_connected(&mut other, &callback)
        .await
        .says("This sign-in was begun in another browser.");
    let mut stranger = server.stranger();
    assert_eq!(
        stranger.get(&callback).await.location.as_deref(),
        Some("/sign-in")
    );
    assert_eq!(
        browser.get(&callback).await.location.as_deref(),
        Some("/accounts"),
        "the right one still can"
    );
    assert_eq!(accounts(&mut browser).await, 1);
}

#[tokio::test]
async fn two_logins_at_once_do_not_harm_each_other() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let first = browser.consent_page().await;
    let second = browser.consent_page().await;
    let first = browser.consent(&first, &allow("studio-account")).await;
    let second = browser.consent(&second, &allow("studio-private")).await;
    assert_eq!(
        browser.get(&second).await.location.as_deref(),
        Some("/accounts")
    );
    assert_eq!(
        browser.get(&first).await.location.as_deref(),
        Some("/accounts")
    );
    assert_eq!(accounts(&mut browser).await, 2);
}

#[tokio::test]
async fn a_login_that_took_too_long_and_a_code_that_did() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    let options = SqliteConnectOptions::new().filename(server.setup.data().join("social.db"));
    let mut database = options.connect().await.expect("the database");
    // A moment ago instead of in ten minutes.
    let aged = sqlx::query(
        "UPDATE logins SET expires_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER) - 1000000",
    )
    .execute(&mut database)
    .await
    .expect("aged");
    assert_eq!(aged.rows_affected(), 1);
    let page = not_connected(&mut browser, &callback).await;
    page.says("This sign-in no longer counts: it was opened more than 10 minutes ago.");

    let page = browser.consent_page().await;
    let fields = [
        allow("studio-account").as_slice(),
        &[("fault", "expired_code")],
    ]
    .concat();
    let callback = browser.consent(&page, &fields).await;
    not_connected(&mut browser, &callback)
        .await
        .says("its code is expired, used or of another app");
    assert_eq!(accounts(&mut browser).await, 0);
}

#[tokio::test]
async fn fewer_rights_than_asked_for_are_told_and_lead_to_connecting_again() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")[..2]).await;
    let answer = browser.get(&callback).await;
    let page = browser.follow(answer).await;
    page.says("Studio Account is connected with less than was asked for");
    page.says("Limited");
    page.says("Posting was not allowed at sign-in.");
    let form = browser.get("/publish/tiktok").await;
    assert!(!form.text.contains("id=\"publish\""), "no form");
    form.says("Posting was not allowed at sign-in. Connect the account again and leave it ticked.");
    browser.connect("studio-account").await;
    assert_eq!(accounts(&mut browser).await, 1, "the same account, renewed");
    assert!(
        browser
            .get("/publish/tiktok")
            .await
            .text
            .contains("id=\"publish\"")
    );
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_matter() {
    let sandbox = social_sandbox::Sandbox::start().await.expect("a sandbox");
    let server = Setup::new()
        .var("TIKTOK_BASE_URL", sandbox.url())
        .var("TIKTOK_CLIENT_KEY", social_sandbox::DEMO_CLIENT_KEY)
        .var("TIKTOK_CLIENT_SECRET", "not-the-secret")
        .start()
        .await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    let page = not_connected(&mut browser, &callback).await;
    page.says("TikTok does not accept this service's app");
    assert!(!server.log().contains("not-the-secret"));
    assert_eq!(accounts(&mut browser).await, 0);
}

#[tokio::test]
async fn disconnecting_asks_first_revokes_and_stops_what_was_to_come() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let form = crate::harness::Post::open(&mut browser).await;
    let scheduled = form
        .file("clip.mp4", crate::harness::fixture("clip.mp4"))
        .with("when", "later")
        .with("due", "2099-01-01T12:00")
        .with("missed", "fail");
    let post = crate::harness::form::post_of(&scheduled.send(&mut browser).await);
    let page = browser.get(&format!("/posts/{post}")).await;
    page.says("Scheduled");

    let address = format!("/accounts/{}/disconnect", scheduled.account);
    let asks = browser.get(&address).await;
    assert_eq!(asks.h1(), "Disconnect Studio Account?");
    asks.says("1 scheduled or waiting post will be cancelled.");
    asks.says("History stays.");
    assert_eq!(sandbox.calls("revoke").await, 0, "asking does nothing");

    let answer = browser.post(&address, &[]).await;
    let page = browser.follow(answer).await;
    page.says("Studio Account is disconnected");
    page.says("Disconnected");
    assert_eq!(sandbox.calls("revoke").await, 1);
    browser
        .get(&format!("/posts/{post}"))
        .await
        .says("Cancelled");
    assert_eq!(
        browser.get("/publish/tiktok").await.location.as_deref(),
        Some("/accounts")
    );
    assert_eq!(
        browser.post(&address, &[]).await.status,
        404,
        "there is nothing to disconnect any more"
    );
    assert!(sandbox.posts().await.is_empty());
}

#[tokio::test]
async fn an_error_of_the_consent_page_is_told_as_what_it_is() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    for (error, words) in [
        ("access_denied", "You refused on TikTok's page."),
        ("invalid_scope", "TikTok does not accept this service's app"),
        (
            "unauthorized_client",
            "TikTok does not accept this service's app",
        ),
        (
            "invalid_request",
            "TikTok does not accept this service's app",
        ),
        ("server_error", "TikTok failed on its side."),
        ("temporarily_unavailable", "TikTok failed on its side."),
        (
            "brand_new",
            "TikTok ended the sign-in with an error that is not known here.",
        ),
    ] {
        let page = browser.consent_page().await;
        let state = crate::harness::page::between(&page, "state=", "&");
        let state = state.expect("a state").to_owned();
        let callback =
            format!("/api/auth/tiktok/callback?error={error}&error_type=x&state={state}");
        let page = not_connected(&mut browser, &callback).await;
        page.says(words);
        page.says(error);
        assert!(
            !page.words().contains("its code"),
            "there was no code: {error}"
        );
    }
    assert_eq!(accounts(&mut browser).await, 0);
}

#[tokio::test]
async fn the_back_button_after_connecting_says_that_it_was_used() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    browser.get(&callback).await;
    assert!(
        !browser
            .cookies
            .keys()
            .any(|name| name.starts_with("login-")),
        "the browser has forgotten the login"
    );
    not_connected(&mut browser, &callback)
        .await
        .says("This sign-in was already used.");
}

#[tokio::test]
async fn a_known_name_stays_while_the_profile_cannot_be_read() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    browser.get("/accounts").await.says("Studio Account");
    let sandbox = SandboxSide::of(&mut browser).await;
    let fault = serde_json::json!({
        "endpoint": "user_info", "kind": "status", "status": 401, "times": 9,
        "body": { "error": { "code": "scope_not_authorized", "message": "m", "log_id": "L" } },
    });
    sandbox.arm(fault).await;
    browser.connect("studio-account").await;
    for page in ["/accounts", "/", "/publish/tiktok"] {
        let page = browser.get(page).await;
        page.says("Studio Account");
        assert!(!page.words().contains("-000"), "an id is no name");
    }
    // Never known: no id in its place either.
    browser.connect("studio-private").await;
    let page = browser.get("/accounts").await;
    page.says("TikTok account");
    assert!(!page.words().contains("-000"), "an id is no name");
    sandbox.disarm().await;
    browser.connect("studio-private").await;
    browser.get("/accounts").await.says("Studio Private");
    assert_eq!(accounts(&mut browser).await, 2);
}

/// The consent is given and its code is spent: nobody but this server can make an account of it.
#[tokio::test]
async fn a_browser_that_goes_away_during_the_callback_has_connected_its_account() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    let answer = json!({ "endpoint": "token", "kind": "hold", "times": 1 });
    let answer = sandbox.arm(answer).await;
    let mut leaving = browser.clone();
    let leaving = tokio::spawn(async move { leaving.get(&callback).await });
    sandbox.holds(answer).await;
    leaving.abort();
    assert!(leaving.await.is_err(), "it is gone");
    // The server finds that out by itself.
    pause(Duration::from_secs(1)).await;
    sandbox.disarm().await;
    eventually("the account", || {
        let mut browser = browser.clone();
        async move { (accounts(&mut browser).await == 1).then_some(()) }
    })
    .await;
}
