//! One post on its way: from init over its media to the public.
//!
//! What a publish is at a moment follows from its times and the clock alone; nothing runs in the
//! background. [`course`] says when what happens to it, [`inbox`] what the user does with it.

mod chunk;
mod course;
mod inbox;
mod post;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::clock::Millis;
use crate::digest::RunningHash;
use crate::media::Scanner;
use crate::tiktok::standing::{AccountSettings, Ruling};

pub use course::PublishStatus;
pub(crate) use course::{PENDING_LIFE, Transition};
pub(crate) use inbox::InboxError;
pub(crate) use post::{Draft, PostRecord};

/// A publish begun by one of the inits.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Publish {
    pub(crate) publish_id: String,
    pub(crate) upload_token: String,
    pub(crate) client_key: String,
    pub(crate) account: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    /// Empty when the user is to choose it.
    pub(crate) privacy_level: String,
    /// As it was sent.
    pub(crate) post_info: Map<String, Value>,
    #[serde(default)]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) disabled: Disabled,
    /// Of a pull: all bytes of what was found.
    pub(crate) video_size: u64,
    pub(crate) chunk_size: u64,
    pub(crate) total_chunk_count: u64,
    /// Of an upload: the bytes that have arrived.
    pub(crate) received: u64,
    pub(crate) hash: Option<RunningHash>,
    /// What an upload is, if uploads are checked.
    #[serde(default)]
    pub(crate) scan: Option<Scanner>,
    pub(crate) init_at: Millis,
    /// What is downloaded, if it is not uploaded.
    #[serde(default)]
    pub(crate) pull: Option<Pull>,
    /// Set when the last byte has arrived; of a pull from the beginning.
    pub(crate) done: Option<Done>,
    /// Set when something ended it before its time.
    #[serde(default, rename = "removed", deserialize_with = "stop")]
    pub(crate) stopped: Option<Stop>,
    /// What the user has made of a share in the inbox.
    #[serde(default)]
    pub(crate) drafts: Vec<Draft>,
    /// When the user threw the share in the inbox away.
    #[serde(default)]
    pub(crate) discarded_at: Option<Millis>,
    /// What moderation is to make of it.
    #[serde(default)]
    pub(crate) ruling: Ruling,
}

/// What is posted, how, and where its bytes come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kind {
    pub(crate) media: Medium,
    pub(crate) mode: Mode,
    pub(crate) source: Source,
}

/// What is posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Medium {
    /// One to 35 photos.
    Photos,
    /// A video.
    #[default]
    Video,
}

/// Who finishes the post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// The app: it is posted as it was asked for.
    #[default]
    Direct,
    /// The user, from a notification in the inbox.
    Inbox,
}

/// Where the media come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// They are uploaded.
    #[default]
    File,
    /// The platform downloads them.
    Url,
}

/// What nobody may do with a post: what the app asked for, and what the creator's own settings say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Disabled {
    pub(crate) comment: bool,
    pub(crate) duet: bool,
    pub(crate) stitch: bool,
}

impl Disabled {
    /// The creator's settings win over what was sent.
    pub(crate) fn of(post_info: &Map<String, Value>, standing: &AccountSettings) -> Self {
        let asked = |name| post_info.get(name).and_then(Value::as_bool) == Some(true);
        Self {
            comment: standing.comment_disabled || asked("disable_comment"),
            duet: standing.duet_disabled || asked("disable_duet"),
            stitch: standing.stitch_disabled || asked("disable_stitch"),
        }
    }
}

/// A download, decided when it begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pull {
    /// The SHA-256 of each medium, in the order of the addresses; empty when hashing is off.
    pub(crate) hashes: Vec<String>,
    pub(crate) bytes_per_second: u64,
    /// When the last byte has arrived, or the download has failed.
    pub(crate) ends_at: Millis,
}

/// What is fixed when the last byte has arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// When processing ends: it is posted, in the inbox, or has failed.
    pub(crate) posted_at: Millis,
    /// When moderation ends.
    pub(crate) public_at: Millis,
    pub(crate) post_id: i64,
    /// Why processing fails, if it does.
    #[serde(default)]
    pub(crate) failure: Option<String>,
    /// Whether the post never gets a public id.
    #[serde(default)]
    pub(crate) withheld: bool,
    /// When the post stopped being public.
    #[serde(default)]
    pub(crate) withdrawn_at: Option<Millis>,
}

/// An end before the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stop {
    pub(crate) at: Millis,
    pub(crate) reason: String,
}

/// Files of version 1 only say whether the user removed the app.
fn stop<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Stop>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Removed(bool),
        Stop(Option<Stop>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Removed(true) => Some(Stop {
            at: 0,
            reason: "auth_removed".to_owned(),
        }),
        Either::Removed(false) => None,
        Either::Stop(stop) => stop,
    })
}

impl Kind {
    /// How publish ids begin. Opaque to clients, and some build on it all the same.
    pub(crate) fn prefix(self) -> &'static str {
        match (self.media, self.mode, self.source) {
            (Medium::Video, Mode::Direct, Source::File) => "v_pub_file~v2-1.",
            (Medium::Video, Mode::Direct, Source::Url) => "v_pub_url~v2-1.",
            (Medium::Video, Mode::Inbox, Source::File) => "v_inbox_file~v2.",
            (Medium::Video, Mode::Inbox, Source::Url) => "v_inbox_url~v2.",
            (Medium::Photos, Mode::Direct, _) => "p_pub_url~v2.",
            (Medium::Photos, Mode::Inbox, _) => "p_inbox_url~v2.",
        }
    }
}

#[cfg(test)]
mod tests;
