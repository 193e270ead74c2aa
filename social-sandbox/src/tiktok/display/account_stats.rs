//! The counts of an account.

use serde::{Deserialize, Serialize};

/// What `user/info` tells about an account's reach. Its number of videos is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AccountStats {
    /// Who follows it.
    pub follower_count: i64,
    /// Whom it follows.
    pub following_count: i64,
    /// The likes of all its videos.
    pub likes_count: i64,
}

impl Default for AccountStats {
    /// Beyond 2^31, as large accounts have it.
    fn default() -> Self {
        Self {
            follower_count: 3_000_000_000,
            following_count: 12,
            likes_count: 9_000_000_000,
        }
    }
}
