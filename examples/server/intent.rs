//! GET and HEAD change nothing unless a person meant them. A link that counts once, the way back from a consent page and
//! a page that asks the platform must not be used up by a browser that fetches ahead or a program that previews links.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use social_core::login::is_speculative;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Whether somebody opened this address to see it: no HEAD, no fetch ahead, no picture or frame of a page.
pub(crate) fn is_visit(method: &Method, headers: &HeaderMap) -> bool {
    let shown = headers
        .get(DESTINATION)
        .is_none_or(|what| what.as_bytes() == b"document");
    shown && *method == Method::GET && !is_speculative(method, headers)
}

/// Whether a person is there: somebody opened this address, or pressed a button on a page of this server.
pub(crate) fn is_person(method: &Method, headers: &HeaderMap) -> bool {
    let site = headers.get(SITE).map(HeaderValue::as_bytes);
    is_visit(method, headers) || (*method == Method::POST && site == Some(b"same-origin"))
}

/// Nothing is fetched ahead, whatever it is: the browser throws the refusal away and asks when the person does.
pub(crate) async fn nothing_ahead(request: Request, next: Next) -> Response {
    // A HEAD is answered where its address leads; what has an effect by GET answers it with nothing.
    if *request.method() == Method::GET && is_speculative(request.method(), request.headers()) {
        return refused(StatusCode::SERVICE_UNAVAILABLE);
    }
    next.run(request).await
}

/// For an address that has an effect when somebody visits it, and none otherwise.
pub(crate) async fn visits_only(request: Request, next: Next) -> Response {
    if *request.method() == Method::GET && !is_visit(request.method(), request.headers()) {
        return refused(StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// The answer to HEAD where GET has an effect.
pub(crate) async fn nothing() -> Response {
    refused(StatusCode::NO_CONTENT)
}

fn refused(status: StatusCode) -> Response {
    (status, [(CACHE_CONTROL, "no-store")]).into_response()
}
