//! Deliveries as TikTok sends them, signed by the test.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use social_core::platform::hex;
use social_core::time::{Clock as _, SystemClock};
use social_sandbox::{DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET};

use super::{Answer, Server};

/// Seconds since 1970.
pub(crate) fn seconds() -> i64 {
    SystemClock::default().now().timestamp()
}

/// A body as TikTok writes it: the content is JSON in a string.
pub(crate) fn body(event: &str, open_id: &str, at: i64, content: &Value) -> String {
    json!({
        "client_key": DEMO_CLIENT_KEY,
        "event": event,
        "create_time": at,
        "user_openid": open_id,
        "content": content.to_string(),
    })
    .to_string()
}

/// `TikTok-Signature`, made now.
pub(crate) fn signature(body: &str, secret: &str) -> String {
    signature_at(seconds(), body, secret)
}

/// `TikTok-Signature`, made at this second.
pub(crate) fn signature_at(at: i64, body: &str, secret: &str) -> String {
    let sign = hmac(secret.as_bytes(), format!("{at}.{body}").as_bytes());
    format!("t={at},s={}", hex::encode(sign))
}

/// Sends a body with this signature, or without one.
pub(crate) async fn send(server: &Server, body: &str, signature: Option<&str>) -> Answer {
    let mut sender = server.stranger();
    let mut request = sender
        .request(Method::POST, "/api/webhooks/tiktok")
        .header("content-type", "application/json")
        .body(body.to_owned());
    if let Some(signature) = signature {
        request = request.header("TikTok-Signature", signature);
    }
    sender.send(request).await
}

/// Sends what is genuine, and answers the status.
pub(crate) async fn deliver(server: &Server, body: &str) -> u16 {
    let signature = signature(body, DEMO_CLIENT_SECRET);
    send(server, body, Some(&signature)).await.status
}

/// HMAC-SHA256 (RFC 2104), of a key that is no longer than a block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64);
    let pad = |with: u8| -> [u8; 64] {
        std::array::from_fn(|i| key.get(i).copied().unwrap_or_default() ^ with)
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize();
    outer.into()
}

#[test]
fn the_tests_own_hmac_is_the_known_one() {
    // RFC 4231, test case 2.
    let sign = hmac(b"Jefe", b"what do ya want for nothing?");
    assert_eq!(
        hex::encode(sign),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}
