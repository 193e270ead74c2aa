//! A stable id: TikTok sends none, and sends the same event again for up to 72 hours.

use sha2::{Digest, Sha256};
use social_core::platform::hex;

use super::{Webhook, WebhookEvent};

/// What is the same each time one event is sent, and differs between two: not the time of the signature.
pub(super) fn of(webhook: &Webhook, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    let known = !matches!(webhook.event, WebhookEvent::Other) && webhook.created_at.is_some();
    if known {
        let created_at = webhook.created_at.map(|at| at.timestamp().to_string());
        add(&mut hash, Some("tiktok webhook 1"));
        add(&mut hash, Some(&webhook.client_key));
        add(&mut hash, Some(&webhook.name));
        add(&mut hash, webhook.user_openid.as_deref());
        add(&mut hash, created_at.as_deref());
        for part in webhook.event.names() {
            add(&mut hash, part.as_deref());
        }
    } else {
        add(&mut hash, Some("tiktok webhook of another form"));
        hash.update(body);
    }
    hex::encode(hash.finalize())
}

/// With its length before it, so that no two lists of parts read the same; a part that is missing is not an empty one.
fn add(hash: &mut Sha256, part: Option<&str>) {
    match part {
        Some(text) => {
            hash.update([1]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        None => hash.update([0]),
    }
}
