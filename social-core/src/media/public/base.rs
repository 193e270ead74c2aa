use std::{fmt, net::IpAddr};

use url::{Host, Url};

use crate::{
    error::{Error, Result},
    media::fetch::global::is_global,
};

/// Names that lead nowhere on the public Internet, by what they end with.
/// <https://www.iana.org/assignments/special-use-domain-names/>, `internal` by ICANN's resolution of 2024-07-29, and those that
/// home and office networks use all the same.
const PRIVATE_ENDS: [&str; 15] = [
    "alt",
    "corp",
    "example",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// Where files are fetched: an address without query and without a slash at its end.
#[derive(Clone)]
pub(super) struct Base {
    url: String,
    path_at: usize,
}

impl Base {
    /// Refuses what no platform can fetch from; for the sandbox only what is no address of a server at all.
    pub(super) fn check(url: &Url, for_sandbox: bool) -> Result<Self> {
        let is_plain = url.scheme() == "http" && for_sandbox;
        if url.scheme() != "https" && !is_plain {
            return Err(refused(
                "https",
                "is not https: give the https address where this server is reached from the Internet",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = "holds a user name or a password: leave them out";
            return Err(refused("userinfo", message));
        }
        if url.query().is_some() || url.fragment().is_some() {
            let message =
                "has a query or a fragment: leave it out; addresses get a query of their own";
            return Err(refused("query", message));
        }
        if !for_sandbox && !is_public(url.host()) {
            return Err(refused(
                "public",
                "leads to this machine or a private network, where no platform can fetch: give the public name of this \
                 server, such as https://media.example.com",
            ));
        }
        let path_at = url.as_str().len() - url.path().len();
        let url = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, path_at })
    }

    /// The path, empty or with a slash in front.
    pub(super) fn path(&self) -> &str {
        self.url.get(self.path_at..).unwrap_or_default()
    }

    /// The address of a file, with this query.
    pub(super) fn join(&self, name: &str, query: &str) -> Result<Url, url::ParseError> {
        Url::parse(&format!("{}/{name}?{query}", self.url))
    }

    /// The last part of a path below the base, or below any end of its path: a proxy or a router may have cut off what
    /// stands before.
    pub(super) fn name<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (folder, name) = path.rsplit_once('/')?;
        let is_below = folder.is_empty() || folder.starts_with('/');
        (is_below && self.path().ends_with(folder)).then_some(name)
    }
}

fn is_public(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(ip)) => is_global(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_global(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let ends_with = |end: &&str| {
                let rest = name.strip_suffix(*end);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            name.contains('.') && !PRIVATE_ENDS.iter().any(ends_with)
        }
        None => false,
    }
}

fn refused(rule: &str, what: &str) -> Error {
    Error::invalid(
        "base",
        format!("public_media.{rule}"),
        format!("the base of public media {what}"),
    )
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.url, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Remedy;

    fn rule(text: &str, for_sandbox: bool) -> Option<String> {
        let error = Base::check(&text.parse().unwrap(), for_sandbox).err()?;
        for secret in ["sesame", text] {
            assert!(!format!("{error:?}").contains(secret), "{error:?}");
        }
        match error.remedy() {
            Remedy::FixInput { field, rule } if field == "base" => Some(rule.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn public_bases_are_taken() {
        for text in [
            "https://media.example.com",
            "https://media.example.com.",
            "https://media.example.com:8443/files/",
            "https://xn--mnchen-3ya.de/a/b",
            "https://notlocal.de",
            "https://local.example.org",
            "https://8.8.8.8/files",
            "https://[2606:4700::1111]/",
        ] {
            assert_eq!(rule(text, false), None, "{text}");
        }
    }

    #[test]
    fn what_no_platform_reaches_is_refused_by_name() {
        for (text, expected) in [
            ("http://media.example.com", "https"),
            ("ftp://media.example.com", "https"),
            ("data:text/plain,a", "https"),
            ("https://a:sesame@media.example.com", "userinfo"),
            ("https://sesame@media.example.com", "userinfo"),
            ("https://media.example.com/?a=sesame", "query"),
            ("https://media.example.com/?", "query"),
            ("https://media.example.com/#sesame", "query"),
            ("https://localhost", "public"),
            ("https://LOCALHOST.:80", "public"),
            ("https://nas", "public"),
            ("https://nas.", "public"),
            ("https://a.localhost", "public"),
            ("https://nas.local", "public"),
            ("https://nas.local.", "public"),
            ("https://router.lan", "public"),
            ("https://a.b.home.arpa", "public"),
            ("https://api.internal", "public"),
            ("https://a.test", "public"),
            ("https://127.0.0.1", "public"),
            ("https://127.1", "public"),
            ("https://0x7f000001", "public"),
            ("https://2130706433", "public"),
            ("https://10.0.0.1", "public"),
            ("https://192.168.1.1:8443", "public"),
            ("https://169.254.169.254", "public"),
            ("https://100.64.0.1", "public"),
            ("https://[::1]", "public"),
            ("https://[::ffff:8.8.8.8]", "public"),
            ("https://[fe80::1]", "public"),
            ("https://[fd00::1]", "public"),
        ] {
            let told = rule(text, false);
            assert_eq!(told, Some(format!("public_media.{expected}")), "{text}");
        }
    }

    #[test]
    fn the_sandbox_is_reached_anywhere() {
        for text in [
            "http://127.0.0.1:8080",
            "https://localhost",
            "http://media/a",
        ] {
            assert_eq!(rule(text, true), None, "{text}");
        }
        for text in [
            "ftp://127.0.0.1",
            "http://a:sesame@127.0.0.1",
            "http://a/?b",
        ] {
            assert!(rule(text, true).is_some(), "{text}");
        }
    }

    #[test]
    fn names_are_found_below_the_base_or_what_is_left_of_it() {
        let base = |text: &str| Base::check(&text.parse().unwrap(), false).unwrap();
        let deep = base("https://media.example.com/a/files/");
        assert_eq!(deep.path(), "/a/files");
        for good in ["/a/files/x", "/files/x", "/x"] {
            assert_eq!(deep.name(good), Some("x"), "{good}");
        }
        for bad in [
            "/a/x",
            "/b/a/files/x",
            "/les/x",
            "/files//x",
            "//x",
            "x",
            "a/files/x",
            "",
        ] {
            assert_eq!(deep.name(bad), None, "{bad}");
        }
        assert_eq!(deep.name("/a/files/"), Some(""));
        for root in ["https://media.example.com", "https://media.example.com/"] {
            assert_eq!((base(root).path(), base(root).name("/x")), ("", Some("x")));
            assert_eq!(base(root).name("/a/x"), None);
        }
    }
}
