//! What is sent: posts, and events about them, in random order.

use chrono::{DateTime, Utc};
use examples::stage::rows;
use social_core::{
    random::{Random, SystemRandom},
    store::ReceivedEvent,
    time::{Clock, SystemClock},
    webhook::{EventSubject, VerifiedEvent},
};

use super::platform::{HIDDEN, Heard, PLATFORM, SHOWN, app, remote_id};
use crate::Counts;

/// One thing that is done.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    Event(Box<ReceivedEvent>),
    /// A post, by its number.
    Submit(u64),
}

/// The words of a post, and its idempotency key.
pub(crate) fn words(post: u64) -> String {
    format!("post {post}")
}

/// A number below `limit`.
pub(crate) fn below(limit: usize) -> usize {
    let mut bytes = [0; 8];
    // Without randomness the order is one of many all the same.
    let _ = SystemRandom::default().fill(&mut bytes);
    usize::try_from(u64::from_le_bytes(bytes) % limit.max(1) as u64).unwrap_or_default()
}

/// When event `number` of a post happened: all at different times.
fn at(post: u64, number: u64) -> DateTime<Utc> {
    // Of each post in another order than they are numbered.
    let second = (number * 7 + post) % 1_009 * 1_000 + number;
    rows::at(i64::try_from(second).unwrap_or_default())
}

fn is_public(post: u64, number: u64) -> bool {
    (post + number * 3).is_multiple_of(2)
}

fn event(post: u64, number: u64) -> ReceivedEvent {
    let remote_id = remote_id(&words(post));
    let kind = if is_public(post, number) {
        SHOWN
    } else {
        HIDDEN
    };
    let id = format!("event {number} of {post}");
    let mut event = VerifiedEvent::new(PLATFORM, app().app, id, kind, vec![b'x'; 300]);
    event.subject = EventSubject::Post { remote_id };
    event.occurred_at = Some(at(post, number));
    ReceivedEvent::new(event, SystemClock::default().now())
}

/// Where the events of a post lead.
pub(crate) fn model(post: u64, events: u64) -> Heard {
    let all = 0..events;
    all.fold(Heard::default(), |heard, number| {
        heard.and(at(post, number).timestamp(), is_public(post, number))
    })
}

/// Everything, each event twice, in random order.
pub(crate) fn turns(counts: Counts) -> Vec<Turn> {
    let mut turns: Vec<_> = (0..counts.posts).map(Turn::Submit).collect();
    for post in 0..counts.posts {
        for number in 0..counts.events {
            turns.extend([
                Turn::Event(Box::new(event(post, number))),
                Turn::Event(Box::new(event(post, number))),
            ]);
        }
    }
    for last in (1..turns.len()).rev() {
        turns.swap(last, below(last + 1));
    }
    turns
}
