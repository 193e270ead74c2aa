//! An app's side of webhooks: hears, answers as told, and checks signatures on its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use sha2::Sha256;
use social_sandbox::{DEMO_CLIENT_SECRET, Sandbox, SandboxBuilder, Settings};
use tokio::net::TcpListener;

use crate::client::Stage;

/// One request that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<Heard>>,
    answers: Mutex<VecDeque<u16>>,
}

/// Listens on loopback.
pub(crate) struct Receiver {
    pub(crate) url: String,
    ear: Arc<Ear>,
}

async fn hear(State(ear): State<Arc<Ear>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    ear.heard.lock().unwrap().push(Heard {
        signature: header("tiktok-signature"),
        content_type: header("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let answer = ear.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(200)).unwrap()
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let ear = Arc::new(Ear::default());
        let router = Router::new().route("/hook", post(hear));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = router.with_state(Arc::clone(&ear));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, ear }
    }

    /// The statuses of the next answers; 200 after them.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.ear.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.ear.heard.lock().unwrap().clone()
    }

    /// Waits, by asking the sandbox something again and again, until this many have been heard.
    pub(crate) async fn until(&self, stage: &Stage, count: usize) -> Vec<Heard> {
        for _ in 0..20_000 {
            if self.heard().len() >= count {
                break;
            }
            stage.creator_info("").await;
        }
        self.heard()
    }
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> String {
        self.json()["event"].as_str().unwrap().to_owned()
    }

    /// The content, parsed a second time.
    pub(crate) fn content(&self) -> Value {
        serde_json::from_str(self.json()["content"].as_str().unwrap()).unwrap()
    }

    /// The time in the signature.
    pub(crate) fn signed_at(&self) -> i64 {
        let rest = self.signature.strip_prefix("t=").unwrap();
        rest.split_once(",s=").unwrap().0.parse().unwrap()
    }

    /// Whether the demo app's secret made the signature.
    pub(crate) fn is_genuine(&self) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(DEMO_CLIENT_SECRET.as_bytes()).unwrap();
        mac.update(format!("{}.{}", self.signed_at(), self.body).as_bytes());
        let hex: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.signature.ends_with(&format!(",s={hex}"))
    }
}

pub(crate) fn names(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(Heard::event).collect()
}

/// A sandbox whose demo app has a receiver, and whose posts take their time.
pub(crate) async fn stage_with(receiver: &Receiver, builder: SandboxBuilder) -> Stage {
    let settings = Settings::default()
        .processing(Duration::from_secs(30))
        .moderation(Duration::from_secs(60));
    let builder = builder.webhook(&receiver.url).settings(settings);
    Stage::with(builder.start().await.unwrap())
}

/// The same where nothing is sent until it is asked for.
pub(crate) async fn held() -> (Receiver, Stage) {
    let receiver = Receiver::start().await;
    let stage = stage_with(&receiver, Sandbox::builder()).await;
    let mut webhooks = stage.control().webhooks();
    webhooks.held = true;
    stage.control().set_webhooks(webhooks).unwrap();
    (receiver, stage)
}

/// Uploads a video of three bytes and returns its publish id.
pub(crate) async fn upload(stage: &Stage, token: &str) -> String {
    let (publish_id, url) = stage.begin(token, 3, 3).await;
    let answer = stage.chunk(&url, b"abc", 0, 3).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    publish_id
}
