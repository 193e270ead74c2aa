//! How often TikTok may be called, and how much it takes.
//!
//! TikTok does not say whether its three init endpoints share one bucket; they are booked as one here.
//! <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>
//! <https://developers.tiktok.com/doc/tiktok-api-v2-rate-limit>

use social_core::{
    LimitScope, Reason,
    model::AccountKey,
    platform::limits::{Spent, account_key, app_key},
    store::{Limit, Window},
};

use crate::{NAME, PLATFORM, rules::PENDING_PER_DAY};

/// Calls that are counted, for each connected account and minute.
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
        let window = Window::per_minute(self.per_minute());
        Limit::of_calls(account_key(self.name(), account), window)
    }
}

/// Posts that this account may make in any 24 hours.
pub(crate) fn posts(account: &AccountKey, per_day: u32) -> Limit {
    Limit::new(account_key("posts", account), Window::per_day(per_day))
}

/// Posts of this account that may wait in the person's inbox.
pub(crate) fn pending(account: &AccountKey) -> Limit {
    let window = Window::per_day(PENDING_PER_DAY);
    Limit::new(account_key("pending", account), window)
}

/// People who may post through the app in any 24 hours.
pub(crate) fn users(account: &AccountKey, per_day: u32) -> Limit {
    Limit::new(
        app_key("users", &account.app_key()),
        Window::per_day(per_day),
    )
}

/// What is told when one of them is spent here. The reason is what TikTok's own word would have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Booked {
    /// Places in the inbox.
    Inbox,
    /// Calls in a minute.
    Minute,
    /// People who post through the app.
    People,
    /// Posts of the account.
    Posts,
}

impl Booked {
    pub(crate) fn spent(self) -> Spent {
        let (reason, scope, message) = match self {
            Self::Inbox => (
                Reason::PendingLimit,
                LimitScope::Account,
                "the places in the inbox are spent",
            ),
            Self::Minute => (
                Reason::CallLimit,
                LimitScope::Endpoint,
                "the calls of this minute are spent",
            ),
            Self::People => (
                Reason::AppLimit,
                LimitScope::App,
                "the app's posting users of this day are spent",
            ),
            Self::Posts => (
                Reason::DailyLimit,
                LimitScope::Account,
                "the posts of this day are spent",
            ),
        };
        let spent = Spent::new(reason, scope, message).by(PLATFORM, NAME);
        match self {
            Self::Inbox => spent.of(PENDING_PER_DAY),
            _ => spent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use social_core::{conformance::named, store::Counting};

    use super::*;
    use crate::rules::POSTS_PER_DAY;

    fn key(app: &str, account: &str) -> AccountKey {
        AccountKey::new(named("ann"), named(app), crate::PLATFORM, named(account))
    }

    macro_rules! buckets {
        ($($name:ident: $bucket:ident $calls:literal;)*) => {
            $(#[test]
            fn $name() {
                let limit = Bucket::$bucket.of(&key("app", "1"));
                assert_eq!(limit.window, Window::new($calls, Duration::from_secs(60)));
                assert_eq!(limit.counting, Counting::EachCall);
                assert_ne!(limit.key, Bucket::$bucket.of(&key("app", "2")).key, "each account has its own");
            })*
        };
    }

    buckets! {
        limit_creator_info: CreatorInfo 20;
        limit_init: Init 6;
        limit_status: Status 30;
        limit_user_info: UserInfo 600;
        limit_video_list: VideoList 600;
        limit_video_query: VideoQuery 600;
    }

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn keys_name_what_is_counted_the_app_and_the_account() {
        let key = key("app", "1");
        assert_eq!(Bucket::Init.of(&key).key, "tiktok/init/app/1");
        assert_eq!(posts(&key, 1).key, "tiktok/posts/app/1");
        assert_eq!(pending(&key).key, "tiktok/pending/app/1");
        assert_eq!(users(&key, 1).key, "tiktok/users/app");
    }

    #[test]
    fn limit_posts_a_day() {
        let limit = posts(&key("app", "1"), POSTS_PER_DAY);
        assert_eq!(limit.window, Window::new(15, DAY));
        assert_eq!(
            limit.counting,
            Counting::OncePerHolder,
            "a post counts once"
        );
    }

    #[test]
    fn limit_pending_shares() {
        let limit = pending(&key("app", "1"));
        assert_eq!(limit.window, Window::new(5, DAY));
        assert_eq!(limit.counting, Counting::OncePerHolder);
    }

    #[test]
    fn limit_posting_users() {
        let (one, two) = (users(&key("app", "1"), 5), users(&key("app", "2"), 5));
        assert_eq!(one, two, "the whole app shares it");
        assert_eq!(one.window, Window::new(5, DAY));
        assert_ne!(one.key, users(&key("other", "1"), 5).key);
    }
}
