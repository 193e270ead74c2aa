//! What the control surface answers with, in process and as JSON.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::{Millis, date};
use crate::tiktok::grant::Issued;
use crate::tiktok::properties::Prefix;
use crate::tiktok::publish::{Medium, Mode, PostRecord, Publish, PublishStatus, Source};

/// A post that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Post {
    /// The user name of the account.
    pub account: String,
    /// The caption.
    pub title: String,
    /// Who may see it.
    pub privacy_level: String,
    /// The size of the video, or of all photos, in bytes.
    pub size: u64,
    /// The SHA-256 of the bytes received, in hexadecimal; absent when hashing is off.
    pub sha256: Option<String>,
    /// The publish it came from.
    pub publish_id: String,
    /// Whether it is a video or photos.
    pub medium: Medium,
    /// The text below a title of photos.
    pub description: String,
    /// The SHA-256 of each photo; empty when hashing is off.
    pub photos_sha256: Vec<String>,
    /// Whether nobody may comment, as asked for or as the account has it.
    pub comment_disabled: bool,
    /// Whether nobody may make a Duet.
    pub duet_disabled: bool,
    /// Whether nobody may stitch.
    pub stitch_disabled: bool,
    /// Whether everyone can see it now.
    pub public: bool,
    /// Its id, as text: it exceeds 2^53. The API tells it only of public posts.
    pub post_id: String,
    /// When it was posted, on the virtual clock.
    pub posted_at: DateTime<Utc>,
}

/// Something begun by one of the inits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PublishView {
    /// Its id.
    pub publish_id: String,
    /// The app.
    pub client_key: String,
    /// The user name of the account.
    pub account: String,
    /// The caption.
    pub title: String,
    /// Who may see it.
    pub privacy_level: String,
    /// `post_info` as it was sent, but for what is ignored.
    pub post_info: Map<String, Value>,
    /// Whether it is a video or photos.
    pub medium: Medium,
    /// Who finishes the post.
    pub mode: Mode,
    /// Where the media come from.
    pub source: Source,
    /// Where it stands.
    pub status: PublishStatus,
    /// Why it failed.
    pub fail_reason: Option<String>,
    /// The bytes that have arrived.
    pub uploaded_bytes: u64,
    /// The bytes that have been downloaded.
    pub downloaded_bytes: u64,
    /// The bytes announced, or found at the addresses.
    pub video_size: u64,
    /// The chunk size announced.
    pub chunk_size: u64,
    /// The number of chunks announced.
    pub total_chunk_count: u64,
    /// When it was begun, on the virtual clock.
    pub init_at: DateTime<Utc>,
}

/// A share that lies in a user's inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InboxItem {
    /// The user name of the account.
    pub account: String,
    /// The app it came from.
    pub client_key: String,
    /// Its publish id.
    pub publish_id: String,
    /// Whether it is a video or photos.
    pub medium: Medium,
    /// The caption that came with it.
    pub title: String,
    /// How many posts the user has made of it.
    pub posts: usize,
    /// When it was delivered, on the virtual clock. It lapses 24 hours later.
    pub delivered_at: DateTime<Utc>,
}

/// A URL prefix that an app claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PrefixClaim {
    /// The prefix.
    pub url_prefix: String,
    /// The name of the file that proves it, to lie directly behind the prefix.
    pub file: String,
    /// What is in the file.
    pub content: String,
    /// Whether the file has been found.
    pub verified: bool,
}

/// What an app may have its media fetched from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AppProperties {
    /// Domains, with their subdomains.
    pub domains: Vec<String>,
    /// URL prefixes that were registered as verified.
    pub url_prefixes: Vec<String>,
    /// URL prefixes with their proof.
    pub claims: Vec<PrefixClaim>,
}

