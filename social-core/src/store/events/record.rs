use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    model::{AccountKey, Platform},
    store::Epoch,
};

/// An event to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// Who sent it.
    pub platform: Platform,
    /// The platform's id of the app it was sent to.
    pub app: String,
    /// Names it: the same event sent again has the same id.
    pub id: String,
    /// The platform's name for what happened.
    pub kind: String,
    /// The platform's id of the account it is about, if it says.
    pub account: Option<String>,
    /// When it happened, if it says.
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// What was sent, as it came.
    pub body: Vec<u8>,
}

impl NewEvent {
    /// An event about no account, to be filled in.
    pub fn new(
        platform: Platform,
        id: impl Into<String>,
        kind: impl Into<String>,
        body: Vec<u8>,
        received_at: DateTime<Utc>,
    ) -> Self {
        Self {
            platform,
            app: String::new(),
            id: id.into(),
            kind: kind.into(),
            account: None,
            occurred_at: None,
            received_at,
            body,
        }
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventState {
    /// Nobody could handle it.
    Dead,
    /// It was handled.
    Done,
    /// It is to be handled.
    Waiting,
}

impl EventState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Dead, Self::Done, Self::Waiting];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Done => "done",
            Self::Waiting => "waiting",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A stored event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventRecord {
    /// Its number in the order of arrival; there are gaps.
    pub number: i64,
    /// What was kept.
    pub event: NewEvent,
    /// Where it stands.
    pub state: EventState,
    /// From when on it may be claimed, while it waits.
    pub ready_at: DateTime<Utc>,
    /// Claims that nobody ended; the present one is among them.
    pub attempts: u32,
    /// Errors in a row.
    pub failures: u32,
    /// The last trouble.
    pub cause: Option<Error>,
    /// When it was done or given up.
    pub ended_at: Option<DateTime<Utc>>,
}

impl EventRecord {
    /// The record of an event just kept, ready since it came. A store fills in the rest from its row.
    pub fn new(number: i64, event: NewEvent) -> Self {
        let ready_at = event.received_at;
        Self {
            number,
            event,
            state: EventState::Waiting,
            ready_at,
            attempts: 0,
            failures: 0,
            cause: None,
            ended_at: None,
        }
    }
}

/// Which events to claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClaimEvents {
    /// Ready at this time.
    pub now: DateTime<Utc>,
    /// For how long.
    pub lease: Duration,
    /// At most so many.
    pub limit: u32,
}

impl ClaimEvents {
    /// Joins the parts.
    pub fn new(now: DateTime<Utc>, lease: Duration, limit: u32) -> Self {
        Self { now, lease, limit }
    }
}

/// The right to handle one event until the lease lapses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventClaim {
    /// The event at the moment of the claim, this attempt counted.
    pub record: EventRecord,
    /// This claim's number on its event.
    pub epoch: Epoch,
}

impl EventClaim {
    /// Joins the parts.
    pub fn new(record: EventRecord, epoch: Epoch) -> Self {
        Self { record, epoch }
    }
}

/// Which events to list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventFilter {
    /// Only in this state.
    pub state: EventState,
    /// Only of this platform.
    pub platform: Option<Platform>,
    /// Only with a lower number.
    pub before: Option<i64>,
    /// At most so many; 50 when zero.
    pub limit: u32,
}

impl EventFilter {
    /// Those of every platform in a state.
    pub fn new(state: EventState) -> Self {
        Self {
            state,
            platform: None,
            before: None,
            limit: 0,
        }
    }
}

/// Which events to handle again. What is `None` is not asked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replay {
    /// `Dead` or `Done`; those that wait are passed over.
    pub state: EventState,
    /// Of this platform.
    pub platform: Option<Platform>,
    /// With this id.
    pub id: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// About this account of this platform and app; its owner is ignored.
    pub account: Option<AccountKey>,
    /// Came at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Came before this time.
    pub until: Option<DateTime<Utc>>,
    /// At most so many.
    pub limit: u32,
}

impl Replay {
    /// Any in a state.
    pub fn new(state: EventState, limit: u32) -> Self {
        Self {
            state,
            platform: None,
            id: None,
            kind: None,
            account: None,
            since: None,
            until: None,
            limit,
        }
    }
}

/// Which events to remove.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Purge {
    /// `Dead` or `Done`; those that wait stay.
    pub state: EventState,
    /// Ended before this time.
    pub before: DateTime<Utc>,
    /// At most so many.
    pub limit: u32,
}

impl Purge {
    /// Joins the parts.
    pub fn new(state: EventState, before: DateTime<Utc>, limit: u32) -> Self {
        Self {
            state,
            before,
            limit,
        }
    }
}

/// What waits, and what nobody could handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// Waiting and ready, held or not.
    pub ready: u64,
    /// Waiting for a later time.
    pub later: u64,
    /// Of those waiting, held under a lease that has not lapsed.
    pub held: u64,
    /// Dead letters.
    pub dead: u64,
    /// When the one that waits longest came.
    pub oldest: Option<DateTime<Utc>>,
}
