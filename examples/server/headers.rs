//! The headers that every answer of this server carries.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// Nothing but this server's own files; `blob:` is the preview of a file that was just chosen.
pub(crate) const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// Adds the security headers, and `no-store` where a handler did not say how long to keep its answer.
/// Mount it outermost, so that errors of other layers carry them too:
/// `router.layer(axum::middleware::from_fn(headers::security))`.
pub(crate) async fn security(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(response.headers_mut());
    response
}

/// For a server that people reach by https alone: browsers keep to that for a year, for this host and none of its others.
pub(crate) async fn https_only(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let year = HeaderValue::from_static("max-age=31536000");
    response
        .headers_mut()
        .insert(STRICT_TRANSPORT_SECURITY, year);
    response
}

fn set(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Router, middleware};
    use tower::ServiceExt as _;

    use super::*;
    use crate::assets;

    async fn fetch(address: &str) -> Response {
        let app = assets::router::<()>()
            .route("/page", get(|| async { "page" }))
            .layer(middleware::from_fn(security));
        let app: Router = app;
        let request = axum::http::Request::get(address)
            .body(Body::empty())
            .expect("a request");
        app.oneshot(request).await.expect("an answer")
    }

    #[tokio::test]
    async fn every_answer_carries_them_errors_too() {
        for (address, status) in [
            ("/page", StatusCode::OK),
            ("/absent", StatusCode::NOT_FOUND),
            (assets::css_address(), StatusCode::OK),
        ] {
            let answer = fetch(address).await;
            assert_eq!(answer.status(), status, "{address}");
            for (name, value) in [
                (
                    "content-security-policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                     media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                     frame-ancestors 'none'",
                ),
                ("referrer-policy", "no-referrer"),
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
            ] {
                assert_eq!(answer.headers()[name], value, "{address}: {name}");
            }
        }
    }

    #[tokio::test]
    async fn pages_are_not_stored_and_assets_are() {
        assert_eq!(fetch("/page").await.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(fetch("/absent").await.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(
            fetch(assets::js_address()).await.headers()[CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
    }
}
