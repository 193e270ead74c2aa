//! One span and one line for each request, under its route: addresses may hold codes and states, so they are never told.

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::app::App;

/// Tells a request apart in the log and on an error page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Correlation(String);

impl Correlation {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes only what this server can have made itself.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| Self(text.to_owned()))
    }
}

const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// Names the request, and tells how it went.
pub(crate) async fn requests(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let mut bytes = [0_u8; 8];
    // Without randomness requests go on, unnamed.
    let id = match app.social.random().fill(&mut bytes) {
        Ok(()) => format!("{:016x}", u64::from_be_bytes(bytes)),
        Err(_) => String::new(),
    };
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("no such route", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", method = %request.method(), route, correlation = id);
    request.extensions_mut().insert(Correlation(id.clone()));
    let began = app.social.clock().elapsed();
    let mut response = next.run(request).instrument(span.clone()).await;
    let millis = app
        .social
        .clock()
        .elapsed()
        .saturating_sub(began)
        .as_millis();
    span.in_scope(|| {
        let status = response.status().as_u16();
        tracing::debug!(
            status,
            millis = u64::try_from(millis).unwrap_or(u64::MAX),
            "answered"
        );
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}
