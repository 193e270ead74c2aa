//! The consent page.

use http::StatusCode;

use crate::client::{REDIRECT, Stage, find, form, query, send, value};

#[tokio::test]
async fn the_page_is_a_form_that_may_only_go_home_and_to_the_app() {
    let stage = Stage::new().await;
    let page = send(stage.http.get(stage.authorize_url(&[]))).await;
    for part in [
        "Sandbox standing in for TikTok",
        "No real account is touched",
        "value=\"studio-account\" checked",
        "value=\"studio-private\"",
        "value=\"studio-capped\"",
        "value=\"user.info.basic\" checked disabled",
        "value=\"video.publish\" checked>",
        "Make something go wrong",
        "What was asked",
        "S256, 64 hex digits",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    assert!(!page.text.contains("video.list"), "only what was asked");
    assert!(
        !page.text.contains("state-of-this-test"),
        "the state stays out of the page"
    );
    assert!(!page.text.contains("style=") && !page.text.contains("<script"));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:8080;"),
        "{policy}"
    );
    assert!(policy.contains("default-src 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    let css = stage
        .authorize_url(&[])
        .join("../../../sandbox.css")
        .unwrap();
    let css = send(stage.http.get(css)).await;
    assert_eq!(
        (css.status, css.header("content-type")),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
}

#[tokio::test]
async fn a_page_is_answered_once() {
    let stage = Stage::new().await;
    let url = stage.authorize_url(&[]);
    let page = stage.open_page(&url).await;
    let allow = form(&[
        ("page", &page),
        ("account", "studio-account"),
        ("decision", "allow"),
    ]);
    let first = stage.post_form(url.as_str(), &allow).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    for decision in ["allow", "deny"] {
        let fields = form(&[
            ("page", &page),
            ("account", "studio-account"),
            ("decision", decision),
        ]);
        let second = stage.post_form(url.as_str(), &fields).await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        assert_eq!(second.header("location"), "");
        assert!(
            second.text.contains("has been answered already"),
            "{}",
            second.text
        );
    }
    let code = value(&query(first.header("location")), "code");
    assert_eq!(
        stage.exchange(&code).await.code(),
        "-",
        "the first answer stands"
    );
}

#[tokio::test]
async fn refusing_goes_back_with_access_denied() {
    let stage = Stage::new().await;
    let answer = stage
        .consent(&stage.authorize_url(&[]), &[("decision", "deny")])
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let expected = format!(
        "{REDIRECT}?error=access_denied&error_description=User+denied+access&state=state-of-this-test"
    );
    assert_eq!(answer.header("location"), expected);
}

#[tokio::test]
async fn fewer_scopes_may_be_granted_than_asked() {
    let stage = Stage::new().await;
    let fields = [
        ("account", "studio-account"),
        ("decision", "allow"),
        ("scope", "video.publish"),
        // Was not asked for.
        ("scope", "video.list"),
    ];
    let answer = stage.consent(&stage.authorize_url(&[]), &fields).await;
    let back = query(answer.header("location"));
    assert_eq!(value(&back, "scopes"), "user.info.basic,video.publish");
    let tokens = stage.exchange(&value(&back, "code")).await.json();
    assert_eq!(tokens["scope"], "user.info.basic,video.publish");
}

#[tokio::test]
async fn codes_arrive_percent_encoded() {
    let stage = Stage::new().await;
    let fields = [("account", "studio-account"), ("decision", "allow")];
    let answer = stage.consent(&stage.authorize_url(&[]), &fields).await;
    let location = answer.header("location");
    assert!(
        location.contains("%2A") && location.contains("%21"),
        "{location}"
    );
    assert!(!location.contains(['*', '!']), "{location}");
}

#[tokio::test]
async fn a_script_may_post_the_fields_without_a_page() {
    let stage = Stage::new().await;
    let fields = form(&[("account", "studio-private"), ("decision", "allow")]);
    let answer = stage
        .post_form(stage.authorize_url(&[]).as_str(), &fields)
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let code = value(&query(answer.header("location")), "code");
    assert_eq!(
        stage.exchange(&code).await.json()["scope"],
        "user.info.basic"
    );
}

#[tokio::test]
async fn wrong_answers_are_told_on_the_page() {
    let stage = Stage::new().await;
    for (fields, status, kind) in [
        (vec![("account", "studio-account")], 400, "decision"),
        (vec![("decision", "allow")], 400, "account"),
        (
            vec![("decision", "allow"), ("account", "somebody")],
            400,
            "account",
        ),
        (
            vec![
                ("decision", "allow"),
                ("account", "studio-account"),
                ("fault", "fire"),
            ],
            400,
            "fault",
        ),
        (vec![("page", "unknown"), ("decision", "deny")], 410, "page"),
    ] {
        let answer = stage
            .post_form(stage.authorize_url(&[]).as_str(), &form(&fields))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{fields:?}");
        assert!(
            answer.text.contains(&format!(">{kind}<")),
            "{fields:?}: {}",
            answer.text
        );
    }
    // None of these has used up a page.
    let url = stage.authorize_url(&[("scope", Some("video.publish"))]);
    let page = stage.open_page(&url).await;
    let none = form(&[
        ("page", &page),
        ("account", "studio-account"),
        ("decision", "allow"),
    ]);
    let answer = stage.post_form(url.as_str(), &none).await;
    assert!(
        answer.text.contains("Allow at least one thing"),
        "{}",
        answer.text
    );
    let one = form(&[
        ("page", &page),
        ("account", "studio-account"),
        ("scope", "video.publish"),
        ("decision", "allow"),
    ]);
    assert_eq!(
        stage.post_form(url.as_str(), &one).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_page_is_open_for_an_hour() {
    let stage = Stage::new().await;
    let url = stage.authorize_url(&[]);
    let page = stage.open_page(&url).await;
    stage.advance(3600);
    stage.open_page(&url).await;
    let allow = form(&[
        ("page", &page),
        ("account", "studio-account"),
        ("decision", "allow"),
    ]);
    assert_eq!(
        stage.post_form(url.as_str(), &allow).await.status,
        StatusCode::GONE
    );
}

async fn with_fault(stage: &Stage, fault: &str) -> Vec<(String, String)> {
    let fields = [
        ("account", "studio-account"),
        ("decision", "allow"),
        ("fault", fault),
    ];
    query(
        stage
            .consent(&stage.authorize_url(&[]), &fields)
            .await
            .header("location"),
    )
}

#[tokio::test]
async fn things_made_to_go_wrong() {
    let stage = Stage::new().await;
    let back = with_fault(&stage, "expired_code").await;
    let answer = stage.exchange(&value(&back, "code")).await;
    assert_eq!(answer.code(), "invalid_grant");

    let back = with_fault(&stage, "wrong_state").await;
    assert!(find(&back, "state").is_some_and(|state| state != "state-of-this-test"));

    let back = with_fault(&stage, "server_error").await;
    for _ in 0..2 {
        let answer = stage.exchange(&value(&back, "code")).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.code(), "server_error");
    }

    let back = with_fault(&stage, "").await;
    assert_eq!(stage.exchange(&value(&back, "code")).await.code(), "-");
}

#[tokio::test]
async fn a_slow_exchange_waits_on_the_virtual_clock() {
    let stage = Stage::new().await;
    let code = value(&with_fault(&stage, "slow").await, "code");
    let control = stage.control();
    let exchanged = stage.exchange(&code);
    let moved = async {
        // The work is done at once; only the answer is late.
        while !control
            .secrets()
            .iter()
            .any(|secret| secret.kind == "access_token")
        {
            tokio::task::yield_now().await;
        }
        control.advance(std::time::Duration::from_secs(31));
    };
    let (answer, ()) = tokio::join!(exchanged, moved);
    assert_eq!(answer.code(), "-", "{}", answer.text);
}

#[tokio::test]
async fn without_a_state_none_comes_back() {
    let stage = Stage::new().await;
    let back = stage
        .allow(&stage.authorize_url(&[("state", None)]), "studio-account")
        .await;
    assert_eq!(find(&back, "state"), None);
    assert!(find(&back, "code").is_some());
}
