use std::time::Duration;

use serde::{Deserialize, Deserializer};
use social_core::{model::More, platform::lenient};

use super::Privacy;

/// What a creator may post now. To be asked for afresh each time a form is shown.
///
/// <https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CreatorInfo {
    /// The name in addresses, without `@`.
    #[serde(
        default,
        rename = "creator_username",
        deserialize_with = "lenient::text"
    )]
    pub username: Option<String>,
    /// The name for people.
    #[serde(
        default,
        rename = "creator_nickname",
        deserialize_with = "lenient::text"
    )]
    pub nickname: Option<String>,
    /// A picture; the address lives two hours.
    #[serde(
        default,
        rename = "creator_avatar_url",
        deserialize_with = "lenient::text"
    )]
    pub avatar_url: Option<String>,
    /// Who may be chosen as the audience. It does not tell whether the app is audited.
    #[serde(default, rename = "privacy_level_options", deserialize_with = "levels")]
    pub privacy_options: Vec<Privacy>,
    /// The creator has switched comments off.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub comment_disabled: bool,
    /// The creator has switched Duet off.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub duet_disabled: bool,
    /// The creator has switched Stitch off.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub stitch_disabled: bool,
    /// The longest video this creator may post.
    #[serde(
        default,
        rename = "max_video_post_duration_sec",
        deserialize_with = "seconds"
    )]
    pub max_duration: Option<Duration>,
    /// What this version does not know.
    #[serde(flatten)]
    pub more: More,
}

fn levels<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Privacy>, D::Error> {
    Ok(lenient::texts(from)?
        .into_iter()
        .map(Privacy::from)
        .collect())
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let seconds = lenient::int(from)?.and_then(|seconds| u64::try_from(seconds).ok());
    Ok(seconds
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs))
}
