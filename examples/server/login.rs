//! Connecting an account: to TikTok's consent page and back.

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use social_core::login::{Already, Offer};
use social_core::platform::hex;
use social_core::{Error, ErrorKind, Result};
use url::{Url, form_urlencoded};

use social_core::model::OwnerId;

use crate::app::{App, page};
use crate::errors::Failure;
use crate::present::account::who;
use crate::present::login::why;
use crate::session::{Signed, Visitor};
use crate::toast::Said;
use crate::trace::Correlation;
use crate::view::format::{clock_seconds, day};
use crate::view::problem::Button;
use crate::view::shell::{ErrorPage, Nav};

/// Begins a login and leads to the consent page. Each has a cookie of its own, so that a second one harms nothing.
pub(crate) async fn begin(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
) -> Result<Response, Failure> {
    let redirect = callback_address(&app.base)?;
    let start = app
        .social
        .begin_login(signed.user(), &app.tiktok.connector, None, &redirect)
        .await?;
    let address = start.url.expose_secret();
    let state = Url::parse(address).ok().and_then(|url| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(name, _)| name == "state")
            .map(|(_, state)| state.into_owned())
    });
    let state = state
        .ok_or_else(|| Error::new(ErrorKind::Protocol, "the consent address carries no state"))?;
    let lifetime = start.expires_at - app.social.clock().now();
    let cookies = app.cookies();
    let cookie = cookies.make(
        &cookies.login_name(&short(&state)),
        start.browser.expose_secret(),
        lifetime,
    );
    Ok((jar.add(cookie), Redirect::to(address)).into_response())
}

/// TikTok sends the browser back. Whatever comes of it, the browser goes on to a clean address.
pub(crate) async fn callback(
    State(app): State<App>,
    Extension(correlation): Extension<Correlation>,
    Extension(visitor): Extension<Visitor>,
    jar: CookieJar,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Some(session) = visitor.session else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let query = query.unwrap_or_default();
    let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state");
    let name = state.map(|(_, state)| app.cookies().login_name(&short(&state)));
    let browser = name.as_deref().and_then(|name| jar.get(name));
    let browser = browser.map(|cookie| SecretString::from(cookie.value().to_owned()));
    match finish(&app, &session.user, browser.as_ref(), &query).await {
        Ok(said) => {
            let mut jar = jar.add(said.cookie(app.cookies()));
            if let Some(name) = name {
                jar = jar.add(app.cookies().removal(&name));
            }
            Ok((jar, Redirect::to("/accounts")).into_response())
        }
        Err(error) => {
            let code = code(&error);
            let correlation = correlation.as_str();
            tracing::warn!(correlation, %error, "an account was not connected");
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("why", why(&error).0)
                .append_pair("code", &code)
                .append_pair("c", correlation)
                .finish();
            Ok(Redirect::to(&format!("/accounts/not-connected?{query}")).into_response())
        }
    }
}

/// For support: the platform's code, or the reason's own name where it was not the platform that refused.
fn code(error: &Error) -> String {
    let reason = error.reason().map(serde_json::to_value);
    let reason = reason.and_then(|name| name.ok()?.as_str().map(str::to_owned));
    let code = error.code().map(str::to_owned);
    code.or(reason).unwrap_or_else(|| "unknown".to_owned())
}

/// TikTok's consent yields one account, which is what the person came for: it is accepted at once.
async fn finish(
    app: &App,
    user: &OwnerId,
    browser: Option<&SecretString>,
    query: &str,
) -> Result<Said> {
    let redirect = callback_address(&app.base)?;
    let offer: Offer = app
        .social
        .finish_login(user, &app.tiktok.connector, &redirect, browser, query)
        .await?;
    let accounts: Vec<_> = offer
        .accounts
        .iter()
        .map(|account| account.account.clone())
        .collect();
    let linked = app.social.accept_offer(user, offer.id, &accounts).await?;
    let name = linked
        .first()
        .map(|account| who(account).name)
        .unwrap_or_default();
    let limited = offer
        .accounts
        .iter()
        .any(|account| !account.missing.is_empty());
    let renewed = offer
        .accounts
        .iter()
        .any(|account| account.already == Already::Renewed);
    tracing::info!(limited, renewed, "an account is connected");
    Ok(if limited {
        Said::ConnectedLimited { name }
    } else {
        Said::Connected { name }
    })
}

#[derive(Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    why: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    c: String,
}

/// Why an account was not connected. The words are chosen here; the address only names them.
pub(crate) async fn not_connected(
    State(app): State<App>,
    signed: Signed,
    told: Result<Query<Told>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(told) = told?;
    let words = crate::present::login::words(&told.why);
    let now = app.social.clock().now();
    let plain = |text: &str| {
        text.len() <= 64
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b))
    };
    let mut details = Vec::new();
    if plain(&told.code) && !told.code.is_empty() {
        details.push(("Code".to_owned(), told.code));
    }
    details.push((
        "When".to_owned(),
        format!("{}, {}", day(now), clock_seconds(now)),
    ));
    let mut buttons = vec![Button::link(
        words.button.unwrap_or("Connect TikTok again"),
        "/api/auth/tiktok",
    )];
    buttons.push(Button::link("Back to accounts", "/accounts"));
    let shown = ErrorPage {
        shell: app.shell_of(&signed.visitor(), Nav::Accounts).await,
        title: words.title,
        line: words.line,
        buttons,
        details,
        correlation: Correlation::parse(&told.c)
            .unwrap_or_default()
            .as_str()
            .to_owned(),
    };
    page(StatusCode::OK, &shown)
}

/// Where TikTok sends the browser back to.
pub(crate) fn callback_address(base: &Url) -> Result<Url> {
    base.join("/api/auth/tiktok/callback").map_err(|_| {
        Error::new(
            ErrorKind::Invalid,
            "the server's address cannot hold a path",
        )
    })
}

/// The state itself is a secret; a part of its hash tells logins apart.
fn short(state: &str) -> String {
    hex::encode(&Sha256::digest(state.as_bytes())[..8])
}
