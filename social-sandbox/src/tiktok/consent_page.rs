//! The consent page and the problem page, as HTML.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use url::Url;

use crate::calls::{Call, Note};
use crate::tiktok::account::{ACCOUNTS, Account};
use crate::tiktok::authorize::{Asked, SCOPES};
use crate::tiktok::oauth_error::OAuthError;

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
    errors: [OAuthError; 10],
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
        errors: OAuthError::ALL,
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
        Some(_) => "not 64 lower-case hex digits: the exchange will fail",
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
