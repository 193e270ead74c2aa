//! Beginning posts, and asking what became of them.

use http::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use social_core::{Error, Result, time::Deadline};

use social_core::model::RemoteId;

use super::{Client, named, other_form};
use crate::wire::{
    Begun, CreatorInfo, InboxVideoInit, PhotoInit, PublishStatus, SourceInfo, VideoInit,
};

impl Client {
    /// What the creator may post now (`POST /v2/post/publish/creator_info/query/`). TikTok allows 20 a minute.
    ///
    /// # Errors
    /// `RateLimited` or `Rejected` when the creator may not post now, which TikTok says with HTTP 200; `Unauthorized`,
    /// `Permission`, `Unavailable`, `Timeout`, `Protocol`.
    pub async fn creator_info(
        &self,
        access: &SecretString,
        deadline: &Deadline,
    ) -> Result<CreatorInfo> {
        let path = "/v2/post/publish/creator_info/query/";
        let call = self.call("creator_info", Method::POST, path, deadline);
        let call = call.bearer(access)?.json(&serde_json::json!({}))?;
        self.ask(call.observation()).await
    }

    /// Begins a direct post of a video (`POST /v2/post/publish/video/init/`). TikTok allows 6 a minute.
    ///
    /// Each call that is carried out begins another post. One of a file never becomes a post while no byte is sent to its
    /// upload address; one that TikTok fetches becomes one by itself.
    ///
    /// # Errors
    /// `Rejected`, `Invalid` and `RateLimited` as TikTok refuses, `Protocol` when the upload address of a file does not lead
    /// to TikTok, so that nothing can arrive there; `Unauthorized`, `Permission`, `Unavailable` and `Timeout`. Each of them
    /// with `Reconcile` when it may have begun: after every answer but those that the table of errors calls a verdict.
    pub async fn video_init(
        &self,
        access: &SecretString,
        init: &VideoInit,
        deadline: &Deadline,
    ) -> Result<Begun> {
        let path = "/v2/post/publish/video/init/";
        let source = Some(&init.source_info);
        self.begin("video_init", path, access, (init, source), deadline)
            .await
    }

    /// Hands a video to the person (`POST /v2/post/publish/inbox/video/init/`, scope `video.upload`). TikTok allows 6 a
    /// minute. As [`video_init`](Self::video_init) otherwise.
    ///
    /// # Errors
    /// As [`video_init`](Self::video_init).
    pub async fn inbox_video_init(
        &self,
        access: &SecretString,
        init: &InboxVideoInit,
        deadline: &Deadline,
    ) -> Result<Begun> {
        let path = "/v2/post/publish/inbox/video/init/";
        let source = Some(&init.source_info);
        self.begin("inbox_video_init", path, access, (init, source), deadline)
            .await
    }

    /// Begins a post of photos, which TikTok fetches (`POST /v2/post/publish/content/init/`, scope `video.publish` for a
    /// direct post, `video.upload` for the inbox). TikTok allows 6 a minute.
    ///
    /// # Errors
    /// As [`video_init`](Self::video_init).
    pub async fn photo_init(
        &self,
        access: &SecretString,
        init: &PhotoInit,
        deadline: &Deadline,
    ) -> Result<Begun> {
        let path = "/v2/post/publish/content/init/";
        self.begin("photo_init", path, access, (init, None), deadline)
            .await
    }

    async fn begin(
        &self,
        name: &'static str,
        path: &str,
        access: &SecretString,
        (init, source): (&(impl Serialize + Sync), Option<&SourceInfo>),
        deadline: &Deadline,
    ) -> Result<Begun> {
        #[derive(Deserialize)]
        struct Data {
            publish_id: RemoteId,
            upload_url: Option<String>,
        }
        let call = self.call(name, Method::POST, path, deadline);
        let data: Data = self.ask(call.bearer(access)?.json(init)?).await?;
        if !matches!(source, Some(SourceInfo::File { .. })) {
            // It has begun, and nothing is sent to it: whatever address comes along is of no use.
            return Ok(Begun::new(data.publish_id, None));
        }
        // A file that was begun without an address to send it to may have begun, and cannot arrive.
        let url = data.upload_url.map(SecretString::from);
        let url = url.ok_or_else(|| other_form(name, false))?;
        let check = self.0.endpoints.check_upload(&url);
        check.map_err(|error| named(error, name))?;
        Ok(Begun::new(data.publish_id, Some(url)))
    }

    /// Asks TikTok to stop what it is fetching (`POST /v2/post/publish/cancel/`). It does what it can; the status tells
    /// what became of it, `publish_cancelled` in the end when it was stopped.
    ///
    /// <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>
    ///
    /// # Errors
    /// `Rejected` with `publish_not_cancellable` when it is too late; otherwise as [`status`](Self::status).
    pub async fn cancel(
        &self,
        access: &SecretString,
        publish_id: &str,
        deadline: &Deadline,
    ) -> Result<()> {
        let path = "/v2/post/publish/cancel/";
        let call = self.call("cancel", Method::POST, path, deadline);
        let body = serde_json::json!({ "publish_id": publish_id });
        // Asked again it does no harm, so an answer that is lost leaves nothing open.
        let call = call.bearer(access)?.json(&body)?.observation();
        let answered: Result<serde_json::Value, Error> = self.ask(call).await;
        answered.map(drop)
    }

    /// What became of a post that was begun (`POST /v2/post/publish/status/fetch/`). TikTok allows 30 a minute.
    ///
    /// # Errors
    /// `NotFound` for a publish id that TikTok does not know, `Permission` for another account's; `Unauthorized`,
    /// `RateLimited`, `Unavailable`, `Timeout`, `Protocol`.
    pub async fn status(
        &self,
        access: &SecretString,
        publish_id: &str,
        deadline: &Deadline,
    ) -> Result<PublishStatus> {
        let path = "/v2/post/publish/status/fetch/";
        let call = self.call("status", Method::POST, path, deadline);
        let body = serde_json::json!({ "publish_id": publish_id });
        self.ask(call.bearer(access)?.json(&body)?.observation())
            .await
    }
}
