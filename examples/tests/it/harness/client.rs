//! A browser without a screen: keeps cookies, follows nothing by itself.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, redirect};

use super::page;

/// A browser at one server.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    http: Client,
    base: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where to go on, without the server's own address.
    pub(crate) location: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            http,
            base: base.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// A request to an address of the server or a whole address, with this browser's cookies.
    pub(crate) fn request(&self, method: Method, address: &str) -> RequestBuilder {
        let address = if address.starts_with("http") {
            address.to_owned()
        } else {
            format!("{}{address}", self.base)
        };
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = self
            .http
            .request(method, address)
            .header("accept", "text/html");
        if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        }
    }

    /// Sends a request, and keeps the cookies of its answer.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("text"));
        }
        let location = response.headers().get(LOCATION).map(|there| {
            let there = there.to_str().expect("text");
            there
                .strip_prefix(self.base.as_str())
                .unwrap_or(there)
                .to_owned()
        });
        Answer {
            status: response.status().as_u16(),
            location,
            headers: response.headers().clone(),
            text: response.text().await.expect("text"),
        }
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a cookie");
        if rest.split(';').any(|part| part.trim() == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) async fn get(&mut self, address: &str) -> Answer {
        let request = self.request(Method::GET, address);
        self.send(request).await
    }

    /// A form as a page of the server sends it.
    pub(crate) async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, address)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encode(fields));
        self.send(request).await
    }

    /// Follows redirects within the server.
    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..5 {
            match answer.location.clone() {
                Some(there) if there.starts_with('/') => answer = self.get(&there).await,
                _ => break,
            }
        }
        answer
    }

    /// Begins a login and answers the consent page's address.
    pub(crate) async fn consent_page(&mut self) -> String {
        let answer = self.get("/api/auth/tiktok").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.location.expect("the consent page")
    }

    /// Answers the consent page, and tells the callback's address.
    pub(crate) async fn consent(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let mut other = Self::new("");
        let request = other.request(Method::POST, page).body(encode(fields));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = other.send(request).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let there = answer.location.expect("the callback");
        there
            .strip_prefix(&self.base)
            .expect("back to the server")
            .to_owned()
    }

    /// Connects an account with everything allowed.
    pub(crate) async fn connect(&mut self, account: &str) {
        let page = self.consent_page().await;
        let callback = self.consent(&page, &allow(account)).await;
        let answer = self.get(&callback).await;
        assert_eq!(
            answer.location.as_deref(),
            Some("/accounts"),
            "{}",
            answer.text
        );
    }
}

/// Everything ticked.
pub(crate) fn allow(account: &str) -> [(&'static str, &str); 5] {
    [
        ("decision", "allow"),
        ("account", account),
        ("scope", "video.publish"),
        ("scope", "video.upload"),
        ("scope", "user.info.profile"),
    ]
}

/// As a form is written.
pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub(crate) fn h1(&self) -> String {
        page::h1(&self.text)
    }

    /// The page in words, without its markup.
    pub(crate) fn words(&self) -> String {
        page::words(&self.text)
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let said = self.words();
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
}
