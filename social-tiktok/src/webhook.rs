//! What TikTok sends: verified by its signature, taken apart, and given a stable id, because TikTok sends none.
//!
//! One request holds one event. The callback address is set in TikTok's portal and never asked whether it exists.
//! <https://developers.tiktok.com/doc/webhooks-overview>

mod event;
mod id;
mod signature;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use social_core::{
    model::{AccountId, AppId, Platform},
    webhook::{
        Answer, Delivery, EventSubject, Verified, VerifiedEvent, VerifyError, WebhookVerifier,
    },
};

pub use event::{PublishType, Removal, Webhook, WebhookEvent};

use crate::PLATFORM;
use signature::Signature;

/// How long TikTok tries to deliver: 72 hours, and an hour for clocks and queues. Whether a later try is signed anew is
/// not documented.
const PAST: Duration = Duration::from_secs(73 * 3_600);
const AHEAD: Duration = Duration::from_secs(5 * 60);

/// Verifies what TikTok sends to one app. Make it with [`TikTok::webhooks`](crate::TikTok::webhooks).
#[derive(Clone)]
pub struct Webhooks {
    client_key: AppId,
    secrets: Vec<SecretString>,
    past: Duration,
    ahead: Duration,
}

impl Webhooks {
    pub(crate) fn new(client_key: AppId, secret: SecretString) -> Self {
        Self {
            client_key,
            secrets: vec![secret],
            past: PAST,
            ahead: AHEAD,
        }
    }

    /// Another secret that counts, while the app's secret is being replaced.
    #[must_use]
    pub fn also(mut self, secret: impl Into<SecretString>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// How old a signature may be, and how far ahead; 73 hours and 5 minutes unless set. Not what protects from replays:
    /// that is the id of the event.
    #[must_use]
    pub fn window(mut self, past: Duration, ahead: Duration) -> Self {
        (self.past, self.ahead) = (past, ahead);
        self
    }

    fn age(&self, signed_at: i64, now: DateTime<Utc>) -> Result<Option<Duration>, VerifyError> {
        let apart = Duration::from_secs(now.timestamp().abs_diff(signed_at));
        let ahead = signed_at > now.timestamp();
        match ahead {
            true if apart > self.ahead => Err(VerifyError::Ahead(apart)),
            false if apart > self.past => Err(VerifyError::Stale(apart)),
            _ => Ok((!ahead).then_some(apart)),
        }
    }
}

impl WebhookVerifier for Webhooks {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    /// TikTok asks nothing before it uses an address.
    fn challenge(&self, _query: &str) -> Result<Option<Answer>, VerifyError> {
        Ok(None)
    }

    fn verify(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Verified, VerifyError> {
        let signature = Signature::of(delivery.headers)?;
        signature.check(delivery.body, &self.secrets)?;
        let age = self.age(signature.signed_at, now)?;
        let webhook = Webhook::read(delivery.body).ok_or(VerifyError::Unreadable)?;
        if self.client_key != *webhook.client_key {
            return Err(VerifyError::Unreadable);
        }
        let mut verified = Verified::new(vec![event(&self.client_key, &webhook, delivery.body)]);
        verified.age = age;
        Ok(verified)
    }
}

fn event(app: &AppId, webhook: &Webhook, body: &[u8]) -> VerifiedEvent {
    let mut event = VerifiedEvent::new(
        PLATFORM,
        app.clone(),
        id::of(webhook, body),
        webhook.name.clone(),
        body.to_vec(),
    );
    event.sent_as.clone_from(&webhook.sent_as);
    let account = webhook.user_openid.as_deref();
    event.account = account.and_then(|id| AccountId::new(id).ok());
    event.subject = subject(&webhook.event);
    event.occurred_at = webhook.created_at;
    event
}

/// What an event is about, by the names of every platform. `portability.download.ready` and the events of the Video Kit are about
/// nothing that is kept here.
fn subject(event: &WebhookEvent) -> EventSubject {
    if let WebhookEvent::AuthorizationRemoved(_) = event {
        return EventSubject::AccessRevoked;
    }
    match event.publish_id() {
        Some(id) => EventSubject::post(id),
        None => EventSubject::Other,
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("client_key", &self.client_key)
            .field("secrets", &self.secrets.len())
            .field("past", &self.past)
            .field("ahead", &self.ahead)
            .finish()
    }
}
