//! Requests that nobody meant: a browser that fetches ahead, a program that previews a link.

use ::http::{HeaderMap, Method};

/// What browsers call a fetch ahead.
const HEADERS: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
const WORDS: [&str; 3] = ["prefetch", "prerender", "preview"];

/// Whether a request to the redirect address was made without anybody's intent: `HEAD`, or a browser's fetch ahead
/// (`Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz`). Such a request must not be handed to
/// [`finish`](super::Logins::finish): it would use the login up, and the person's own request would come too late.
/// Answer it with a 4xx or 5xx that is not stored; the browser then asks again when the person does.
pub fn is_speculative(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::HEAD || HEADERS.iter().any(|name| says(headers, name))
}

fn says(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';', ' ']))
        .any(|said| {
            WORDS
                .iter()
                .any(|word| said.trim().eq_ignore_ascii_case(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &'static str, value: &str) -> bool {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        is_speculative(&Method::GET, &headers)
    }

    #[test]
    fn what_browsers_fetch_ahead_is_known() {
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "Prefetch; anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(asked(name, value), "{name}: {value}");
        }
        assert!(is_speculative(&Method::HEAD, &HeaderMap::new()));
    }

    #[test]
    fn what_a_person_asks_for_is_not() {
        assert!(!is_speculative(&Method::GET, &HeaderMap::new()));
        assert!(!asked("sec-fetch-mode", "navigate"));
        assert!(!asked("purpose", "payment"));
    }
}
