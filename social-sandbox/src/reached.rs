//! How a request reached the sandbox, so that the URLs it hands out lead back the same way.

use http::{HeaderMap, header, request::Parts};

/// The names a TLS proxy may forward under.
pub(crate) const HOSTS: [&str; 3] = [
    "www.tiktok.com",
    "open.tiktokapis.com",
    "open-upload.tiktokapis.com",
];

/// Marks a request that came under one of the platform's own names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByHost;

/// Scheme and authority of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    scheme: &'static str,
    authority: String,
    by_host: bool,
}

impl Reached {
    /// Reads `X-Forwarded-Proto` and `Host`; `fallback` is the listening address.
    pub(crate) fn read(parts: &Parts, fallback: &str) -> Self {
        let https = text(&parts.headers, "x-forwarded-proto")
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        let authority = text(&parts.headers, header::HOST.as_str())
            .filter(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
            .unwrap_or(fallback);
        Self {
            scheme: if https { "https" } else { "http" },
            authority: authority.to_owned(),
            by_host: parts.extensions.get::<ByHost>().is_some(),
        }
    }

    /// The address of one of the platform's hosts, without a slash at the end.
    pub(crate) fn base(&self, host: &str) -> String {
        let Self {
            scheme,
            authority,
            by_host,
        } = self;
        if *by_host {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{authority}/{host}")
        }
    }
}

/// The platform's name in a Host header, if it is one.
pub(crate) fn platform_host(headers: &HeaderMap) -> Option<&'static str> {
    let host = text(headers, header::HOST.as_str())?;
    let name = host.split(':').next()?;
    HOSTS
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known))
}

/// A header's value as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
