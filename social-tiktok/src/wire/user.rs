use serde::Deserialize;
use social_core::model::Scopes;

use super::lenient;

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
    /// The name in addresses (`user.info.profile`).
    Username,
}

impl UserField {
    const ALL: [Self; 5] = [
        Self::OpenId,
        Self::UnionId,
        Self::DisplayName,
        Self::AvatarUrl,
        Self::Username,
    ];

    /// TikTok's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "open_id",
            Self::UnionId => "union_id",
            Self::DisplayName => "display_name",
            Self::AvatarUrl => "avatar_url",
            Self::Username => "username",
        }
    }

    /// The scope that opens it.
    pub fn scope(self) -> &'static str {
        match self {
            Self::OpenId | Self::UnionId | Self::DisplayName | Self::AvatarUrl => "user.info.basic",
            Self::Username => "user.info.profile",
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
    /// The name in addresses.
    #[serde(default, deserialize_with = "lenient::text")]
    pub username: Option<String>,
}
