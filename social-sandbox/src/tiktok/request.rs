//! The bodies of the three inits, parsed field by field.

mod fields;
mod photos;
mod video;

use serde_json::{Map, Value};
use url::Url;

use crate::tiktok::envelope::Refusal;
use crate::tiktok::publish::Kind;

/// A valid request: everything that does not depend on who is asking has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) description: String,
    /// Empty when the user is to choose it.
    pub(crate) privacy_level: String,
    /// As it was sent, but for what is ignored.
    pub(crate) post_info: Map<String, Value>,
    pub(crate) source: Wanted,
    /// What is taken and does nothing, for the transcript.
    pub(crate) warnings: Vec<String>,
}

/// Where the media come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    File {
        video_size: u64,
        chunk_size: u64,
        total_chunk_count: u64,
    },
    Urls(Vec<Url>),
}

impl Request {
    /// `video/init`.
    pub(crate) fn video(body: &[u8]) -> Result<Self, Refusal> {
        video::direct(&json(body)?)
    }

    /// `inbox/video/init`.
    pub(crate) fn inbox(body: &[u8]) -> Result<Self, Refusal> {
        video::inbox(&json(body)?)
    }

    /// `content/init`.
    pub(crate) fn photos(body: &[u8]) -> Result<Self, Refusal> {
        photos::parse(&json(body)?)
    }

    /// What is downloaded.
    pub(crate) fn urls(&self) -> &[Url] {
        match &self.source {
            Wanted::File { .. } => &[],
            Wanted::Urls(urls) => urls,
        }
    }
}

fn json(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::params("The request body is not valid JSON"))
}
