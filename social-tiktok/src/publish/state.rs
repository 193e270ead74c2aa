use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::RemoteId,
    publish::{Checkpoint, Exposure},
};

use super::{chunks::ChunkPlan, options::Mode};
use crate::{ByTikTok, wire::CreatorInfo};

/// The newest form of the state that this version reads. Form 1 knows uploads of direct posts only, and is written for
/// those, so that an older program goes on with them.
pub(super) const VERSION: u16 = 2;
const UPLOADS_ONLY: u16 = 1;

/// The names of the steps.
pub(super) mod step {
    pub(crate) const CREATOR: &str = "creator";
    pub(crate) const INIT: &str = "init";
    pub(crate) const UPLOAD: &str = "upload";
    pub(crate) const STATUS: &str = "status";
}

/// What is kept between steps. Not `Debug`: it holds the upload address.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// How it is made, and where the media are.
    #[serde(default)]
    pub(super) way: Way,
    /// What TikTok fetches, once begun, or once it may have been.
    #[serde(default)]
    pub(super) pull: Option<Pull>,
    /// What the creator's settings were.
    #[serde(default)]
    pub(super) creator: Option<Creator>,
    /// What kind of file it is.
    #[serde(default)]
    pub(super) kind: Option<VideoType>,
    /// The upload, once begun.
    #[serde(default)]
    pub(super) upload: Option<Upload>,
    /// How many uploads were begun.
    #[serde(default)]
    pub(super) begun: u32,
    /// How often the status was asked for this upload.
    #[serde(default)]
    pub(super) asked: u32,
    /// Since when nothing is left to send.
    #[serde(default)]
    pub(super) sent_at: Option<DateTime<Utc>>,
    /// Since when it is known to be posted.
    #[serde(default)]
    pub(super) posted_at: Option<DateTime<Utc>>,
    /// Since when TikTok refuses every try, because the creator or the app has posted too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) blocked_since: Option<DateTime<Utc>>,
    /// Since when it is known to be in the person's inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handed_at: Option<DateTime<Utc>>,
    /// What events have said about each post that it became, by its id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) posts: BTreeMap<String, Shown>,
}

/// What the latest event says about a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    /// When that was so.
    pub(super) at: DateTime<Utc>,
    /// Whether anybody can see it.
    pub(super) public: bool,
}

impl Shown {
    /// Of two events of one second the one that hides counts.
    pub(super) fn is_newer_than(self, other: Self) -> bool {
        (self.at, !self.public) > (other.at, !other.public)
    }
}

/// How a post is made, and where its media are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) mode: Mode,
    pub(super) source: Source,
}

/// Where the media are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// A video that is sent in chunks.
    #[default]
    File,
    /// A video that TikTok fetches.
    Address,
    /// Photos, which TikTok always fetches.
    Photos,
}

impl Way {
    pub(super) fn is_upload(self) -> bool {
        self.source == Source::File
    }
}

/// What TikTok fetches itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pull {
    /// When it was, or would have been, begun.
    pub(super) begun_at: DateTime<Utc>,
    /// TikTok was asked to stop.
    #[serde(default)]
    pub(super) cancelled: bool,
    /// The newest public post before the beginning, where the account shows them: what is not newer is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<String>,
}

/// What of the creator's settings is needed later.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Creator {
    pub(super) username: Option<String>,
    pub(super) comment_disabled: bool,
    pub(super) duet_disabled: bool,
    pub(super) stitch_disabled: bool,
}

impl From<CreatorInfo> for Creator {
    fn from(info: CreatorInfo) -> Self {
        Self {
            username: info.username,
            comment_disabled: info.comment_disabled,
            duet_disabled: info.duet_disabled,
            stitch_disabled: info.stitch_disabled,
        }
    }
}

/// The containers that TikTok takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum VideoType {
    Mp4,
    Mov,
    WebM,
}

impl VideoType {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::WebM => "video/webm",
        }
    }
}

