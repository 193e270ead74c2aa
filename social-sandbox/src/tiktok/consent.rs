//! The consent page's answer: a code for the app, or a refusal.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::calls::{Call, Note, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::account::{self, Account};
use crate::tiktok::authorize::Asked;
use crate::tiktok::consent_page::{Problem, problem};
use crate::tiktok::form::{Form, with_query};
use crate::tiktok::grant::{CODE_LIFE, Code, CodeFault};
use crate::tiktok::oauth_error::OAuthError;
use crate::tiktok::session::{self, set_cookie};
use crate::world::World;

/// The handler of the page's form. The form is posted to the address of the page, so the query is
/// checked again; `page` may be left out by a script, which then has no page to answer twice.
pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let form = Form::parse(&body);
    let target = shared.change(|world, now| {
        let asked = Asked::read(world, &query)?;
        decide(world, &asked, &form, now)
    });
    let response = match &target {
        Ok(Decided { target, session }) => {
            let mut response = redirect(target);
            let cookie = session.as_deref();
            if let Some(cookie) = cookie.and_then(|text| set_cookie(text, &call.reached)) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(wrong) => problem(&call, wrong),
    };
    about(response, query.one("client_key"), None)
}

/// Where the browser goes, and who it then remembers to be signed in.
struct Decided {
    target: String,
    session: Option<String>,
}

/// A code for somebody who has consented before: where the browser goes.
pub(crate) fn again(world: &mut World, asked: &Asked, account: &Account, now: Millis) -> String {
    let code = issue(world, asked, account, &asked.scopes, None, now);
    let scopes = asked.scopes.join(",");
    let pairs = [("code", code.as_str()), ("scopes", &scopes)];
    back(&asked.redirect_uri, &pairs, asked.state.as_deref())
}

/// Sends the browser back to the app.
pub(crate) fn redirect(target: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(target) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    let mut response = (StatusCode::SEE_OTHER, headers).into_response();
    response.extensions_mut().insert(Note::new("ok"));
    response
}

fn decide(world: &mut World, asked: &Asked, form: &Form, now: Millis) -> Result<Decided, Problem> {
    let state = asked.state.as_deref();
    if form.one("decision") == Some("deny") {
        answer_page(world, form)?;
        return Ok(refused(asked, OAuthError::AccessDenied));
    }
    if form.one("decision") != Some("allow") {
        return Err(Problem::request(
            "decision",
            "Neither Allow nor Refuse was pressed.",
        ));
    }
    let account = form.one("account").and_then(account::find);
    let account =
        account.ok_or_else(|| Problem::request("account", "No such account to sign in as."))?;
    if !world
        .apps
        .get(&asked.client_key)
        .is_some_and(|app| app.admits(account.username))
    {
        let why = "This account is not a target user of the sandbox app.";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "unauthorized_client",
            "non_sandbox_target",
            why,
        ));
    }
    let scopes = granted(asked, form)?;
    let fault = fault(form)?;
    answer_page(world, form)?;
    if let Some(Fault::Callback(error)) = fault {
        return Ok(refused(asked, error));
    }
    let code = issue(world, asked, account, &scopes, fault, now);
    let changed = state.map(|state| format!("{state}-changed"));
    let state = if fault == Some(Fault::WrongState) {
        changed.as_deref()
    } else {
        state
    };
    let scopes = scopes.join(",");
    let pairs = [("code", code.as_str()), ("scopes", &scopes)];
    Ok(Decided {
        target: back(&asked.redirect_uri, &pairs, state),
        session: Some(session::open(world, account, now)),
    })
}

/// The app gets an error instead of a code.
fn refused(asked: &Asked, error: OAuthError) -> Decided {
    let pairs = [
        ("error", error.name()),
        ("error_description", error.description()),
    ];
    Decided {
        target: back(&asked.redirect_uri, &pairs, asked.state.as_deref()),
        session: None,
    }
}

fn back(uri: &str, pairs: &[(&str, &str)], state: Option<&str>) -> String {
    let mut pairs = pairs.to_vec();
    pairs.extend(state.map(|state| ("state", state)));
    with_query(uri, &pairs)
}

/// A page is answered once.
fn answer_page(world: &mut World, form: &Form) -> Result<(), Problem> {
    if form.all("page").is_empty() {
        return Ok(());
    }
    let page = form.one("page").and_then(|page| world.pages.get_mut(page));
    match page {
        Some(page) if !page.answered => {
            page.answered = true;
            Ok(())
        }
        Some(_) => {
            let why = "This page has been answered already. Go back to the app and start again.";
            Err(Problem::new(
                StatusCode::CONFLICT,
                "invalid_request",
                "page",
                why,
            ))
        }
        None => {
            let why = "This page is no longer open. Go back to the app and start again.";
            Err(Problem::new(
                StatusCode::GONE,
                "invalid_request",
                "page",
                why,
            ))
        }
    }
}

/// What was asked for and ticked. Name and picture cannot be unticked.
fn granted(asked: &Asked, form: &Form) -> Result<Vec<String>, Problem> {
    let ticked =
        |scope: &&String| scope.as_str() == "user.info.basic" || form.all("scope").contains(scope);
    let scopes: Vec<String> = asked.scopes.iter().filter(ticked).cloned().collect();
    if scopes.is_empty() {
        return Err(Problem::request(
            "scope",
            "Allow at least one thing, or refuse.",
        ));
    }
    Ok(scopes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The app gets this instead of a code.
    Callback(OAuthError),
    ExpiredCode,
    Slow,
    /// The token call answers this.
    Token(OAuthError),
    WrongState,
}

fn fault(form: &Form) -> Result<Option<Fault>, Problem> {
    let Some(name) = form.one("fault") else {
        return Ok(None);
    };
    let error = |prefix| name.strip_prefix(prefix).and_then(OAuthError::find);
    let fault = match name {
        "expired_code" => Some(Fault::ExpiredCode),
        "wrong_state" => Some(Fault::WrongState),
        "slow" => Some(Fault::Slow),
        "server_error" => Some(Fault::Token(OAuthError::ServerError)),
        _ => error("callback_")
            .map(Fault::Callback)
            .or(error("token_").map(Fault::Token)),
    };
    let none = || Problem::request("fault", "No such thing can be made to go wrong.");
    fault.map(Some).ok_or_else(none)
}

fn issue(
    world: &mut World,
    asked: &Asked,
    account: &Account,
    scopes: &[String],
    fault: Option<Fault>,
    now: Millis,
) -> String {
    // Real codes end like this; both characters arrive percent-encoded.
    let word = world.random.word(84);
    let code = format!(
        "{word}*{}!6410.{}",
        world.random.word(1),
        world.random.word(2)
    );
    world.secrets.issue("code", &code);
    let life = if fault == Some(Fault::ExpiredCode) {
        0
    } else {
        CODE_LIFE
    };
    world.codes.retain(|_, code| code.expires_at > now);
    world.codes.insert(
        code.clone(),
        Code {
            client_key: asked.client_key.clone(),
            account: account.username.to_owned(),
            scopes: scopes.to_vec(),
            redirect_uri: asked.redirect_uri.clone(),
            code_challenge: asked.code_challenge.clone(),
            expires_at: now + life,
            fault: match fault {
                Some(Fault::Slow) => Some(CodeFault::Slow),
                Some(Fault::Token(error)) => Some(CodeFault::Refused(error)),
                _ => None,
            },
        },
    );
    code
}
