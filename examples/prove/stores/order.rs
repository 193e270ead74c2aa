//! What the proof and its processes say to each other: one line of JSON each way.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Accounts whose refresh is due.
    Accounts,
    /// Lanes with a due post.
    Lanes,
    /// Events that wait.
    Events,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Accounts, Self::Lanes, Self::Events];
}

/// What a process is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Claims once, at most so many.
    Claim {
        kind: Kind,
        lease: Duration,
        limit: u32,
    },
    /// Claims with several tasks until nothing is left.
    ClaimAll { kind: Kind, lease: Duration },
    /// Claims this one account.
    Hold { account: u64, lease: Duration },
    /// Writes of the claimed account that its grant is dead.
    Judge,
    /// Saves the claimed account, with these tokens.
    Save { sealed: u8 },
    /// Books one limit with 32 tasks, each so many times, waiting as it is told to.
    Book {
        name: String,
        limit: u32,
        per: Duration,
        bookings: u64,
    },
    /// Inserts events 0 to `events`, in batches that begin at `first`.
    Insert {
        events: u64,
        first: u64,
        backwards: bool,
    },
    /// Claims and completes events until the next line comes and nothing is left.
    Handle,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// What was claimed, inserted or completed.
    pub(crate) names: Vec<String>,
    /// Of each claimed row, how many earlier claims nobody ended.
    pub(crate) unended: Vec<u32>,
    /// When each booking was asked for and granted, in microseconds since 1970.
    pub(crate) granted: Vec<(i64, i64)>,
    /// How often somebody came when it was promised, and was told to wait once more.
    pub(crate) again: u64,
    /// Whether it was written.
    pub(crate) written: bool,
    /// What must not happen.
    pub(crate) wrong: u64,
}

impl Report {
    pub(crate) fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.unended.extend(other.unended);
        self.granted.extend(other.granted);
        self.again += other.again;
        self.wrong += other.wrong;
    }
}
