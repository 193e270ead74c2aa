//! Settings as people and compose files give them: with blanks, with nothing in them, mixed up.

use crate::harness::client::allow;
use crate::harness::{Server, Setup, not_text};

/// Everything that the server reads from its environment.
const ALL: [&str; 11] = [
    "DATABASE_URL",
    "LISTEN",
    "OWNER_TOKEN",
    "PROXIES",
    "PUBLIC_URL",
    "RUST_LOG",
    "TIKTOK_BASE_URL",
    "TIKTOK_CLIENT_KEY",
    "TIKTOK_CLIENT_SECRET",
    "TIKTOK_SCOPES",
    "DATA_DIR",
];

#[tokio::test]
async fn a_variable_with_nothing_in_it_is_as_if_it_were_not_there() {
    for nothing in ["", " "] {
        let mut setup = Setup::new();
        for name in ALL {
            // The folder and the port are the test's own.
            if !["DATA_DIR", "LISTEN"].contains(&name) {
                setup = setup.var(name, nothing);
            }
        }
        let server = setup.start().await;
        let mut browser = server.visitor().await;
        browser.connect("studio-account").await;
    }
    for name in ALL {
        if ["DATA_DIR", "LISTEN"].contains(&name) {
            continue;
        }
        let server = Setup::new().var(name, "").start().await;
        assert!(server.line.contains("/sign-in?token="), "{name}");
    }
}

#[tokio::test]
async fn blanks_around_scopes_are_cut_off_and_what_cannot_be_asked_for_is_told_at_the_start() {
    for scopes in ["user.info.basic, video.publish, video.upload", ""] {
        let server = Setup::new().var("TIKTOK_SCOPES", scopes).start().await;
        let mut browser = server.visitor().await;
        let page = browser.consent_page().await;
        let callback = browser.consent(&page, &allow("studio-account")).await;
        let answer = browser.get(&callback).await;
        assert_eq!(answer.location.as_deref(), Some("/accounts"), "{scopes:?}");
    }
    let said = Setup::new()
        .var(
            "TIKTOK_SCOPES",
            "user.info.basic video.publish video.upload",
        )
        .refused()
        .await;
    assert!(said.contains("TIKTOK_SCOPES"), "{said}");
    assert!(said.contains("user.info.basic video.publish"), "{said}");
    // Whoever signs in cannot mend what is not asked for.
    let less = Setup::new().var("TIKTOK_SCOPES", "user.info.basic,video.upload");
    let said = less.refused().await;
    assert!(said.contains("TIKTOK_SCOPES lacks video.publish"), "{said}");
}

#[tokio::test]
async fn a_variable_that_is_not_text_is_refused_by_name() {
    for name in ALL
        .into_iter()
        .chain(["DATABASE_INSTANCE", "HOLD_AFTER_LOSS_HOURS"])
    {
        // The port is the test's own, by a flag.
        if name == "LISTEN" {
            continue;
        }
        let said = Setup::new().var(name, not_text()).refused().await;
        assert!(
            said.contains(&format!("{name} is not text")) && !said.contains("SESAME"),
            "{name}: {said}"
        );
    }
}

#[tokio::test]
async fn an_address_that_no_sign_in_comes_back_to_is_refused() {
    let said = Setup::new().listen("127.0.0.2:0").refused().await;
    assert!(said.contains("listen on 127.0.0.1"), "{said}");
}

#[tokio::test]
async fn what_can_never_work_is_refused_by_name_without_its_value() {
    for name in ALL {
        // A folder may have any name, and scopes are told by theirs.
        if ["DATA_DIR", "TIKTOK_SCOPES", "RUST_LOG"].contains(&name) {
            continue;
        }
        let mut setup = Setup::new().var(name, "SESAME open");
        if name == "LISTEN" {
            setup = setup.listen("SESAME");
        }
        let said = setup.refused().await;
        assert!(
            said.contains(name) && !said.contains("SESAME"),
            "{name}: {said}"
        );
    }
    let said = Setup::new().var("RUST_LOG", "a=SESAME=c").refused().await;
    assert!(
        said.contains("RUST_LOG") && !said.contains("SESAME"),
        "{said}"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let said = Setup::new()
        .listen("nowhere")
        .var("PUBLIC_URL", "nowhere")
        .var("TIKTOK_CLIENT_KEY", "a b")
        .var("TIKTOK_BASE_URL", "https://open.tiktokapis.com")
        .var("OWNER_TOKEN", "short")
        .var("DATABASE_URL", "postgres://u:SESAME@host/db")
        .var("PROXIES", "the-proxy")
        .refused()
        .await;
    for name in [
        "LISTEN",
        "PUBLIC_URL",
        "TIKTOK_CLIENT_KEY",
        "TIKTOK_BASE_URL",
        "OWNER_TOKEN",
        "DATABASE_URL",
        "PROXIES",
    ] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(!said.contains("SESAME"), "{said}");
}

#[tokio::test]
async fn a_secret_keeps_none_of_the_blanks_it_was_copied_with() {
    let sandbox = social_sandbox::Sandbox::start().await.expect("a sandbox");
    let server = Setup::new()
        .var("TIKTOK_BASE_URL", format!(" {}\n", sandbox.url()))
        .var(
            "TIKTOK_CLIENT_KEY",
            format!(" {}", social_sandbox::DEMO_CLIENT_KEY),
        )
        .var(
            "TIKTOK_CLIENT_SECRET",
            format!("{}\n", social_sandbox::DEMO_CLIENT_SECRET),
        )
        .start()
        .await;
    let mut browser = Server::visitor(&server).await;
    browser.connect("studio-account").await;
}
