//! `POST /v2/video/list/?fields=...`
//!
//! <https://developers.tiktok.com/doc/tiktok-api-v2-video-list>: newest first, public ones only. The
//! cursor is a time in milliseconds, from which on older ones follow, and may be chosen freely.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::{fields, video};
use crate::calls::{Call, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::{Form, is_content_type};
use crate::world::{Caller, World};

const MOST: usize = 20;
const USUAL: usize = 10;

#[derive(Serialize)]
struct Page {
    videos: Vec<Value>,
    cursor: Millis,
    has_more: bool,
}

/// The handler.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let mut client_key = None;
    let page = shared.change(|world, now| {
        let caller = bearer::caller(world, &headers, now, call.endpoint, &["video.list"])?;
        client_key = Some(caller.client_key.clone());
        let fields = fields::asked(&query)?;
        let body = object(&headers, &body)?;
        page(world, &caller, &fields, &body, now)
    });
    let response = match page {
        Ok(page) => envelope::ok(&call, page),
        Err(refusal) => refusal.answer(&call),
    };
    about(response, client_key.as_deref(), None)
}

/// A body that is a JSON object.
pub(super) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    if !is_content_type(headers, "application/json") {
        return Err(Refusal::params("The content type must be application/json"));
    }
    let body = serde_json::from_slice(body).ok().filter(Value::is_object);
    body.ok_or_else(|| Refusal::params("The request body is not valid JSON"))
}

fn page(
    world: &World,
    caller: &Caller,
    fields: &[&'static str],
    body: &Value,
    now: Millis,
) -> Result<Page, Refusal> {
    let count = max_count(body)?;
    let cursor = cursor(body)?;
    let older = |created_at: Millis| cursor.is_none_or(|cursor| created_at < cursor);
    let mut videos = video::public(world, caller.account, now);
    videos.retain(|video| older(video.created_at));
    let has_more = videos.len() > count;
    videos.truncate(count);
    let last = videos.last().map(|video| video.created_at);
    Ok(Page {
        cursor: last.or(cursor).unwrap_or_default(),
        has_more,
        videos: videos
            .iter()
            .map(|video| fields::view(world, caller, video, fields, now))
            .collect(),
    })
}

fn max_count(body: &Value) -> Result<usize, Refusal> {
    let given = body.get("max_count");
    let count = given.map_or(Some(USUAL), |count| {
        usize::try_from(count.as_u64()?)
            .ok()
            .filter(|count| (1..=MOST).contains(count))
    });
    count.ok_or_else(|| Refusal::params("The max_count must be 1 to 20"))
}

/// `None` begins with the newest, as does 0.
fn cursor(body: &Value) -> Result<Option<Millis>, Refusal> {
    let Some(given) = body.get("cursor") else {
        return Ok(None);
    };
    let cursor = given.as_i64().filter(|cursor| *cursor >= 0);
    let cursor =
        cursor.ok_or_else(|| Refusal::params("The cursor must be a time in milliseconds"))?;
    Ok((cursor > 0).then_some(cursor))
}
