//! The body of `video/init`, parsed field by field.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>

use serde_json::{Map, Value};

use crate::tiktok::chunks;
use crate::tiktok::envelope::Refusal;

const AUDIENCES: [&str; 4] = [
    "PUBLIC_TO_EVERYONE",
    "MUTUAL_FOLLOW_FRIENDS",
    "FOLLOWER_OF_CREATOR",
    "SELF_ONLY",
];

/// In UTF-16 code units.
const TITLE_MAX: usize = 2200;

const FLAGS: [&str; 6] = [
    "disable_duet",
    "disable_stitch",
    "disable_comment",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
];

/// A valid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VideoInit {
    pub(crate) title: String,
    pub(crate) privacy_level: String,
    /// As it was sent.
    pub(crate) post_info: Map<String, Value>,
    pub(crate) source: Source,
}

/// Where the video comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File {
        video_size: u64,
        chunk_size: u64,
        total_chunk_count: u64,
    },
    Url,
}

impl VideoInit {
    /// Checks everything that does not depend on who is asking.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|_| Refusal::params("The request body is not valid JSON"))?;
        let post = body
            .get("post_info")
            .and_then(Value::as_object)
            .ok_or_else(post_info)?;
        let (title, privacy_level) = post_info_of(post)?;
        let source = body
            .get("source_info")
            .and_then(Value::as_object)
            .ok_or_else(source_info)?;
        let post_info = post.clone();
        Ok(Self {
            title,
            privacy_level,
            post_info,
            source: Source::parse(source)?,
        })
    }
}

fn post_info() -> Refusal {
    Refusal::params("The request post info is empty or incorrect")
}

fn source_info() -> Refusal {
    Refusal::params("The request source info is empty or incorrect")
}

fn post_info_of(post: &Map<String, Value>) -> Result<(String, String), Refusal> {
    let privacy = post
        .get("privacy_level")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !AUDIENCES.contains(&privacy) {
        return Err(post_info());
    }
    let title = match post.get("title") {
        None | Some(Value::Null) => "",
        Some(Value::String(title)) => title,
        Some(_) => return Err(post_info()),
    };
    if title.encode_utf16().count() > TITLE_MAX {
        return Err(Refusal::params("The title is too long"));
    }
    let is_flag = |name| matches!(post.get(name), None | Some(Value::Null | Value::Bool(_)));
    if !FLAGS.into_iter().all(is_flag) {
        return Err(post_info());
    }
    // A time outside the video is taken for the first frame; anything but a number is refused.
    if !matches!(
        post.get("video_cover_timestamp_ms"),
        None | Some(Value::Null | Value::Number(_))
    ) {
        return Err(post_info());
    }
    let branded = post.get("brand_content_toggle").and_then(Value::as_bool) == Some(true);
    if branded && privacy == "SELF_ONLY" {
        return Err(Refusal::params("Branded content cannot be private"));
    }
    Ok((title.to_owned(), privacy.to_owned()))
}

impl Source {
    fn parse(source: &Map<String, Value>) -> Result<Self, Refusal> {
        match source.get("source").and_then(Value::as_str) {
            Some("FILE_UPLOAD") => {
                let number = |name| {
                    source
                        .get(name)
                        .and_then(Value::as_i64)
                        .ok_or_else(source_info)
                };
                let video = number("video_size")?;
                let (chunk, count) = (number("chunk_size")?, number("total_chunk_count")?);
                chunks::check(video, chunk, count)?;
                Ok(Self::File {
                    video_size: video.unsigned_abs(),
                    chunk_size: chunk.unsigned_abs(),
                    total_chunk_count: count.unsigned_abs(),
                })
            }
            Some("PULL_FROM_URL") => {
                let url = source.get("video_url").and_then(Value::as_str);
                let url = url
                    .and_then(|url| url::Url::parse(url).ok())
                    .ok_or_else(source_info)?;
                let domain = matches!(url.host(), Some(url::Host::Domain(_)));
                if url.scheme() == "https" && domain {
                    Ok(Self::Url)
                } else {
                    Err(source_info())
                }
            }
            _ => Err(source_info()),
        }
    }
}
