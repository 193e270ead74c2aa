use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Who may see a post. There is no default: the person chooses, from what [`CreatorInfo`](super::CreatorInfo) offers now.
///
/// <https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info>
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Privacy {
    /// `PUBLIC_TO_EVERYONE`: everyone. Offered to public accounts.
    Public,
    /// `FOLLOWER_OF_CREATOR`: followers. Offered to private accounts.
    Followers,
    /// `MUTUAL_FOLLOW_FRIENDS`: followers whom the account follows too.
    Friends,
    /// `SELF_ONLY`: only the account itself.
    SelfOnly,
    /// One that this version does not know, as TikTok writes it.
    Other(String),
}

impl Privacy {
    /// TikTok's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Public => "PUBLIC_TO_EVERYONE",
            Self::Followers => "FOLLOWER_OF_CREATOR",
            Self::Friends => "MUTUAL_FOLLOW_FRIENDS",
            Self::SelfOnly => "SELF_ONLY",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for Privacy {
    fn from(word: String) -> Self {
        match word.as_str() {
            "PUBLIC_TO_EVERYONE" => Self::Public,
            "FOLLOWER_OF_CREATOR" => Self::Followers,
            "MUTUAL_FOLLOW_FRIENDS" => Self::Friends,
            "SELF_ONLY" => Self::SelfOnly,
            _ => Self::Other(word),
        }
    }
}

impl FromStr for Privacy {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(Self::from(word.to_owned()))
    }
}

impl From<Privacy> for String {
    fn from(privacy: Privacy) -> Self {
        privacy.as_str().to_owned()
    }
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
