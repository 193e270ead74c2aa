//! How an account stands with the platform: what its settings and its past allow.

use serde::{Deserialize, Serialize};

use crate::tiktok::account::Account;

/// What may be set of an account while the sandbox runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AccountSettings {
    /// A private account has other audiences, and unaudited apps may post to it.
    pub private: bool,
    /// The platform has banned it from posting.
    pub banned: bool,
    /// It has posted too much today, whatever the sandbox has counted.
    pub too_many_posts: bool,
    /// The user's app is older than 31.8: photos cannot be sent to the inbox.
    pub old_app: bool,
    /// Nobody may comment on its posts.
    pub comment_disabled: bool,
    /// Nobody may make a Duet of its posts.
    pub duet_disabled: bool,
    /// Nobody may stitch its posts.
    pub stitch_disabled: bool,
    /// The longest video it may post, in seconds.
    pub max_video_post_duration_sec: i32,
    /// Makes every post from now on fail for this reason.
    pub fail_reason: Option<String>,
    /// Whether posts from now on never get a public id.
    pub withhold_id: bool,
    /// How long moderation of its posts takes, in milliseconds, if not as long as for all.
    pub moderation_millis: Option<u64>,
}

/// What moderation makes of one publish; what is left out is as the account has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Ruling {
    /// It fails for this reason.
    pub fail_reason: Option<String>,
    /// Whether its posts never get a public id.
    pub withhold_id: Option<bool>,
    /// How long moderation takes, in milliseconds.
    pub moderation_millis: Option<u64>,
}

impl Ruling {
    /// A ruling that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it fail.
    #[must_use]
    pub fn fail(mut self, reason: impl Into<String>) -> Self {
        self.fail_reason = Some(reason.into());
        self
    }

    /// Says whether its posts never get a public id.
    #[must_use]
    pub fn withhold_id(mut self, withhold: bool) -> Self {
        self.withhold_id = Some(withhold);
        self
    }

    /// Says how long moderation takes, in milliseconds of virtual time.
    #[must_use]
    pub fn moderation_millis(mut self, millis: u64) -> Self {
        self.moderation_millis = Some(millis);
        self
    }
}

impl AccountSettings {
    /// As the account comes.
    pub(crate) fn of(account: &Account) -> Self {
        Self {
            private: account.private,
            banned: false,
            too_many_posts: account.capped,
            old_app: false,
            comment_disabled: false,
            duet_disabled: account.duet_disabled,
            stitch_disabled: account.stitch_disabled,
            max_video_post_duration_sec: account.max_video_post_duration_sec,
            fail_reason: None,
            withhold_id: false,
            moderation_millis: None,
        }
    }

    /// The audiences `creator_info` lists. An unaudited app sees the same list.
    pub(crate) fn privacy_options(&self) -> [&'static str; 3] {
        let first = if self.private {
            "FOLLOWER_OF_CREATOR"
        } else {
            "PUBLIC_TO_EVERYONE"
        };
        [first, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    }
}
