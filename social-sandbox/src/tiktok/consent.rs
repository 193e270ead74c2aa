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
