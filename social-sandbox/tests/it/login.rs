//! Login: remembered consent, web apps with PKCE, lives of tokens, errors on request.

use http::StatusCode;
use social_sandbox::{App, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox};
use url::Url;

use crate::client::{Answer, CHALLENGE, SCOPES, Stage, VERIFIER, find, form, query, send, value};

const WEB: &str = "https://dev.example.com/auth/callback/";

async fn web_stage() -> Stage {
    Stage::with(Sandbox::builder().redirect_uri(WEB).start().await.unwrap())
}

/// The authorize URL of a web app without PKCE.
fn web(stage: &Stage, changes: &[(&str, Option<&str>)]) -> Url {
    let mut all = vec![
        ("redirect_uri", Some(WEB)),
        ("code_challenge", None),
        ("code_challenge_method", None),
    ];
    all.extend(changes);
    stage.authorize_url(&all)
}

async fn exchange(stage: &Stage, code: &str, verifier: Option<&str>) -> Answer {
    let fields = [
        ("grant_type", Some("authorization_code")),
        ("code", Some(code)),
        ("redirect_uri", Some(WEB)),
        ("code_verifier", verifier),
    ];
    stage.token(&fields).await
}

/// Allows everything and returns the cookie, as the browser sends it.
async fn sign_in(stage: &Stage, url: &Url) -> (Answer, String) {
    let mut fields = vec![("account", "studio-private"), ("decision", "allow")];
    fields.extend(SCOPES.iter().map(|scope| ("scope", *scope)));
    let answer = stage.consent(url, &fields).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    let cookie = cookie.to_owned();
    (answer, cookie)
}

async fn open(stage: &Stage, url: &Url, cookie: &str) -> Answer {
    send(stage.http.get(url.clone()).header("cookie", cookie)).await
}

#[tokio::test]
async fn a_remembered_consent_skips_the_page_if_the_app_asks() {
    let stage = web_stage().await;
    let auto = web(&stage, &[("disable_auto_auth", Some("0"))]);
    let first = open(&stage, &auto, "").await;
    assert_eq!(first.status, StatusCode::OK, "nobody is signed in");
    let (answer, cookie) = sign_in(&stage, &auto).await;
    let set = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/www.tiktok.com/v2/auth/;"] {
        assert!(set.contains(part), "{part}: {set}");
    }
    let code = value(&query(answer.header("location")), "code");
    let tokens = exchange(&stage, &code, None).await.json();

    let cookies = format!("theme=dark; {cookie}");
    let back = open(&stage, &auto, &cookies).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    let back = query(back.header("location"));
    assert_eq!(value(&back, "state"), "state-of-this-test");
    assert_eq!(value(&back, "scopes"), SCOPES.join(","));
    let again = exchange(&stage, &value(&back, "code"), None).await.json();
    assert_eq!(
        again["open_id"], tokens["open_id"],
        "the one who is signed in"
    );

    for shown in [
        web(&stage, &[]),
        web(&stage, &[("disable_auto_auth", Some("1"))]),
        // More than was consented to.
        web(
            &stage,
            &[
                ("disable_auto_auth", Some("0")),
                ("scope", Some("video.list")),
            ],
        ),
    ] {
        let page = open(&stage, &shown, &cookies).await;
        assert_eq!(page.status, StatusCode::OK, "{shown}");
    }
    assert_eq!(
        open(&stage, &auto, "sandbox_session=made-up").await.status,
        StatusCode::OK
    );

    let token = again["access_token"].as_str().unwrap();
    let fields = form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("client_secret", DEMO_CLIENT_SECRET),
        ("token", token),
    ]);
    stage
        .post_form(&stage.api("/v2/oauth/revoke/"), &fields)
        .await;
    let gone = open(&stage, &auto, &cookies).await;
    assert_eq!(gone.status, StatusCode::OK, "the consent has ended");
}

