//! The names of the endpoints, in faults and in the transcript.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An endpoint of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// The consent page being shown.
    Authorize,
    /// The consent page being answered.
    Consent,
    /// The token endpoint, exchanging a code.
    Token,
    /// The token endpoint, refreshing.
    Refresh,
    /// Ending a grant.
    Revoke,
    /// `user/info`.
    UserInfo,
    /// `creator_info/query`.
    CreatorInfo,
    /// `video/init`.
    Init,
    /// `inbox/video/init`.
    InboxInit,
    /// `content/init`.
    PhotoInit,
    /// A chunk being sent to an upload URL.
    Upload,
    /// `status/fetch`.
    Status,
    /// `video/list`.
    VideoList,
    /// `video/query`.
    VideoQuery,
    /// `cancel`.
    Cancel,
    /// The page that plays the user's inbox.
    Inbox,
    /// A path the platform does not have.
    Unknown,
}

impl Endpoint {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Consent => "consent",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
            Self::UserInfo => "user_info",
            Self::CreatorInfo => "creator_info",
            Self::Init => "init",
            Self::InboxInit => "inbox_init",
            Self::PhotoInit => "photo_init",
            Self::Upload => "upload",
            Self::Status => "status",
            Self::VideoList => "video_list",
            Self::VideoQuery => "video_query",
            Self::Cancel => "cancel",
            Self::Inbox => "inbox",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it takes an access token.
    pub(crate) fn takes_bearer(self) -> bool {
        matches!(
            self,
            Self::UserInfo
                | Self::VideoList
                | Self::VideoQuery
                | Self::CreatorInfo
                | Self::Init
                | Self::InboxInit
                | Self::PhotoInit
                | Self::Status
                | Self::Cancel
        )
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
