//! Registered apps and their redirect URIs.
//!
//! Registration rules: <https://developers.tiktok.com/doc/login-kit-web> and
//! <https://developers.tiktok.com/doc/login-kit-desktop>.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::Url;

use crate::tiktok::properties::{check_domain, check_prefix};

/// TikTok takes at most ten redirect URIs for an app.
const MOST_REDIRECTS: usize = 10;

/// An app registered with the sandbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct App {
    /// The app's public id, sent as `client_key`.
    pub client_key: String,
    /// The app's secret.
    pub client_secret: String,
    /// Where the user may be sent back to. A loopback URI may have `*` for its port.
    pub redirect_uris: Vec<String>,
    /// Whether TikTok has audited the app. An unaudited one may only post to private accounts.
    #[serde(default = "yes")]
    pub audited: bool,
    /// Verified domains. Media may be fetched from them and their subdomains.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Verified URL prefixes, such as `https://host/path/`.
    #[serde(default)]
    pub url_prefixes: Vec<String>,
    /// How many users may post through it in 24 hours, if that is limited. An unaudited app: five.
    #[serde(default)]
    pub daily_creators: Option<u32>,
}

fn yes() -> bool {
    true
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_key", &self.client_key)
            .field("redirect_uris", &self.redirect_uris)
            .field("audited", &self.audited)
            .finish_non_exhaustive()
    }
}

impl App {
    /// An audited app without redirect URIs.
    pub fn new(client_key: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_key: client_key.into(),
            client_secret: client_secret.into(),
            redirect_uris: Vec::new(),
            audited: true,
            domains: Vec::new(),
            url_prefixes: Vec::new(),
            daily_creators: None,
        }
    }

    /// Adds a redirect URI.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Says whether TikTok has audited the app.
    #[must_use]
    pub fn audited(mut self, audited: bool) -> Self {
        self.audited = audited;
        self
    }

    /// Adds a verified domain.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Adds a verified URL prefix, `https://HOST/PATH/`.
    #[must_use]
    pub fn url_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.url_prefixes.push(prefix.into());
        self
    }

    /// Limits the users who may post through it in 24 hours.
    #[must_use]
    pub fn daily_creators(mut self, most: u32) -> Self {
        self.daily_creators = Some(most);
        self
    }

    /// Checks the app as TikTok's portal does.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.client_key.is_empty() || self.client_secret.is_empty() {
            return Err("an app needs a client key and a client secret".to_owned());
        }
        if self.redirect_uris.len() > MOST_REDIRECTS {
            return Err(format!("an app has at most {MOST_REDIRECTS} redirect URIs"));
        }
        let mut redirects = self.redirect_uris.iter();
        redirects.try_for_each(|uri| check_redirect(uri))?;
        let mut domains = self.domains.iter();
        domains.try_for_each(|domain| check_domain(domain))?;
        let mut prefixes = self.url_prefixes.iter();
        prefixes.try_for_each(|prefix| check_prefix(prefix))
    }

    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        self.client_secret
            .as_bytes()
            .ct_eq(secret.as_bytes())
            .into()
    }

    /// Whether `uri` is registered: byte for byte, or any port where the port is `*`.
    pub(crate) fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| matches(registered, uri))
    }
}

/// Whether a redirect URI belongs to a desktop app: PKCE is required for it.
pub(crate) fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| loopback_host(&url))
}

fn loopback_host(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
}

fn check_redirect(uri: &str) -> Result<(), String> {
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

fn matches(registered: &str, uri: &str) -> bool {
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
            assert_eq!(check_redirect(good), Ok(()), "{good}");
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
            assert!(check_redirect(bad).is_err(), "{bad}");
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
