use social_core::{Error, Result, platform::is_loopback};
use url::{Host, Url};

/// Which of TikTok's logins. They differ in the redirect address and in PKCE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// `web`: an https address of the service. The client secret and the state protect it; no PKCE.
    /// <https://developers.tiktok.com/doc/login-kit-web>
    Web,
    /// `desktop`: an address of this machine, `localhost` or `127.0.0.1` with a port. PKCE is demanded.
    /// <https://developers.tiktok.com/doc/login-kit-desktop>
    Desktop,
}

impl Route {
    /// The route that serves a redirect address: desktop for addresses of this machine, web for all others.
    pub fn of(redirect_uri: &Url) -> Self {
        if is_loopback(redirect_uri) {
            Self::Desktop
        } else {
            Self::Web
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Desktop => "desktop",
        }
    }

    /// Refuses an address that TikTok would not register for this route. It must also be registered, byte for byte.
    ///
    /// # Errors
    /// `Invalid` with the rule that it breaks.
    pub fn check(self, redirect_uri: &Url) -> Result<()> {
        let broken = |rule: &str, message: &'static str| {
            Err(Error::invalid(
                "redirect_uri",
                format!("redirect_uri.{rule}"),
                message,
            ))
        };
        if redirect_uri.as_str().len() >= 512 {
            return broken("length", "a redirect address has fewer than 512 characters");
        }
        if redirect_uri.query().is_some() || redirect_uri.fragment().is_some() {
            return broken(
                "bare",
                "a redirect address has neither a query nor a fragment",
            );
        }
        match self {
            Self::Web if redirect_uri.scheme() != "https" => broken(
                "https",
                "a web redirect address begins with https; for one of this machine use the desktop login",
            ),
            Self::Desktop if !is_desktop(redirect_uri) => broken(
                "loopback",
                "a desktop redirect address is http(s)://localhost:PORT or http(s)://127.0.0.1:PORT; \
                 for any other use the web login",
            ),
            _ => Ok(()),
        }
    }
}

fn is_desktop(url: &Url) -> bool {
    let host = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip == std::net::Ipv4Addr::LOCALHOST,
        _ => false,
    };
    host && url.port().is_some() && matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_takes_its_own_addresses() {
        let rule = |route: Route, url: &str| match route.check(&url.parse().unwrap()) {
            Ok(()) => "fine".to_owned(),
            Err(error) => match error.remedy() {
                social_core::Remedy::FixInput { rule, .. } => rule.clone(),
                other => panic!("{other:?}"),
            },
        };
        for (route, url, expected) in [
            (Route::Web, "https://app.example/callback", "fine"),
            (
                Route::Web,
                "http://app.example/callback",
                "redirect_uri.https",
            ),
            (
                Route::Web,
                "https://app.example/callback?x=1",
                "redirect_uri.bare",
            ),
            (
                Route::Web,
                "https://app.example/callback#x",
                "redirect_uri.bare",
            ),
            (Route::Desktop, "http://127.0.0.1:8080/callback", "fine"),
            (Route::Desktop, "https://localhost:8443/", "fine"),
            (
                Route::Desktop,
                "http://127.0.0.1/callback",
                "redirect_uri.loopback",
            ),
            (
                Route::Desktop,
                "http://127.0.0.2:80/callback",
                "redirect_uri.loopback",
            ),
            (
                Route::Desktop,
                "https://app.example:1/",
                "redirect_uri.loopback",
            ),
        ] {
            assert_eq!(rule(route, url), expected, "{url}");
        }
        let long = format!("https://app.example/{}", "a".repeat(500));
        assert_eq!(rule(Route::Web, &long), "redirect_uri.length");
        assert_eq!(
            Route::of(&"http://localhost:1/".parse().unwrap()),
            Route::Desktop
        );
        assert_eq!(
            Route::of(&"https://a.example/".parse().unwrap()),
            Route::Web
        );
        assert_eq!(Route::Web.name(), "web");
        assert_eq!(Route::Desktop.name(), "desktop");
    }
}
