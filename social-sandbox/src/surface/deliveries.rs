//! The webhooks on the transcript page.

use crate::tiktok::webhook::delivery::{DeliveryAttempt, DeliveryState, WebhookDelivery};

/// A delivery as the page shows it.
pub(super) struct Row<'a> {
    pub(super) delivery: &'a WebhookDelivery,
    pub(super) happened: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) tries: String,
    pub(super) next: String,
}

/// The row of a delivery.
pub(super) fn row(delivery: &WebhookDelivery) -> Row<'_> {
    let (state, class) = match delivery.state {
        DeliveryState::Delivered => ("delivered", "ok"),
        DeliveryState::Dropped => ("dropped", "bad"),
        DeliveryState::Pending => ("pending", "off"),
    };
    let pending = delivery.state == DeliveryState::Pending;
    let time = "%H:%M:%S%.3f";
    Row {
        delivery,
        happened: delivery.happened_at.format(time).to_string(),
        state,
        class,
        tries: delivery
            .attempts
            .iter()
            .map(tried)
            .collect::<Vec<_>>()
            .join(", "),
        next: if pending {
            delivery.due_at.format(time).to_string()
        } else {
            String::new()
        },
    }
}

fn tried(attempt: &DeliveryAttempt) -> String {
    let status = attempt.status.map(|status| status.to_string());
    status
        .or_else(|| attempt.problem.clone())
        .unwrap_or_default()
}
