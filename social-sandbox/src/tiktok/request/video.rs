//! The bodies of `video/init` and `inbox/video/init`.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post> and
//! <https://developers.tiktok.com/doc/content-posting-api-reference-upload-video>

use serde_json::Value;

use super::fields::{
    Object, address, flags, none_of, object, post_info, privacy, source_info, text,
};
use super::{Request, Wanted};
use crate::tiktok::chunks;
use crate::tiktok::envelope::Refusal;
use crate::tiktok::publish::{Kind, Medium, Mode, Source};

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

pub(super) fn direct(body: &Value) -> Result<Request, Refusal> {
    let post = object(body, "post_info").ok_or_else(post_info)?;
    // Who sends these has photos in mind, or mixes two requests.
    none_of(post, &["description", "auto_add_music"])?;
    if let Some(top) = body.as_object() {
        none_of(top, &["media_type", "post_mode"])?;
    }
    let privacy_level = privacy(post)?;
    let title = text(post, "title", TITLE_MAX)?;
    flags(post, &FLAGS)?;
    // A time outside the video is taken for the first frame; anything but a number is refused.
    if !matches!(
        post.get("video_cover_timestamp_ms"),
        None | Some(Value::Null | Value::Number(_))
    ) {
        return Err(post_info());
    }
    let (source, wanted) = source(body)?;
    Ok(Request {
        kind: kind(Mode::Direct, source),
        title,
        description: String::new(),
        privacy_level,
        post_info: post.clone(),
        source: wanted,
        warnings: Vec::new(),
    })
}

/// Of `post_info`, only a title is looked at, and nothing refused. The user chooses the rest.
pub(super) fn inbox(body: &Value) -> Result<Request, Refusal> {
    let post = object(body, "post_info").cloned().unwrap_or_default();
    let title = post
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // Names of the client's own making may be anything, and the transcript keeps no bodies.
    let known = FLAGS
        .iter()
        .chain(&["privacy_level", "video_cover_timestamp_ms"]);
    let warnings = known
        .filter(|name| post.contains_key(**name))
        .map(|name| format!("{name} is ignored for the inbox"))
        .collect();
    let (source, wanted) = source(body)?;
    Ok(Request {
        kind: kind(Mode::Inbox, source),
        title: title.to_owned(),
        description: String::new(),
        privacy_level: String::new(),
        post_info: post,
        source: wanted,
        warnings,
    })
}

fn kind(mode: Mode, source: Source) -> Kind {
    Kind {
        media: Medium::Video,
        mode,
        source,
    }
}

fn source(body: &Value) -> Result<(Source, Wanted), Refusal> {
    let source = object(body, "source_info").ok_or_else(source_info)?;
    match source.get("source").and_then(Value::as_str) {
        Some("FILE_UPLOAD") => Ok((Source::File, file(source)?)),
        Some("PULL_FROM_URL") => {
            let url = address(source.get("video_url"))?;
            Ok((Source::Url, Wanted::Urls(vec![url])))
        }
        _ => Err(source_info()),
    }
}

fn file(source: &Object) -> Result<Wanted, Refusal> {
    let number = |name| {
        source
            .get(name)
            .and_then(Value::as_i64)
            .ok_or_else(source_info)
    };
    let video = number("video_size")?;
    let (chunk, count) = (number("chunk_size")?, number("total_chunk_count")?);
    chunks::check(video, chunk, count)?;
    Ok(Wanted::File {
        video_size: video.unsigned_abs(),
        chunk_size: chunk.unsigned_abs(),
        total_chunk_count: count.unsigned_abs(),
    })
}
