use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    ErrorKind, Reason, Remedy,
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
        let deadline = self.deadline();
        let call = CallContext::new(self.clock.now(), &deadline);
        let request = AuthorizeRequest::new(&scopes, &self.redirect, &state, &verifier, call);
        let url = self.oauth().authorize(&request).await.unwrap();
        answer_page(&self.sandbox, &url, "allow", allowed).await
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

/// Shows the consent page, answers it, and tells the query with which the browser comes back.
pub(crate) async fn answer_page(
    sandbox: &Sandbox,
    url: &SecretString,
    decision: &str,
    allowed: &[&str],
) -> String {
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
        ("decision", decision),
    ];
    fields.extend(allowed.iter().map(|scope| ("scope", *scope)));
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let answer = browser
        .post(url.expose_secret())
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", sandbox.url())
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    let back = answer.headers()["location"].to_str().unwrap();
    Url::parse(back).unwrap().query().unwrap().to_owned()
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
    assert!(grant.account.as_str().starts_with("-000"));
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
        assert_eq!(grants[0].name, "", "its id is no name");
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
    assert_eq!(
        (error.code(), error.reason()),
        (Some("invalid_grant"), Some(Reason::LoginCodeRefused)),
        "no access was there yet that could have been removed"
    );
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
    let deadline = login.deadline();
    let call = CallContext::new(login.clock.now(), &deadline);
    let request = AuthorizeRequest::new(&scopes, &redirect, &state, &verifier, call);
    let web = login
        .app
        .oauth(Route::Web)
        .authorize(&request)
        .await
        .unwrap();
    let url = Url::parse(web.expose_secret()).unwrap();
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
    let error = login.oauth().authorize(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
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
    for tokens in [old, &new] {
        assert!(tokens.refresh_expires_at.is_some());
        assert_eq!(oauth.grant_ends_at(tokens), tokens.refresh_expires_at);
    }
    // The old one is dead at once.
    let error = oauth.refresh(old, &call).await.unwrap_err();
    assert_eq!(
        (error.code(), error.remedy()),
        (Some("invalid_grant"), &Remedy::Reauthorize)
    );
    assert_eq!(error.reason(), Some(Reason::AccessRemoved));
    oauth.revoke(&new, &call).await.unwrap();
    oauth.revoke(&new, &call).await.unwrap();
    let error = oauth.refresh(&new, &call).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Reauthorize);
}
