use serde::{Deserialize, Serialize};

use super::Remedy;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Somebody else changed or holds it, or the same key was used with another content.
    Conflict,
    /// The input breaks a rule.
    Invalid,
    /// There is no such thing, or not for this owner.
    NotFound,
    /// The account did not grant the right that the call needs.
    Permission,
    /// The answer does not have the documented shape.
    Protocol,
    /// A limit is reached; it passes by itself.
    RateLimited,
    /// The platform understood and refused.
    Rejected,
    /// A sealed value cannot be opened, or a key is missing.
    Seal,
    /// A database or a file failed.
    Storage,
    /// No answer in time.
    Timeout,
    /// The credential is not, or no longer, accepted.
    Unauthorized,
    /// The service cannot be reached or fails on its side.
    Unavailable,
    /// Not possible on this platform, account or build.
    Unsupported,
    /// Read from storage: one that a newer release wrote and this one does not know.
    #[serde(other)]
    Unknown,
}

impl ErrorKind {
    pub(super) fn usual_remedy(self) -> Remedy {
        match self {
            Self::RateLimited | Self::Timeout | Self::Unavailable | Self::Storage => {
                Remedy::Backoff
            }
            Self::Permission => Remedy::Reauthorize,
            Self::Unauthorized => Remedy::Refresh,
            Self::Seal => Remedy::Operator,
            Self::Conflict
            | Self::Invalid
            | Self::NotFound
            | Self::Protocol
            | Self::Rejected
            | Self::Unsupported
            | Self::Unknown => Remedy::Never,
        }
    }
}
