//! What an event says about a post. Events come late, twice and out of order: a post is only ever moved on.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    publish::{Checkpoint, Outcome, PostLink, Step},
    webhook::VerifiedEvent,
};

use super::{
    options::Mode,
    run::{pending, settled},
    state::{State, step},
    status,
};
use crate::{
    PLATFORM, classify,
    webhook::{Webhook, WebhookEvent},
};

pub(super) fn apply(
    at: &Checkpoint,
    outcome: Option<&Outcome>,
    event: &VerifiedEvent,
    now: DateTime<Utc>,
) -> Option<Step> {
    let about_it = event.platform == PLATFORM && event.remote_id == at.remote_id;
    if !about_it || at.remote_id.is_none() {
        return None;
    }
    let webhook = Webhook::read(&event.body)?;
    let mut state = State::read(at).ok()?;
    match webhook.event {
        WebhookEvent::PublishComplete { .. } => complete(at, &mut state, outcome, None, now),
        WebhookEvent::PubliclyAvailable { post_id, .. } => {
            complete(at, &mut state, outcome, post_id, now)
        }
        WebhookEvent::NoLongerPubliclyAvailable { post_id, .. } => hidden(at, outcome, post_id),
        WebhookEvent::InboxDelivered { .. } => delivered(at, &state, outcome),
        WebhookEvent::PublishFailed { reason, .. } => failed(at, &state, outcome, reason),
        _ => None,
    }
}

/// It is a post, perhaps a public one by now.
fn complete(
    at: &Checkpoint,
    state: &mut State,
    outcome: Option<&Outcome>,
    post_id: Option<String>,
    now: DateTime<Utc>,
) -> Option<Step> {
    let mut links = match outcome {
        Some(Outcome::Published(links)) => links.clone(),
        Some(Outcome::Failed(_) | Outcome::Cancelled) if post_id.is_none() => return None,
        _ => Vec::new(),
    };
    let known = |id: &String| {
        links
            .iter()
            .any(|link: &PostLink| link.id == *id && link.url.is_some())
    };
    let fresh = post_id.filter(|id| !known(id));
    if fresh.is_none() && matches!(outcome, Some(Outcome::Published(_))) {
        return None;
    }
    if let Some(id) = fresh {
        links.retain(|link| link.id != id);
        links.extend(status::links(state, &[id]));
    }
    state.posted_at.get_or_insert(now);
    // The worker comes by once more: for the link, or to give the place in the inbox back.
    let look = links.is_empty() || state.way.mode == Mode::Inbox;
    let watch = look.then_some(Duration::ZERO);
    let checkpoint = state
        .checkpoint(step::STATUS, at.remote_id.as_deref())
        .ok()?;
    Some(settled(checkpoint, Outcome::Published(links), watch))
}

/// It stays published; only its address leads nowhere any more.
fn hidden(at: &Checkpoint, outcome: Option<&Outcome>, post_id: Option<String>) -> Option<Step> {
    let Some(Outcome::Published(links)) = outcome else {
        return None;
    };
    let mut links = links.clone();
    let mut changed = false;
    for link in &mut links {
        if post_id.as_ref().is_none_or(|id| *id == link.id) {
            changed |= link.url.take().is_some();
        }
    }
    changed.then(|| settled(at.clone(), Outcome::Published(links), None))
}

fn delivered(at: &Checkpoint, state: &State, outcome: Option<&Outcome>) -> Option<Step> {
    match outcome {
        None | Some(Outcome::Undecided) => {
            let checkpoint = state
                .checkpoint(step::STATUS, at.remote_id.as_deref())
                .ok()?;
            let hour = Some(Duration::from_secs(3_600));
            Some(settled(checkpoint, Outcome::AwaitingUser, hour))
        }
        _ => None,
    }
}

/// Whether it is to be begun anew, and what bytes arrived, is for the status to say: it is asked at once. Only a post that
/// nobody works on is settled here.
fn failed(
    at: &Checkpoint,
    state: &State,
    outcome: Option<&Outcome>,
    reason: Option<String>,
) -> Option<Step> {
    let checkpoint = state
        .checkpoint(step::STATUS, at.remote_id.as_deref())
        .ok()?;
    match outcome {
        None => Some(pending(checkpoint, Duration::ZERO)),
        Some(Outcome::AwaitingUser | Outcome::Undecided) => {
            let cancelled = reason.as_deref() == Some("publish_cancelled")
                && state.pull.as_ref().is_some_and(|pull| pull.cancelled);
            let outcome = if cancelled {
                Outcome::Cancelled
            } else {
                Outcome::Failed(classify::fail_reason(reason.as_deref()))
            };
            Some(settled(checkpoint, outcome, None))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
