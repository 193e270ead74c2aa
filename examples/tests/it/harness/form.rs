//! The publish form as a browser sends it.

use reqwest::Method;

use super::page::hidden;
use super::{Answer, Browser};

/// A form to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) key: String,
    pub(crate) account: String,
    words: Vec<(String, String)>,
    /// How it is named in the head of its part, and its bytes.
    file: Option<(Vec<u8>, Vec<u8>)>,
    file_first: bool,
}

const BOUNDARY: &str = "----a-boundary-of-a-test";

impl Post {
    /// Opens the form.
    pub(crate) async fn open(browser: &mut Browser) -> Self {
        let page = browser.get("/publish/tiktok").await;
        assert_eq!(
            (page.status, page.h1().as_str()),
            (200, "Publish to TikTok"),
            "{}",
            page.words()
        );
        let key = hidden(&page.text, "idempotency_key").expect("a key");
        let account = hidden(&page.text, "account").expect("an account");
        Self::of(&key, &account)
            .with("privacy", "PUBLIC_TO_EVERYONE")
            .with("allow_comment", "on")
    }

    /// A form with a name of its own, and nothing chosen.
    pub(crate) fn of(key: &str, account: &str) -> Self {
        Self {
            key: key.to_owned(),
            account: account.to_owned(),
            words: Vec::new(),
            file: None,
            file_first: false,
        }
        .with("title", "Hello from a test")
        .with("when", "now")
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.words.retain(|(known, _)| known != name);
        self.words.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.words.retain(|(known, _)| known != name);
        self
    }

    #[must_use]
    pub(crate) fn file(self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.file_named(format!("filename=\"{name}\"").as_bytes(), content)
    }

    /// As few senders name it.
    #[must_use]
    pub(crate) fn file_named(mut self, named: &[u8], content: impl Into<Vec<u8>>) -> Self {
        self.file = Some((named.to_owned(), content.into()));
        self
    }

    /// The file already arrived with an earlier try.
    #[must_use]
    pub(crate) fn kept(mut self, upload: &str) -> Self {
        self.file = None;
        self.with("upload_id", upload)
    }

    #[must_use]
    pub(crate) fn file_first(mut self) -> Self {
        self.file_first = true;
        self
    }

    fn parts(&self) -> Vec<u8> {
        let part = |name: &str, more: &[u8], content: &[u8]| {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
            [head.as_bytes(), more, b"\r\n\r\n", content, b"\r\n"].concat()
        };
        let mut words = Vec::new();
        let own = [("idempotency_key", &self.key), ("account", &self.account)];
        let all = own.into_iter().chain(
            self.words
                .iter()
                .map(|(name, value)| (name.as_str(), value)),
        );
        for (name, value) in all {
            words.extend(part(name, b"", value.as_bytes()));
        }
        // A browser names a file that was not chosen with nothing.
        let nothing = (b"filename=\"\"".to_vec(), Vec::new());
        let (named, content) = self.file.as_ref().unwrap_or(&nothing);
        let more = [b"; ", named.as_slice(), b"\r\nContent-Type: video/mp4"].concat();
        let file = part("file", &more, content);
        let end = format!("--{BOUNDARY}--\r\n").into_bytes();
        if self.file_first {
            [file, words, end].concat()
        } else {
            [words, file, end].concat()
        }
    }

    /// Sends it whole.
    pub(crate) async fn send(&self, browser: &mut Browser) -> Answer {
        self.send_to(browser, "/publish/tiktok").await
    }

    /// Sends it whole to the check, as a browser without script does.
    pub(crate) async fn check(&self, browser: &mut Browser) -> Answer {
        self.send_to(browser, "/publish/tiktok/check").await
    }

    async fn send_to(&self, browser: &mut Browser, address: &str) -> Answer {
        let request = browser
            .request(Method::POST, address)
            .header("sec-fetch-site", "same-origin")
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(self.parts());
        browser.send(request).await
    }
}

/// The id of the post that an answer leads to.
#[track_caller]
pub(crate) fn post_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.words());
    let there = answer.location.as_deref().unwrap_or_default();
    there
        .strip_prefix("/posts/")
        .expect("the post's page")
        .to_owned()
}
