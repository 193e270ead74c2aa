use secrecy::{ExposeSecret, SecretString};
use social_core::{Error, ErrorKind, Result};
use url::{Host, Url};

/// Where the platform is.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    /// A stand-in for the platform, under whose address its hosts are the first segment of the path.
    base: Option<Url>,
}

impl Endpoints {
    pub(crate) fn new(base: Option<Url>) -> Self {
        Self { base }
    }

    /// An address of the API.
    pub(crate) fn api(&self, path: &str) -> String {
        self.at("open.tiktokapis.com", path)
    }

    /// The address of the consent page.
    pub(crate) fn authorize(&self) -> String {
        self.at("www.tiktok.com", "/v2/auth/authorize/")
    }

    fn at(&self, host: &str, path: &str) -> String {
        match &self.base {
            Some(base) => format!("{}/{host}{path}", base.as_str().trim_end_matches('/')),
            None => format!("https://{host}{path}"),
        }
    }

    /// Whether everything is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.base.as_ref().is_some_and(is_loopback)
    }

    /// Refuses an upload address that does not lead to the platform: the video would go to a stranger.
    pub(crate) fn check_upload(&self, address: &SecretString) -> Result<()> {
        let url = Url::parse(address.expose_secret()).ok();
        if url.is_some_and(|url| self.is_platform(&url)) {
            return Ok(());
        }
        let message = "the upload address does not belong to TikTok";
        Err(Error::new(ErrorKind::Protocol, message))
    }

    fn is_platform(&self, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none();
        let ours = (self.base.as_ref()).is_some_and(|base| base.origin() == url.origin());
        plain && (ours || is_tiktok(url))
    }
}

fn is_tiktok(url: &Url) -> bool {
    let Some(Host::Domain(host)) = url.host() else {
        return false;
    };
    let host = host.trim_end_matches('.');
    let inside = host == "tiktokapis.com" || host.ends_with(".tiktokapis.com");
    url.scheme() == "https" && url.port().is_none() && inside
}

/// Whether the address leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_the_first_segment_under_a_base() {
        let real = Endpoints::new(None);
        assert_eq!(
            real.api("/v2/user/info/"),
            "https://open.tiktokapis.com/v2/user/info/"
        );
        for base in ["http://127.0.0.1:4100", "http://127.0.0.1:4100/"] {
            let sandbox = Endpoints::new(Some(base.parse().unwrap()));
            let authorize = "http://127.0.0.1:4100/www.tiktok.com/v2/auth/authorize/";
            assert_eq!(sandbox.authorize(), authorize);
        }
    }

    #[test]
    fn uploads_go_to_tiktok_only() {
        let real = Endpoints::new(None);
        let check = |endpoints: &Endpoints, url: &str| endpoints.check_upload(&url.into()).is_ok();
        for good in [
            "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=x",
            "https://upload.us.tiktokapis.com/video/",
        ] {
            assert!(check(&real, good), "{good}");
        }
        for bad in [
            "http://open-upload.tiktokapis.com/video/",
            "https://tiktokapis.com.example/video/",
            "https://eviltiktokapis.com/",
            "https://open-upload.tiktokapis.com:8443/",
            "https://user@open-upload.tiktokapis.com/",
            "https://127.0.0.1/",
            "file:///etc/passwd",
            "not an address",
        ] {
            assert!(!check(&real, bad), "{bad}");
        }
        let sandbox = Endpoints::new(Some("http://127.0.0.1:4100".parse().unwrap()));
        assert!(check(
            &sandbox,
            "http://127.0.0.1:4100/open-upload.tiktokapis.com/video/"
        ));
        assert!(!check(
            &sandbox,
            "http://127.0.0.1:4101/open-upload.tiktokapis.com/video/"
        ));
    }
}
