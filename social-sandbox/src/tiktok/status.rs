//! `POST /v2/post/publish/status/fetch/`.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status>

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::calls::{Call, about};
use crate::clock::Millis;
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::is_content_type;
use crate::tiktok::publish::{Publish, PublishStatus};
use crate::world::{Caller, World};

#[derive(Serialize)]
struct Status {
    status: PublishStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_reason: Option<String>,
    /// TikTok's own spelling.
    publicaly_available_post_id: Vec<i64>,
    uploaded_bytes: u64,
}

/// The handler.
pub(crate) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut client_key = None;
    let id = publish_id(&headers, &body);
    let status = shared.change(|world, now| {
        let scopes = ["video.publish", "video.upload"];
        let caller = bearer::caller(world, &headers, now, call.endpoint, &scopes)?;
        client_key = Some(caller.client_key.clone());
        let id = id
            .as_deref()
            .ok_or_else(|| Refusal::params("The publish_id is required"))?;
        find(world, &caller, id).map(|publish| view(publish, now))
    });
    let response = match status {
        Ok(status) => envelope::ok(&call, status),
        Err(refusal) => refusal.answer(&call),
    };
    about(response, client_key.as_deref(), id.as_deref())
}

fn publish_id(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if !is_content_type(headers, "application/json") {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let id = body.get("publish_id")?.as_str()?;
    (!id.is_empty() && id.len() <= 64).then(|| id.to_owned())
}

fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a Publish, Refusal> {
    let refuse = |code| Refusal::new(StatusCode::BAD_REQUEST, code, "");
    let publish = world
        .publish(id)
        .ok_or_else(|| refuse("invalid_publish_id"))?;
    let theirs =
        publish.account == caller.account.username && publish.client_key == caller.client_key;
    if theirs {
        Ok(publish)
    } else {
        Err(refuse("token_not_authorized_for_specified_publish_id"))
    }
}

fn view(publish: &Publish, now: Millis) -> Status {
    Status {
        status: publish.status(now),
        fail_reason: publish.fail_reason(now),
        publicaly_available_post_id: publish.public_post_ids(now),
        uploaded_bytes: publish.received,
    }
}
