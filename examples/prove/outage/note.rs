//! What a process says: one line of JSON for each thing that was acknowledged.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a process does all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Kind {
    Submit,
    Settle,
    Save,
    Insert,
    Handle,
    Book,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Submit,
        Self::Settle,
        Self::Save,
        Self::Insert,
        Self::Handle,
        Self::Book,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Submit => "posts submitted",
            Self::Settle => "posts settled",
            Self::Save => "tokens saved",
            Self::Insert => "events inserted",
            Self::Handle => "events handled",
            Self::Book => "limits booked",
        })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Note {
    /// This post is kept.
    Submitted(u64),
    /// This post is published, under this id of the platform.
    Settled { post: String, remote: String },
    /// This account is saved at this revision, under this name.
    Saved {
        account: String,
        revision: i64,
        name: String,
    },
    /// These events are kept.
    Inserted(Vec<String>),
    /// These events are done.
    Handled(Vec<String>),
    /// A booking under this key is granted.
    Booked(String),
    /// A call failed, as calls do while the database is away.
    Failed(Kind),
    /// A call failed in a way that an outage does not explain.
    Unexpected(String),
    /// The last line: it was asked to end.
    Ended,
}

impl Note {
    /// Which of its tasks says this.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Submitted(_) => Some(Kind::Submit),
            Self::Settled { .. } => Some(Kind::Settle),
            Self::Saved { .. } => Some(Kind::Save),
            Self::Inserted(_) => Some(Kind::Insert),
            Self::Handled(_) => Some(Kind::Handle),
            Self::Booked(_) => Some(Kind::Book),
            Self::Failed(_) | Self::Unexpected(_) | Self::Ended => None,
        }
    }
}
