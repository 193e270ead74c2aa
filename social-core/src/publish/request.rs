use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    error::{Error, ErrorKind, Result},
    model::{MediaId, Platform},
};

/// What is to be published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublishRequest {
    /// The media in order, none, one or more, of any type. Whether a platform takes words alone, which media it takes
    /// together, and what becomes of them (a post, a carousel, a story), is said by its options and checked by its publisher.
    pub media: Vec<MediaItem>,
    /// The words beside them; without media they are the post.
    #[serde(default)]
    pub caption: String,
    /// What only this platform knows.
    pub options: Option<PlatformOptions>,
    /// Not before this time; at once when there is none.
    #[serde(default)]
    pub not_before: Option<DateTime<Utc>>,
    /// What to do when that time was missed.
    #[serde(default)]
    pub missed: MissedPolicy,
}

/// One medium of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MediaItem {
    /// What it is.
    pub media_type: MediaType,
    /// Where it is.
    pub source: MediaRef,
    /// What it is for, where it is not a part of the post itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<MediaRole>,
}

/// What a medium is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaType {
    /// What is said in a video, as timed text: SRT or WebVTT.
    Captions,
    /// A document of pages: PDF, or a text or slides of an office program.
    Document,
    /// A picture.
    Photo,
    /// A film.
    Video,
}

/// What a medium beside the post itself is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaRole {
    /// The words of the video, which its viewers may switch on.
    Captions,
    /// The picture that is shown of the post before it is opened: a cover, a thumbnail.
    Cover,
}

impl MediaItem {
    /// Captions of the post's video: no part of the post itself.
    pub fn captions(source: impl Into<MediaRef>) -> Self {
        Self::of(MediaType::Captions, source.into()).with_role(MediaRole::Captions)
    }

    /// A document of the post.
    pub fn document(source: impl Into<MediaRef>) -> Self {
        Self::of(MediaType::Document, source.into())
    }

    /// A photo of the post.
    pub fn photo(source: impl Into<MediaRef>) -> Self {
        Self::of(MediaType::Photo, source.into())
    }

    /// A video of the post.
    pub fn video(source: impl Into<MediaRef>) -> Self {
        Self::of(MediaType::Video, source.into())
    }

    fn of(media_type: MediaType, source: MediaRef) -> Self {
        Self {
            media_type,
            source,
            role: None,
        }
    }

    /// Says that it is no part of the post itself.
    #[must_use]
    pub fn with_role(mut self, role: MediaRole) -> Self {
        self.role = Some(role);
        self
    }
}

/// Where a medium is. Never a path of the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaRef {
    /// In the media store.
    Stored(MediaId),
    /// At an https address that the platform fetches itself.
    Url(Url),
}

impl From<MediaId> for MediaRef {
    fn from(id: MediaId) -> Self {
        Self::Stored(id)
    }
}

impl From<Url> for MediaRef {
    fn from(address: Url) -> Self {
        Self::Url(address)
    }
}

impl fmt::Debug for MediaRef {
    /// Shows of an address only its host: it may be a signed one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(id) => f.debug_tuple("Stored").field(&id.as_str()).finish(),
            Self::Url(url) => f.debug_tuple("Url").field(&url.host_str()).finish(),
        }
    }
}

/// What to do with a post whose time was missed, for example because nothing ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a policy is one of these")]
pub enum MissedPolicy {
    /// Publish it however late.
    Publish,
    /// Publish it when it is less than so many seconds late; otherwise it fails and says so.
    Within(u32),
}

impl Default for MissedPolicy {
    /// A day.
    fn default() -> Self {
        Self::Within(86_400)
    }
}

/// Who agreed to a post, when, and to which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Consent {
    /// The person.
    pub by: String,
    /// When; filled in at submission when absent.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// The words agreed to.
    #[serde(default)]
    pub statement: Option<String>,
}

impl Consent {
    /// Says that this person agreed.
    pub fn given_by(person: impl Into<String>) -> Self {
        Self {
            by: person.into(),
            at: None,
            statement: None,
        }
    }

    /// Keeps the words that were agreed to.
    #[must_use]
    pub fn to_statement(mut self, words: impl Into<String>) -> Self {
        self.statement = Some(words.into());
        self
    }
}

/// Options that only one platform knows, written and read by its crate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlatformOptions {
    /// Whose options.
    pub platform: Platform,
    /// The options.
    pub content: Value,
    /// Who agreed. Not part of the fingerprint: pressing the button again is the same request.
    pub consent: Option<Consent>,
}

impl PlatformOptions {
    /// Options of `platform`.
    pub fn new(platform: Platform, content: Value, consent: Option<Consent>) -> Self {
        Self {
            platform,
            content,
            consent,
        }
    }
}

impl PublishRequest {
    /// Media in order, of any type, with any role.
    pub fn new(media: impl IntoIterator<Item = MediaItem>) -> Self {
        Self {
            media: media.into_iter().collect(),
            caption: String::new(),
            options: None,
            not_before: None,
            missed: MissedPolicy::default(),
        }
    }

    /// Words alone, for a platform that takes posts without media.
    pub fn text(words: impl Into<String>) -> Self {
        Self::new([]).caption(words)
    }

    /// One video from the media store.
    pub fn video(media: impl Into<MediaId>) -> Self {
        Self::new([MediaItem::video(media.into())])
    }

    /// One video at an https address that the platform fetches itself. The address must stay good for as long as that
    /// takes.
    pub fn video_at(address: Url) -> Self {
        Self::new([MediaItem::video(address)])
    }

    /// Photos, each in the media store or at an address that the platform fetches itself.
    pub fn photos(media: impl IntoIterator<Item = MediaRef>) -> Self {
        Self::new(media.into_iter().map(MediaItem::photo))
    }

