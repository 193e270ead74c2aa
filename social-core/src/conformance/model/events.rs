use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Turn, shown};
use crate::{
    conformance::fixtures::{OTHER, PLATFORM, account, named},
    error::{Error, ErrorKind, Result},
    store::{
        ClaimEvents, EventClaim, EventFilter, EventRecord, EventState, EventStore, Purge,
        ReceivedEvent, Replay,
    },
    webhook::{EventSubject, VerifiedEvent},
};

#[derive(Debug)]
pub(super) enum Operation {
    Insert(Vec<ReceivedEvent>),
    Claim(ClaimEvents),
    Renew(usize, Duration),
    /// Claims from the last one back, each once.
    Complete(Vec<usize>, DateTime<Utc>),
    Retry(usize, DateTime<Utc>, Option<Error>),
    Defer(usize, DateTime<Utc>),
    Park(usize, DateTime<Utc>, Error),
    SetAside(DateTime<Utc>, DateTime<Utc>, u32),
    /// With a lower number than the event of a claim, if one is named.
    List(EventFilter, Option<usize>),
    Replay(Box<Replay>, DateTime<Utc>),
    Purge(Purge),
    Maintain,
    Backlog(DateTime<Utc>),
    NextReady,
}

/// One of the last ids, so that many are sent again, and some when their window is over.
fn event(turn: &Turn) -> ReceivedEvent {
    let back = turn.pick(&[30, 30, 30, 1_500]);
    let number = turn.number.saturating_sub(turn.below(back));
    let event = VerifiedEvent {
        account: turn.pick(&[None, Some(named("account-001"))]),
        occurred_at: turn.chance(2).then(|| turn.time()),
        subject: subject(turn),
        ..VerifiedEvent::new(
            turn.pick(&[PLATFORM, PLATFORM, OTHER]),
            turn.pick(&[named("app"), named("app"), named("another")]),
            format!("event-{number}"),
            turn.pick(&["published", "removed"]),
            vec![0, 255, (turn.number % 251) as u8],
        )
    };
    ReceivedEvent::new(event, turn.time())
}

/// Few things, so that many events are about one.
fn subject(turn: &Turn) -> EventSubject {
    let id = turn.pick(&["1", "2", "3"]).to_owned();
    match turn.below(12) {
        0..=5 => EventSubject::Other,
        6..=8 => EventSubject::Post {
            remote_id: named(id),
        },
        9 => EventSubject::Comment { id, media: None },
        10 => EventSubject::AccessRevoked,
        _ => EventSubject::Unknown {
            word: "story".to_owned(),
            ids: Some(id),
        },
    }
}

fn cause(turn: &Turn) -> Error {
    let kind = turn.pick(&[ErrorKind::Timeout, ErrorKind::Invalid]);
    Error::new(kind, "no handler answered").with_code(turn.number.to_string())
}

fn replay(turn: &Turn) -> Box<Replay> {
    let number = turn.number.saturating_sub(turn.below(60));
    Box::new(Replay {
        platform: turn.pick(&[None, None, Some(PLATFORM), Some(OTHER)]),
        id: turn.chance(3).then(|| format!("event-{number}")),
        kind: turn.chance(4).then(|| "published".to_owned()),
        account: turn.chance(4).then(|| account(1)),
        since: turn.chance(4).then(|| turn.time()),
        until: turn.chance(4).then(|| turn.time()),
        ..Replay::new(turn.pick(&EventState::ALL), turn.pick(&[1, 3, 1_000]))
    })
}

