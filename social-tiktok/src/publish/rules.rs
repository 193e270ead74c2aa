//! TikTok's rules. Each has a stable id, the field it is about, and words with the limit.

mod fetched;
mod photos;
mod pictures;
mod video;

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Reason, Remedy, Result,
    publish::{MediaItem, MediaRef, MediaRole, MediaType, Preflight, PublishRequest, Violation},
};

pub(super) use video::File;

use super::{
    address::{self, Verified},
    options::{Mode, PostOptions},
    run::Run,
    state::{Source, Way},
};
use crate::{
    ByTikTok,
    rules::{CAPTION_MAX, DESCRIPTION_MAX},
    wire::{CreatorInfo, Privacy},
};

/// Refuses what can never succeed, and says how it is made.
pub(super) fn plan(request: &PublishRequest, verified: &[Verified]) -> Result<Way> {
    let options = PostOptions::submitted(request.options.as_ref())?;
    let mut found = Preflight::default();
    let way = self::request(request, Some(&options), verified, &mut found);
    match (first(&found), way) {
        (Some(violation), _) => Err(violation),
        (None, Some(way)) => Ok(way),
        (None, None) => Err(one_video()),
    }
}

/// What the request itself says; nothing when it is of no kind that TikTok takes.
pub(super) fn request(
    request: &PublishRequest,
    options: Option<&PostOptions>,
    verified: &[Verified],
    found: &mut Preflight,
) -> Option<Way> {
    let mode = options.map_or(Mode::Direct, |options| options.mode);
    for media in &request.media {
        if let MediaRef::Url(url) = &media.source {
            address::rules(url, verified, found);
        }
    }
    let source = source(request, options, found);
    // Without media it may still become either.
    let most = match source {
        Some(Source::Photos) => DESCRIPTION_MAX,
        None if request.media.is_empty() => DESCRIPTION_MAX,
        _ => CAPTION_MAX,
    };
    words("caption", &request.caption, most, found);
    source.map(|source| Way { mode, source })
}

/// One video, or photos.
fn source(
    request: &PublishRequest,
    options: Option<&PostOptions>,
    found: &mut Preflight,
) -> Option<Source> {
    let mut wrong = |rule: &str, finding: &str, advice: &str| {
        let violation = Violation::new(rule, "media", finding).advice(advice);
        found.violations.push(violation);
        None
    };
    if request.media.is_empty() {
        return wrong(
            "media.required",
            "The post has no media.",
            "Choose a video or photos.",
        );
    }
    if let Some((finding, advice)) = request.media.iter().find_map(beside) {
        return wrong("media.role", finding, advice);
    }
    let is_shown = |kind| matches!(kind, MediaType::Photo | MediaType::Video);
    if !request.media.iter().all(|media| is_shown(media.media_type)) {
        return wrong(
            "media.type",
            "TikTok takes a video or photos, and no other files.",
            "Leave the others out.",
        );
    }
    if request.is_all(MediaType::Photo) {
        photos::rules(request.media.len(), options, found);
        return Some(Source::Photos);
    }
    match request.media.as_slice() {
        [video] if request.is_all(MediaType::Video) => match video.source {
            MediaRef::Stored(_) => return Some(Source::File),
            MediaRef::Url(_) => return Some(Source::Address),
            _ => {}
        },
        _ => {}
    }
    let message = "A TikTok video is exactly one file or one address, and no photos beside it.";
    let violation = Violation::new("media.one", "media", message);
    found.violations.push(violation.limit(1));
    None
}

/// What is wrong with a medium beside the post itself, and what to do.
fn beside(media: &MediaItem) -> Option<(&'static str, &'static str)> {
    Some(match media.role? {
        MediaRole::Captions => (
            "TikTok takes no captions as a file.",
            "Leave them out, or put them into the picture.",
        ),
        MediaRole::Cover => (
            "TikTok takes no picture as a cover.",
            "Choose a moment of the video, or one of the photos.",
        ),
        _ => (
            "TikTok takes nothing beside the video or the photos.",
            "Leave it out.",
        ),
    })
}

/// Texts are counted in UTF-16 units.
pub(super) fn words(field: &str, text: &str, most: usize, found: &mut Preflight) {
    let units = text.encode_utf16().count();
    if units > most {
        let message =
            format!("The {field} has {units} characters (UTF-16 units), TikTok takes {most}.");
        let violation =
            Violation::new(format!("{field}.length"), field, message).advice("Shorten it.");
        found.violations.push(violation.limit(most));
    } else {
        found
            .passed
            .push(format!("{field}: {units} of {most} characters"));
    }
}

pub(super) fn one_video() -> Error {
    let message = "TikTok takes one video, or photos";
    Error::new(ErrorKind::Unsupported, message).by_tiktok()
}

/// Photos, and videos that TikTok is to fetch, need an address of their own.
pub(super) fn no_public_address() -> Error {
    let message = "TikTok fetches photos itself, and this media store gives them no public address";
    Error::invalid("media", "media.public_address", message)
        .by_tiktok()
        .with_user_message(
            "This service cannot show TikTok these photos: its media have no public address.",
        )
        .with_advice("Give addresses of the photos instead.")
}

