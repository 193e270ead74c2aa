//! Wrong OAuth requests, each with the status and code it is refused with.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::DEMO_CLIENT_KEY;

use crate::client::{Answer, FORM, JSON, REDIRECT, Stage, VERIFIER, form, send};

type Changes<'a> = &'a [(&'a str, Option<&'a str>)];
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn authorize_requests() {
    let stage = Stage::new().await;
    let cases: [(Changes<'_>, &str, &str); 18] = [
        (&[("client_key", None)], "unauthorized_client", "client_key"),
        (
            &[("client_key", Some("sbaw-other"))],
            "unauthorized_client",
            "client_key",
        ),
        (
            &[("redirect_uri", None)],
            "unauthorized_client",
            "redirect_uri",
        ),
        (
            &[("redirect_uri", Some("https://evil.example/cb"))],
            "unauthorized_client",
            "redirect_uri",
        ),
        (
            &[(
                "redirect_uri",
                Some("http://127.0.0.1:8080/api/auth/tiktok/callback/"),
            )],
            "unauthorized_client",
            "redirect_uri",
        ),
        (
            &[(
                "redirect_uri",
                Some("http://127.0.0.1/api/auth/tiktok/callback"),
            )],
            "unauthorized_client",
            "redirect_uri",
        ),
        (
            &[(
                "redirect_uri",
                Some("http://127.0.0.1:*/api/auth/tiktok/callback"),
            )],
            "unauthorized_client",
            "redirect_uri",
        ),
        (
            &[(
                "redirect_uri",
                Some("https://127.0.0.1:8080/api/auth/tiktok/callback"),
            )],
            "unauthorized_client",
            "redirect_uri",
        ),
        (
            &[("response_type", None)],
            "unsupported_response_type",
            "response_type",
        ),
        (
            &[("response_type", Some("token"))],
            "unsupported_response_type",
            "response_type",
        ),
        (&[("scope", None)], "invalid_scope", "scope"),
        (&[("scope", Some(""))], "invalid_scope", "scope"),
        (
            &[("scope", Some("user.info.basic video.publish"))],
            "invalid_scope",
            "scope",
        ),
        (
            &[("scope", Some("user.info.basic,"))],
            "invalid_scope",
            "scope",
        ),
        (
            &[("scope", Some("user.info.basic,video.delete"))],
            "invalid_scope",
            "scope",
        ),
        (
            &[("code_challenge", None)],
            "invalid_request",
            "code_challenge",
        ),
        (
            &[("code_challenge_method", None)],
            "invalid_request",
            "code_challenge_method",
        ),
        (
            &[("code_challenge_method", Some("plain"))],
            "invalid_request",
            "code_challenge_method",
        ),
    ];
    for (changes, error, error_type) in cases {
        let page = send(stage.http.get(stage.authorize_url(changes))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{changes:?}");
        assert_eq!(page.header("location"), "", "mistakes are never redirected");
        assert!(
            page.text.contains(&format!(">{error}<")),
            "{changes:?}: {}",
            page.text
        );
        assert!(
            page.text.contains(&format!(">{error_type}<")),
            "{changes:?}: {}",
            page.text
        );
        assert!(!page.text.contains("<form"), "{changes:?}");
    }
}

#[tokio::test]
async fn a_parameter_given_twice_is_refused() {
    let stage = Stage::new().await;
    let mut url = stage.authorize_url(&[]);
    url.query_pairs_mut().append_pair("state", "another-state");
    let page = send(stage.http.get(url)).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains(">parameters<"));
}

/// Asserts a flat refusal.
fn refused(answer: &Answer, status: u16, error: &str, description: &str, case: &str) {
    let json = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{case}: {}", answer.text);
    assert_eq!(json["error"], error, "{case}");
    assert_eq!(json["error_description"], description, "{case}");
    log_id(&json["log_id"]);
    assert_eq!(
        json.as_object().unwrap().len(),
        3,
        "{case}: nothing else in it"
    );
}

pub(crate) fn log_id(value: &Value) {
    let id = value.as_str().unwrap();
    assert_eq!(id.len(), 34, "{id}");
    assert!(
        id.starts_with("20") && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
}

const MALFORMED: &str = "The request parameters are malformed.";
const NO_SECRET: &str = "Client secret is missed in request.";
const CLIENT: &str = "Client key or secret is incorrect.";
const CODE: &str = "Authorization code is expired.";
const REFRESH: &str = "Refresh token is invalid or expired.";
const PKCE: &str = "Code verifier or code challenge is invalid.";
const OTHER_REDIRECT: &str = "Redirect_uri is not matched with the uri when requesting code.";

#[tokio::test]
async fn exchanges() {
    let stage = Stage::new().await;
    let long = "a".repeat(129);
    let elsewhere = "http://127.0.0.1:9/api/auth/tiktok/callback";
    let unknown = Some("made-up-code*1!6410");
    let cases: [(Changes<'_>, u16, &str, &str); 19] = [
        (&[("grant_type", None)], 400, "invalid_request", MALFORMED),
        (
            &[("grant_type", Some("password"))],
            400,
            "unsupported_grant_type",
            "The grant type is not supported.",
        ),
        (&[("client_key", None)], 400, "invalid_request", MALFORMED),
        (
            &[("client_secret", None)],
            400,
            "invalid_request",
            NO_SECRET,
        ),
        (&[("code", None)], 400, "invalid_request", MALFORMED),
        (&[("code", Some(""))], 400, "invalid_request", MALFORMED),
        (&[("redirect_uri", None)], 400, "invalid_request", MALFORMED),
        (&[("code", unknown)], 200, "invalid_grant", CODE),
        // The code is looked at before the client.
        (
            &[("code", unknown), ("client_key", Some("nobody"))],
            200,
            "invalid_grant",
            CODE,
        ),
        (
            &[("code", unknown), ("client_secret", Some("wrong"))],
            200,
            "invalid_grant",
            CODE,
        ),
        (
            &[("client_key", Some("nobody"))],
            200,
            "invalid_client",
            CLIENT,
        ),
        (
            &[("client_secret", Some("wrong"))],
            200,
            "invalid_client",
            CLIENT,
        ),
        (
            &[("client_key", Some("second"))],
            200,
            "invalid_client",
            CLIENT,
        ),
        (
            &[
                ("client_key", Some("second")),
                ("client_secret", Some("second-secret")),
            ],
            200,
            "invalid_grant",
            CODE,
        ),
        (
            &[("redirect_uri", Some(elsewhere))],
            400,
            "invalid_request",
            OTHER_REDIRECT,
        ),
        (&[("code_verifier", None)], 400, "invalid_request", PKCE),
        (
            &[(
                "code_verifier",
                Some("gaeCq5mVvbhA8Ce6w5O9XBVIKMkySgv-_9A-rnhm9Ns"),
            )],
            400,
            "invalid_request",
            PKCE,
        ),
        (
            &[("code_verifier", Some("short"))],
            400,
            "invalid_request",
            PKCE,
        ),
        (
            &[("code_verifier", Some(&long))],
            400,
            "invalid_request",
            PKCE,
        ),
    ];
    let second = social_sandbox::App::new("second", "second-secret");
    stage.control().add_app(second).unwrap();
    let code = stage.code("studio-account").await;
    for (changes, status, error, description) in cases {
        let mut all = vec![
            ("grant_type", Some("authorization_code")),
            ("code", Some(code.as_str())),
            ("redirect_uri", Some(REDIRECT)),
            ("code_verifier", Some(VERIFIER)),
        ];
        all.extend(changes);
        let answer = stage.token(&all).await;
        refused(&answer, status, error, description, &format!("{changes:?}"));
    }
    // None of them has used up the code.
    assert_eq!(stage.exchange(&code).await.code(), "-");
    refused(
        &stage.exchange(&code).await,
        200,
        "invalid_grant",
        CODE,
        "used twice",
    );
}

#[tokio::test]
async fn a_challenge_in_base64url_fails_at_the_exchange() {
    let stage = Stage::new().await;
    let base64 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let url = stage.authorize_url(&[("code_challenge", Some(base64))]);
    let code = crate::client::value(&stage.allow(&url, "studio-account").await, "code");
    refused(
        &stage.exchange(&code).await,
        400,
        "invalid_request",
        PKCE,
        "base64url",
    );
}

#[tokio::test]
async fn only_form_bodies_with_every_field_once() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account");
    let url = stage.api("/v2/oauth/token/");
    let fields = json!({
        "client_key": DEMO_CLIENT_KEY,
        "client_secret": "demo-secret",
        "grant_type": "refresh_token",
        "refresh_token": token.refresh_token,
    });
    let request = stage
        .http
        .post(&url)
        .header("content-type", JSON)
        .body(fields.to_string());
    refused(
        &send(request).await,
        400,
        "invalid_request",
        MALFORMED,
        "JSON",
    );
    let pairs = form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("client_secret", "demo-secret"),
        ("grant_type", "refresh_token"),
        ("refresh_token", &token.refresh_token),
    ]);
    refused(
        &send(stage.http.post(&url).body(pairs.clone())).await,
        400,
        "invalid_request",
        MALFORMED,
        "no type",
    );
    let twice = format!("{pairs}&client_key={DEMO_CLIENT_KEY}");
    refused(
        &stage.post_form(&url, &twice).await,
        400,
        "invalid_request",
        MALFORMED,
        "twice",
    );
    let in_query = stage
        .http
        .post(format!("{url}?{pairs}"))
        .header("content-type", FORM);
    refused(
        &send(in_query).await,
        400,
        "invalid_request",
        MALFORMED,
        "in the query",
    );
    assert_eq!(stage.post_form(&url, &pairs).await.code(), "-");
}

