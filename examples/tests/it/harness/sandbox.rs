//! The sandbox behind the server, by its control surface.

use reqwest::Client;
use serde_json::{Value, json};

use super::page::between;
use super::{Browser, eventually};

/// The control surface.
#[derive(Clone, Debug)]
pub(crate) struct SandboxSide {
    http: Client,
    pub(crate) base: String,
}

impl SandboxSide {
    /// Found as a person finds it: by the link at the foot of every page.
    pub(crate) async fn of(browser: &mut Browser) -> Self {
        let page = browser.get("/accounts").await;
        let port = between(&page.text, "href=\"http://127.0.0.1:", "/_sandbox")
            .expect("the transcript's link");
        Self::at(port)
    }

    /// The sandbox at a port of this machine.
    pub(crate) fn at(port: &str) -> Self {
        Self {
            http: Client::new(),
            base: format!("http://127.0.0.1:{port}"),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}/_sandbox{path}", self.base))
            .send()
            .await
            .expect("the sandbox");
        assert!(answer.status().is_success(), "{path}");
        serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
    }

    pub(crate) async fn send(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/_sandbox{path}", self.base));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.expect("the sandbox");
        assert!(answer.status().is_success(), "{path}");
        serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default()
    }

    /// Changes delays and limits.
    pub(crate) async fn set(&self, settings: Value) {
        self.put("/settings", settings).await;
    }

    pub(crate) async fn put(&self, path: &str, body: Value) {
        let request = self.http.put(format!("{}/_sandbox{path}", self.base));
        let request = request.header("content-type", "application/json");
        let sent = request.body(body.to_string()).send().await;
        assert!(sent.expect("the sandbox").status().is_success(), "{path}");
    }

    /// The posts that exist.
    pub(crate) async fn posts(&self) -> Vec<Value> {
        self.get("/posts")
            .await
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Arms a fault.
    pub(crate) async fn arm(&self, fault: Value) -> u64 {
        self.send("/faults", fault).await["id"]
            .as_u64()
            .expect("an id")
    }

    /// Waits until a fault holds a call.
    pub(crate) async fn holds(&self, id: u64) {
        eventually("a held call", || async {
            let faults = self.get("/faults").await;
            let held = faults
                .as_array()?
                .iter()
                .any(|fault| fault["id"] == id && fault["held"] != 0);
            held.then_some(())
        })
        .await;
    }

    /// Removes every fault.
    pub(crate) async fn disarm(&self) {
        let answer = self
            .http
            .delete(format!("{}/_sandbox/faults", self.base))
            .send()
            .await
            .expect("the sandbox");
        assert!(answer.status().is_success());
    }

    /// How many calls of an endpoint were made.
    pub(crate) async fn calls(&self, endpoint: &str) -> usize {
        let transcript = self.get("/transcript").await;
        let calls = transcript.as_array().cloned().unwrap_or_default();
        calls
            .iter()
            .filter(|call| call["endpoint"] == endpoint)
            .count()
    }

    /// A hold before an endpoint, after `skip` calls.
    pub(crate) async fn hold(&self, endpoint: &str, skip: u64) -> u64 {
        self.arm(json!({ "endpoint": endpoint, "kind": "hold_before", "skip": skip, "times": 1 }))
            .await
    }
}
