//! What is to be posted: a file, a video at an address, or photos at addresses.

use std::fmt;

use url::{Host, Url};

use super::{Field, FileFacts, FormFacts, FormFields, FormProblems, PHOTOS_MAX};
use crate::view::format::{bytes_above, count, length, playing_time};

/// What kind of post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Photos,
    Video,
}

/// Where a video is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    File,
    Url,
}

/// What is to be posted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Photos in order, and which is the cover, from 0.
    Photos { photos: Vec<Url>, cover: usize },
    /// The file that came with the form, or was kept.
    VideoFile,
    /// A video that TikTok fetches.
    VideoUrl(Url),
}

impl fmt::Debug for Content {
    /// Shows of addresses only their number: they may be signed ones.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Photos { photos, cover } => f
                .debug_struct("Photos")
                .field("photos", &photos.len())
                .field("cover", cover)
                .finish(),
            Self::VideoFile => f.write_str("VideoFile"),
            Self::VideoUrl(_) => f.write_str("VideoUrl"),
        }
    }
}

/// Which fields count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    source: Source,
}

impl Shape {
    /// A video from a file, unless something else was chosen.
    pub(super) fn of(fields: &FormFields) -> Self {
        let chosen = |name: &str, value: &str| fields.value(name) == value;
        Self {
            kind: if chosen("kind", "photos") {
                Kind::Photos
            } else {
                Kind::Video
            },
            source: if chosen("source", "url") {
                Source::Url
            } else {
                Source::File
            },
        }
    }
}

pub(super) fn read(
    fields: &FormFields,
    facts: &FormFacts,
    shape: Shape,
    problems: &mut FormProblems,
) -> Option<Content> {
    match (shape.kind, shape.source) {
        (Kind::Photos, _) => photos(fields, problems),
        (Kind::Video, Source::Url) => video_url(fields.value("video_url").trim(), problems),
        (Kind::Video, Source::File) => {
            let Some(file) = &facts.file else {
                let words = "Choose a video from this device.";
                problems.add(Field::File, "Choose a video", words);
                return None;
            };
            self::file(file, facts, problems);
            Some(Content::VideoFile)
        }
    }
}

/// The addresses of photos, one a line, in the order of the post.
pub(crate) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn photos(fields: &FormFields, problems: &mut FormProblems) -> Option<Content> {
    let lines: Vec<&str> = addresses(fields.value("photos")).collect();
    if lines.is_empty() {
        let words = "Give the address of at least one photo.";
        problems.add(Field::Photos, "Give the photos' addresses", words);
        return None;
    }
    if lines.len() > PHOTOS_MAX {
        let words = format!(
            "These are {} photos; TikTok takes up to {PHOTOS_MAX}. Leave some out.",
            count(lines.len() as u64)
        );
        problems.add(Field::Photos, "There are too many photos", words);
    }
    let mut photos = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match address(line) {
            Ok(url) => photos.push(url),
            Err(why) => {
                let words = format!("Photo {}: {why}", index + 1);
                problems.add(
                    Field::Photos,
                    format!("Photo {} has no usable address", index + 1),
                    words,
                );
            }
        }
    }
    let cover = cover(fields.value("cover").trim(), lines.len(), problems);
    (photos.len() == lines.len()).then_some(Content::Photos { photos, cover })
}

/// From 1 on the page, from 0 for TikTok.
fn cover(text: &str, photos: usize, problems: &mut FormProblems) -> usize {
    let number = if text.is_empty() {
        Some(1)
    } else {
        text.parse::<usize>().ok()
    };
    match number.filter(|number| (1..=photos).contains(number)) {
        Some(number) => number - 1,
        None => {
            let words =
                format!("The cover is one of the photos: give a number from 1 to {photos}.");
            problems.add(Field::Cover, "Choose the cover", words);
            0
        }
    }
}

fn video_url(text: &str, problems: &mut FormProblems) -> Option<Content> {
    if text.is_empty() {
        let words = "Give the address of the video, or upload a file.";
        problems.add(Field::VideoUrl, "Give the video's address", words);
        return None;
    }
    match address(text) {
        Ok(url) => Some(Content::VideoUrl(url)),
        Err(why) => {
            problems.add(Field::VideoUrl, "The address cannot be used", why);
            None
        }
    }
}

/// An address that TikTok could fetch. Whether the domain is verified is the platform's to say.
fn address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text)
        .map_err(|_| "this is no web address. Give one that begins with https://.")?;
    if url.scheme() != "https" {
        return Err(
            "TikTok fetches from https addresses only. Give one that begins with https://.",
        );
    }
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return Err(
            "TikTok fetches from a domain, not from a number. Give the name of the server.",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a user name or a password. Leave them out.");
    }
    Ok(url)
}

fn file(file: &FileFacts, facts: &FormFacts, problems: &mut FormProblems) {
    let ending = file
        .name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    if !matches!(
        ending.as_deref(),
        Some("mp4" | "mov" | "webm" | "m4v" | "qt")
    ) {
        let words = format!(
            "“{}” is not a video TikTok takes. Choose an MP4, MOV or WebM file.",
            file.name
        );
        problems.add(Field::File, "Choose an MP4, MOV or WebM file", words);
    } else if file.size == 0 {
        problems.add(
            Field::File,
            "The file is empty",
            "The file is empty. Choose another video.",
        );
    } else if file.size > facts.max_bytes {
        let (size, max) = bytes_above(file.size, facts.max_bytes);
        let words = format!("The file is {size}; TikTok takes up to {max}. Export it smaller.");
        problems.add(Field::File, "The file is too large", words);
    }
    if let Some(ms) = file
        .duration_ms
        .filter(|ms| *ms > facts.max_seconds.saturating_mul(1_000))
    {
        let (long, max) = (playing_time(ms), length(facts.max_seconds));
        let words =
            format!("The video is {long} long; this account may post up to {max}. Shorten it.");
        problems.add(Field::File, "The video is too long", words);
    }
}