#[tokio::test]
async fn a_desktop_app_always_shows_the_page() {
    let stage = Stage::new().await;
    let url = stage.authorize_url(&[("disable_auto_auth", Some("0"))]);
    let (answer, cookie) = sign_in(&stage, &url).await;
    let code = value(&query(answer.header("location")), "code");
    assert_eq!(stage.exchange(&code).await.code(), "-");
    assert_eq!(open(&stage, &url, &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_after_thirty_days() {
    let stage = web_stage().await;
    let auto = web(&stage, &[("disable_auto_auth", Some("0"))]);
    let (answer, cookie) = sign_in(&stage, &auto).await;
    let code = value(&query(answer.header("location")), "code");
    exchange(&stage, &code, None).await;
    stage.advance(30 * 24 * 3600 - 60);
    assert_eq!(
        open(&stage, &auto, &cookie).await.status,
        StatusCode::SEE_OTHER
    );
    stage.advance(60);
    assert_eq!(open(&stage, &auto, &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn disable_auto_auth_is_0_or_1() {
    let stage = web_stage().await;
    for value in ["2", "true", "00"] {
        let url = web(&stage, &[("disable_auto_auth", Some(value))]);
        let page = send(stage.http.get(url)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{value}");
        assert!(page.text.contains(">disable_auto_auth<"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_web_apps_challenge_is_enforced_when_there_is_one() {
    let stage = web_stage().await;
    let base64 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let wrong = "a".repeat(43);
    let (padded, upper) = (format!("{base64}="), CHALLENGE.to_ascii_uppercase());
    for (challenge, verifier, code) in [
        (CHALLENGE, Some(VERIFIER), "-"),
        (CHALLENGE, None, "invalid_request"),
        (CHALLENGE, Some(wrong.as_str()), "invalid_request"),
        (base64, Some(VERIFIER), "-"),
        (base64, None, "invalid_request"),
        (base64, Some(wrong.as_str()), "invalid_request"),
        // Neither of the two forms.
        (padded.as_str(), Some(VERIFIER), "invalid_request"),
        (upper.as_str(), Some(VERIFIER), "invalid_request"),
        (VERIFIER, Some(VERIFIER), "invalid_request"),
    ] {
        let changes = [
            ("code_challenge", Some(challenge)),
            ("code_challenge_method", Some("S256")),
        ];
        let url = web(&stage, &changes);
        let issued = value(&stage.allow(&url, "studio-account").await, "code");
        let answer = exchange(&stage, &issued, verifier).await;
        assert_eq!(answer.code(), code, "{challenge} {verifier:?}");
    }
    let plain = web(&stage, &[("code_challenge", Some(CHALLENGE))]);
    let page = send(stage.http.get(plain)).await;
    assert!(
        page.text.contains(">code_challenge_method<"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_consent_page_is_there_with_and_without_the_last_slash() {
    let stage = Stage::new().await;
    let mut url = stage.authorize_url(&[]);
    url.set_path("/www.tiktok.com/v2/auth/authorize");
    let code = value(&stage.allow(&url, "studio-account").await, "code");
    assert_eq!(stage.exchange(&code).await.code(), "-");
    let transcript = stage.control().transcript();
    let known = |exchange: &social_sandbox::Exchange| exchange.endpoint.name() != "unknown";
    assert!(transcript.iter().all(known), "{transcript:?}");
    // The API's gateway takes no path for another.
    for path in ["/v2/auth/authorize", "/v2/auth/authorize/"] {
        let answer = send(stage.http.get(stage.api(path))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn own(app: App) -> Stage {
    Stage::with(Sandbox::builder().app(app).start().await.unwrap())
}

#[tokio::test]
async fn lives_are_the_apps_and_a_refresh_counts_what_is_left() {
    let long = App::new(DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET).lifetimes(86_400, 31_536_000);
    let mut anew = long.clone();
    anew.refresh_restarts = true;
    for (app, left) in [(long, 31_536_000 - 80_000), (anew, 31_536_000)] {
        let stage = own(app).await;
        let tokens = stage.grant("studio-account");
        assert_eq!(
            (tokens.expires_in, tokens.refresh_expires_in),
            (86_400, 31_536_000)
        );
        stage.advance(80_000);
        assert_eq!(stage.creator_info(&tokens.access_token).await.code(), "ok");
        let json = stage.refresh(&tokens.refresh_token).await.json();
        assert_eq!(json["expires_in"], 86_400);
        let remaining = json["refresh_expires_in"].as_i64().unwrap();
        assert!((left - 60..=left).contains(&remaining), "{remaining}");
        stage.advance(6_400);
        let old = stage.creator_info(&tokens.access_token).await;
        assert_eq!(old.code(), "access_token_invalid");
    }
}

#[tokio::test]
async fn an_app_asks_only_for_approved_scopes_and_admits_only_target_users() {
    let mut app = App::new(DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET);
    app.scopes = vec!["user.info.basic".to_owned(), "video.list".to_owned()];
    app.target_users = vec!["studio-private".to_owned()];
    let stage = own(app).await;
    let page = send(stage.http.get(stage.authorize_url(&[]))).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains(">invalid_scope<"), "{}", page.text);
    let url = stage.authorize_url(&[("scope", Some("user.info.basic,video.list"))]);
    let allow = |account| [("account", account), ("decision", "allow")];
    let other = stage.consent(&url, &allow("studio-account")).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert!(
        other.text.contains(">non_sandbox_target<"),
        "{}",
        other.text
    );
    let target = stage.consent(&url, &allow("studio-private")).await;
    assert_eq!(target.status, StatusCode::SEE_OTHER);
    let mut wrong = App::new("a", "b");
    wrong.scopes = vec!["video.delete".to_owned()];
    assert!(stage.control().add_app(wrong).is_err());
}

const ERRORS: [&str; 10] = [
    "access_denied",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
];

#[tokio::test]
async fn every_oauth_error_can_come_back_and_from_the_token_call() {
    let stage = Stage::new().await;
    let page = send(stage.http.get(stage.authorize_url(&[]))).await.text;
    for error in ERRORS {
        for choice in ["callback", "token"] {
            assert!(
                page.contains(&format!("value=\"{choice}_{error}\"")),
                "{error}"
            );
        }
        let with = async |fault: String| {
            let fields = [
                ("account", "studio-account"),
                ("decision", "allow"),
                ("fault", fault.as_str()),
            ];
            let answer = stage.consent(&stage.authorize_url(&[]), &fields).await;
            query(answer.header("location"))
        };
        let back = with(format!("callback_{error}")).await;
        assert_eq!(value(&back, "error"), error);
        assert!(find(&back, "error_description").is_some());
        assert_eq!(value(&back, "state"), "state-of-this-test");
        assert_eq!(find(&back, "code"), None);
        let back = with(format!("token_{error}")).await;
        let answer = stage.exchange(&value(&back, "code")).await;
        assert_eq!(answer.json()["error"], error);
        assert!(answer.json()["log_id"].is_string());
    }
}

#[tokio::test]
async fn a_client_token_opens_nothing_of_a_user() {
    let stage = Stage::new().await;
    let answer = stage
        .token(&[("grant_type", Some("client_credentials"))])
        .await;
    let json = answer.json();
    assert_eq!(
        (&json["expires_in"], &json["token_type"]),
        (&7200.into(), &"Bearer".into())
    );
    assert_eq!(json.as_object().unwrap().len(), 3, "no refresh token");
    let token = json["access_token"].as_str().unwrap();
    assert!(token.starts_with("clt."));
    assert_eq!(
        stage.creator_info(token).await.code(),
        "access_token_invalid"
    );
    let wrong = [
        ("grant_type", Some("client_credentials")),
        ("client_secret", Some("wrong-secret")),
    ];
    assert_eq!(stage.token(&wrong).await.code(), "invalid_client");
}
