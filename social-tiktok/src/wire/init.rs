use std::fmt;

use secrecy::SecretString;
use serde::Serialize;

use super::Privacy;

/// The request that begins a direct post of a video.
///
/// <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct VideoInit {
    /// What the post is to be.
    pub post_info: PostInfo,
    /// Where the bytes come from.
    pub source_info: SourceInfo,
}

/// What a post is to be. The commercial toggles are always sent, though samples omit them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct PostInfo {
    /// The caption, at most 2200 UTF-16 units; `#` and `@` are parsed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The audience.
    pub privacy_level: Privacy,
    /// No Duet.
    pub disable_duet: bool,
    /// No comments.
    pub disable_comment: bool,
    /// No Stitch.
    pub disable_stitch: bool,
    /// Which frame is the cover, in milliseconds; the first when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_cover_timestamp_ms: Option<i32>,
    /// Promotes somebody else's business: "Paid partnership".
    pub brand_content_toggle: bool,
    /// Promotes the creator's own business: "Promotional content".
    pub brand_organic_toggle: bool,
    /// Adds the label of AI-generated content.
    pub is_aigc: bool,
}

/// Where the bytes of a video come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "source")]
#[non_exhaustive]
pub enum SourceInfo {
    /// They are sent in chunks to the upload address of the answer.
    #[serde(rename = "FILE_UPLOAD")]
    File {
        /// All bytes.
        video_size: u64,
        /// Bytes of every chunk but the last.
        chunk_size: u64,
        /// How many chunks.
        total_chunk_count: u64,
    },
}

/// A post that was begun. `Debug` leaves the address out: whoever has it may upload.
#[derive(Clone)]
#[non_exhaustive]
pub struct VideoUpload {
    /// Names the post from now on. To be kept before anything is sent.
    pub publish_id: String,
    /// Where the chunks go, for one hour.
    pub upload_url: SecretString,
}

impl VideoUpload {
    pub(crate) fn new(publish_id: String, upload_url: SecretString) -> Self {
        Self {
            publish_id,
            upload_url,
        }
    }
}

impl fmt::Debug for VideoUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VideoUpload")
            .field("publish_id", &self.publish_id)
            .finish_non_exhaustive()
    }
}
