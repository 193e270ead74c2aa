use secrecy::{ExposeSecret, SecretString};
use social_core::{Error, ErrorKind, Result, platform::BaseUrl};
use url::Url;

/// Where TikTok is, host by host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints(BaseUrl);

impl Endpoints {
    pub(crate) fn new(base: BaseUrl) -> Self {
        Self(base)
    }

    /// An address of the API.
    pub(crate) fn api(&self, path: &str) -> String {
        self.0.join("open.tiktokapis.com", path)
    }

    /// The address of the consent page.
    pub(crate) fn authorize(&self) -> String {
        self.0.join("www.tiktok.com", "/v2/auth/authorize/")
    }

    /// Whether everything is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// Refuses an upload address that does not lead to the platform: the video would go to a stranger.
    pub(crate) fn check_upload(&self, address: &SecretString) -> Result<()> {
        let url = Url::parse(address.expose_secret()).ok();
        if url.is_some_and(|url| self.0.leads_to(&["tiktokapis.com"], &url)) {
            return Ok(());
        }
        let message = "the upload address does not belong to TikTok";
        Err(Error::new(ErrorKind::Protocol, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(base: &str) -> Endpoints {
        Endpoints::new(BaseUrl::stand_in(base, "base_url").unwrap())
    }

    #[test]
    fn hosts_are_the_first_segment_under_a_base() {
        let real = Endpoints::default();
        assert_eq!(
            real.api("/v2/user/info/"),
            "https://open.tiktokapis.com/v2/user/info/"
        );
        for base in ["http://127.0.0.1:4100", "http://127.0.0.1:4100/"] {
            let sandbox = under(base);
            let authorize = "http://127.0.0.1:4100/www.tiktok.com/v2/auth/authorize/";
            assert_eq!(sandbox.authorize(), authorize);
        }
    }

    #[test]
    fn uploads_go_to_tiktok_only() {
        let real = Endpoints::default();
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
        let sandbox = under("http://127.0.0.1:4100");
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
