//! Addresses that TikTok fetches media from.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>

use std::fmt;

use social_core::publish::{Preflight, Violation};
use url::{Host, Url};

/// What TikTok has verified as the app's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// A domain and those below it.
    Domain(String),
    /// Every address that begins so.
    Prefix(Url),
}

impl Verified {
    fn covers(&self, url: &Url) -> bool {
        match self {
            Self::Domain(domain) => url.domain().is_some_and(|host| {
                let below = host.strip_suffix(domain.as_str());
                below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }),
            Self::Prefix(prefix) => {
                prefix.origin() == url.origin() && url.as_str().starts_with(prefix.as_str())
            }
        }
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => f.write_str(domain),
            Self::Prefix(prefix) => f.write_str(prefix.as_str()),
        }
    }
}

/// What TikTok would refuse about an address.
pub(super) fn rules(url: &Url, verified: &[Verified], found: &mut Preflight) {
    let mut refuse = |rule: &str, finding: &str, advice: &str, limit: &str| {
        let violation = Violation::new(rule, "media", finding).advice(advice);
        found.violations.push(violation.limit(limit));
    };
    if url.scheme() != "https" {
        refuse(
            "address.https",
            "TikTok fetches media from https addresses only.",
            "Use one.",
            "https",
        );
    }
    if !matches!(url.host(), Some(Host::Domain(_))) {
        refuse(
            "address.domain",
            "TikTok fetches media from a domain, not from an IP address.",
            "Use its name.",
            "a domain",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        refuse(
            "address.userinfo",
            "TikTok fetches from no address with a user name or a password.",
            "Leave them out.",
            "none",
        );
    }
    if verified.is_empty() {
        let unknown =
            "whether TikTok has verified the address as the app's own: none was configured";
        found.not_checked.push(unknown.to_owned());
    } else if !verified.iter().any(|verified| verified.covers(url)) {
        let message = "The address does not belong to this service's own domains, and TikTok fetches from no other.";
        let own: Vec<_> = verified.iter().map(ToString::to_string).collect();
        let violation = Violation::new("address.verified", "media", message)
            .advice("Upload the file here instead.");
        found.violations.push(violation.limit(own.join(", ")));
    } else {
        found.passed.push("the address is verified".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(url: &str, verified: &[Verified]) -> Vec<String> {
        let mut found = Preflight::default();
        rules(&url.parse().unwrap(), verified, &mut found);
        found
            .violations
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    #[test]
    fn only_addresses_that_tiktok_fetches_pass() {
        let none: [&str; 0] = [];
        assert_eq!(broken("https://media.example.com/a.mp4", &[]), none);
        assert_eq!(
            broken("http://media.example.com/a.mp4", &[]),
            ["address.https"]
        );
        assert_eq!(broken("https://192.0.2.1/a.mp4", &[]), ["address.domain"]);
        assert_eq!(
            broken("https://[2001:db8::1]/a.mp4", &[]),
            ["address.domain"]
        );
        assert_eq!(
            broken("https://ann:1@media.example.com/", &[]),
            ["address.userinfo"]
        );
    }

    #[test]
    fn domains_cover_what_is_below_and_prefixes_what_begins_so() {
        let domain = [Verified::Domain("example.com".to_owned())];
        let none: [&str; 0] = [];
        for good in ["https://example.com/a", "https://a.b.example.com/a"] {
            assert_eq!(broken(good, &domain), none, "{good}");
        }
        for bad in ["https://badexample.com/a", "https://example.com.evil.org/a"] {
            assert_eq!(broken(bad, &domain), ["address.verified"], "{bad}");
        }
        let prefix = [Verified::Prefix(
            "https://host.example/path/".parse().unwrap(),
        )];
        assert_eq!(broken("https://host.example/path/a.mp4", &prefix), none);
        for bad in [
            "https://host.example/pathological/a.mp4",
            "https://host.example/",
            "https://host.example/path/../a.mp4",
            "https://other.example/path/a.mp4",
        ] {
            assert_eq!(broken(bad, &prefix), ["address.verified"], "{bad}");
        }
    }
}
