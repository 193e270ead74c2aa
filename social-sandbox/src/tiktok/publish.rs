//! One post on its way: from init over its upload to the public.
//!
//! What a publish is at a moment follows from its times and the clock alone; nothing runs in the
//! background. <https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Millis;
use crate::digest::RunningHash;

/// An upload URL is good for an hour, and the whole upload has to finish in it.
pub(crate) const URL_LIFE: Millis = 60 * 60 * 1000;

/// A publish begun by `video/init`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Publish {
    pub(crate) publish_id: String,
    pub(crate) upload_token: String,
    pub(crate) client_key: String,
    pub(crate) account: String,
    pub(crate) title: String,
    pub(crate) privacy_level: String,
    /// As it was sent.
    pub(crate) post_info: Map<String, Value>,
    pub(crate) video_size: u64,
    pub(crate) chunk_size: u64,
    pub(crate) total_chunk_count: u64,
    pub(crate) received: u64,
    pub(crate) hash: Option<RunningHash>,
    pub(crate) init_at: Millis,
    /// Set when the last byte has arrived.
    pub(crate) done: Option<Done>,
    /// Set when the user removed the app before the post was made.
    pub(crate) removed: bool,
}

/// What is fixed when the last byte has arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) posted_at: Millis,
    pub(crate) public_at: Millis,
    pub(crate) post_id: i64,
}

/// Where a publish stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum PublishStatus {
    /// Bytes are missing, or all have arrived and are being processed.
    ProcessingUpload,
    /// Posted.
    PublishComplete,
    /// Not posted, and will not be.
    Failed,
}

impl Publish {
    pub(crate) fn status(&self, now: Millis) -> PublishStatus {
        match &self.done {
            Some(done) if now >= done.posted_at => PublishStatus::PublishComplete,
            _ if self.removed => PublishStatus::Failed,
            Some(_) => PublishStatus::ProcessingUpload,
            None if self.url_expired(now) => PublishStatus::Failed,
            None => PublishStatus::ProcessingUpload,
        }
    }

    pub(crate) fn fail_reason(&self, now: Millis) -> Option<&'static str> {
        let reason = if self.removed {
            "auth_removed"
        } else {
            "internal"
        };
        (self.status(now) == PublishStatus::Failed).then_some(reason)
    }

    /// The id of the post, once moderation has let everyone see it. Other audiences: never.
    pub(crate) fn public_post_id(&self, now: Millis) -> Option<i64> {
        let done = self.done.as_ref().filter(|done| now >= done.public_at)?;
        let public = self.privacy_level == "PUBLIC_TO_EVERYONE";
        (public && self.status(now) == PublishStatus::PublishComplete).then_some(done.post_id)
    }

    pub(crate) fn url_expired(&self, now: Millis) -> bool {
        now.saturating_sub(self.init_at) >= URL_LIFE
    }

    /// Ends it because the user removed the app, unless it is posted already.
    pub(crate) fn remove(&mut self, now: Millis) {
        if self.status(now) == PublishStatus::ProcessingUpload {
            self.removed = true;
        }
    }

    /// The length of the chunk that begins at `first`, when a chunk begins there. The last chunk
    /// takes the remainder.
    pub(crate) fn chunk_at(&self, first: u64) -> Option<u64> {
        let index = first / self.chunk_size.max(1);
        if !first.is_multiple_of(self.chunk_size.max(1)) || index >= self.total_chunk_count {
            return None;
        }
        let last = index + 1 == self.total_chunk_count;
        Some(if last {
            self.video_size - first
        } else {
            self.chunk_size
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish() -> Publish {
        Publish {
            publish_id: "v_pub_file~v2-1.1".to_owned(),
            upload_token: String::new(),
            client_key: String::new(),
            account: String::new(),
            title: String::new(),
            privacy_level: "PUBLIC_TO_EVERYONE".to_owned(),
            post_info: Map::new(),
            video_size: 50_000_123,
            chunk_size: 10_000_000,
            total_chunk_count: 5,
            received: 0,
            hash: None,
            init_at: 0,
            done: None,
            removed: false,
        }
    }

    #[test]
    fn the_last_chunk_takes_the_remainder() {
        let publish = publish();
        assert_eq!(publish.chunk_at(0), Some(10_000_000));
        assert_eq!(publish.chunk_at(40_000_000), Some(10_000_123));
        assert_eq!(publish.chunk_at(50_000_000), None);
        assert_eq!(publish.chunk_at(1), None);
    }

    #[test]
    fn time_alone_moves_it_on() {
        let mut publish = publish();
        assert_eq!(
            publish.status(URL_LIFE - 1),
            PublishStatus::ProcessingUpload
        );
        assert_eq!(publish.status(URL_LIFE), PublishStatus::Failed);
        assert_eq!(publish.fail_reason(URL_LIFE), Some("internal"));
        publish.done = Some(Done {
            posted_at: 100,
            public_at: 200,
            post_id: 7,
        });
        assert_eq!(publish.status(99), PublishStatus::ProcessingUpload);
        assert_eq!(publish.status(100), PublishStatus::PublishComplete);
        assert_eq!(publish.status(URL_LIFE * 2), PublishStatus::PublishComplete);
        assert_eq!(publish.public_post_id(199), None);
        assert_eq!(publish.public_post_id(200), Some(7));
        publish.privacy_level = "SELF_ONLY".to_owned();
        assert_eq!(publish.public_post_id(200), None);
    }

    #[test]
    fn removing_the_app_ends_only_what_is_not_posted() {
        let mut posted = publish();
        posted.done = Some(Done {
            posted_at: 100,
            public_at: 200,
            post_id: 7,
        });
        let mut processing = posted.clone();
        processing.remove(99);
        assert_eq!(processing.fail_reason(99), Some("auth_removed"));
        posted.remove(100);
        assert_eq!(posted.status(100), PublishStatus::PublishComplete);
    }
}
