//! When what happens to a publish.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status>

use serde::{Deserialize, Serialize};

use super::{Mode, Publish, Source, Stop};
use crate::clock::Millis;

/// An upload URL is good for an hour, and the whole upload has to finish in it.
pub(crate) const URL_LIFE: Millis = 60 * 60 * 1000;

/// A share that the user leaves alone is gone from the inbox after a day.
pub(crate) const PENDING_LIFE: Millis = 24 * 60 * 60 * 1000;

/// Where a publish stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum PublishStatus {
    /// Bytes are missing, or all have arrived and are being processed.
    ProcessingUpload,
    /// The same of what the platform downloads.
    ProcessingDownload,
    /// The user has been told and may finish the post.
    SendToUserInbox,
    /// Posted.
    PublishComplete,
    /// Not posted, and will not be.
    Failed,
}

/// Something that happens to a publish at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// The notification is in the user's inbox.
    InboxDelivered,
    /// It is posted. A share in the inbox may be posted several times.
    Complete,
    /// It is not posted, and will not be.
    Failed { reason: String },
    /// Moderation has let everyone see the post.
    PubliclyAvailable { post_id: i64 },
    /// Not everyone can see the post any more.
    NoLongerAvailable { post_id: i64 },
}

impl Publish {
    /// What has happened and, as far as known now, will happen, in order. What lies in the past
    /// never changes; what lies ahead may, by an upload, a cancel, or what the user does.
    pub(crate) fn transitions(&self) -> Vec<(Millis, Transition)> {
        let failed = |at, reason: &str| {
            let reason = reason.to_owned();
            vec![(at, Transition::Failed { reason })]
        };
        if let Some(Stop { at, reason }) = &self.stopped {
            return failed(*at, reason);
        }
        let Some(done) = &self.done else {
            return failed(self.init_at.saturating_add(URL_LIFE), "internal");
        };
        if let Some(reason) = &done.failure {
            return failed(done.posted_at, reason);
        }
        let mut list = Vec::new();
        if self.kind.mode == Mode::Inbox {
            list.push((done.posted_at, Transition::InboxDelivered));
        }
        for post in self.posts() {
            let post_id = post.post_id;
            list.push((post.posted_at, Transition::Complete));
            if let Some(at) = post.public_at() {
                list.push((at, Transition::PubliclyAvailable { post_id }));
                let gone = post.withdrawn_at.filter(|gone| *gone >= at);
                list.extend(gone.map(|gone| (gone, Transition::NoLongerAvailable { post_id })));
            }
        }
        list.sort_by_key(|(at, _)| *at);
        list
    }

    pub(crate) fn status(&self, now: Millis) -> PublishStatus {
        let begun = match self.kind.source {
            Source::File => PublishStatus::ProcessingUpload,
            Source::Url => PublishStatus::ProcessingDownload,
        };
        let status = |transition: &Transition| match transition {
            Transition::InboxDelivered => Some(PublishStatus::SendToUserInbox),
            Transition::Complete => Some(PublishStatus::PublishComplete),
            Transition::Failed { .. } => Some(PublishStatus::Failed),
            Transition::PubliclyAvailable { .. } | Transition::NoLongerAvailable { .. } => None,
        };
        let past = self.transitions().into_iter().filter(|(at, _)| *at <= now);
        let last = past
            .filter_map(|(_, transition)| status(&transition))
            .next_back();
        last.unwrap_or(begun)
    }

    /// Whether it is neither posted, nor in the inbox, nor failed.
    pub(crate) fn is_processing(&self, now: Millis) -> bool {
        matches!(
            self.status(now),
            PublishStatus::ProcessingUpload | PublishStatus::ProcessingDownload
        )
    }

    pub(crate) fn fail_reason(&self, now: Millis) -> Option<String> {
        let past = self.transitions().into_iter().filter(|(at, _)| *at <= now);
        past.filter_map(|(_, transition)| match transition {
            Transition::Failed { reason } => Some(reason),
            _ => None,
        })
        .next_back()
    }

    pub(crate) fn url_expired(&self, now: Millis) -> bool {
        now.saturating_sub(self.init_at) >= URL_LIFE
    }

    /// The bytes that have been downloaded.
    pub(crate) fn downloaded(&self, now: Millis) -> u64 {
        let Some(pull) = &self.pull else { return 0 };
        let until = self.stopped.as_ref().map_or(now, |stop| stop.at.min(now));
        let millis = until.saturating_sub(self.init_at).max(0).unsigned_abs();
        let bytes = u128::from(millis) * u128::from(pull.bytes_per_second) / 1000;
        u64::try_from(bytes)
            .unwrap_or(u64::MAX)
            .min(self.video_size)
    }

    /// Whether the platform is still downloading.
    pub(crate) fn is_downloading(&self, now: Millis) -> bool {
        let under_way = self.pull.as_ref().is_some_and(|pull| now < pull.ends_at);
        under_way && self.is_processing(now)
    }

    /// Ends it for `reason` if it is still processing. `false` if it is not.
    pub(crate) fn stop(&mut self, reason: &str, now: Millis) -> bool {
        let stops = self.is_processing(now);
        if stops {
            self.stopped = Some(Stop {
                at: now,
                reason: reason.to_owned(),
            });
        }
        stops
    }
}
