//! What the control surface answers with, in process and as JSON.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::{Millis, date};
use crate::tiktok::grant::Issued;
use crate::tiktok::publish::{PostRecord, Publish, PublishStatus};

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
    /// The size of the video in bytes.
    pub size: u64,
    /// The SHA-256 of the bytes received, in hexadecimal; absent when hashing is off.
    pub sha256: Option<String>,
    /// The publish it came from.
    pub publish_id: String,
    /// Its id, as text: it exceeds 2^53. The API tells it only of public posts.
    pub post_id: String,
    /// When it was posted, on the virtual clock.
    pub posted_at: DateTime<Utc>,
}

/// Something begun by `video/init`.
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
    /// `post_info` as it was sent.
    pub post_info: Map<String, Value>,
    /// Where it stands.
    pub status: PublishStatus,
    /// Why it failed.
    pub fail_reason: Option<String>,
    /// The bytes that have arrived.
    pub uploaded_bytes: u64,
    /// The bytes announced.
    pub video_size: u64,
    /// The chunk size announced.
    pub chunk_size: u64,
    /// The number of chunks announced.
    pub total_chunk_count: u64,
    /// When it was begun, on the virtual clock.
    pub init_at: DateTime<Utc>,
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
        let view = |post: PostRecord<'_>| Self {
            account: publish.account.clone(),
            title: post.title.to_owned(),
            privacy_level: post.privacy_level.to_owned(),
            size: publish.received,
            sha256: publish.hash.as_ref().map(|hash| hash.hex()),
            publish_id: publish.publish_id.clone(),
            post_id: post.post_id.to_string(),
            posted_at: date(post.posted_at),
        };
        made.filter(|post| post.posted_at <= now)
            .map(view)
            .collect()
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
            status: publish.status(now),
            fail_reason: publish.fail_reason(now),
            uploaded_bytes: publish.received,
            video_size: publish.video_size,
            chunk_size: publish.chunk_size,
            total_chunk_count: publish.total_chunk_count,
            init_at: date(publish.init_at),
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
