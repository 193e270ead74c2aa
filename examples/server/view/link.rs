//! Addresses that came from outside and may be followed.

use std::fmt;

use url::Url;

/// A web address: never `javascript:` or another scheme that acts instead of leading somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link(String);

impl Link {
    /// `None` for anything but an absolute http or https address without a password in it.
    pub(crate) fn parse(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        (matches!(url.scheme(), "https" | "http") && plain).then(|| Self(url.into()))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn only_the_web_can_be_followed() {
        for address in [
            "https://www.tiktok.com/@a/video/1",
            "http://127.0.0.1:4100/video/1",
        ] {
            assert_eq!(
                Link::parse(address).map(|link| link.to_string()).as_deref(),
                Some(address)
            );
        }
        for address in [
            "javascript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "//www.tiktok.com/",
            "/posts",
            "https://a:b@www.tiktok.com/",
            "",
        ] {
            assert_eq!(Link::parse(address), None, "{address}");
        }
    }
}
