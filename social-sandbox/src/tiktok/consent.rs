//! The consent page: shown, answered once, and what the user sees when something is wrong.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use url::Url;

use crate::calls::{Call, Note, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::account::{self, ACCOUNTS, Account};
use crate::tiktok::authorize::{Asked, SCOPES};
use crate::tiktok::form::{Form, with_query};
use crate::tiktok::grant::{CODE_LIFE, Code, CodeFault};
use crate::world::World;

/// Why there is no consent page, or why its answer counts for nothing.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    error: &'static str,
    error_type: &'static str,
    why: &'static str,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        error: &'static str,
        error_type: &'static str,
        why: &'static str,
    ) -> Self {
        Self {
            status,
            error,
            error_type,
            why,
        }
    }

    /// The app itself is wrong.
    pub(crate) fn client(error_type: &'static str, why: &'static str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            error_type,
            why,
        )
    }

    /// A parameter is wrong.
    pub(crate) fn request(error_type: &'static str, why: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", error_type, why)
    }
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    app: &'a str,
    page: &'a str,
    accounts: &'a [Account],
    scopes: Vec<(&'static str, &'static str)>,
    redirect_uri: &'a str,
    challenge: &'static str,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    error: &'a str,
    error_type: &'a str,
    why: &'a str,
    log_id: &'a str,
}

/// The page for a valid request.
pub(crate) fn page(asked: &Asked, page: &str) -> Response {
    let asks = |(scope, _): &&(&str, &str)| asked.scopes.iter().any(|wanted| wanted == scope);
    let template = ConsentPage {
        app: &asked.client_key,
        page,
        accounts: &ACCOUNTS,
        scopes: SCOPES.iter().filter(asks).copied().collect(),
        redirect_uri: &asked.redirect_uri,
        challenge: challenge_form(asked.code_challenge.as_deref()),
        state: if asked.state.is_some() {
            "present"
        } else {
            "missing"
        },
    };
    let origin = Url::parse(&asked.redirect_uri).map(|url| url.origin().ascii_serialization());
    let target = origin.ok().unwrap_or_default();
    html(StatusCode::OK, template.render(), &target, "ok")
}

fn challenge_form(challenge: Option<&str>) -> &'static str {
    let hex = |text: &str| {
        text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    match challenge {
        None => "none",
        Some(text) if hex(text) => "S256, 64 hex digits",
        Some(_) => "not 64 lower-case hex digits: a loopback exchange will fail",
    }
}

/// The page for a problem.
pub(crate) fn problem(call: &Call, problem: &Problem) -> Response {
    let Problem {
        status,
        error,
        error_type,
        why,
    } = problem;
    let template = ProblemPage {
        error,
        error_type,
        why,
        log_id: &call.log_id,
    };
    html(*status, template.render(), "", error)
}

fn html(
    status: StatusCode,
    body: Result<String, askama::Error>,
    target: &str,
    code: &'static str,
) -> Response {
    let Ok(body) = body else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = format!(
        "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self' {target}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    let mut response = (status, headers, body).into_response();
    response.extensions_mut().insert(Note::new(code));
    response
}

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
        Ok(target) => redirect(target),
        Err(wrong) => problem(&call, wrong),
    };
    about(response, query.one("client_key"), None)
}

fn redirect(target: &str) -> Response {
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

fn decide(world: &mut World, asked: &Asked, form: &Form, now: Millis) -> Result<String, Problem> {
    let state = asked.state.as_deref();
    if form.one("decision") == Some("deny") {
        answer_page(world, form)?;
        return Ok(back(
            &asked.redirect_uri,
            &[
                ("error", "access_denied"),
                ("error_description", "User denied access"),
            ],
            state,
        ));
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
    let scopes = granted(asked, form)?;
    let fault = fault(form)?;
    answer_page(world, form)?;
    let code = issue(world, asked, account, &scopes, fault, now);
    let changed = state.map(|state| format!("{state}-changed"));
    let state = if fault == Some(Fault::WrongState) {
        changed.as_deref()
    } else {
        state
    };
    Ok(back(
        &asked.redirect_uri,
        &[("code", &code), ("scopes", &scopes.join(","))],
        state,
    ))
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
    ExpiredCode,
    WrongState,
    Slow,
    ServerError,
}

fn fault(form: &Form) -> Result<Option<Fault>, Problem> {
    match form.one("fault") {
        None => Ok(None),
        Some("expired_code") => Ok(Some(Fault::ExpiredCode)),
        Some("wrong_state") => Ok(Some(Fault::WrongState)),
        Some("slow") => Ok(Some(Fault::Slow)),
        Some("server_error") => Ok(Some(Fault::ServerError)),
        Some(_) => Err(Problem::request(
            "fault",
            "No such thing can be made to go wrong.",
        )),
    }
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
                Some(Fault::ServerError) => Some(CodeFault::ServerError),
                _ => None,
            },
        },
    );
    code
}
