use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    model::{AccountKey, Platform},
    store::Epoch,
    webhook::VerifiedEvent,
};

/// An event to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// What the verifier took out of the delivery.
    pub event: VerifiedEvent,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

impl ReceivedEvent {
    /// Joins the parts.
    pub fn new(event: VerifiedEvent, received_at: DateTime<Utc>) -> Self {
        Self { event, received_at }
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
    /// It was handed over to the post that it is about, and that post's worker has not applied it yet; or no post here has
    /// that id yet.
    Handed,
    /// For long no post here had the id that it is about. It was set aside.
    Unmatched,
    /// It is to be handled.
    Waiting,
}

impl EventState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Dead,
        Self::Done,
        Self::Handed,
        Self::Unmatched,
        Self::Waiting,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Done => "done",
            Self::Handed => "handed",
            Self::Unmatched => "unmatched",
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
    pub event: VerifiedEvent,
    /// When it came.
    pub received_at: DateTime<Utc>,
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
    /// When it was done, given up or set aside.
    pub ended_at: Option<DateTime<Utc>>,
}

impl EventRecord {
    /// The record of an event just kept, ready since it came. A store fills in the rest from its row.
    pub fn new(number: i64, kept: ReceivedEvent) -> Self {
        Self {
            number,
            event: kept.event,
            received_at: kept.received_at,
            state: EventState::Waiting,
            ready_at: kept.received_at,
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

/// To whom an event was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all cases")]
pub enum HandedOver {
    /// To a post, which is due now.
    ToPost,
    /// To nobody yet: no post here has the id. It waits for one that gets it.
    Unmatched,
    /// The claim did not hold any more; nothing was written.
    Lost,
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
    /// `Dead`, `Done` or `Unmatched`; those that wait, here or at a post, are passed over.
    pub state: EventState,
    /// Of this platform.
    pub platform: Option<Platform>,
    /// With this id. Nothing finds an event by its id alone years after it came: among very many that are done, name its
    /// account or when it came beside it.
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
    /// `Dead`, or `Done` for those that are done or unmatched; those that wait stay.
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
    /// Waiting and ready, held or not, and whether or not its turn has come within its subject.
    pub ready: u64,
    /// Waiting for a later time.
    pub later: u64,
    /// Of those waiting, held under a lease that has not lapsed.
    pub held: u64,
    /// Dead letters.
    pub dead: u64,
    /// Handed over to posts, and not applied yet.
    pub handed: u64,
    /// Of those handed over, about an id that no post here has yet.
    pub unmatched: u64,
    /// Waiting for a newer release: what they are [about](crate::webhook::EventSubject::Unknown) has no word in this one.
    /// They are in no other number.
    pub unknown: u64,
    /// When the one that waits longest came.
    pub oldest: Option<DateTime<Utc>>,
}
