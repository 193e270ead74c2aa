use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    ErrorKind, Remedy,
    model::Scopes,
    oauth::{AuthorizeRequest, CallContext, Callback, Exchange, Grant, OAuthProvider},
    time::{Clock, Deadline, ManualClock},
};
use social_sandbox::{Endpoint, FaultKind, Sandbox};
use social_tiktok::{OAuth, Route, TikTok};
use url::Url;

use crate::stage::{app, settings};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "http://127.0.0.1:8080/api/auth/tiktok/callback";

struct Login {
    sandbox: Sandbox,
    clock: ManualClock,
    app: TikTok,
    redirect: Url,
}

impl Login {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let clock = ManualClock::default();
        let app = app(sandbox.url(), &clock, settings());
        let redirect = REDIRECT.parse().unwrap();
        Self {
            sandbox,
            clock,
            app,
            redirect,
        }
    }

    fn oauth(&self) -> OAuth {
        self.app.oauth(Route::of(&self.redirect))
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(Arc::new(self.clock.clone()), Duration::from_secs(20))
    }

    /// Shows the consent page, allows some scopes, and returns the callback's query.
    async fn consent(&self, asked: &[&str], allowed: &[&str]) -> String {
        let scopes: Scopes = asked.iter().copied().collect();
        let (state, verifier) = (
            SecretString::from("the-state"),
            SecretString::from(VERIFIER),
        );
        let request = AuthorizeRequest::new(&scopes, &self.redirect, &state, &verifier);
        let url = self.oauth().authorize(&request).unwrap();
        let browser = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let page = browser.get(url.expose_secret()).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        let page = page.split_once("name=\"page\" value=\"").unwrap().1;
        let page = page.split_once('"').unwrap().0;
        let mut fields = vec![
            ("page", page),
            ("account", "studio-account"),
            ("decision", "allow"),
        ];
        fields.extend(allowed.iter().map(|scope| ("scope", *scope)));
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let answer = browser
            .post(url.expose_secret())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", self.sandbox.url())
            .body(form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
        let back = answer.headers()["location"].to_str().unwrap();
        Url::parse(back).unwrap().query().unwrap().to_owned()
    }

    async fn exchange(&self, query: &str, verifier: &str) -> social_core::Result<Vec<Grant>> {
        let callback = Callback::parse(query);
        let verifier = SecretString::from(verifier);
        let deadline = self.deadline();
        let call = CallContext::new(self.clock.now(), &deadline);
        let exchange = Exchange::new(&callback, &self.redirect, &verifier, call);
        self.oauth().exchange(&exchange).await
    }
}

const ASKED: [&str; 3] = ["user.info.basic", "user.info.profile", "video.publish"];

#[tokio::test]
async fn a_consent_becomes_a_grant_with_a_name() {
    let login = Login::new().await;
    let query = login
        .consent(&ASKED, &["user.info.profile", "video.publish"])
        .await;
    let grants = login.exchange(&query, VERIFIER).await.unwrap();
    let [grant] = &grants[..] else {
        panic!("{grants:?}")
    };
    assert_eq!(grant.name, "Studio Account");
    assert!(grant.account.starts_with("-000"));
    assert_eq!(
        grant.aliases.len(),
        1,
        "the id for all apps of the developer"
    );
    let life = grant.tokens.expires_at.unwrap() - login.clock.now();
    assert_eq!(life.num_seconds(), 7200);
    let life = grant.tokens.refresh_expires_at.unwrap() - login.clock.now();
    assert_eq!(life.num_seconds(), 15_552_000);
    assert_eq!(grant.tokens.scopes, ASKED.into_iter().collect());
}

#[tokio::test]
async fn fewer_scopes_than_asked_are_what_is_kept() {
    let login = Login::new().await;
    let query = login.consent(&ASKED, &[]).await;
    let grants = login.exchange(&query, VERIFIER).await.unwrap();
    assert_eq!(
        grants[0].tokens.scopes,
        ["user.info.basic"].into_iter().collect()
    );
    assert_eq!(grants[0].name, "Studio Account");
}

#[tokio::test]
async fn a_missing_name_does_not_lose_the_grant() {
    for fault in [
        FaultKind::DropBefore,
        FaultKind::Throttle,
        FaultKind::Status {
            status: 200,
            body: serde_json::json!({"data": {"user": 7}}),
        },
    ] {
        let login = Login::new().await;
        let query = login.consent(&ASKED, &["video.publish"]).await;
        let fault = social_sandbox::Fault::new(Endpoint::UserInfo, fault);
        login.sandbox.control().arm(fault).unwrap();
        let grants = login.exchange(&query, VERIFIER).await.unwrap();
        assert_eq!(grants[0].name, grants[0].account);
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_verifier() {
    let login = Login::new().await;
    let query = login.consent(&ASKED, &[]).await;
    let other = "another-verifier-another-verifier-another-verif";
    let error = login.exchange(&query, other).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Rejected, Some("invalid_request"))
    );
    login.exchange(&query, VERIFIER).await.unwrap();
    let error = login.exchange(&query, VERIFIER).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unauthorized, &Remedy::Reauthorize)
    );
    assert_eq!(error.code(), Some("invalid_grant"));
}

#[tokio::test]
async fn a_lost_answer_to_the_exchange_asks_to_start_again() {
    let login = Login::new().await;
    let query = login.consent(&ASKED, &[]).await;
    let fault = social_sandbox::Fault::new(Endpoint::Token, FaultKind::DropAfter);
    login.sandbox.control().arm(fault).unwrap();
    let error = login.exchange(&query, VERIFIER).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unavailable, &Remedy::Reauthorize)
    );
}

