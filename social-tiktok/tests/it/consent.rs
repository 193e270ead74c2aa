//! What a login asks the consent page for, and what it makes of the way back.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use social_core::{
    ErrorKind, LocalKeyRing, MediaDir, Remedy, Social,
    conformance::named,
    login::Offer,
    memory::MemoryStore,
    model::Scopes,
    oauth::{AuthorizeRequest, CallContext, Callback, Exchange, Grant, OAuthProvider},
    time::{Clock, Deadline, ManualClock},
};
use social_tiktok::{Route, TikTok};
use url::Url;

use crate::scripted::Scripted;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "http://127.0.0.1:8080/api/auth/tiktok/callback";
const ASKED: [&str; 3] = ["user.info.basic", "user.info.profile", "video.publish"];

/// The names in the query of the consent page, and the value of one.
async fn asked(app: &TikTok, route: Route, redirect: &str) -> Vec<(String, String)> {
    let scopes: Scopes = ASKED.into_iter().collect();
    let (state, verifier) = (
        SecretString::from("the-state"),
        SecretString::from(VERIFIER),
    );
    let redirect: Url = redirect.parse().unwrap();
    let clock = ManualClock::default();
    let deadline = Deadline::after(Arc::new(clock.clone()), Duration::from_secs(20));
    let call = CallContext::new(clock.now(), &deadline);
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier, call);
    let url = app.oauth(route).authorize(&request).await.unwrap();
    let url = Url::parse(url.expose_secret()).unwrap();
    url.query_pairs().into_owned().collect()
}

fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn the_consent_page_is_asked_for_as_documented() {
    let scripted = Scripted::new().await;
    let query = asked(&scripted.app, Route::Desktop, REDIRECT).await;
    for (name, expected) in [
        ("client_key", "sbaw-demo"),
        ("response_type", "code"),
        ("scope", "user.info.basic,user.info.profile,video.publish"),
        ("redirect_uri", REDIRECT),
        ("state", "the-state"),
        (
            "code_challenge",
            "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3",
        ),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(value(&query, name), Some(expected), "{name}");
    }
    assert_eq!(query.len(), 7);
}

/// A builder for a platform that is played line by line.
fn builder(scripted: &Scripted) -> social_tiktok::TikTokBuilder {
    let http = social_core::http::ApiClient::builder(Arc::new(ManualClock::default()));
    TikTok::builder()
        .client_key("sbaw-demo")
        .client_secret("demo-secret".to_owned())
        .base_url(scripted.server.uri())
        .http(http.loopback_only().retries(0).build().unwrap())
}

const TOKEN: &str = r#"{"access_token":"act.2","expires_in":7200,"open_id":"-000a","refresh_token":"rft.2","token_type":"Bearer"}"#;

/// Exchanges a code, and tells what was sent for it and what was granted.
async fn exchanged(app: &TikTok, route: Route, query: &str) -> social_core::Result<Vec<Grant>> {
    let callback = Callback::parse(query);
    let clock = ManualClock::default();
    let deadline = Deadline::after(Arc::new(clock.clone()), Duration::from_secs(20));
    let call = CallContext::new(clock.now(), &deadline);
    let verifier = SecretString::from(VERIFIER);
    let redirect: Url = "https://app.example/callback".parse().unwrap();
    let exchange = Exchange::new(&callback, &redirect, &verifier, call);
    app.oauth(route).exchange(&exchange).await
}

#[tokio::test]
async fn pkce_is_switched_per_route() {
    let scripted = Scripted::answering(200, TOKEN).await;
    let (web, desktop) = ("https://app.example/callback", REDIRECT);
    for (app, web_on, desktop_on) in [
        (builder(&scripted), false, true),
        (builder(&scripted).pkce(Route::Web, true), true, true),
        (builder(&scripted).pkce(Route::Desktop, false), false, false),
    ] {
        let app = app.build().unwrap();
        for (route, redirect, on) in [
            (Route::Web, web, web_on),
            (Route::Desktop, desktop, desktop_on),
        ] {
            let query = asked(&app, route, redirect).await;
            assert_eq!(value(&query, "code_challenge").is_some(), on, "{route:?}");
            assert_eq!(value(&query, "code_challenge_method").is_some(), on);
            scripted
                .answer(wiremock::ResponseTemplate::new(200).set_body_string(TOKEN))
                .await;
            exchanged(&app, route, "code=c&state=s").await.unwrap();
            let sent = scripted.server.received_requests().await.unwrap();
            let form = String::from_utf8(sent[0].body.clone()).unwrap();
            assert_eq!(
                form.contains("code_verifier="),
                on,
                "what was challenged is proven"
            );
        }
    }
}

