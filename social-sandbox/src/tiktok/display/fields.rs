//! The video object, field by field.
//!
//! <https://developers.tiktok.com/doc/tiktok-api-v2-video-object>

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::metrics::{self, VideoMetrics};
use super::video::Video;
use crate::clock::Millis;
use crate::random::hex;
use crate::tiktok::envelope::Refusal;
use crate::tiktok::form::Form;
use crate::world::{Caller, World};

const NAMES: [&str; 15] = [
    "id",
    "create_time",
    "cover_image_url",
    "share_url",
    "video_description",
    "duration",
    "height",
    "width",
    "title",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
];

/// Texts are cut off after so many characters.
const TEXT_MAX: usize = 150;

/// Seconds for which a cover can be loaded.
const COVER_LIFE: Millis = 6 * 60 * 60;

/// The known fields that were asked for.
pub(super) fn asked(query: &Form) -> Result<Vec<&'static str>, Refusal> {
    let fields = query.one("fields");
    let fields = fields.ok_or_else(|| Refusal::params("Fields is required"))?;
    let known = |name: &str| {
        let found = NAMES.iter().find(|known| **known == name);
        let unknown = || Refusal::params(format!("Invalid fields: {name}"));
        found.copied().ok_or_else(unknown)
    };
    fields.split(',').map(known).collect()
}

/// A video with these fields only.
pub(super) fn view(
    world: &World,
    caller: &Caller,
    video: &Video,
    fields: &[&'static str],
    now: Millis,
) -> Value {
    let metrics = metrics::of(world, video, now);
    let field = |name: &&'static str| {
        let value = value(name, caller, video, metrics, now);
        ((*name).to_owned(), value)
    };
    Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
}

fn value(name: &str, caller: &Caller, video: &Video, metrics: VideoMetrics, now: Millis) -> Value {
    let cut = |text: &str| text.chars().take(TEXT_MAX).collect::<String>();
    let id = video.id;
    match name {
        "id" => json!(id.to_string()),
        "create_time" => json!(video.created_at.div_euclid(1000)),
        "cover_image_url" => json!(cover(id, now)),
        "share_url" => json!(share(caller, video)),
        "video_description" => json!(cut(&video.description)),
        "duration" => json!(video.duration),
        "height" => json!(1920),
        "width" => json!(1080),
        "title" => json!(cut(&video.title)),
        "embed_html" => json!(format!(
            "<blockquote class=\"tiktok-embed\" data-video-id=\"{id}\"></blockquote>"
        )),
        "embed_link" => json!(format!(
            "https://www.tiktok.com/static/profile-video?id={id}&hide_author=1&{}",
            campaign(caller)
        )),
        "like_count" => json!(metrics.like_count),
        "comment_count" => json!(metrics.comment_count),
        "share_count" => json!(metrics.share_count),
        _ => json!(metrics.view_count),
    }
}

/// Nothing answers there.
fn cover(id: i64, now: Millis) -> String {
    let expires = now.div_euclid(1000) + COVER_LIFE;
    let signature = hex(&Sha256::digest(format!("cover/{id}/{expires}")));
    let signature = &signature[..28];
    format!(
        "https://p16-sign.tiktokcdn.example/{id}~tplv-noop.image?x-expires={expires}&x-signature={signature}"
    )
}

fn share(caller: &Caller, video: &Video) -> String {
    let kind = if video.photos { "photo" } else { "video" };
    let username = caller.account.username;
    let (id, campaign) = (video.id, campaign(caller));
    format!("https://www.tiktok.com/@{username}/{kind}/{id}?{campaign}")
}

fn campaign(caller: &Caller) -> String {
    format!(
        "utm_campaign=tt4d_open_api&utm_source={}",
        caller.client_key
    )
}
