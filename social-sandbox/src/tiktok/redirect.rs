//! Redirect URIs.
//!
//! Registration rules: <https://developers.tiktok.com/doc/login-kit-web> and
//! <https://developers.tiktok.com/doc/login-kit-desktop>.

use url::Url;

/// Whether a redirect URI belongs to a desktop app: PKCE is required for it.
pub(crate) fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| loopback_host(&url))
}

fn loopback_host(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
}

/// Whether TikTok would register a redirect URI.
pub(crate) fn check(uri: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("redirect URI {uri:?} {why}"));
    if uri.len() >= 512 {
        return wrong("must be shorter than 512 characters");
    }
    if uri.contains(['?', '#']) {
        return wrong("must have no query and no fragment");
    }
    let Ok(url) = Url::parse(&uri.replacen(":*", ":9", 1)) else {
        return wrong("is not an absolute URL");
    };
    if !loopback_host(&url) {
        return match url.scheme() {
            "https" if !uri.contains('*') => Ok(()),
            "https" => wrong("may have `*` for its port only on localhost and 127.0.0.1"),
            _ => wrong("must be https, or http on localhost or 127.0.0.1"),
        };
    }
    match (
        url.scheme(),
        authority(uri).and_then(|text| text.split_once(':')),
    ) {
        ("http" | "https", Some((_, port))) if port == "*" || port.parse::<u16>().is_ok() => Ok(()),
        ("http" | "https", _) => wrong("needs a port, a number or `*`"),
        _ => wrong("must be http or https"),
    }
}

fn authority(uri: &str) -> Option<&str> {
    uri.split_once("://")?.1.split('/').next()
}

/// Whether a URI is the registered one: byte for byte, or any port where the port is `*`.
pub(crate) fn matches(registered: &str, uri: &str) -> bool {
    let Some((before, after)) = registered.split_once(":*") else {
        return registered == uri;
    };
    let Some(rest) = uri
        .strip_prefix(before)
        .and_then(|rest| rest.strip_prefix(':'))
    else {
        return false;
    };
    let Some(port) = rest.strip_suffix(after) else {
        return false;
    };
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration_follows_the_portal() {
        for good in [
            "https://dev.example.com/auth/callback/",
            "http://localhost:3455/callback/",
            "http://127.0.0.1:*/callback/",
            "https://127.0.0.1:3455/callback/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = format!("https://a.example/{}", "x".repeat(512));
        for bad in [
            "dev.example.com/auth/callback/",
            "http://dev.example.com/auth/callback/",
            "https://dev.example.com/auth/?id=1",
            "https://dev.example.com/auth/#100",
            "https://dev.example.com:*/auth/",
            "http://localhost/callback",
            "ftp://localhost:21/",
            "http://[::1]:80/",
            long.as_str(),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_matches_byte_for_byte() {
        assert!(matches("https://a.example/cb", "https://a.example/cb"));
        for other in [
            "https://a.example/cb/",
            "https://a.example/CB",
            "https://a.example/cb?x=1",
        ] {
            assert!(!matches("https://a.example/cb", other), "{other}");
        }
    }

    #[test]
    fn a_star_stands_for_any_port_and_nothing_else() {
        let registered = "http://127.0.0.1:*/cb";
        assert!(matches(registered, "http://127.0.0.1:1/cb"));
        assert!(matches(registered, "http://127.0.0.1:65535/cb"));
        for other in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:80/x/cb",
            "http://localhost:80/cb",
            "http://127.0.0.1:*/cb",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
    }
}
