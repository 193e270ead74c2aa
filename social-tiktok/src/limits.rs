//! How often TikTok may be called, for each connected account.
//!
//! TikTok does not say whether its three init endpoints share one bucket; they are booked as one here.
//! <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>

use social_core::{
    model::AccountKey,
    store::{Limit, Window},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bucket {
    /// `creator_info/query`.
    CreatorInfo,
    /// Every endpoint that begins a post.
    Init,
    /// `status/fetch`.
    Status,
    /// `user/info`.
    UserInfo,
    /// `video/list`.
    VideoList,
    /// `video/query`.
    VideoQuery,
}

impl Bucket {
    fn name(self) -> &'static str {
        match self {
            Self::CreatorInfo => "creator_info",
            Self::Init => "init",
            Self::Status => "status",
            Self::UserInfo => "user_info",
            Self::VideoList => "video_list",
            Self::VideoQuery => "video_query",
        }
    }

    /// Calls in any minute.
    pub(crate) fn per_minute(self) -> u32 {
        match self {
            Self::CreatorInfo => 20,
            Self::Init => 6,
            Self::Status => 30,
            Self::UserInfo | Self::VideoList | Self::VideoQuery => 600,
        }
    }

    /// The limit of this account.
    pub(crate) fn of(self, account: &AccountKey) -> Limit {
        let key = format!("tiktok/{}/{}/{}", self.name(), account.app, account.account);
        Limit::of_calls(key, Window::per_minute(self.per_minute()))
    }
}
