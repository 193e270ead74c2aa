//! Who may use the control surface: programs on this machine, and pages it served itself.

use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::reached::text;

/// Refuses what came through a proxy, under another name than loopback's, or from a page of
/// another origin. The sockets themselves are on loopback only.
pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    if is_local(request.headers()) {
        return next.run(request).await;
    }
    let reason = "the control surface is for programs on this machine only: ask it at its loopback \
                  address, directly";
    (StatusCode::FORBIDDEN, Json(json!({ "error": reason }))).into_response()
}

fn is_local(headers: &HeaderMap) -> bool {
    let forwarded = [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    ];
    if forwarded.into_iter().any(|name| headers.contains_key(name)) {
        return false;
    }
    let Some(host) = text(headers, header::HOST.as_str()) else {
        return false;
    };
    let origin = text(headers, header::ORIGIN.as_str());
    is_loopback(host) && origin.is_none_or(|origin| origin == format!("http://{host}"))
}

fn is_loopback(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        is_local(&headers)
    }

    #[test]
    fn only_this_machine_asking_directly() {
        assert!(local(&[("host", "127.0.0.1:4100")]));
        assert!(local(&[("host", "localhost")]));
        assert!(local(&[("host", "[::1]:4100")]));
        assert!(local(&[
            ("host", "127.0.0.1:1"),
            ("origin", "http://127.0.0.1:1")
        ]));
        assert!(!local(&[]));
        assert!(!local(&[("host", "rebound.example:4100")]));
        assert!(!local(&[
            ("host", "127.0.0.1:1"),
            ("origin", "https://evil.example")
        ]));
        assert!(!local(&[("host", "127.0.0.1:1"), ("origin", "null")]));
        assert!(!local(&[
            ("host", "127.0.0.1:1"),
            ("x-forwarded-for", "127.0.0.1")
        ]));
    }
}
