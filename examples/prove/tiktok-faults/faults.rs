//! What goes wrong at a call.

use serde_json::{Value, json};
use social_sandbox::{Endpoint, FaultKind};

use super::ways::{LAST, Moment, Way};

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
    /// The work is done, and the answer says that something broke.
    Broken200,
    Broken400,
    /// The work is done, and nobody knows what the answer says.
    Unknown,
    /// "Again in 0 seconds", several times.
    AtOnce,
    /// The last part is stored and its sender killed; the next one sends it again and hears this.
    Resent400,
    Resent409,
    Resent410,
    Resent413,
    ResentCoded,
    /// As those, but the file is gone meanwhile.
    FileGone,
    /// The last part never came, and the file is gone.
    FileGoneBefore,
}

impl Trouble {
    pub(crate) const ALL: [Self; 23] = [
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
        Self::Broken200,
        Self::Broken400,
        Self::Unknown,
        Self::AtOnce,
        Self::Resent400,
        Self::Resent409,
        Self::Resent410,
        Self::Resent413,
        Self::ResentCoded,
        Self::FileGone,
        Self::FileGoneBefore,
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
            Self::Broken200 => "200 with internal_error, done",
            Self::Broken400 => "400 with internal_error, done",
            Self::Unknown => "400 with an unknown code, done",
            Self::AtOnce => "429, again in 0 s, three times",
            Self::Resent400 => "stored, killed, sent again: 400",
            Self::Resent409 => "stored, killed, sent again: 409",
            Self::Resent410 => "stored, killed, sent again: 410",
            Self::Resent413 => "stored, killed, sent again: 413",
            Self::ResentCoded => "stored, killed, sent again: 200 with a code",
            Self::FileGone => "stored, killed, the file is gone",
            Self::FileGoneBefore => "killed, nothing done, the file is gone",
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
            Self::SilentBefore
            | Self::KilledBefore
            | Self::StoppedBefore
            | Self::FileGoneBefore => FaultKind::HoldBefore,
            Self::SilentAfter
            | Self::KilledAfter
            | Self::StoppedAfter
            | Self::Resent400
            | Self::Resent409
            | Self::Resent410
            | Self::Resent413
            | Self::ResentCoded
            | Self::FileGone => FaultKind::Hold,
            Self::Broken200 => done(200, "internal_error"),
            Self::Broken400 => done(400, "internal_error"),
            Self::Unknown => done(400, "brand_new_word"),
            Self::AtOnce => FaultKind::Answer {
                status: 429,
                headers: [("retry-after".to_owned(), "0".to_owned())].into(),
                body: coded("rate_limit_exceeded"),
                done: false,
            },
            Self::Expired => FaultKind::ExpireToken,
            Self::Throttled => FaultKind::Throttle,
        }
    }

    /// What the part meets that is sent again.
    pub(crate) fn again(self) -> Option<FaultKind> {
        let status = |status, body| Some(FaultKind::Status { status, body });
        match self {
            Self::Resent400 => status(400, coded("invalid_file_upload")),
            Self::Resent409 => status(409, Value::Null),
            Self::Resent410 => status(410, Value::Null),
            Self::Resent413 => status(413, Value::Null),
            Self::ResentCoded => status(200, coded("invalid_file_upload")),
            _ => None,
        }
    }

    /// How many calls it strikes.
    pub(crate) fn times(self) -> u64 {
        if self == Self::AtOnce { 3 } else { 1 }
    }

    /// Whether it can happen there, and is to end like the others.
    pub(crate) fn befalls(self, way: Way, moment: Moment) -> bool {
        match self {
            Self::Resent400
            | Self::Resent409
            | Self::Resent410
            | Self::Resent413
            | Self::ResentCoded
            | Self::FileGone
            | Self::FileGoneBefore => moment == LAST,
            // Where nothing can have become a post, an unknown refusal is the end.
            Self::Unknown => match moment.name {
                "creator info" => false,
                "init" => way.is_fetched(),
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether there is nothing left that could become a post.
    pub(crate) fn ends_it(self) -> bool {
        self == Self::FileGoneBefore
    }

    /// Whether the platform may have done what was asked, for all that the client knows.
    pub(crate) fn leaves_doubt(self) -> bool {
        !matches!(
            self,
            Self::Refused | Self::Expired | Self::Throttled | Self::AtOnce
        )
    }
}

fn coded(code: &str) -> Value {
    json!({"data": {}, "error": {"code": code, "message": "", "log_id": "20261130000000AB"}})
}

/// The work is done, then this is said.
fn done(status: u16, code: &str) -> FaultKind {
    FaultKind::Answer {
        status,
        headers: std::collections::BTreeMap::new(),
        body: coded(code),
        done: true,
    }
}
