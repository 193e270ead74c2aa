//! What is to be delivered, and what has been.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::clock::{Millis, date};
use crate::random::Random;
use crate::tiktok::app::App;
use crate::tiktok::webhook::delivery::{DeliveryState, WebhookDelivery};
use crate::tiktok::webhook::event::Event;
use crate::tiktok::webhook::settings::{WebhookOrder, WebhookSettings};
use crate::tiktok::webhook::signature;

/// Older deliveries that have ended are forgotten.
const KEPT: usize = 5000;

/// The deliveries of every app.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outbox {
    last: u64,
    deliveries: BTreeMap<u64, WebhookDelivery>,
    /// Since when each app with a callback URL has had one.
    since: BTreeMap<String, Millis>,
    /// What has been put here already.
    seen: BTreeSet<String>,
    #[serde(skip)]
    pub(crate) settings: WebhookSettings,
}

/// One request to a callback URL.
pub(crate) struct Sending {
    pub(crate) url: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Outbox {
    /// Notes that an app has a callback URL now, or none.
    pub(crate) fn subscribe(&mut self, app: &App, now: Millis) {
        if app.webhook.is_some() {
            self.since.entry(app.client_key.clone()).or_insert(now);
        } else {
            self.since.remove(&app.client_key);
        }
    }

    /// Whether any app is told.
    pub(crate) fn has_subscribers(&self) -> bool {
        !self.since.is_empty()
    }

    /// Since when an app is told.
    pub(crate) fn since(&self, client_key: &str) -> Option<Millis> {
        self.since.get(client_key).copied()
    }

    pub(crate) fn has_seen(&self, key: &str) -> bool {
        self.seen.contains(key)
    }

    /// Adds what follows from `key`, unless that was added before.
    pub(crate) fn add_once(&mut self, key: String, event: Option<&Event>) {
        if self.seen.insert(key)
            && let Some(event) = event
        {
            self.add(event);
        }
    }

    /// Adds an event, unless its app has no callback URL.
    pub(crate) fn add(&mut self, event: &Event) -> bool {
        if !self.since.contains_key(&event.client_key) {
            return false;
        }
        for _ in 0..self.settings.copies {
            self.last += 1;
            let delivery = WebhookDelivery {
                id: self.last,
                client_key: event.client_key.clone(),
                event: event.name(&self.settings).to_owned(),
                body: event.body(&self.settings),
                happened_at: date(event.happened_at),
                due_at: date(due(event.happened_at, &self.settings)),
                state: DeliveryState::Pending,
                attempts: Vec::new(),
                signed_at: None,
            };
            self.deliveries.insert(self.last, delivery);
        }
        self.forget();
        true
    }

    fn forget(&mut self) {
        let too_many = self.deliveries.len().saturating_sub(KEPT);
        let ended =
            |(_, delivery): &(&u64, &WebhookDelivery)| delivery.state != DeliveryState::Pending;
        let old: Vec<u64> = self
            .deliveries
            .iter()
            .filter(ended)
            .map(|(id, _)| *id)
            .take(too_many)
            .collect();
        for id in old {
            self.deliveries.remove(&id);
        }
    }

    /// When the next delivery is due.
    pub(crate) fn next(&self) -> Option<Millis> {
        let pending = self.pending().map(|delivery| delivery.due_at);
        pending.min().map(|at| at.timestamp_millis())
    }

    /// The deliveries that are due, in the order they are to be sent.
    pub(crate) fn due(&self, now: Millis, random: &mut Random) -> Vec<u64> {
        let due = self.pending().filter(|delivery| delivery.is_due(date(now)));
        let mut due: Vec<(DateTime<Utc>, u64)> = due
            .map(|delivery| (delivery.happened_at, delivery.id))
            .collect();
        due.sort_unstable();
        match self.settings.order {
            WebhookOrder::Happened => {}
            WebhookOrder::Reversed => due.reverse(),
            WebhookOrder::Shuffled => random.shuffle(&mut due),
        }
        due.into_iter().map(|(_, id)| id).collect()
    }

    fn pending(&self) -> impl Iterator<Item = &WebhookDelivery> {
        let pending = |delivery: &&WebhookDelivery| delivery.state == DeliveryState::Pending;
        self.deliveries.values().filter(pending)
    }

    /// The request of a delivery; `None` if it is none any more, as when its app has no callback URL.
    pub(crate) fn sending(
        &mut self,
        id: u64,
        apps: &BTreeMap<String, App>,
        now: Millis,
    ) -> Option<Sending> {
        let delivery = self.deliveries.get_mut(&id)?;
        let app = apps.get(&delivery.client_key);
        let Some((app, url)) = app.and_then(|app| Some((app, app.webhook.clone()?))) else {
            delivery.state = DeliveryState::Dropped;
            return None;
        };
        let fresh = now / 1000 - i64::from(self.settings.stale_seconds);
        let first = *delivery.signed_at.get_or_insert(fresh);
        let seconds = if self.settings.resign_retries {
            fresh
        } else {
            first
        };
        let mut secret = app.client_secret.clone();
        if self.settings.wrong_signature {
            secret.push_str("-another");
        }
        Some(Sending {
            url,
            signature: signature::header(&secret, seconds, &delivery.body),
            body: delivery.body.clone(),
        })
    }

    /// Notes how a delivery went.
    pub(crate) fn tried(&mut self, id: u64, now: Millis, answer: Result<u16, String>) {
        if let Some(delivery) = self.deliveries.get_mut(&id) {
            delivery.tried(date(now), answer);
        }
    }

    /// Every delivery, oldest first.
    pub(crate) fn list(&self) -> Vec<WebhookDelivery> {
        self.deliveries.values().cloned().collect()
    }
}

/// When an event is first sent. With a delay and another order, at the end of a span that others
/// share.
fn due(happened_at: Millis, settings: &WebhookSettings) -> Millis {
    let delay = Millis::try_from(settings.delay_millis).unwrap_or(Millis::MAX / 4);
    let due = happened_at.saturating_add(delay);
    if delay == 0 || settings.order == WebhookOrder::Happened {
        return due;
    }
    due - due.rem_euclid(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_within_a_span_is_due_together() {
        let mut settings = WebhookSettings {
            delay_millis: 1000,
            ..WebhookSettings::default()
        };
        assert_eq!(due(5_300, &settings), 6_300);
        settings.order = WebhookOrder::Reversed;
        for happened_at in [5_000, 5_300, 5_999] {
            assert_eq!(due(happened_at, &settings), 6_000);
        }
        assert_eq!(due(6_000, &settings), 7_000);
    }
}
