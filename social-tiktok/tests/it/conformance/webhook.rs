//! What TikTok's documentation says it sends, signed by code of this test.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use sha2::Sha256;
use social_core::{
    conformance::webhook::{Addressed, Challenge, WebhookHarness},
    platform::hex,
    time::ManualClock,
    webhook::WebhookVerifier,
};
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET};
use social_tiktok::Webhooks;

use crate::stage::{app, settings};

struct Sent(Webhooks);

fn sent() -> Sent {
    let clock = ManualClock::default();
    Sent(app("http://127.0.0.1:1", &clock, settings()).webhooks())
}

fn body(event: &str, content: &serde_json::Value) -> Vec<u8> {
    let content = content.to_string();
    let body = json!({
        "client_key": DEMO_CLIENT_KEY, "event": event, "create_time": 1_767_225_600, "user_openid": "-000ann",
        "content": content,
    });
    body.to_string().into_bytes()
}

fn sign(secret: &str, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
    let time = when.timestamp().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let mac = hex::encode(mac.finalize().into_bytes());
    let value = HeaderValue::from_str(&format!("t={time},s={mac}")).unwrap();
    HeaderMap::from_iter([("TikTok-Signature".parse().unwrap(), value)])
}

impl WebhookHarness for Sent {
    fn verifier(&self) -> &dyn WebhookVerifier {
        &self.0
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let post = |id: &str| json!({"publish_id": id, "publish_type": "DIRECT_POST"});
        vec![
            body("post.publish.complete", &post("v_pub_file~v2-1.1")),
            body("post.publish.complete", &post("v_pub_file~v2-1.2")),
            body("authorization.removed", &json!({"reason": 1})),
        ]
    }

    fn unknown(&self) -> Vec<u8> {
        body("post.framed", &json!({"anything": [1, null]}))
    }

    /// One request holds one event.
    fn batch(&self) -> Option<(Vec<u8>, usize)> {
        None
    }

    fn sign(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
        sign(DEMO_CLIENT_SECRET, body, when)
    }

    fn sign_wrongly(&self, body: &[u8], when: DateTime<Utc>) -> HeaderMap {
        sign("the secret of another app", body, when)
    }

    fn window(&self) -> Option<(Duration, Duration)> {
        let hour = Duration::from_secs(3_600);
        Some((73 * hour, hour / 12))
    }

    fn challenge(&self) -> Option<Challenge> {
        None
    }

    /// The name of what happened is in the body, and there is one address.
    fn addressed(&self) -> Vec<Addressed> {
        Vec::new()
    }

    fn secrets(&self) -> Vec<String> {
        vec![DEMO_CLIENT_SECRET.to_owned()]
    }
}

social_core::webhook_verifier_suite!(sent());
