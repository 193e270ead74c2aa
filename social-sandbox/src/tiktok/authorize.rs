//! `GET /v2/auth/authorize/`: what the app asks is checked, then the consent page is shown.
//!
//! <https://developers.tiktok.com/doc/login-kit-web>, <https://developers.tiktok.com/doc/login-kit-desktop>.
//! Mistakes are shown on TikTok's page and never sent to the redirect URI. A challenge of the wrong
//! form passes here and fails at the exchange, as observed. The page is there without the slash at
//! the end of its path as well.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};

use crate::calls::{Call, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::ahead::is_ahead;
use crate::tiktok::app::App;
use crate::tiktok::consent_page::{self, Problem};
use crate::tiktok::form::Form;
use crate::tiktok::{consent, redirect, session};
use crate::world::{Page, World};

/// The scopes of this part of the platform, with what the page calls them.
pub(crate) const SCOPES: [(&str, &str); 6] = [
    ("user.info.basic", "See your name and picture"),
    (
        "user.info.profile",
        "See your profile: bio, link, user name",
    ),
    (
        "user.info.stats",
        "See your counts: followers, likes, videos",
    ),
    ("video.list", "Read your public videos"),
    ("video.upload", "Send videos to your inbox"),
    ("video.publish", "Post to your profile"),
];

/// An unanswered page is good for an hour.
const PAGE_LIFE: Millis = 60 * 60 * 1000;

/// A valid request for consent.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) client_key: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) code_challenge: Option<String>,
    /// Whether a user who has consented before is to be sent back without a page.
    pub(crate) auto_auth: bool,
}

/// The handler.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if is_ahead(&method, &headers) {
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        return (StatusCode::SERVICE_UNAVAILABLE, no_store).into_response();
    }
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let shown = shared.change(|world, now| {
        let asked = Asked::read(world, &query)?;
        if let Some(account) = session::skips(world, &asked, &headers, now) {
            return Ok(Shown::Back(consent::again(world, &asked, account, now)));
        }
        Ok(Shown::Page(open_page(world, now), asked))
    });
    let response = match &shown {
        Ok(Shown::Page(page, asked)) => consent_page::page(asked, page),
        Ok(Shown::Back(target)) => consent::redirect(target),
        Err(problem) => consent_page::problem(&call, problem),
    };
    about(response, query.one("client_key"), None)
}

/// What the browser gets.
enum Shown {
    Page(String, Asked),
    Back(String),
}

fn open_page(world: &mut World, now: Millis) -> String {
    world
        .pages
        .retain(|_, page| now.saturating_sub(page.shown_at) < PAGE_LIFE);
    let page = world.random.word(22);
    world.pages.insert(
        page.clone(),
        Page {
            shown_at: now,
            answered: false,
        },
    );
    page
}

impl Asked {
    /// Checks the query of the authorize URL.
    pub(crate) fn read(world: &mut World, query: &Form) -> Result<Self, Problem> {
        world.secrets.receive("state", query.one("state"));
        if query.repeats() {
            return Err(Problem::request(
                "parameters",
                "A parameter is given more than once.",
            ));
        }
        let client_key = query.one("client_key").unwrap_or_default();
        let app = world.apps.get(client_key).ok_or_else(|| {
            Problem::client("client_key", "No app with this client_key is registered.")
        })?;
        let redirect_uri = query.one("redirect_uri").unwrap_or_default();
        if !app.redirects_to(redirect_uri) {
            let why = "The redirect_uri is not one of those registered for the app, byte for byte.";
            return Err(Problem::client("redirect_uri", why));
        }
        if query.one("response_type") != Some("code") {
            let why = "The response_type must be code.";
            let error = "unsupported_response_type";
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                error,
                "response_type",
                why,
            ));
        }
        Ok(Self {
            client_key: client_key.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scopes: scopes(app, query)?,
            state: query.one("state").map(str::to_owned),
            code_challenge: code_challenge(query, redirect_uri)?,
            auto_auth: auto_auth(query)?,
        })
    }
}

/// 0 skips the page for who has consented before, 1 always shows it. Left out, it is shown.
fn auto_auth(query: &Form) -> Result<bool, Problem> {
    match query.one("disable_auto_auth") {
        None | Some("1") => Ok(false),
        Some("0") => Ok(true),
        Some(_) => Err(Problem::request(
            "disable_auto_auth",
            "The disable_auto_auth must be 0 or 1.",
        )),
    }
}

fn scopes(app: &App, query: &Form) -> Result<Vec<String>, Problem> {
    let wrong = |why| Problem::new(StatusCode::BAD_REQUEST, "invalid_scope", "scope", why);
    let text = query
        .one("scope")
        .ok_or_else(|| wrong("The scope is missing."))?;
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(',') {
        if !SCOPES.iter().any(|(known, _)| *known == scope) {
            return Err(wrong(
                "A scope is unknown. Scopes are separated by commas, without spaces.",
            ));
        }
        if !app.may_ask(scope) {
            return Err(wrong("A scope is not approved for the app."));
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

fn code_challenge(query: &Form, redirect_uri: &str) -> Result<Option<String>, Problem> {
    let challenge = query.one("code_challenge").map(str::to_owned);
    if challenge.is_none() && !redirect::is_loopback(redirect_uri) {
        return Ok(None);
    }
    if challenge.is_none() {
        let why = "A loopback redirect needs a code_challenge: the lower-case hexadecimal \
                   SHA-256 of the code_verifier.";
        return Err(Problem::request("code_challenge", why));
    }
    if query.one("code_challenge_method") != Some("S256") {
        let why = "The code_challenge_method must be S256.";
        return Err(Problem::request("code_challenge_method", why));
    }
    Ok(challenge)
}
