//! The body of `content/init`.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>

use serde_json::Value;
use url::Url;

use super::fields::{
    Object, address, flags, none_of, object, post_info, privacy, source_info, text, without,
};
use super::{Request, Wanted};
use crate::tiktok::envelope::Refusal;
use crate::tiktok::publish::{Kind, Medium, Mode, Source};

/// In UTF-16 code units, in both modes.
const TITLE_MAX: usize = 90;
const DESCRIPTION_MAX: usize = 4000;

const PHOTOS_MAX: usize = 35;

/// Belong to videos, and are not looked at: published clients send them with every post.
const OF_VIDEOS: [&str; 4] = [
    "disable_duet",
    "disable_stitch",
    "is_aigc",
    "video_cover_timestamp_ms",
];

/// Belong to direct posts.
const DIRECT: [&str; 5] = [
    "privacy_level",
    "disable_comment",
    "auto_add_music",
    "brand_content_toggle",
    "brand_organic_toggle",
];

pub(super) fn parse(body: &Value) -> Result<Request, Refusal> {
    if body.get("media_type").and_then(Value::as_str) != Some("PHOTO") {
        return Err(Refusal::params("The media type is invalid"));
    }
    let mode = match body.get("post_mode").and_then(Value::as_str) {
        Some("DIRECT_POST") => Mode::Direct,
        Some("MEDIA_UPLOAD") => Mode::Inbox,
        _ => return Err(Refusal::params("The post mode is invalid")),
    };
    let mut post = match (object(body, "post_info"), mode) {
        (Some(post), _) => post.clone(),
        (None, Mode::Inbox) if body.get("post_info").is_none() => Object::new(),
        (None, _) => return Err(post_info()),
    };
    let ignored = without(&mut post, &OF_VIDEOS);
    let warnings = ignored
        .iter()
        .map(|name| format!("{name} is a setting of videos, ignored for photos"))
        .collect();
    let privacy_level = match mode {
        Mode::Direct => {
            flags(&post, &DIRECT[1..])?;
            privacy(&post)?
        }
        Mode::Inbox => {
            none_of(&post, &DIRECT)?;
            String::new()
        }
    };
    let source = object(body, "source_info").ok_or_else(source_info)?;
    Ok(Request {
        kind: Kind {
            media: Medium::Photos,
            mode,
            source: Source::Url,
        },
        title: text(&post, "title", TITLE_MAX)?,
        description: text(&post, "description", DESCRIPTION_MAX)?,
        privacy_level,
        post_info: post,
        source: Wanted::Urls(photos(source)?),
        warnings,
    })
}

fn photos(source: &Object) -> Result<Vec<Url>, Refusal> {
    if source.get("source").and_then(Value::as_str) != Some("PULL_FROM_URL") {
        return Err(source_info());
    }
    let images = source.get("photo_images").and_then(Value::as_array);
    let images = images.ok_or_else(source_info)?;
    if !(1..=PHOTOS_MAX).contains(&images.len()) {
        return Err(Refusal::params("The number of photos is invalid"));
    }
    let cover = source.get("photo_cover_index").and_then(Value::as_u64);
    if cover.is_none_or(|index| index >= images.len() as u64) {
        return Err(Refusal::params("The photo cover index is invalid"));
    }
    images.iter().map(|image| address(Some(image))).collect()
}