/// A pair of tokens.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenPair {
    /// The user's id for the app.
    pub open_id: String,
    /// The access token.
    pub access_token: String,
    /// Its remaining life in seconds.
    pub expires_in: i64,
    /// The refresh token.
    pub refresh_token: String,
    /// Its remaining life in seconds.
    pub refresh_expires_in: i64,
    /// What was granted, separated by commas.
    pub scope: String,
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair")
            .field("open_id", &self.open_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The virtual clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClockView {
    /// The time it shows.
    pub now: DateTime<Utc>,
    /// How far it is ahead of the machine's clock, in milliseconds.
    pub offset_millis: i64,
}

impl Post {
    /// The posts a publish has become.
    pub(crate) fn of(publish: &Publish, now: Millis) -> Vec<Self> {
        let made = publish.posts().into_iter();
        let (video, photos) = hashes(publish);
        let view = |post: PostRecord<'_>| Self {
            account: publish.account.clone(),
            title: post.title.to_owned(),
            privacy_level: post.privacy_level.to_owned(),
            size: publish.video_size,
            sha256: video.clone(),
            photos_sha256: photos.clone(),
            medium: publish.kind.media,
            description: publish.description.clone(),
            comment_disabled: publish.disabled.comment,
            duet_disabled: publish.disabled.duet,
            stitch_disabled: publish.disabled.stitch,
            public: post.is_public(now),
            publish_id: publish.publish_id.clone(),
            post_id: post.post_id.to_string(),
            posted_at: date(post.posted_at),
        };
        made.filter(|post| post.posted_at <= now)
            .map(view)
            .collect()
    }
}

/// Of the video and of the photos.
fn hashes(publish: &Publish) -> (Option<String>, Vec<String>) {
    let uploaded = publish.hash.as_ref().map(|hash| hash.hex());
    let pulled = publish.pull.as_ref().map(|pull| pull.hashes.clone());
    match (publish.kind.media, pulled) {
        (_, None) => (uploaded, Vec::new()),
        (Medium::Video, Some(hashes)) => (hashes.into_iter().next(), Vec::new()),
        (Medium::Photos, Some(hashes)) => (None, hashes),
    }
}

impl PublishView {
    pub(crate) fn of(publish: &Publish, now: Millis) -> Self {
        Self {
            publish_id: publish.publish_id.clone(),
            client_key: publish.client_key.clone(),
            account: publish.account.clone(),
            title: publish.title.clone(),
            privacy_level: publish.privacy_level.clone(),
            post_info: publish.post_info.clone(),
            medium: publish.kind.media,
            mode: publish.kind.mode,
            source: publish.kind.source,
            status: publish.status(now),
            fail_reason: publish.fail_reason(now),
            uploaded_bytes: publish.received,
            downloaded_bytes: publish.downloaded(now),
            video_size: publish.video_size,
            chunk_size: publish.chunk_size,
            total_chunk_count: publish.total_chunk_count,
            init_at: date(publish.init_at),
        }
    }
}

impl InboxItem {
    pub(crate) fn of(publish: &Publish, now: Millis) -> Option<Self> {
        let delivered_at = publish
            .delivered_at(now)
            .filter(|_| publish.in_inbox(now))?;
        Some(Self {
            account: publish.account.clone(),
            client_key: publish.client_key.clone(),
            publish_id: publish.publish_id.clone(),
            medium: publish.kind.media,
            title: publish.title.clone(),
            posts: publish.drafts.len(),
            delivered_at: date(delivered_at),
        })
    }
}

impl PrefixClaim {
    pub(crate) fn of(url_prefix: &str, prefix: &Prefix) -> Self {
        Self {
            url_prefix: url_prefix.to_owned(),
            file: prefix.file(),
            content: prefix.content(),
            verified: prefix.verified,
        }
    }
}

impl TokenPair {
    pub(crate) fn of(issued: Issued, open_id: String) -> Self {
        Self {
            open_id,
            access_token: issued.access_token,
            expires_in: issued.expires_in,
            refresh_token: issued.refresh_token,
            refresh_expires_in: issued.refresh_expires_in,
            scope: issued.grant.scopes.join(","),
        }
    }
}
