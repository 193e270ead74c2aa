//! Requests that nobody meant: HEAD, and what a browser fetches ahead. The consent page opens nothing and lets nobody
//! through for them.

use http::{HeaderMap, Method};

/// Whether nobody waits for the page.
pub(crate) fn is_ahead(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str| {
        let said = headers.get(name).and_then(|value| value.to_str().ok());
        said.is_some_and(|said| {
            let said = said.to_ascii_lowercase();
            ["prefetch", "prerender", "preview"]
                .iter()
                .any(|word| said.contains(word))
        })
    };
    *method == Method::HEAD
        || ["sec-purpose", "purpose", "x-purpose", "x-moz"]
            .iter()
            .any(|name| says(name))
}
