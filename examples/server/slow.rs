//! Who may take how long, and under which name this server answers.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::app::App;

/// How long an ordinary request may take, its body included.
const LONGEST: Duration = Duration::from_secs(60);

/// Ends requests without a file that take too long. Streams answer at once and go on.
pub(crate) async fn forms(State(app): State<App>, request: Request, next: Next) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        () = app.social.clock().sleep(LONGEST) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// On loopback the server has one address. Another name for it (`localhost`) is led there, so that cookies fit; a name
/// that somebody else points here is too. Behind a proxy the name is the proxy's matter.
pub(crate) async fn only_here(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.base.scheme() == "https" || is_here(&app, &request) {
        return next.run(request).await;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut there = app.base.clone();
    there.set_path(request.uri().path());
    there.set_query(request.uri().query());
    Redirect::temporary(there.as_str()).into_response()
}

fn is_here(app: &App, request: &Request) -> bool {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    host.is_none_or(|host| host == app.base.authority())
}
