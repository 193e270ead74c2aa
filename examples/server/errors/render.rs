//! The one place where a failure becomes an answer.

use std::any::Any;

use askama::Template as _;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::{Failure, Parts};
use crate::app::App;
use crate::intent::is_person;
use crate::session::Visitor;
use crate::trace::Correlation;
use crate::view::format::{clock_seconds, day};
use crate::view::shell::{ErrorPage, Nav, SignInPage};

/// Gives every failure its page or its JSON, and the log its line.
pub(crate) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    let status = response.status();
    if let Some(failure) = response.extensions().get::<Failure>() {
        return answer(&app, &asked, failure.clone()).await;
    }
    // Answers of the HTTP layers: extractors, the CSRF check, methods and addresses that are not known.
    let own = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if (status.is_client_error() || status.is_server_error()) && !own {
        return answer(&app, &asked, Failure::of_status(status)).await;
    }
    response
}

/// Who asked, and in which form the answer is wanted.
struct Asked {
    visitor: Visitor,
    correlation: Correlation,
    json: bool,
    head: bool,
    /// Somebody opened the address to see it, or pressed a button.
    person: bool,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        let html = request
            .headers()
            .get(ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"));
        Self {
            visitor: extensions.get().cloned().unwrap_or_default(),
            correlation: extensions.get().cloned().unwrap_or_default(),
            json: request.uri().path().starts_with("/api/") && !html,
            head: request.method() == Method::HEAD,
            person: is_person(request.method(), request.headers()),
        }
    }
}

async fn answer(app: &App, asked: &Asked, failure: Failure) -> Response {
    let Failure(parts) = failure;
    log(&parts, &asked.correlation);
    let status = parts.status;
    let retry_after = parts.retry_after.map(HeaderValue::from);
    let mut response = if asked.json {
        let error = json!({
            "code": parts.code,
            "message": format!("{}. {}", parts.title, parts.line),
            "correlation": asked.correlation.as_str(),
        });
        (status, Json(json!({ "error": error }))).into_response()
    } else {
        match page(app, asked, *parts).await {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, "This page cannot be shown.").into_response(),
        }
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    if asked.head {
        *response.body_mut() = Body::empty();
    }
    response
}

async fn page(app: &App, asked: &Asked, parts: Parts) -> askama::Result<String> {
    if let Some(why) = parts.sign_in {
        if asked.person {
            app.gate.ask();
        }
        return SignInPage {
            shell: app.shell_of(&asked.visitor, Nav::Elsewhere).await,
            why,
            by_token: app.gate.takes_token(),
        }
        .render();
    }
    let now = app.social.clock().now();
    let mut details = vec![("What".to_owned(), parts.code)];
    details.extend(parts.details);
    details.push((
        "When".to_owned(),
        format!("{}, {}", day(now), clock_seconds(now)),
    ));
    ErrorPage {
        shell: app.shell_of(&asked.visitor, Nav::Elsewhere).await,
        title: parts.title,
        line: parts.line,
        buttons: parts.buttons,
        details,
        correlation: asked.correlation.as_str().to_owned(),
    }
    .render()
}

fn log(parts: &Parts, correlation: &Correlation) {
    let (status, code) = (parts.status.as_u16(), parts.code.as_str());
    let correlation = correlation.as_str();
    let error = parts.cause.as_ref().map(tracing::field::display);
    if parts.status.is_server_error() {
        tracing::error!(correlation, status, code, error, "a request failed");
    } else {
        tracing::info!(correlation, status, code, error, "a request was refused");
    }
}

/// A handler that panicked. Its message is for the log only.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(message, "a handler panicked");
    Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
