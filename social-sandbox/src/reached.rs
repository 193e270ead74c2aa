//! How a request reached the sandbox, so that the URLs it hands out lead back the same way.

use http::{HeaderMap, header, request::Parts};

/// The host of pages.
const WWW: &str = "www.tiktok.com";
/// The host of the API.
const API: &str = "open.tiktokapis.com";
/// The usual host of uploads.
pub(crate) const UPLOAD: &str = "open-upload.tiktokapis.com";

/// Whether uploads go to this host: every one of the API's domain but the API itself, since TikTok
/// hands out regional ones.
pub(crate) fn is_upload_host(name: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        !label.is_empty() && label.bytes().all(plain)
    };
    let below = name.strip_suffix(".tiktokapis.com");
    name != API && below.is_some_and(|below| below.split('.').all(label))
}

/// Under which first segment the sandbox answers for a host.
pub(crate) fn segment(host: &str) -> Option<&'static str> {
    match host {
        WWW => Some(WWW),
        API => Some(API),
        _ => is_upload_host(host).then_some(UPLOAD),
    }
}

/// Marks a request that came under one of the platform's own names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByHost;

/// Scheme and authority of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    scheme: &'static str,
    authority: String,
    /// Only of a request under one of the platform's own names: its port, with the colon.
    port: Option<String>,
}

impl Reached {
    /// Reads `X-Forwarded-Proto` and `Host`; `fallback` is the listening address.
    pub(crate) fn read(parts: &Parts, fallback: &str) -> Self {
        let https = text(&parts.headers, "x-forwarded-proto")
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        let authority = text(&parts.headers, header::HOST.as_str())
            .filter(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
            .unwrap_or(fallback);
        let by_host = parts.extensions.get::<ByHost>().is_some();
        let usual = if https { ":443" } else { ":80" };
        let port = authority.find(':').map_or("", |at| &authority[at..]);
        let port = if port == usual { "" } else { port };
        Self {
            scheme: if https { "https" } else { "http" },
            authority: authority.to_owned(),
            port: by_host.then(|| port.to_owned()),
        }
    }

    /// The address of one of the platform's hosts, without a slash at the end.
    pub(crate) fn base(&self, host: &str) -> String {
        let Self {
            scheme,
            authority,
            port,
        } = self;
        match port {
            Some(port) => format!("{scheme}://{host}{port}"),
            None => format!("{scheme}://{authority}/{host}"),
        }
    }
}

/// The first segment for a Host header, if it is one of the platform's names.
pub(crate) fn platform_host(headers: &HeaderMap) -> Option<&'static str> {
    let host = text(headers, header::HOST.as_str())?;
    segment(&host.split(':').next()?.to_ascii_lowercase())
}

/// A header's value as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_of_the_apis_domain_takes_uploads_but_the_api() {
        for host in [
            UPLOAD,
            "open-upload-i18n.tiktokapis.com",
            "upload.us.tiktokapis.com",
        ] {
            assert_eq!(segment(host), Some(UPLOAD), "{host}");
        }
        assert_eq!(segment(API), Some(API));
        assert_eq!(segment(WWW), Some(WWW));
        for host in [
            "tiktokapis.com",
            ".tiktokapis.com",
            "a..tiktokapis.com",
            "evil-tiktokapis.com",
            "open.tiktokapis.com.evil.example",
            "tiktok.com",
            "127.0.0.1",
        ] {
            assert_eq!(segment(host), None, "{host}");
        }
    }
}
