//! A plain client of the sandbox, and the usual steps.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use serde_json::{Value, json};
use social_sandbox::{Control, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox, TokenPair};
use url::Url;

pub(crate) const REDIRECT: &str = "http://127.0.0.1:8080/api/auth/tiktok/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str =
    "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
pub(crate) const SCOPES: [&str; 4] = [
    "user.info.basic",
    "user.info.profile",
    "video.upload",
    "video.publish",
];
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json; charset=UTF-8";

/// A sandbox and a client that follows no redirects.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The error code, flat or nested.
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let code = json["error"].as_str().or(json["error"]["code"].as_str());
        code.unwrap_or("-").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    Answer {
        status,
        headers,
        text: response.text().await.unwrap(),
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    read(request.send().await.unwrap()).await
}

pub(crate) fn client() -> Client {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Sandbox::start().await.unwrap())
    }

    pub(crate) fn with(sandbox: Sandbox) -> Self {
        Self {
            sandbox,
            http: client(),
        }
    }

    pub(crate) fn control(&self) -> Control {
        self.sandbox.control()
    }

    pub(crate) fn api(&self, path: &str) -> String {
        format!("{}/open.tiktokapis.com{path}", self.sandbox.url())
    }

    pub(crate) fn authorize_url(&self, changes: &[(&str, Option<&str>)]) -> Url {
        let scope = SCOPES.join(",");
        let mut pairs = vec![
            ("client_key", DEMO_CLIENT_KEY),
            ("response_type", "code"),
            ("scope", &scope),
            ("redirect_uri", REDIRECT),
            ("state", "state-of-this-test"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        let url = format!("{}/www.tiktok.com/v2/auth/authorize/", self.sandbox.url());
        Url::parse_with_params(&url, pairs).unwrap()
    }

    /// Shows the consent page and presses a button, as a browser would.
    pub(crate) async fn consent(&self, url: &Url, fields: &[(&str, &str)]) -> Answer {
        let page = self.open_page(url).await;
        let mut pairs = vec![("page", page.as_str())];
        pairs.extend(fields);
        self.post_form(url.as_str(), &form(&pairs)).await
    }

    pub(crate) async fn open_page(&self, url: &Url) -> String {
        let page = send(self.http.get(url.clone())).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let rest = page.text.split_once("name=\"page\" value=\"").unwrap().1;
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Allows everything for an account and returns the parameters of the redirect.
    pub(crate) async fn allow(&self, url: &Url, account: &str) -> Vec<(String, String)> {
        let mut fields = vec![("account", account), ("decision", "allow")];
        fields.extend(SCOPES.iter().skip(1).map(|scope| ("scope", *scope)));
        let answer = self.consent(url, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        query(answer.header("location"))
    }

    /// A fresh code for an account.
    pub(crate) async fn code(&self, account: &str) -> String {
        value(&self.allow(&self.authorize_url(&[]), account).await, "code")
    }

    pub(crate) async fn post_form(&self, url: &str, body: &str) -> Answer {
        let request = self
            .http
            .post(url)
            .header("content-type", FORM)
            .body(body.to_owned());
        send(request).await
    }

    pub(crate) async fn token(&self, changes: &[(&str, Option<&str>)]) -> Answer {
        let mut pairs = vec![
            ("client_key", DEMO_CLIENT_KEY),
            ("client_secret", DEMO_CLIENT_SECRET),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        self.post_form(&self.api("/v2/oauth/token/"), &form(&pairs))
            .await
    }

    pub(crate) async fn exchange(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", Some("authorization_code")),
            ("code", Some(code)),
            ("redirect_uri", Some(REDIRECT)),
            ("code_verifier", Some(VERIFIER)),
        ])
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.token(&[
            ("grant_type", Some("refresh_token")),
            ("refresh_token", Some(token)),
        ])
        .await
    }

    pub(crate) fn grant(&self, account: &str) -> TokenPair {
        self.control()
            .grant(DEMO_CLIENT_KEY, account, &SCOPES)
            .unwrap()
    }

    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> RequestBuilder {
        self.http
            .post(self.api(path))
            .bearer_auth(token)
            .header("content-type", JSON)
            .body(body.to_string())
    }

    pub(crate) async fn init(&self, token: &str, body: &Value) -> Answer {
        send(self.post("/v2/post/publish/video/init/", token, body)).await
    }

    /// Begins an upload and returns the publish id and the upload URL.
    pub(crate) async fn begin(&self, token: &str, size: u64, chunk: u64) -> (String, String) {
        let answer = self
            .init(token, &init_body(size, chunk, size / chunk))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let data = &answer.json()["data"];
        let text = |name: &str| data[name].as_str().unwrap().to_owned();
        (text("publish_id"), text("upload_url"))
    }

    pub(crate) async fn status(&self, token: &str, publish_id: &str) -> Answer {
        let body = json!({ "publish_id": publish_id });
        send(self.post("/v2/post/publish/status/fetch/", token, &body)).await
    }

    /// `data` of a status answer that is "ok".
    pub(crate) async fn status_data(&self, token: &str, publish_id: &str) -> Value {
        let answer = self.status(token, publish_id).await;
        assert_eq!(answer.code(), "ok", "{}", answer.text);
        answer.json()["data"].clone()
    }

    pub(crate) async fn creator_info(&self, token: &str) -> Answer {
        let url = self.api("/v2/post/publish/creator_info/query/");
        send(
            self.http
                .post(url)
                .bearer_auth(token)
                .header("content-type", JSON),
        )
        .await
    }

    pub(crate) fn put(&self, url: &str, bytes: &[u8], range: &str) -> RequestBuilder {
        self.http
            .put(url)
            .header("content-type", "video/mp4")
            .header("content-range", range)
            .body(bytes.to_vec())
    }

    /// Sends bytes `first..` of a video of `total` bytes.
    pub(crate) async fn chunk(&self, url: &str, bytes: &[u8], first: u64, total: u64) -> Answer {
        let last = first + bytes.len() as u64 - 1;
        send(self.put(url, bytes, &format!("bytes {first}-{last}/{total}"))).await
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.control().advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn init_body(size: u64, chunk: u64, count: u64) -> Value {
    json!({
        "post_info": {
            "title": "A video #test",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_duet": false,
            "disable_comment": true,
            "disable_stitch": false,
            "brand_content_toggle": false,
            "brand_organic_toggle": false,
        },
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": size,
            "chunk_size": chunk,
            "total_chunk_count": count,
        },
    })
}

pub(crate) fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

pub(crate) fn value(pairs: &[(String, String)], name: &str) -> String {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .unwrap()
        .1
        .clone()
}

pub(crate) fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// The SHA-256 of `bytes`, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
