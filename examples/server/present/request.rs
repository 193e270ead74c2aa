//! What a post was asked to be, in words.

use chrono::{DateTime, Utc};
use social_core::publish::{MediaRef, MediaType, PublishRequest};
use social_tiktok::{Mode, PostOptions, Privacy};

use super::trouble::at;
use crate::upload::Kept;
use crate::view::format::{playing_time, things};
use crate::view::posts::short_title;
use crate::view::publish::audience_words;

/// TikTok's options; `None` when they cannot be read.
pub(crate) fn options(request: &PublishRequest) -> Option<PostOptions> {
    PostOptions::from_request(request).ok().flatten()
}

/// Whether the person finishes it in the app.
pub(crate) fn is_inbox(request: &PublishRequest) -> bool {
    options(request).is_some_and(|options| options.mode == Mode::Inbox)
}

/// Who may see it, as the person chose.
pub(crate) fn audience(request: &PublishRequest) -> Option<Privacy> {
    options(request)?.privacy
}

/// Whether it is of photos.
pub(crate) fn is_photos(request: &PublishRequest) -> bool {
    request.is_all(MediaType::Photo)
}

/// "Video 0:42", "5 photos".
pub(crate) fn kind(request: &PublishRequest, file: Option<&Kept>) -> String {
    match file {
        _ if is_photos(request) => things(request.media.len(), "photo", "photos"),
        Some(file) => file.kind(),
        None => "Video".to_owned(),
    }
}

/// What the post is called.
pub(crate) fn heading(request: &PublishRequest, title: &str) -> String {
    if !is_photos(request) || !title.trim().is_empty() {
        return short_title(title);
    }
    let own = options(request).and_then(|options| options.title);
    let own = own.filter(|title| !title.trim().is_empty());
    own.map_or_else(|| "Untitled photos".to_owned(), |own| short_title(&own))
}

/// The host that the platform fetches the media from; the rest of an address may be a secret.
pub(crate) fn fetched_from(request: &PublishRequest) -> Option<String> {
    request.media.iter().find_map(|media| match &media.source {
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
    let photos = is_photos(request);
    if let Some(options) = options(request) {
        match options.mode {
            Mode::Inbox => out.push(("Where", "TikTok inbox: finished in the app".to_owned())),
            _ => on_the_profile(&options, &mut out),
        }
        let cover = options.cover_timestamp_ms.map(u64::try_from);
        if photos {
            of_photos(&options, &mut out);
        } else if let Some(Ok(ms)) = cover {
            out.push(("Cover", format!("At {}", playing_time(ms))));
        }
    }
    if !title.is_empty() {
        out.push((if photos { "Text" } else { "Title" }, title.to_owned()));
    }
    if let Some(host) = fetched_from(request) {
        out.push(("Fetched from", host));
    }
    out.extend(agreed(request, now).map(|words| ("Agreed to", words)));
    out
}

fn on_the_profile(options: &PostOptions, out: &mut Vec<(&'static str, String)>) {
    let privacy = options.privacy.as_ref().map(Privacy::as_str);
    let audience = audience_words(privacy.unwrap_or_default());
    out.push(("Visible to", audience.to_owned()));
    let may: Vec<&str> = [
        (options.allow_comment, "comment"),
        (options.allow_duet, "duet"),
        (options.allow_stitch, "stitch"),
    ]
    .into_iter()
    .filter_map(|(is_on, word)| is_on.then_some(word))
    .collect();
    out.push((
        "Viewers may",
        match may.as_slice() {
            [] => "Nothing".to_owned(),
            words => capital(&words.join(", ")),
        },
    ));
    let label = match (options.branded_content, options.your_brand) {
        (true, _) => Some("Paid partnership"),
        (false, true) => Some("Promotional content"),
        (false, false) => None,
    };
    out.extend(label.map(|label| ("Label", label.to_owned())));
    if options.is_aigc {
        out.push(("AI", "Labelled as AI-generated".to_owned()));
    }
    if options.auto_add_music {
        out.push(("Music", "Added by TikTok".to_owned()));
    }
}

fn of_photos(options: &PostOptions, out: &mut Vec<(&'static str, String)>) {
    out.push(("Cover", format!("Photo {}", options.cover_index + 1)));
    out.extend(options.title.clone().map(|title| ("Title", title)));
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
