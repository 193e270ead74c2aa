use url::{Host, Url};

use super::is_loopback;
use crate::error::BuildError;

/// Where a platform is: at its own hosts over https, or behind a stand-in, under whose address each of its hosts is the
/// first segment of the path, as `{base}/api.platform.example/v2/...`.
#[derive(Clone, Debug, Default)]
pub struct BaseUrl {
    stand_in: Option<Url>,
}

impl BaseUrl {
    /// A stand-in for the platform: an https address, or one of this machine. `setting` is the name under which it was given.
    ///
    /// # Errors
    /// [`BuildError::Invalid`] when it is another address or none, and when it holds more than scheme, host, port and path.
    pub fn stand_in(text: &str, setting: &'static str) -> Result<Self, BuildError> {
        let invalid = |reason: &'static str| {
            let reason = reason.into();
            Err(BuildError::Invalid { setting, reason })
        };
        let Ok(url) = Url::parse(text.trim()) else {
            return invalid("it is not an address");
        };
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !secure || url.host().is_none() {
            return invalid("it is neither an https address nor an http address of this machine");
        }
        let userinfo = !url.username().is_empty() || url.password().is_some();
        if url.query().is_some() || url.fragment().is_some() || userinfo {
            return invalid("it holds more than scheme, host, port and path");
        }
        if url.port() == Some(0) {
            return invalid("nothing listens on port 0");
        }
        Ok(Self {
            stand_in: Some(url),
        })
    }

    /// The address of a path, which begins with a slash, on one of the platform's hosts.
    pub fn join(&self, host: &str, path: &str) -> String {
        match &self.stand_in {
            Some(base) => format!("{}/{host}{path}", base.as_str().trim_end_matches('/')),
            None => format!("https://{host}{path}"),
        }
    }

    /// Whether everything is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.stand_in.as_ref().is_some_and(is_loopback)
    }

    /// Whether an address that was handed out, to send a file to for example, leads to the platform: over https, on the usual
    /// port, to one of these domains or a name below one; or to where the stand-in is. A user name or a password is not the
    /// platform's.
    pub fn leads_to(&self, domains: &[&str], address: &Url) -> bool {
        let plain = address.username().is_empty() && address.password().is_none();
        let stands_in =
            (self.stand_in.as_ref()).is_some_and(|base| base.origin() == address.origin());
        plain && (stands_in || is_inside(domains, address))
    }
}

fn is_inside(domains: &[&str], address: &Url) -> bool {
    let Some(Host::Domain(host)) = address.host() else {
        return false;
    };
    let host = host.trim_end_matches('.');
    let inside = |domain: &&str| {
        let before = host.strip_suffix(*domain);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    address.scheme() == "https" && address.port().is_none() && domains.iter().any(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> BaseUrl {
        BaseUrl::stand_in("http://127.0.0.1:4100", "BASE").unwrap()
    }

    #[test]
    fn hosts_are_the_first_segment_under_a_base() {
        let real = BaseUrl::default();
        let at = real.join("api.platform.example", "/v2/me/");
        assert_eq!(at, "https://api.platform.example/v2/me/");
        for text in [
            " http://127.0.0.1:4100\n",
            "http://127.0.0.1:4100/",
            "http://127.0.0.1:4100//",
        ] {
            let base = BaseUrl::stand_in(text, "BASE").unwrap();
            let at = base.join("api.platform.example", "/v2/me/");
            assert_eq!(at, "http://127.0.0.1:4100/api.platform.example/v2/me/");
        }
        let below = BaseUrl::stand_in("https://proxy.example/here", "BASE").unwrap();
        let at = below.join("api.platform.example", "/");
        assert_eq!(at, "https://proxy.example/here/api.platform.example/");
    }

    #[test]
    fn a_base_is_secure_or_on_this_machine_and_an_address_only() {
        for good in [
            "http://localhost:4100/",
            "http://[::1]:4100",
            "https://proxy.example",
        ] {
            assert!(BaseUrl::stand_in(good, "BASE").is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://sandbox.example",
            "127.0.0.1:4100",
            "ftp://127.0.0.1",
            "data:,https",
            "http://127.0.0.1:0",
            "http://127.0.0.1/?a=b",
            "http://127.0.0.1/#a",
            "https://sesame@proxy.example",
            "https://:sesame@proxy.example",
        ] {
            let error = BaseUrl::stand_in(bad, "BASE").unwrap_err();
            let named = matches!(error, BuildError::Invalid { setting, .. } if setting == "BASE");
            assert!(named, "{bad}: {error:?}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }

    #[test]
    fn everything_is_on_this_machine_behind_a_stand_in_here() {
        assert!(local().is_loopback());
        assert!(!BaseUrl::default().is_loopback());
        let elsewhere = BaseUrl::stand_in("https://proxy.example", "BASE").unwrap();
        assert!(!elsewhere.is_loopback());
    }

    #[test]
    fn an_address_leads_to_the_platform_or_to_a_stranger() {
        let domains = ["platform.example", "files.example"];
        let leads = |base: &BaseUrl, url: &str| base.leads_to(&domains, &url.parse().unwrap());
        let real = BaseUrl::default();
        for good in [
            "https://platform.example/?token=x",
            "https://upload.eu.platform.example/video/",
            "https://upload.platform.example./video/",
            "https://FILES.example:443/",
        ] {
            assert!(leads(&real, good), "{good}");
        }
        for bad in [
            "http://platform.example/",
            "https://platform.example.stranger.example/",
            "https://evilplatform.example/",
            "https://example/",
            "https://platform.example:8443/",
            "https://user@platform.example/",
            "https://:word@platform.example/",
            "https://127.0.0.1/",
            "file:///etc/passwd",
        ] {
            assert!(!leads(&real, bad), "{bad}");
        }
        assert!(leads(&local(), "http://127.0.0.1:4100/files.example/"));
        for bad in [
            "http://127.0.0.1:4101/files.example/",
            "https://127.0.0.1:4100/files.example/",
            "http://user@127.0.0.1:4100/files.example/",
        ] {
            assert!(!leads(&local(), bad), "{bad}");
        }
    }
}
