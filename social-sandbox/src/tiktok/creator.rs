//! `POST /v2/post/publish/creator_info/query/`.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info>. That a
//! creator cannot post now is said with HTTP 200, on purpose.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::calls::{Call, about};
use crate::shared::Shared;
use crate::tiktok::account::Account;
use crate::tiktok::bearer;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::permit::blocked;
use crate::tiktok::standing::AccountSettings;

#[derive(Serialize)]
struct CreatorInfo {
    creator_avatar_url: String,
    creator_username: &'static str,
    creator_nickname: &'static str,
    privacy_level_options: [&'static str; 3],
    comment_disabled: bool,
    duet_disabled: bool,
    stitch_disabled: bool,
    max_video_post_duration_sec: i32,
}

/// The handler.
pub(crate) async fn query(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
) -> Response {
    let settings = shared.settings();
    let asked = shared.change(|world, now| {
        let caller = bearer::caller(world, &headers, now, call.endpoint, &["video.publish"])?;
        let blocked = blocked(world, &settings, &caller, now);
        let standing = world.standing(caller.account);
        Ok((caller, standing, blocked))
    });
    match asked {
        Ok((caller, standing, blocked)) => about(
            answer(&call, caller.account, &standing, blocked),
            Some(&caller.client_key),
            None,
        ),
        Err(refusal) => Refusal::answer(&refusal, &call),
    }
}

fn answer(
    call: &Call,
    account: &Account,
    standing: &AccountSettings,
    blocked: Option<&'static str>,
) -> Response {
    if let Some(code) = blocked {
        let refusal = Refusal::new(StatusCode::OK, code, "");
        return refusal.with_data().answer(call);
    }
    let info = CreatorInfo {
        creator_avatar_url: account.avatar_url("720x720"),
        creator_username: account.username,
        creator_nickname: account.nickname,
        privacy_level_options: standing.privacy_options(),
        comment_disabled: standing.comment_disabled,
        duet_disabled: standing.duet_disabled,
        stitch_disabled: standing.stitch_disabled,
        max_video_post_duration_sec: standing.max_video_post_duration_sec,
    };
    envelope::ok(call, info)
}
