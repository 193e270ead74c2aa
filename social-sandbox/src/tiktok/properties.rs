//! The domains and URL prefixes that an app has proven to own.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>. A domain covers its
//! subdomains and is taken on trust here: there is no DNS to ask. A prefix is proven by a file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::media::{SAMPLE_MEDIA_URL, is_fetchable};

/// Of one app, registered while the sandbox runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Properties {
    pub(crate) domains: BTreeSet<String>,
    pub(crate) prefixes: BTreeMap<String, Prefix>,
}

/// A URL prefix and its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prefix {
    /// What the file is named after and holds; another for each property.
    pub(crate) code: String,
    pub(crate) verified: bool,
}

impl Prefix {
    /// The name of the file.
    pub(crate) fn file(&self) -> String {
        format!("tiktok{}.txt", self.code)
    }

    /// What is in it.
    pub(crate) fn content(&self) -> String {
        format!("tiktok-developers-site-verification={}", self.code)
    }
}

impl Properties {
    /// Whether `url` is in one of them.
    pub(crate) fn cover(&self, url: &Url) -> bool {
        let proven = self.prefixes.iter().filter(|(_, prefix)| prefix.verified);
        covers(&self.domains, proven.map(|(prefix, _)| prefix), url)
    }
}

/// Whether `url` is in one of these domains or behind one of these prefixes, or a sample.
pub(crate) fn covers<'a>(
    domains: impl IntoIterator<Item = &'a String>,
    prefixes: impl IntoIterator<Item = &'a String>,
    url: &Url,
) -> bool {
    let host = url.host_str().unwrap_or_default();
    let owned = |domain: &String| {
        let before = host.strip_suffix(domain.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let text = url.as_str();
    text.starts_with(SAMPLE_MEDIA_URL)
        || domains.into_iter().any(owned)
        || prefixes
            .into_iter()
            .any(|prefix| text.starts_with(prefix.as_str()))
}

/// Checks a domain as the portal does.
pub(crate) fn check_domain(domain: &str) -> Result<(), String> {
    let usual = Url::parse(&format!("https://{domain}/"))
        .is_ok_and(|url| is_fetchable(&url) && url.host_str() == Some(domain));
    if usual && domain.contains('.') {
        Ok(())
    } else {
        Err(format!(
            "{domain:?} is not a domain in its usual form, such as example.com"
        ))
    }
}

/// Checks a URL prefix as the portal does.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), String> {
    let usual = Url::parse(prefix).is_ok_and(|url| {
        is_fetchable(&url)
            && url.as_str() == prefix
            && url.query().is_none()
            && url.username().is_empty()
    });
    if usual && prefix.ends_with('/') {
        Ok(())
    } else {
        Err(format!(
            "{prefix:?} is not a URL prefix: https://HOST/PATH/, with a slash at its end"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(domain: &str, prefix: &str, url: &str) -> bool {
        let own = |text: &str| vec![text.to_owned()];
        covers(&own(domain), &own(prefix), &Url::parse(url).unwrap())
    }

    #[test]
    fn a_domain_covers_its_subdomains_and_nothing_that_only_looks_alike() {
        let by_domain = |url| covered("example.org", "https://none.example/", url);
        assert!(by_domain("https://example.org/a.mp4"));
        assert!(by_domain("https://a.b.example.org/a.mp4"));
        assert!(!by_domain("https://badexample.org/a.mp4"));
        assert!(!by_domain("https://example.org.evil.example/a.mp4"));
        assert!(!by_domain("https://example.com/example.org"));
    }

    #[test]
    fn a_prefix_is_exact() {
        let by_prefix = |url| covered("none.example", "https://cdn.example.org/mine/", url);
        assert!(by_prefix("https://cdn.example.org/mine/a.mp4?x=1"));
        assert!(!by_prefix("https://cdn.example.org/mine"));
        assert!(!by_prefix("https://cdn.example.org/other/a.mp4"));
        assert!(!by_prefix("https://cdn.example.org/mine/../other/a.mp4"));
        assert!(!by_prefix("https://a.cdn.example.org/mine/a.mp4"));
        assert!(!by_prefix("https://cdn.example.org:8443/mine/a.mp4"));
        assert!(!by_prefix(
            "https://cdn.example.org@evil.example/mine/a.mp4"
        ));
    }

    #[test]
    fn what_the_portal_takes() {
        for good in ["example.com", "media.example.co.uk"] {
            assert_eq!(check_domain(good), Ok(()));
        }
        for bad in [
            "",
            "com",
            "https://example.com",
            "example.com/",
            "192.0.2.1",
            "Example.com",
            "a@b.c",
            "a.b:1",
        ] {
            assert!(check_domain(bad).is_err(), "{bad}");
        }
        assert_eq!(check_prefix("https://example.com/a/"), Ok(()));
        for bad in [
            "http://example.com/",
            "https://example.com",
            "https://example.com/a",
            "https://192.0.2.1/",
            "https://example.com/?a=/",
            "https://u@example.com/",
        ] {
            assert!(check_prefix(bad).is_err(), "{bad}");
        }
    }
}