pub(super) fn draw(turn: &Turn) -> Operation {
    let (claim, now) = (turn.below(6) as usize, turn.now());
    match turn.below(36) {
        0..=6 => {
            let count = turn.pick(&[0, 1, 1, 2, 5]);
            Operation::Insert((0..count).map(|_| event(turn)).collect())
        }
        7..=12 => {
            let limit = turn.pick(&[1, 2, 5]);
            Operation::Claim(ClaimEvents::new(now, turn.span(), limit))
        }
        13..=16 => {
            let from = turn.below(4) as usize;
            let count = turn.pick(&[0, 1, 2, 4]);
            Operation::Complete((from..from + count).collect(), now)
        }
        17..=19 => {
            let cause = turn.chance(2).then(|| cause(turn));
            Operation::Retry(claim, turn.time(), cause)
        }
        20 | 21 => Operation::Park(claim, now, cause(turn)),
        22..=24 => {
            let filter = EventFilter {
                platform: turn.pick(&[None, Some(PLATFORM), Some(OTHER)]),
                limit: turn.pick(&[0, 1, 7]),
                ..EventFilter::new(turn.pick(&EventState::ALL))
            };
            Operation::List(filter, turn.chance(2).then_some(claim))
        }
        25 | 26 => Operation::Replay(replay(turn), now),
        27 => {
            let (state, before) = (turn.pick(&EventState::ALL), turn.time());
            Operation::Purge(Purge::new(state, before, 1_000))
        }
        28 => Operation::Backlog(now),
        29 | 30 => Operation::Renew(claim, turn.span()),
        31 => Operation::NextReady,
        32 | 33 => Operation::Defer(claim, turn.time()),
        34 => Operation::SetAside(turn.time(), now, turn.pick(&[1, 1_000])),
        _ => Operation::Maintain,
    }
}

/// Claims are kept, also those that are over, and named from the last one back.
pub(super) async fn apply<S: EventStore>(
    store: &S,
    operation: &Operation,
    claims: &mut Vec<EventClaim>,
) -> String {
    let nth = |back: &usize| claims.iter().rev().nth(*back);
    match operation {
        Operation::Insert(events) => shown(store.insert(events).await),
        Operation::Claim(which) => match store.claim(which).await {
            Ok(new) => keep(claims, new),
            Err(error) => shown::<()>(Err(error)),
        },
        Operation::Renew(back, lease) => match nth(back) {
            Some(claim) => shown(store.renew(claim, *lease).await),
            None => String::new(),
        },
        Operation::Complete(backs, now) => {
            let those: Vec<_> = backs.iter().filter_map(nth).cloned().collect();
            shown(store.complete(&those, *now).await)
        }
        Operation::Retry(back, ready_at, cause) => match nth(back) {
            Some(claim) => shown(store.retry(claim, *ready_at, cause.as_ref()).await),
            None => String::new(),
        },
        Operation::Defer(back, ready_at) => match nth(back) {
            Some(claim) => shown(store.defer(claim, *ready_at).await),
            None => String::new(),
        },
        Operation::SetAside(before, now, limit) => {
            shown(store.set_aside(*before, *now, *limit).await)
        }
        Operation::Park(back, now, cause) => match nth(back) {
            Some(claim) => shown(store.park(claim, *now, cause).await),
            None => String::new(),
        },
        Operation::List(filter, before) => {
            let before = before.as_ref().and_then(nth);
            let filter = EventFilter {
                before: before.map(|claim| claim.record.number),
                ..filter.clone()
            };
            listed(store.list(&filter).await)
        }
        Operation::Replay(which, now) => shown(store.replay(which, *now).await),
        Operation::Purge(which) => shown(store.purge(which).await),
        Operation::Maintain => shown(store.maintain(None).await),
        Operation::Backlog(now) => shown(store.backlog(*now).await),
        Operation::NextReady => shown(store.next_ready().await),
    }
}

/// Numbers are the store's own; all else is compared, and their order.
fn view(record: &EventRecord) -> String {
    let record = EventRecord {
        number: 0,
        ..record.clone()
    };
    format!("{record:?}; ")
}

fn listed(records: Result<Vec<EventRecord>>) -> String {
    match records {
        Ok(records) => records.iter().map(view).collect(),
        Err(error) => shown::<()>(Err(error)),
    }
}

/// Epochs are the store's own too.
fn keep(claims: &mut Vec<EventClaim>, new: Vec<EventClaim>) -> String {
    let text = new.iter().map(|claim| view(&claim.record)).collect();
    claims.extend(new);
    text
}
