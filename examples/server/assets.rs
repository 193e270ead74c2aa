//! The style sheet and the module: in the binary, at addresses that change with their content.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Query;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use social_core::platform::hex;

#[cfg(test)]
mod contrast_tests;

/// One file of the binary.
struct Asset {
    path: &'static str,
    kind: &'static str,
    content: &'static [u8],
    version: LazyLock<String>,
    address: LazyLock<String>,
}

macro_rules! asset {
    ($name:ident, $path:literal, $kind:literal) => {
        static $name: Asset = Asset {
            path: concat!("/assets/", $path),
            kind: $kind,
            content: include_bytes!(concat!("assets/", $path)),
            version: LazyLock::new(|| version($name.content)),
            address: LazyLock::new(|| format!("{}?v={}", $name.path, *$name.version)),
        };
    };
}

asset!(CSS, "app.css", "text/css; charset=utf-8");
asset!(JS, "app.js", "text/javascript; charset=utf-8");
asset!(ICON, "icon.svg", "image/svg+xml");

/// Address of the style sheet, with its version.
pub(crate) fn css_address() -> &'static str {
    &CSS.address
}

/// Address of the module, with its version.
pub(crate) fn js_address() -> &'static str {
    &JS.address
}

/// Address of the icon of the browser's tab, with its version.
pub(crate) fn icon_address() -> &'static str {
    &ICON.address
}

/// The first 12 hex digits of the SHA-256.
fn version(content: &[u8]) -> String {
    hex::encode(&Sha256::digest(content)[..6])
}

/// The files under `/assets`. No sign-in: there is nothing of anybody in them.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    [&CSS, &JS, &ICON]
        .into_iter()
        .fold(Router::new(), |router, asset| {
            router.route(
                asset.path,
                get(move |Query(asked): Query<Asked>| async move { answer(asset, &asked.v) }),
            )
        })
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    v: String,
}

/// Only the address that names this very content may be kept for good; an old page's address would
/// else pin today's content under yesterday's name.
fn answer(asset: &'static Asset, asked: &str) -> impl IntoResponse + use<> {
    let current = asked == *asset.version;
    let cache = if current {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    (
        [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, cache)],
        asset.content,
    )
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    use super::*;

    async fn fetch(address: &str) -> (StatusCode, String, String, Vec<u8>) {
        let request = Request::get(address)
            .body(Body::empty())
            .expect("a request");
        let answer = router::<()>().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let header = |name| parts.headers[name].to_str().expect("text").to_owned();
        (
            parts.status,
            header(CONTENT_TYPE),
            header(CACHE_CONTROL),
            body.to_vec(),
        )
    }

    #[tokio::test]
    async fn the_named_version_is_kept_for_good() {
        for (address, kind, content) in [
            (css_address(), "text/css; charset=utf-8", CSS.content),
            (js_address(), "text/javascript; charset=utf-8", JS.content),
            (icon_address(), "image/svg+xml", ICON.content),
        ] {
            let (status, got, cache, body) = fetch(address).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(got, kind);
            assert_eq!(cache, "public, max-age=31536000, immutable");
            assert_eq!(body, content);
        }
    }

    #[tokio::test]
    async fn another_version_is_not_kept() {
        for address in ["/assets/app.css", "/assets/app.js?v=000000000000"] {
            let (status, _, cache, _) = fetch(address).await;
            assert_eq!((status, cache.as_str()), (StatusCode::OK, "no-cache"));
        }
    }

    #[test]
    fn the_version_is_twelve_hex_digits_of_the_digest() {
        // SHA-256 of the empty string begins e3b0c44298fc.
        assert_eq!(version(b""), "e3b0c44298fc");
        assert_ne!(*CSS.version, *JS.version);
        assert_eq!(
            css_address(),
            format!("/assets/app.css?v={}", version(CSS.content))
        );
    }
}
