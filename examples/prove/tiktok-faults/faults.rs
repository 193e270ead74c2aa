//! What goes wrong at a call.

use serde_json::Value;
use social_sandbox::{Endpoint, FaultKind};

/// What happens to one call, or to the process that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    Refused,
    DroppedBefore,
    DroppedAfter,
    SilentBefore,
    SilentAfter,
    ServerError,
    Expired,
    Throttled,
    KilledBefore,
    KilledAfter,
    StoppedBefore,
    StoppedAfter,
}

impl Trouble {
    pub(crate) const ALL: [Self; 12] = [
        Self::Refused,
        Self::DroppedBefore,
        Self::DroppedAfter,
        Self::SilentBefore,
        Self::SilentAfter,
        Self::ServerError,
        Self::Expired,
        Self::Throttled,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::StoppedBefore,
        Self::StoppedAfter,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::DroppedBefore => "dropped, nothing done",
            Self::DroppedAfter => "dropped, done",
            Self::SilentBefore => "timeout, nothing done",
            Self::SilentAfter => "timeout, done",
            Self::ServerError => "503",
            Self::Expired => "401, token expired",
            Self::Throttled => "429",
            Self::KilledBefore => "killed, nothing done",
            Self::KilledAfter => "killed, done",
            Self::StoppedBefore => "stopped, nothing done",
            Self::StoppedAfter => "stopped, done",
        }
    }

    /// What the sandbox does to the call.
    pub(crate) fn kind(self, endpoint: Endpoint) -> FaultKind {
        let status = |status| FaultKind::Status {
            status,
            body: Value::Null,
        };
        match self {
            // An upload has no token, but its address ends too.
            Self::Expired if endpoint == Endpoint::Upload => status(403),
            Self::Throttled if endpoint == Endpoint::Upload => status(429),
            Self::ServerError => status(503),
            // Of the call before: its answer waits while the door is shut.
            Self::Refused => FaultKind::Hold,
            Self::DroppedBefore => FaultKind::DropBefore,
            Self::DroppedAfter => FaultKind::DropAfter,
            Self::SilentBefore | Self::KilledBefore | Self::StoppedBefore => FaultKind::HoldBefore,
            Self::SilentAfter | Self::KilledAfter | Self::StoppedAfter => FaultKind::Hold,
            Self::Expired => FaultKind::ExpireToken,
            Self::Throttled => FaultKind::Throttle,
        }
    }

    /// Whether the platform may have done what was asked, for all that the client knows.
    pub(crate) fn leaves_doubt(self) -> bool {
        !matches!(self, Self::Refused | Self::Expired | Self::Throttled)
    }
}
