use serde::Deserialize;
use social_core::{
    model::{More, Scopes},
    platform::lenient,
};

/// A field of a profile. Asking for one outside the granted scopes fails the whole call.
///
/// <https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserField {
    /// The id for this app (`user.info.basic`).
    OpenId,
    /// The id for all apps of one developer (`user.info.basic`).
    UnionId,
    /// The name for people (`user.info.basic`).
    DisplayName,
    /// A picture (`user.info.basic`).
    AvatarUrl,
    /// A picture of 100 by 100 pixels (`user.info.basic`).
    AvatarUrl100,
    /// A larger picture (`user.info.basic`).
    AvatarLargeUrl,
    /// The name in addresses (`user.info.profile`).
    Username,
    /// The words about itself (`user.info.profile`).
    BioDescription,
    /// Its page (`user.info.profile`).
    ProfileDeepLink,
    /// Whether TikTok vouches for it (`user.info.profile`).
    IsVerified,
    /// How many follow it (`user.info.stats`).
    FollowerCount,
    /// How many it follows (`user.info.stats`).
    FollowingCount,
    /// Likes of all its videos (`user.info.stats`).
    LikesCount,
    /// Its public videos (`user.info.stats`).
    VideoCount,
}

impl UserField {
    /// Every field.
    pub const ALL: [Self; 14] = [
        Self::OpenId,
        Self::UnionId,
        Self::DisplayName,
        Self::AvatarUrl,
        Self::AvatarUrl100,
        Self::AvatarLargeUrl,
        Self::Username,
        Self::BioDescription,
        Self::ProfileDeepLink,
        Self::IsVerified,
        Self::FollowerCount,
        Self::FollowingCount,
        Self::LikesCount,
        Self::VideoCount,
    ];

    /// TikTok's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "open_id",
            Self::UnionId => "union_id",
            Self::DisplayName => "display_name",
            Self::AvatarUrl => "avatar_url",
            Self::AvatarUrl100 => "avatar_url_100",
            Self::AvatarLargeUrl => "avatar_large_url",
            Self::Username => "username",
            Self::BioDescription => "bio_description",
            Self::ProfileDeepLink => "profile_deep_link",
            Self::IsVerified => "is_verified",
            Self::FollowerCount => "follower_count",
            Self::FollowingCount => "following_count",
            Self::LikesCount => "likes_count",
            Self::VideoCount => "video_count",
        }
    }

    /// The scope that opens it.
    pub fn scope(self) -> &'static str {
        match self {
            Self::OpenId
            | Self::UnionId
            | Self::DisplayName
            | Self::AvatarUrl
            | Self::AvatarUrl100
            | Self::AvatarLargeUrl => "user.info.basic",
            Self::Username | Self::BioDescription | Self::ProfileDeepLink | Self::IsVerified => {
                "user.info.profile"
            }
            Self::FollowerCount | Self::FollowingCount | Self::LikesCount | Self::VideoCount => {
                "user.info.stats"
            }
        }
    }

    /// The fields that these scopes open.
    pub fn granted(scopes: &Scopes) -> Vec<Self> {
        let open = |field: &Self| scopes.contains(field.scope());
        Self::ALL.into_iter().filter(open).collect()
    }
}

/// A profile. Only the fields that were asked for are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The id for this app.
    #[serde(default, deserialize_with = "lenient::text")]
    pub open_id: Option<String>,
    /// The id for all apps of one developer.
    #[serde(default, deserialize_with = "lenient::text")]
    pub union_id: Option<String>,
    /// The name for people.
    #[serde(default, deserialize_with = "lenient::text")]
    pub display_name: Option<String>,
    /// A picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub avatar_url: Option<String>,
    /// A picture of 100 by 100 pixels.
    #[serde(default, deserialize_with = "lenient::text")]
    pub avatar_url_100: Option<String>,
    /// A larger picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub avatar_large_url: Option<String>,
    /// The name in addresses.
    #[serde(default, deserialize_with = "lenient::text")]
    pub username: Option<String>,
    /// The words about itself.
    #[serde(default, deserialize_with = "lenient::text")]
    pub bio_description: Option<String>,
    /// Its page.
    #[serde(default, deserialize_with = "lenient::text")]
    pub profile_deep_link: Option<String>,
    /// Whether TikTok vouches for it.
    #[serde(default, deserialize_with = "lenient::flag_opt")]
    pub is_verified: Option<bool>,
    /// How many follow it.
    #[serde(default, deserialize_with = "lenient::int")]
    pub follower_count: Option<i64>,
    /// How many it follows.
    #[serde(default, deserialize_with = "lenient::int")]
    pub following_count: Option<i64>,
    /// Likes of all its videos.
    #[serde(default, deserialize_with = "lenient::int")]
    pub likes_count: Option<i64>,
    /// Its public videos.
    #[serde(default, deserialize_with = "lenient::int")]
    pub video_count: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub more: More,
}
