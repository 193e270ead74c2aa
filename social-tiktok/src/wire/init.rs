use std::fmt;

use social_core::model::RemoteId;

use secrecy::SecretString;
use serde::Serialize;
use url::Url;

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

/// The request that hands a video to the person, who finishes the post in TikTok's app.
///
/// <https://developers.tiktok.com/doc/content-posting-api-reference-upload-video>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct InboxVideoInit {
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

/// Where the bytes of a video come from. `Debug` shows of an address only its host: it may be a signed one.
#[derive(Clone, PartialEq, Eq, Serialize)]
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
    /// TikTok fetches them. The domain, or the beginning of the address, is verified as the app's own.
    #[serde(rename = "PULL_FROM_URL")]
    Pull {
        /// Where they are, for at least an hour.
        video_url: Url,
    },
}

/// The request that begins a post of photos.
///
/// <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct PhotoInit {
    /// Always a photo.
    pub media_type: PhotoMedia,
    /// Posted at once, or handed to the person.
    pub post_mode: PostMode,
    /// What the post is to be.
    pub post_info: PhotoInfo,
    /// Where the photos are.
    pub source_info: PhotoSource,
}

/// What a post consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum PhotoMedia {
    /// `PHOTO`.
    #[serde(rename = "PHOTO")]
    Photo,
}

/// How a post of photos is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "as the platform takes it")]
pub enum PostMode {
    /// `DIRECT_POST`: at once.
    #[serde(rename = "DIRECT_POST")]
    Direct,
    /// `MEDIA_UPLOAD`: the person finishes it in TikTok's app, 31.8 or later.
    #[serde(rename = "MEDIA_UPLOAD")]
    Inbox,
}

/// What a post of photos is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct PhotoInfo {
    /// At most 90 UTF-16 units, in both modes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The caption, at most 4000 UTF-16 units, in both modes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What only a direct post has.
    #[serde(flatten)]
    pub direct: Option<DirectPhotoInfo>,
}

/// What only a direct post of photos has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct DirectPhotoInfo {
    /// The audience.
    pub privacy_level: Privacy,
    /// No comments.
    pub disable_comment: bool,
    /// TikTok adds music that it recommends.
    pub auto_add_music: bool,
    /// Promotes somebody else's business: "Paid partnership".
    pub brand_content_toggle: bool,
    /// Promotes the creator's own business: "Promotional content".
    pub brand_organic_toggle: bool,
}

/// Where photos are. `Debug` shows only how many.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename = "PULL_FROM_URL")]
#[expect(clippy::exhaustive_structs, reason = "as the platform takes it")]
pub struct PhotoSource {
    /// 1 to 35 addresses of WebP or JPEG pictures, in order.
    pub photo_images: Vec<Url>,
    /// Which of them is the cover, from 0.
    pub photo_cover_index: usize,
}

impl fmt::Debug for SourceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File {
                video_size,
                chunk_size,
                total_chunk_count,
            } => f
                .debug_struct("File")
                .field("video_size", video_size)
                .field("chunk_size", chunk_size)
                .field("total_chunk_count", total_chunk_count)
                .finish(),
            Self::Pull { video_url } => f
                .debug_struct("Pull")
                .field("host", &video_url.host_str())
                .finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for PhotoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhotoSource")
            .field("photos", &self.photo_images.len())
            .field("photo_cover_index", &self.photo_cover_index)
            .finish_non_exhaustive()
    }
}

/// A post that was begun. `Debug` leaves the address out: whoever has it may upload.
#[derive(Clone)]
#[non_exhaustive]
pub struct Begun {
    /// Names the post from now on, in at most 64 characters. To be kept before anything is sent.
    pub publish_id: RemoteId,
    /// Where the chunks of a file go, for one hour.
    pub upload_url: Option<SecretString>,
}

impl Begun {
    pub(crate) fn new(publish_id: RemoteId, upload_url: Option<SecretString>) -> Self {
        Self {
            publish_id,
            upload_url,
        }
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun")
            .field("publish_id", &self.publish_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_pull_is_written_as_documented_and_shown_by_its_host() {
        let video_url = url("https://media.example.com/a.mp4?signature=sesame");
        let source = SourceInfo::Pull { video_url };
        let expected = json!({
            "source": "PULL_FROM_URL",
            "video_url": "https://media.example.com/a.mp4?signature=sesame",
        });
        assert_eq!(serde_json::to_value(&source).unwrap(), expected);
        let shown = format!("{source:?}");
        assert!(shown.contains("media.example.com") && !shown.contains("sesame"));
    }

    #[test]
    fn photos_are_written_as_documented() {
        let init = PhotoInit {
            media_type: PhotoMedia::Photo,
            post_mode: PostMode::Direct,
            post_info: PhotoInfo {
                title: "t".to_owned(),
                description: "d".to_owned(),
                direct: Some(DirectPhotoInfo {
                    privacy_level: Privacy::Public,
                    disable_comment: true,
                    auto_add_music: true,
                    brand_content_toggle: false,
                    brand_organic_toggle: false,
                }),
            },
            source_info: PhotoSource {
                photo_images: vec![url("https://media.example.com/1.webp")],
                photo_cover_index: 0,
            },
        };
        let expected = json!({
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
            "post_info": {
                "title": "t",
                "description": "d",
                "privacy_level": "PUBLIC_TO_EVERYONE",
                "disable_comment": true,
                "auto_add_music": true,
                "brand_content_toggle": false,
                "brand_organic_toggle": false,
            },
            "source_info": {
                "source": "PULL_FROM_URL",
                "photo_images": ["https://media.example.com/1.webp"],
                "photo_cover_index": 0,
            },
        });
        assert_eq!(serde_json::to_value(&init).unwrap(), expected);
        let inbox = PhotoInit {
            post_mode: PostMode::Inbox,
            post_info: PhotoInfo::default(),
            ..init
        };
        let written = serde_json::to_value(&inbox).unwrap();
        assert_eq!(written["post_mode"], "MEDIA_UPLOAD");
        assert_eq!(
            written["post_info"],
            json!({}),
            "nothing that only direct posts have"
        );
    }
}