/// An upload that was begun.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Upload {
    /// Where the chunks go: a secret.
    url: String,
    pub(super) plan: ChunkPlan,
    /// How much TikTok has taken for certain: a chunk begins here, or the file ends.
    pub(super) offset: u64,
    pub(super) begun_at: DateTime<Utc>,
    /// The last chunk may have been sent. Written down before it is: until then this cannot become a post.
    #[serde(default)]
    pub(super) may_be_complete: bool,
    /// TikTok has refused the address, for good or for now.
    #[serde(default)]
    pub(super) gone: bool,
    /// How often TikTok has said in a row that another chunk comes next.
    #[serde(default)]
    pub(super) corrections: u32,
}

impl Upload {
    pub(super) fn new(url: String, plan: ChunkPlan, begun_at: DateTime<Utc>) -> Self {
        Self {
            url,
            plan,
            offset: 0,
            begun_at,
            may_be_complete: false,
            gone: false,
            corrections: 0,
        }
    }

    pub(super) fn url(&self) -> SecretString {
        self.url.as_str().into()
    }

    /// An upload address lives for one hour, and the whole upload must end within it. Until then nothing is begun in its
    /// place, though TikTok refuses the address: who else goes on with it, as a copy of the data may, makes a post of it.
    pub(super) fn is_over(&self, now: DateTime<Utc>) -> bool {
        now - self.begun_at >= TimeDelta::hours(1)
    }

    /// Whether TikTok has taken everything.
    pub(super) fn is_complete(&self) -> bool {
        self.offset >= self.plan.size
    }
}

impl State {
    pub(super) fn read(at: &Checkpoint) -> Result<Self> {
        let unreadable = |message| {
            Error::new(ErrorKind::Unsupported, message)
                .by_tiktok()
                .with_remedy(Remedy::Operator)
        };
        if at.version > VERSION {
            return Err(unreadable("a newer version wrote this checkpoint"));
        }
        // The cause is dropped: it could quote the upload address.
        Self::deserialize(&at.state).map_err(|_| unreadable("the checkpoint has another form"))
    }

    pub(super) fn checkpoint(
        &self,
        step: &str,
        publish_id: Option<&RemoteId>,
    ) -> Result<Checkpoint> {
        let state = serde_json::to_value(self)
            .map_err(|_| Error::new(ErrorKind::Invalid, "the state cannot be written as JSON"))?;
        let plain = self.way == Way::default();
        let version = if plain { UPLOADS_ONLY } else { VERSION };
        let checkpoint = Checkpoint::new(step, version, state);
        Ok(match publish_id {
            Some(id) => checkpoint
                .with_remote_id(id.clone())
                .with_exposure(self.exposure()),
            None => checkpoint,
        })
    }

    /// What can be there under its publish id. An upload without its last part never becomes a post; of what TikTok fetches
    /// itself the beginning is enough.
    fn exposure(&self) -> Exposure {
        let is_sent = (self.upload.as_ref()).is_some_and(|upload| upload.may_be_complete);
        let is_there = self.posted_at.is_some() || self.handed_at.is_some();
        if self.pull.is_some() || is_sent || is_there {
            Exposure::PostMayExist
        } else {
            Exposure::Nothing
        }
    }

    /// The publish id that a later step must find.
    pub(super) fn publish_id(at: &Checkpoint) -> Result<&RemoteId> {
        let lost = || {
            Error::new(
                ErrorKind::Unsupported,
                "the checkpoint lacks its publish id",
            )
            .by_tiktok()
            .with_remedy(Remedy::Operator)
        };
        at.remote_id().ok_or_else(lost)
    }

    /// The upload and the publish id that a later step must find.
    pub(super) fn begun<'a>(&self, at: &'a Checkpoint) -> Result<(Upload, &'a RemoteId)> {
        match (self.upload.clone(), at.remote_id()) {
            (Some(upload), Some(publish_id)) => Ok((upload, publish_id)),
            _ => Err(
                Error::new(ErrorKind::Unsupported, "the checkpoint lacks its upload")
                    .by_tiktok()
                    .with_remedy(Remedy::Operator),
            ),
        }
    }
}
