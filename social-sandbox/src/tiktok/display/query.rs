//! `POST /v2/video/query/?fields=...`
//!
//! <https://developers.tiktok.com/doc/tiktok-api-v2-video-query>: up to 20 of the user's own videos.
//! Others are left out without a word.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::{fields, list, video};
use crate::calls::{Call, about};
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::Form;

const MOST: usize = 20;

#[derive(Serialize)]
struct Found {
    videos: Vec<Value>,
}

/// The handler.
pub(crate) async fn query(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let mut client_key = None;
    let found = shared.change(|world, now| -> Result<Found, Refusal> {
        let caller = bearer::caller(world, &headers, now, call.endpoint, &["video.list"])?;
        client_key = Some(caller.client_key.clone());
        let fields = fields::asked(&query)?;
        let ids = ids(&list::object(&headers, &body)?)?;
        let videos = video::public(world, caller.account, now);
        let found = videos.iter().filter(|video| ids.contains(&video.id));
        let videos = found.map(|video| fields::view(world, &caller, video, &fields, now));
        Ok(Found {
            videos: videos.collect(),
        })
    });
    let response = match found {
        Ok(found) => envelope::ok(&call, found),
        Err(refusal) => refusal.answer(&call),
    };
    about(response, client_key.as_deref(), None)
}

fn ids(body: &Value) -> Result<Vec<i64>, Refusal> {
    let ids = body["filters"]["video_ids"].as_array();
    let ids = ids.filter(|ids| (1..=MOST).contains(&ids.len()));
    let ids = ids.ok_or_else(|| Refusal::params("The video_ids must be 1 to 20"))?;
    let id = |id: &Value| {
        let digits =
            |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let text = id.as_str().filter(digits)?;
        // Beyond 64 bits it is nobody's.
        Some(text.parse().unwrap_or(-1))
    };
    let ids: Option<Vec<i64>> = ids.iter().map(id).collect();
    ids.ok_or_else(|| Refusal::params("The video_ids must be integers, as strings"))
}
