//! What an event says about a post. Events come late, twice and out of order: a post is only ever moved on.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    publish::{Checkpoint, Outcome, PostLink, Step},
    webhook::{EventSubject, VerifiedEvent},
};

use super::{
    options::Mode,
    state::{Shown, State, step},
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
    if event.platform != PLATFORM || !is_about(&event.subject, at) {
        return None;
    }
    let webhook = Webhook::read(&event.body)?;
    let mut state = State::read(at).ok()?;
    let when = event.occurred_at.or(webhook.created_at).unwrap_or(now);
    match webhook.event {
        WebhookEvent::PublishComplete { .. } => complete(at, &mut state, outcome, now),
        WebhookEvent::PubliclyAvailable {
            post_id: Some(id), ..
        } => seen(
            at,
            &mut state,
            outcome,
            id,
            Shown {
                at: when,
                public: true,
            },
            now,
        ),
        WebhookEvent::NoLongerPubliclyAvailable {
            post_id: Some(id), ..
        } => seen(
            at,
            &mut state,
            outcome,
            id,
            Shown {
                at: when,
                public: false,
            },
            now,
        ),
        WebhookEvent::PubliclyAvailable { .. } => complete(at, &mut state, outcome, now),
        WebhookEvent::NoLongerPubliclyAvailable { .. } => {
            hidden(at, &mut state, outcome, (when, now))
        }
        WebhookEvent::InboxDelivered { .. } => delivered(at, state, outcome, now),
        WebhookEvent::PublishFailed { reason, .. } => failed(at, &state, outcome, reason),
        _ => None,
    }
}

fn is_about(subject: &EventSubject, at: &Checkpoint) -> bool {
    match subject {
        EventSubject::Post { remote_id } => at.remote_id() == Some(remote_id),
        _ => false,
    }
}

/// It is a post. A failure that was told before was of another try, or wrong.
fn complete(
    at: &Checkpoint,
    state: &mut State,
    outcome: Option<&Outcome>,
    now: DateTime<Utc>,
) -> Option<Step> {
    if is_published(outcome) {
        return None;
    }
    published(at, state, Vec::new(), now)
}

/// A post can be seen, or no longer; so it is one. The latest event about it counts, in whatever order they come.
fn seen(
    at: &Checkpoint,
    state: &mut State,
    outcome: Option<&Outcome>,
    id: String,
    shown: Shown,
    now: DateTime<Utc>,
) -> Option<Step> {
    let known = state.posts.get(&id).copied();
    if known.is_some_and(|known| !shown.is_newer_than(known)) {
        return None;
    }
    state.posts.insert(id.clone(), shown);
    let mut links = known_links(outcome);
    links.retain(|link| link.id != id);
    links.extend(status::links(state, &[id]));
    // Worth writing down when it changes what is shown, or how late the next event must be to do so.
    let changes = known.is_some() || !is_published(outcome) || !same(&links, outcome);
    changes.then(|| published(at, state, links, now)).flatten()
}

/// Whether these are the links that are known, in whatever order.
fn same(links: &[PostLink], outcome: Option<&Outcome>) -> bool {
    let known = known_links(outcome);
    known.len() == links.len() && links.iter().all(|link| known.contains(link))
}

fn is_published(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Published(_)))
}

/// It stays published; only its addresses lead nowhere any more.
fn hidden(
    at: &Checkpoint,
    state: &mut State,
    outcome: Option<&Outcome>,
    (when, now): (DateTime<Utc>, DateTime<Utc>),
) -> Option<Step> {
    let mut links = known_links(outcome);
    let mut changed = !is_published(outcome);
    for link in links.iter_mut().filter(|link| link.hidden_at.is_none()) {
        *link = link.clone().hidden(when);
        changed = true;
    }
    changed.then(|| published(at, state, links, now)).flatten()
}

fn known_links(outcome: Option<&Outcome>) -> Vec<PostLink> {
    match outcome {
        Some(Outcome::Published(links)) => links.clone(),
        _ => Vec::new(),
    }
}

fn published(
    at: &Checkpoint,
    state: &mut State,
    mut links: Vec<PostLink>,
    now: DateTime<Utc>,
) -> Option<Step> {
    // Ids are numbers of one length: those of older posts are smaller.
    links.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    state.posted_at.get_or_insert(now);
    // The worker comes by once more: for the link, or to give the place in the inbox back.
    let look = links.is_empty() || state.way.mode == Mode::Inbox;
    let watch = look.then_some(Duration::ZERO);
    let checkpoint = state.checkpoint(step::STATUS, at.remote_id()).ok()?;
    Some(Step::settled(checkpoint, Outcome::Published(links), watch))
}

fn delivered(
    at: &Checkpoint,
    mut state: State,
    outcome: Option<&Outcome>,
    now: DateTime<Utc>,
) -> Option<Step> {
    match outcome {
        None | Some(Outcome::Undecided) => {
            state.handed_at.get_or_insert(now);
            let checkpoint = state.checkpoint(step::STATUS, at.remote_id()).ok()?;
            let watch = Some(status::LOOK_AGAIN);
            Some(Step::settled(checkpoint, Outcome::AwaitingUser, watch))
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
    let checkpoint = state.checkpoint(step::STATUS, at.remote_id()).ok()?;
    match outcome {
        None => Some(Step::pending(checkpoint, Duration::ZERO)),
        Some(Outcome::AwaitingUser | Outcome::Undecided) => {
            let cancelled = reason.as_deref() == Some("publish_cancelled")
                && state.pull.as_ref().is_some_and(|pull| pull.cancelled);
            let outcome = if cancelled {
                Outcome::Cancelled
            } else {
                Outcome::Failed(classify::fail_reason(reason.as_deref()))
            };
            Some(Step::settled(checkpoint, outcome, None))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod any_order;
#[cfg(test)]
mod tests;