    /// Whether there are media, and all of them are of this type.
    pub fn is_all(&self, media_type: MediaType) -> bool {
        let mut media = self.media.iter();
        !self.media.is_empty() && media.all(|item| item.media_type == media_type)
    }

    /// Sets the words beside the media, or those that are the post.
    #[must_use]
    pub fn caption(mut self, words: impl Into<String>) -> Self {
        self.caption = words.into();
        self
    }

    /// Sets the platform's options.
    ///
    /// # Errors
    /// `Invalid` when they contradict each other.
    pub fn options<O>(mut self, options: O) -> Result<Self>
    where
        O: TryInto<PlatformOptions, Error = Error>,
    {
        self.options = Some(options.try_into()?);
        Ok(self)
    }

    /// Publishes not before `time`.
    #[must_use]
    pub fn schedule(mut self, time: DateTime<Utc>, missed: MissedPolicy) -> Self {
        self.not_before = Some(time);
        self.missed = missed;
        self
    }

    /// After this moment it is too late, if the policy says so.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match (self.not_before, self.missed) {
            (Some(time), MissedPolicy::Within(seconds)) => {
                time.checked_add_signed(Duration::seconds(i64::from(seconds)))
            }
            _ => None,
        }
    }

    /// What must be equal under one idempotency key: media, words, options, schedule; not the consent.
    ///
    /// # Errors
    /// `Invalid` when the options cannot be written as JSON.
    pub fn fingerprint(&self) -> Result<[u8; 32]> {
        let content = self.options.as_ref().map(|o| (&o.platform, &o.content));
        let parts = (
            &self.media,
            &self.caption,
            content,
            self.not_before,
            self.missed,
        );
        let value = serde_json::to_value(parts)
            .map_err(|_| Error::new(ErrorKind::Invalid, "the request cannot be written as JSON"))?;
        let mut canonical = String::new();
        write_sorted(&value, &mut canonical);
        Ok(Sha256::digest(canonical.as_bytes()).into())
    }
}

/// JSON with the keys of every object in order. Whether a `Value` keeps them so is up to a feature that any crate of a
/// program may switch on; a stored fingerprint must not depend on it.
fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_sorted(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for value in values {
                write_sorted(value, out);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: Platform = Platform::new("example");

    fn request(content: &str, consent: Option<Consent>) -> PublishRequest {
        let content = serde_json::from_str(content).unwrap();
        let mut request = PublishRequest::video(MediaId::from_digest([7; 32])).caption("words");
        request.options = Some(PlatformOptions::new(EXAMPLE, content, consent));
        request
    }

    #[test]
    fn the_order_of_keys_and_the_consent_do_not_count() {
        let plain = request(r#"{"a":{"x":1,"y":[{"b":2,"c":3}]},"d":"e"}"#, None);
        let consent = Some(Consent::given_by("me"));
        let turned = request(r#"{"d":"e","a":{"y":[{"c":3,"b":2}],"x":1}}"#, consent);
        assert_eq!(plain.fingerprint().unwrap(), turned.fingerprint().unwrap());
    }

    #[test]
    fn everything_else_counts() {
        let base = request(r#"{"a":1}"#, None);
        let mut others = vec![request(r#"{"a":2}"#, None), request(r#"{"a":"1"}"#, None)];
        others.push(base.clone().caption("other words"));
        others.push(
            base.clone()
                .schedule(DateTime::UNIX_EPOCH, MissedPolicy::Publish),
        );
        let mut media = base.clone();
        media.media = vec![MediaItem::video(MediaId::from_digest([8; 32]))];
        others.push(media);
        let mut photo = base.clone();
        photo.media[0].media_type = MediaType::Photo;
        others.push(photo);
        let mut cover = base.clone();
        let picture = MediaItem::photo(MediaId::from_digest([9; 32]));
        cover.media.push(picture.with_role(MediaRole::Cover));
        others.push(cover.clone());
        cover.media[1].role = None;
        others.push(cover);
        for other in others {
            assert_ne!(
                other.fingerprint().unwrap(),
                base.fingerprint().unwrap(),
                "{other:?}"
            );
        }
    }

    #[test]
    fn words_alone_are_a_request_without_media() {
        let request = PublishRequest::text("words");
        assert_eq!(
            (request.media.len(), request.caption.as_str()),
            (0, "words")
        );
        for media_type in [
            MediaType::Captions,
            MediaType::Document,
            MediaType::Photo,
            MediaType::Video,
        ] {
            assert!(!request.is_all(media_type), "{media_type:?} of none");
        }
        let stored = serde_json::to_string(&request).unwrap();
        let read: PublishRequest = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, request);
    }

    #[test]
    fn captions_have_their_role_and_a_document_is_the_post() {
        let captions = MediaItem::captions(MediaId::from_digest([1; 32]));
        let document = MediaItem::document(MediaId::from_digest([2; 32]));
        assert_eq!(captions.role, Some(MediaRole::Captions));
        assert_eq!(document.role, None);
        let request = PublishRequest::new([captions, document]);
        let stored = serde_json::to_value(&request).unwrap();
        assert_eq!(stored["media"][0]["media_type"], "captions");
        assert_eq!(stored["media"][1]["media_type"], "document");
        let read: PublishRequest = serde_json::from_value(stored).unwrap();
        assert_eq!(read, request);
    }

    #[test]
    fn a_fingerprint_stays_what_it_is() {
        let digest = MediaId::from_digest(request(r#"{"a":1}"#, None).fingerprint().unwrap());
        assert_eq!(
            digest.as_str(),
            "69975c709317e293d7e07d31a42301ae45f676784ed2a69b47b93a5be38a43ae",
            "stored fingerprints would no longer match"
        );
    }
}