#[tokio::test]
async fn the_consent_page_may_be_shown_every_time() {
    let scripted = Scripted::new().await;
    let usual = builder(&scripted).build().unwrap();
    let always = builder(&scripted).disable_auto_auth(true).build().unwrap();
    let web = "https://app.example/callback";
    for (app, route, redirect, expected) in [
        (&usual, Route::Web, web, None),
        (&always, Route::Web, web, Some("1")),
        // Web logins only.
        (&always, Route::Desktop, REDIRECT, None),
    ] {
        let query = asked(app, route, redirect).await;
        assert_eq!(value(&query, "disable_auto_auth"), expected, "{route:?}");
    }
}

/// The callback says `scopes`, the token's answer `scope`; the token's word counts.
#[tokio::test]
async fn granted_scopes_are_read_from_the_token_or_else_from_the_callback() {
    let query = "code=c&scopes=user.info.basic%2Cvideo.upload&state=s";
    let told = TOKEN.replace(
        "\"token_type\"",
        "\"scope\":\"video.publish\",\"token_type\"",
    );
    for (body, expected) in [
        (TOKEN, &["user.info.basic", "video.upload"][..]),
        (told.as_str(), &["video.publish"]),
    ] {
        let scripted = Scripted::answering(200, body).await;
        let app = builder(&scripted).build().unwrap();
        let grants = exchanged(&app, Route::Web, query).await.unwrap();
        let granted: Scopes = expected.iter().copied().collect();
        assert_eq!(grants[0].tokens.scopes, granted);
        assert_eq!(grants[0].account, "-000a");
    }
}

/// A login from its start to its end, the way a service takes: by the hub, which has the word of the consent page first.
async fn returned(app: TikTok, route: Route, came_back: &str) -> social_core::Result<Offer> {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let connector = app.connector(route);
    let social = Social::builder()
        .stores(MemoryStore::new(clock.clone()))
        .keys(LocalKeyRing::file(folder.path().join("key")))
        .media(MediaDir::open(folder.path().join("media")).unwrap())
        .clock(clock)
        .platform(app)
        .build()
        .await
        .unwrap();
    let redirect = match route {
        Route::Desktop => REDIRECT,
        _ => "https://app.example/callback",
    };
    let (redirect, connector) = (redirect.parse().unwrap(), connector);
    let start = social
        .begin_login(&named("ann"), &connector, None, &redirect)
        .await
        .unwrap();
    let consent = Url::parse(start.url.expose_secret()).unwrap();
    let state = consent.query_pairs().find(|(name, _)| name == "state");
    let query = format!("{came_back}state={}", state.unwrap().1);
    social
        .finish_login(
            &named("ann"),
            &connector,
            &redirect,
            Some(&start.browser),
            &query,
        )
        .await
}

#[tokio::test]
async fn errors_of_the_callback_end_the_login_before_any_exchange() {
    use ErrorKind::{Permission, Protocol, Rejected, Unauthorized, Unavailable};
    for (came_back, kind, remedy) in [
        ("error=access_denied&", Rejected, Remedy::Reauthorize),
        ("error=access_denied&code=c&", Rejected, Remedy::Reauthorize),
        ("error=invalid_grant&", Unauthorized, Remedy::Reauthorize),
        ("error=invalid_client&", Unauthorized, Remedy::Operator),
        ("error=unauthorized_client&", Unauthorized, Remedy::Operator),
        ("error=invalid_request&", Rejected, Remedy::Operator),
        (
            "error=invalid_scope&error_type=scope&",
            Permission,
            Remedy::Operator,
        ),
        ("error=unsupported_grant_type&", Protocol, Remedy::Operator),
        (
            "error=unsupported_response_type&",
            Protocol,
            Remedy::Operator,
        ),
        ("error=server_error&", Unavailable, Remedy::Backoff),
        (
            "error=temporarily_unavailable&",
            Unavailable,
            Remedy::Backoff,
        ),
        ("error=brand_new&", Rejected, Remedy::Reauthorize),
        ("", Protocol, Remedy::Never),
    ] {
        for route in [Route::Web, Route::Desktop] {
            let scripted = Scripted::answering(200, TOKEN).await;
            let app = builder(&scripted).build().unwrap();
            let error = returned(app, route, came_back).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.remedy()),
                (kind, &remedy),
                "{came_back}"
            );
            assert_eq!(error.operation(), Some("callback"), "{came_back}");
            let sent = scripted.server.received_requests().await.unwrap();
            assert!(sent.is_empty(), "{came_back}");
        }
    }
}
