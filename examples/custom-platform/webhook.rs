use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use social_core::{
    model::{AccountId, AppId, Platform},
    platform::hex,
    webhook::{
        Answer, Delivery, EventSubject, Verified, VerifiedEvent, VerifyError, WebhookVerifier,
    },
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

/// What comes to the addresses that the operator enters beside the callback. Which of them it came to says what it is about.
#[derive(Deserialize)]
struct Form {
    app: AppId,
    mailbox: String,
    request: String,
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

    /// Before the platform uses an address, and before it leaves it, it asks there with the app's word and something to be
    /// repeated. We have it leave none, so whoever asked for that was somebody else.
    fn challenge(&self, query: &str) -> Result<Option<Answer>, VerifyError> {
        let (Some(word), Some(question)) = (find(query, "verify"), find(query, "repeat")) else {
            return Ok(None);
        };
        if !bool::from(self.word().as_bytes().ct_eq(word.as_bytes())) {
            return Err(VerifyError::Signature);
        }
        match find(query, "mode").as_deref() {
            None | Some("use") => Ok(Some(Answer::text(question))),
            Some(_) => Err(VerifyError::Unasked),
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
        let mut verified = match find(delivery.query, "about").as_deref() {
            None => self.events(delivery.body)?,
            Some("farewell") => self.form(delivery.body, false)?,
            Some("erasure") => self.form(delivery.body, true)?,
            Some(_) => return Err(VerifyError::Unasked),
        };
        verified.age = (!ahead).then_some(apart);
        Ok(verified)
    }
}

impl Webhooks {
    fn events(&self, body: &[u8]) -> Result<Verified, VerifyError> {
        let body: Body = serde_json::from_slice(body).map_err(|_| VerifyError::Unreadable)?;
        if self.app != body.app {
            return Err(VerifyError::Unreadable);
        }
        let events = body.events.iter().map(|event| read(&self.app, event));
        let events = events.collect::<Option<Vec<_>>>();
        Ok(Verified::new(events.ok_or(VerifyError::Unreadable)?))
    }

    /// Somebody leaves the app, or wants to be forgotten and is told a code for it, which is the same each time.
    fn form(&self, bytes: &[u8], erase: bool) -> Result<Verified, VerifyError> {
        let form: Form = serde_json::from_slice(bytes).map_err(|_| VerifyError::Unreadable)?;
        if self.app != form.app {
            return Err(VerifyError::Unreadable);
        }
        let (kind, subject) = match erase {
            true => {
                let id = form.request.clone();
                ("person.erasure", EventSubject::DeletionRequest { id })
            }
            false => ("access.ended", EventSubject::AccessRevoked),
        };
        let id = format!("{kind} {}", form.request);
        let event = VerifiedEvent::new(PLATFORM, self.app.clone(), id, kind, bytes.to_vec());
        let mut event = event.about(subject);
        event.account = AccountId::new(form.mailbox).ok();
        let mut verified = Verified::new(vec![event]);
        let code = hex::encode(Sha256::digest(form.request));
        verified.reply = erase.then(|| Answer::json(&json!({"code": code})));
        Ok(verified)
    }
}

/// The first value of this name in a query.
fn find(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(it, _)| it == name)?;
    Some(value.into_owned())
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