#[tokio::test]
async fn a_declined_consent_is_no_error_of_the_app() {
    let login = Login::new().await;
    let query = "error=access_denied&error_description=User+denied+access&state=s";
    let error = login.exchange(query, VERIFIER).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Rejected, Some("access_denied"))
    );
}

#[tokio::test]
async fn the_web_login_sends_no_challenge() {
    let login = Login::new().await;
    let scopes: Scopes = ASKED.into_iter().collect();
    let (state, verifier) = (
        SecretString::from("the-state"),
        SecretString::from(VERIFIER),
    );
    let redirect: Url = "https://app.example/callback".parse().unwrap();
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier);
    let web = login.app.oauth(Route::Web);
    let url = Url::parse(web.authorize(&request).unwrap().expose_secret()).unwrap();
    let query: Vec<_> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        query,
        [
            "client_key",
            "response_type",
            "scope",
            "redirect_uri",
            "state"
        ]
    );
    let error = login.oauth().authorize(&request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

/// The names in the query of the consent page, and the value of one.
fn asked(app: &TikTok, route: Route, redirect: &str) -> Vec<(String, String)> {
    let scopes: Scopes = ASKED.into_iter().collect();
    let (state, verifier) = (
        SecretString::from("the-state"),
        SecretString::from(VERIFIER),
    );
    let redirect: Url = redirect.parse().unwrap();
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier);
    let url = app.oauth(route).authorize(&request).unwrap();
    let url = Url::parse(url.expose_secret()).unwrap();
    url.query_pairs().into_owned().collect()
}

fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn the_consent_page_is_asked_for_as_documented() {
    let scripted = crate::scripted::Scripted::new().await;
    let query = asked(&scripted.app, Route::Desktop, REDIRECT);
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
fn builder(scripted: &crate::scripted::Scripted) -> social_tiktok::TikTokBuilder {
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
    let scripted = crate::scripted::Scripted::answering(200, TOKEN).await;
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
            let query = asked(&app, route, redirect);
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
    let scripted = crate::scripted::Scripted::new().await;
    let usual = builder(&scripted).build().unwrap();
    let always = builder(&scripted).disable_auto_auth(true).build().unwrap();
    let web = "https://app.example/callback";
    let param = |app: &TikTok, route, redirect| {
        let query = asked(app, route, redirect);
        value(&query, "disable_auto_auth").map(str::to_owned)
    };
    assert_eq!(param(&usual, Route::Web, web), None);
    assert_eq!(param(&always, Route::Web, web).as_deref(), Some("1"));
    assert_eq!(
        param(&always, Route::Desktop, REDIRECT),
        None,
        "web logins only"
    );
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
        let scripted = crate::scripted::Scripted::answering(200, body).await;
        let app = builder(&scripted).build().unwrap();
        let grants = exchanged(&app, Route::Web, query).await.unwrap();
        let granted: Scopes = expected.iter().copied().collect();
        assert_eq!(grants[0].tokens.scopes, granted);
        assert_eq!(grants[0].account, "-000a");
    }
}

#[tokio::test]
async fn errors_of_the_callback_end_the_login_before_any_exchange() {
    for (query, kind, remedy) in [
        (
            "error=access_denied&state=s",
            ErrorKind::Rejected,
            Remedy::Reauthorize,
        ),
        (
            "error=unauthorized_client&state=s",
            ErrorKind::Unauthorized,
            Remedy::Operator,
        ),
        (
            "error=server_error&state=s",
            ErrorKind::Unavailable,
            Remedy::Backoff,
        ),
        (
            "error=access_denied&code=c&state=s",
            ErrorKind::Rejected,
            Remedy::Reauthorize,
        ),
        (
            "error=brand_new&state=s",
            ErrorKind::Rejected,
            Remedy::Reauthorize,
        ),
        ("state=s", ErrorKind::Protocol, Remedy::Never),
    ] {
        let scripted = crate::scripted::Scripted::answering(200, TOKEN).await;
        let app = builder(&scripted).build().unwrap();
        let error = exchanged(&app, Route::Web, query).await.unwrap_err();
        assert_eq!((error.kind(), error.remedy()), (kind, &remedy), "{query}");
        assert!(
            scripted
                .server
                .received_requests()
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn a_grant_is_refreshed_and_ended() {
    let login = Login::new().await;
    let query = login.consent(&ASKED, &[]).await;
    let grants = login.exchange(&query, VERIFIER).await.unwrap();
    let old = &grants[0].tokens;
    let deadline = login.deadline();
    let call = CallContext::new(login.clock.now(), &deadline);
    let oauth = login.oauth();
    let new = oauth.refresh(old, &call).await.unwrap();
    assert_ne!(new.access.expose_secret(), old.access.expose_secret());
    let refresh = |tokens: &social_core::model::TokenSet| {
        tokens.refresh.as_ref().unwrap().expose_secret().to_owned()
    };
    assert_ne!(refresh(&new), refresh(old));
    // The old one is dead at once.
    let error = oauth.refresh(old, &call).await.unwrap_err();
    assert_eq!(
        (error.code(), error.remedy()),
        (Some("invalid_grant"), &Remedy::Reauthorize)
    );
    oauth.revoke(&new, &call).await.unwrap();
    oauth.revoke(&new, &call).await.unwrap();
    let error = oauth.refresh(&new, &call).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Reauthorize);
}