/// An error of the options as a finding.
pub(super) fn note(error: &Error, found: &mut Preflight) {
    let (field, rule) = match error.remedy() {
        Remedy::FixInput { field, rule } => (field.as_str(), rule.as_str()),
        _ => ("options", "options.form"),
    };
    found
        .violations
        .push(Violation::of_error(rule, field, error));
}

/// Looks at a stored video by itself.
///
/// # Errors
/// When it cannot be read now.
pub(super) async fn video_alone(
    media: &dyn social_core::MediaStore,
    id: &social_core::model::MediaId,
    found: &mut Preflight,
) -> Result<()> {
    video::stored(media, id, found).await.map(|_| ())
}

/// Looks at the media that this service keeps itself.
///
/// # Errors
/// When they cannot be read now.
pub(super) async fn media(run: &Run<'_>, found: &mut Preflight) -> Result<File> {
    let request = run.cx.request;
    if request.is_all(MediaType::Photo) {
        pictures::stored(run, found).await?;
        return Ok(File::of_photos());
    }
    match run.media() {
        Ok(id) => video::stored(run.cx.media, id, found).await,
        Err(_) => Ok(File::default()),
    }
}

/// As [`media`], and at what is elsewhere too.
///
/// # Errors
/// As [`media`].
pub(super) async fn all_media(run: &Run<'_>, found: &mut Preflight) -> Result<File> {
    let file = media(run, found).await?;
    fetched::own_addresses(run, found).await?;
    Ok(fetched::elsewhere(run, found).await?.unwrap_or(file))
}

/// A finding about a medium, with its limit.
fn media_rule(rule: &str, message: String, limit: impl ToString) -> Violation {
    Violation::new(rule, "media", message).limit(limit)
}

/// What the creator's settings say now.
pub(super) fn creator(
    info: &CreatorInfo,
    options: &PostOptions,
    file: &File,
    found: &mut Preflight,
) {
    let Some(privacy) = &options.privacy else {
        return;
    };
    if info.privacy_options.contains(privacy) {
        found.passed.push(format!("audience: {privacy}"));
    } else {
        let offered: Vec<_> = info.privacy_options.iter().map(Privacy::as_str).collect();
        let message = format!(
            "The account does not offer {}; it offers {}.",
            privacy,
            offered.join(", ")
        );
        let violation =
            Violation::new("privacy.offered", "privacy", message).advice("Choose one of these.");
        found.violations.push(violation.limit(offered.join(", ")));
    }
    if let Some(max) = info.max_duration.filter(|_| !file.is_photos) {
        length(max, file.duration, found);
    }
    for (wanted, disabled, what) in [
        (options.allow_comment, info.comment_disabled, "comment"),
        (options.allow_duet, info.duet_disabled, "duet"),
        (options.allow_stitch, info.stitch_disabled, "stitch"),
    ] {
        if wanted && disabled {
            let message =
                format!("The account has switched {what} off; it stays off for this post.");
            let field = format!("allow_{what}");
            let rule = format!("interaction.{what}_disabled");
            found
                .violations
                .push(Violation::new(rule, field, message).soft());
        }
    }
}

/// What the creator may post at most, by what is known of the video.
fn length(max: Duration, duration: Option<Duration>, found: &mut Preflight) {
    let max = max.as_secs();
    let Some(duration) = duration.map(|duration| duration.as_secs()) else {
        let unknown = format!("whether the video is longer than the {max} s of this account");
        found.not_checked.push(unknown);
        return;
    };
    if duration > max {
        let message = format!("The video is {duration} s long, this account may post {max} s.");
        let violation = media_rule("media.duration_creator", message, max).advice("Shorten it.");
        found.violations.push(violation);
    }
}

/// The first finding that stands in the way, as an error.
pub(super) fn first(found: &Preflight) -> Option<Error> {
    let hard = found.violations.iter().find(|violation| !violation.soft)?;
    let (field, rule) = (hard.field.clone(), hard.rule.clone());
    let reason = match (field.as_str(), rule.as_str()) {
        (_, "privacy.offered") => Some(Reason::AudienceRefused),
        ("media", _) => Some(Reason::MediaRule),
        _ => None,
    };
    let error = Error::invalid(field, rule, hard.line())
        .by_tiktok()
        .with_user_message(hard.finding.clone())
        .with_advice(hard.advice.clone());
    Some(match reason {
        Some(reason) => error.with_reason(reason),
        None => error,
    })
}

/// A file that cannot be cut.
pub(super) fn unsendable(bytes: u64) -> Error {
    let mut found = Preflight::default();
    video::size(bytes, &mut found);
    first(&found).unwrap_or_else(|| Error::new(ErrorKind::Invalid, "the file cannot be sent"))
}

#[cfg(test)]
mod tests;
