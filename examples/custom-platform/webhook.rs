use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use social_core::{
    model::{AccountId, AppId, Platform},
    platform::hex,
    webhook::{Delivery, EventSubject, Verified, VerifiedEvent, VerifyError, WebhookVerifier},
};
use subtle::ConstantTimeEq;

use super::client::PLATFORM;

pub(crate) const HEADER: &str = "postcard-signature";
/// How far from now a signature may be.
pub(crate) const WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// Verifies `t=SECONDS,s=HEX` over `t.body`.
pub(crate) struct Webhooks {
    pub(crate) app: AppId,
    pub(crate) secret: SecretString,
}

#[derive(Deserialize)]
struct Body {
    app: AppId,
    events: Vec<Value>,
}

impl Webhooks {
    /// What the operator enters on the platform's page for the app, beside the address.
    pub(crate) fn word(&self) -> String {
        sign(&self.secret, "0", b"the word that goes with the address")
    }

    fn check(&self, delivery: &Delivery<'_>) -> Result<i64, VerifyError> {
        let mut values = delivery.headers.get_all(HEADER).iter();
        let value = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        };
        let parts = value.and_then(|value| value.strip_prefix("t=")?.split_once(",s="));
        let (time, mac) = parts.ok_or(VerifyError::Malformed)?;
        let signed_at = time.parse().map_err(|_| VerifyError::Malformed)?;
        // Compared as bytes, in constant time.
        let expected = sign(&self.secret, time, delivery.body);
        match bool::from(expected.as_bytes().ct_eq(mac.as_bytes())) {
            true => Ok(signed_at),
            false => Err(VerifyError::Signature),
        }
    }
}

/// The signature in hex.
pub(crate) fn sign(secret: &SecretString, time: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

impl WebhookVerifier for Webhooks {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    /// Before the platform uses an address it asks there with the app's word and something to be repeated.
    fn challenge(&self, query: &str) -> Result<Option<String>, VerifyError> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let find = |name: &str| {
            pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value)
        };
        let (Some(word), Some(question)) = (find("verify"), find("repeat")) else {
            return Ok(None);
        };
        match bool::from(self.word().as_bytes().ct_eq(word.as_bytes())) {
            true => Ok(Some(question.to_string())),
            false => Err(VerifyError::Signature),
        }
    }

    fn verify(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Verified, VerifyError> {
        let signed_at = self.check(&delivery)?;
        let apart = Duration::from_secs(now.timestamp().abs_diff(signed_at));
        let ahead = signed_at > now.timestamp();
        if apart > WINDOW {
            return Err(match ahead {
                true => VerifyError::Ahead(apart),
                false => VerifyError::Stale(apart),
            });
        }
        let body: Body =
            serde_json::from_slice(delivery.body).map_err(|_| VerifyError::Unreadable)?;
        if self.app != body.app {
            return Err(VerifyError::Unreadable);
        }
        let events = body.events.iter().map(|event| read(&self.app, event));
        let events = events.collect::<Option<Vec<_>>>();
        let mut verified = Verified::new(events.ok_or(VerifyError::Unreadable)?);
        verified.age = (!ahead).then_some(apart);
        Ok(verified)
    }
}

/// Nothing when it has no id: it could not be told from another.
fn read(app: &AppId, event: &Value) -> Option<VerifiedEvent> {
    let text = |name: &str| event[name].as_str().map(str::to_owned);
    let (id, kind) = (text("id")?, text("kind")?);
    let subject = match kind.as_str() {
        "post.published" => EventSubject::post(text("container")?),
        _ => EventSubject::Other,
    };
    let body = event.to_string().into_bytes();
    let mut read = VerifiedEvent::new(PLATFORM, app.clone(), id, kind, body).about(subject);
    read.account = text("account").and_then(|id| AccountId::new(id).ok());
    read.occurred_at = event["at"]
        .as_i64()
        .and_then(|at| DateTime::from_timestamp(at, 0));
    Some(read)
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Webhooks");
        shown.field("app", &self.app).finish_non_exhaustive()
    }
}