#[tokio::test]
async fn refreshes_and_revocations() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    let refresh = tokens.refresh_token.as_str();
    let second = social_sandbox::App::new("second", "second-secret");
    stage.control().add_app(second).unwrap();
    let own: Changes<'_> = &[
        ("client_key", Some("second")),
        ("client_secret", Some("second-secret")),
    ];
    let cases: [(Changes<'_>, u16, &str, &str); 7] = [
        (
            &[("refresh_token", None)],
            400,
            "invalid_request",
            MALFORMED,
        ),
        (
            &[("refresh_token", Some("rft.made-up"))],
            200,
            "invalid_grant",
            REFRESH,
        ),
        (
            &[("refresh_token", Some(&tokens.access_token))],
            200,
            "invalid_grant",
            REFRESH,
        ),
        (
            &[("client_secret", None)],
            400,
            "invalid_request",
            NO_SECRET,
        ),
        (
            &[("client_secret", Some("wrong"))],
            200,
            "invalid_client",
            CLIENT,
        ),
        (
            &[("client_key", Some("nobody"))],
            200,
            "invalid_client",
            CLIENT,
        ),
        (own, 200, "invalid_grant", REFRESH),
    ];
    for (changes, status, error, description) in cases {
        let mut all = vec![
            ("grant_type", Some("refresh_token")),
            ("refresh_token", Some(refresh)),
        ];
        all.extend(changes);
        let answer = stage.token(&all).await;
        refused(&answer, status, error, description, &format!("{changes:?}"));
    }
    let access = tokens.access_token.as_str();
    let dead = "Access token is invalid or expired.";
    let cases: [(Fields<'_>, u16, &str, &str); 6] = [
        (
            &[("client_secret", "demo-secret"), ("token", access)],
            400,
            "invalid_request",
            MALFORMED,
        ),
        (
            &[("client_key", DEMO_CLIENT_KEY), ("token", access)],
            400,
            "invalid_request",
            NO_SECRET,
        ),
        (
            &[
                ("client_key", DEMO_CLIENT_KEY),
                ("client_secret", "demo-secret"),
            ],
            400,
            "invalid_request",
            MALFORMED,
        ),
        (
            &[
                ("client_key", DEMO_CLIENT_KEY),
                ("client_secret", "wrong"),
                ("token", access),
            ],
            200,
            "invalid_client",
            CLIENT,
        ),
        (
            &[
                ("client_key", DEMO_CLIENT_KEY),
                ("client_secret", "demo-secret"),
                ("token", "act.made-up"),
            ],
            200,
            "invalid_grant",
            dead,
        ),
        (
            &[
                ("client_key", "second"),
                ("client_secret", "second-secret"),
                ("token", access),
            ],
            200,
            "invalid_grant",
            dead,
        ),
    ];
    for (fields, status, error, description) in cases {
        let answer = stage
            .post_form(&stage.api("/v2/oauth/revoke/"), &form(fields))
            .await;
        refused(
            &answer,
            status,
            error,
            description,
            &format!("revoke {error}"),
        );
    }
    assert_eq!(
        stage.refresh(refresh).await.code(),
        "-",
        "nothing of this has hurt the grant"
    );
}
