//! What an account shows: its profile and its public videos.

use std::time::Duration;

use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use social_core::{Error, Result, time::Deadline};

use super::Client;
use crate::{
    ByTikTok,
    wire::{User, UserField, Video, VideoField, VideoPage},
};

/// A login waits for the profile, and goes on without it.
const PROFILE_TIMEOUT: Duration = Duration::from_secs(10);

/// The most videos of one page or question.
pub(crate) const VIDEOS_MAX: usize = 20;

impl Client {
    /// The profile that a token belongs to (`GET /v2/user/info/`). Ask only for fields whose scope was granted.
    ///
    /// # Errors
    /// `Unauthorized` for a token that is not accepted, `Permission` for a field outside the granted scopes,
    /// `RateLimited`, `Unavailable`, `Timeout`, `Protocol`.
    pub async fn user_info(
        &self,
        access: &SecretString,
        fields: &[UserField],
        deadline: &Deadline,
    ) -> Result<User> {
        #[derive(serde::Deserialize)]
        struct Data {
            user: User,
        }
        let fields: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
        let path = format!("/v2/user/info/?fields={}", fields.join(","));
        let call = self.call("user_info", Method::GET, &path, deadline);
        let call = call.timeout(self.0.timeout.min(PROFILE_TIMEOUT));
        let data: Data = self.ask(call.bearer(access)?.observation()).await?;
        Ok(data.user)
    }

    /// The public videos of the account, newest first (`POST /v2/video/list/`, scope `video.list`), at most 20 of them. A
    /// cursor is a time in milliseconds since 1970, from which on older ones follow; it may be chosen freely.
    ///
    /// <https://developers.tiktok.com/doc/tiktok-api-v2-video-list>
    ///
    /// # Errors
    /// `Invalid` for a count of 0 or more than 20; otherwise as [`user_info`](Self::user_info).
    pub async fn video_list(
        &self,
        access: &SecretString,
        fields: &[VideoField],
        count: usize,
        cursor: Option<i64>,
        deadline: &Deadline,
    ) -> Result<VideoPage> {
        check_count("count", count)?;
        let path = format!("/v2/video/list/?fields={}", names(fields));
        let mut body = serde_json::json!({ "max_count": count });
        if let Some(cursor) = cursor {
            body["cursor"] = cursor.into();
        }
        let call = self.call("video_list", Method::POST, &path, deadline);
        self.ask(call.bearer(access)?.json(&body)?.observation())
            .await
    }

    /// These videos of the account as they are now (`POST /v2/video/query/`, scope `video.list`), at most 20. Those of
    /// others, or that are gone, are left out. A publish id is no video id.
    ///
    /// <https://developers.tiktok.com/doc/tiktok-api-v2-video-query>
    ///
    /// # Errors
    /// `Invalid` for no id, more than 20, or one that is no whole number; otherwise as [`user_info`](Self::user_info).
    pub async fn video_query(
        &self,
        access: &SecretString,
        fields: &[VideoField],
        ids: &[&str],
        deadline: &Deadline,
    ) -> Result<Vec<Video>> {
        #[derive(Deserialize)]
        struct Data {
            #[serde(flatten)]
            page: VideoPage,
        }
        check_count("ids", ids.len())?;
        let number = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        if !ids.iter().all(number) {
            let message = "the id of a video is a whole number; a publish id is none";
            return Err(Error::invalid("ids", "video.id", message).by_tiktok());
        }
        let path = format!("/v2/video/query/?fields={}", names(fields));
        let body = serde_json::json!({ "filters": { "video_ids": ids } });
        let call = self.call("video_query", Method::POST, &path, deadline);
        let call = call.bearer(access)?.json(&body)?.observation();
        let data: Data = self.ask(call).await?;
        Ok(data.page.videos)
    }
}

fn names(fields: &[VideoField]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
    names.join(",")
}

fn check_count(field: &'static str, count: usize) -> Result<()> {
    if (1..=VIDEOS_MAX).contains(&count) {
        return Ok(());
    }
    let message = format!("TikTok answers 1 to {VIDEOS_MAX} videos at once, not {count}");
    Err(Error::invalid(field, "videos.count", message).by_tiktok())
}
