//! What a post was asked to be, in words.

use chrono::{DateTime, Utc};
use serde_json::Value;
use social_core::publish::{MediaRef, PostKind, PublishRequest};

use super::trouble::at;
use crate::upload::Kept;
use crate::view::format::{playing_time, things};
use crate::view::posts::short_title;
use crate::view::publish::audience_words;

/// An option of the platform; null when it is not there.
pub(crate) fn option(request: &PublishRequest, name: &str) -> Value {
    let content = request.options.as_ref().map(|options| &options.content);
    content
        .and_then(|content| content.get(name))
        .cloned()
        .unwrap_or_default()
}

fn is_on(request: &PublishRequest, name: &str) -> bool {
    option(request, name) == Value::Bool(true)
}

/// Whether the person finishes it in the app.
pub(crate) fn is_inbox(request: &PublishRequest) -> bool {
    option(request, "mode") == "inbox"
}

/// "Video 0:42", "5 photos".
pub(crate) fn kind(request: &PublishRequest, file: Option<&Kept>) -> String {
    match (request.kind, file) {
        (PostKind::Photos, _) => things(request.media.len(), "photo", "photos"),
        (_, Some(file)) => file.kind(),
        _ => "Video".to_owned(),
    }
}

/// What the post is called.
pub(crate) fn heading(request: &PublishRequest, title: &str) -> String {
    if request.kind != PostKind::Photos || !title.trim().is_empty() {
        return short_title(title);
    }
    let own = option(request, "title");
    let own = own.as_str().filter(|title| !title.trim().is_empty());
    own.map_or_else(|| "Untitled photos".to_owned(), short_title)
}

/// The host that the platform fetches the media from; the rest of an address may be a secret.
pub(crate) fn fetched_from(request: &PublishRequest) -> Option<String> {
    request.media.iter().find_map(|media| match media {
        MediaRef::Url(url) => url.host_str().map(str::to_owned),
        _ => None,
    })
}

/// Who agreed; nothing when it is not said.
pub(crate) fn consent_by(request: &PublishRequest) -> Option<&str> {
    let options = request.options.as_ref()?;
    options.consent.as_ref().map(|consent| consent.by.as_str())
}

/// Every choice that was made, by name.
pub(crate) fn choices(
    request: &PublishRequest,
    title: &str,
    now: DateTime<Utc>,
) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if is_inbox(request) {
        out.push(("Where", "TikTok inbox: finished in the app".to_owned()));
    } else {
        on_the_profile(request, &mut out);
    }
    if request.kind == PostKind::Photos {
        of_photos(request, &mut out);
    } else if let Some(ms) = option(request, "cover_timestamp_ms").as_u64() {
        out.push(("Cover", format!("At {}", playing_time(ms))));
    }
    if !title.is_empty() {
        let name = match request.kind {
            PostKind::Photos => "Text",
            _ => "Title",
        };
        out.push((name, title.to_owned()));
    }
    if let Some(host) = fetched_from(request) {
        out.push(("Fetched from", host));
    }
    out.extend(agreed(request, now).map(|words| ("Agreed to", words)));
    out
}

fn on_the_profile(request: &PublishRequest, out: &mut Vec<(&'static str, String)>) {
    let privacy = option(request, "privacy");
    let audience = audience_words(privacy.as_str().unwrap_or_default());
    out.push(("Visible to", audience.to_owned()));
    let may: Vec<&str> = [
        ("allow_comment", "comment"),
        ("allow_duet", "duet"),
        ("allow_stitch", "stitch"),
    ]
    .into_iter()
    .filter_map(|(name, word)| is_on(request, name).then_some(word))
    .collect();
    out.push((
        "Viewers may",
        match may.as_slice() {
            [] => "Nothing".to_owned(),
            words => capital(&words.join(", ")),
        },
    ));
    let branded = is_on(request, "branded_content");
    let label = match (branded, is_on(request, "your_brand")) {
        (true, _) => Some("Paid partnership"),
        (false, true) => Some("Promotional content"),
        (false, false) => None,
    };
    out.extend(label.map(|label| ("Label", label.to_owned())));
    if is_on(request, "is_aigc") {
        out.push(("AI", "Labelled as AI-generated".to_owned()));
    }
    if is_on(request, "auto_add_music") {
        out.push(("Music", "Added by TikTok".to_owned()));
    }
}

fn of_photos(request: &PublishRequest, out: &mut Vec<(&'static str, String)>) {
    let cover = option(request, "cover_index").as_u64().unwrap_or_default();
    out.push(("Cover", format!("Photo {}", cover + 1)));
    if let Some(title) = option(request, "title").as_str() {
        out.push(("Title", title.to_owned()));
    }
}

/// Who agreed to what, and when.
fn agreed(request: &PublishRequest, now: DateTime<Utc>) -> Option<String> {
    let consent = request.options.as_ref()?.consent.as_ref()?;
    let words = consent.statement.as_deref()?;
    let when = consent
        .at
        .map(|time| format!(" at {}", at(time, now)))
        .unwrap_or_default();
    Some(format!("{words} ({}{when})", consent.by))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
