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
use serde_json::{Value, json};

use crate::calls::{Call, about};
use crate::clock::Millis;
use crate::shared::{PostIds, Shared};
use crate::tiktok::bearer;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::is_content_type;
use crate::tiktok::publish::{Publish, PublishStatus, Source};
use crate::world::World;

#[derive(Serialize)]
struct Status {
    status: PublishStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_reason: Option<String>,
    /// TikTok's own spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    publicaly_available_post_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uploaded_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    downloaded_bytes: Option<u64>,
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
    let ids = shared.settings().post_ids;
    let status = shared.change(|world, now| {
        let key = ask(world, &call, &headers, id.as_deref(), now, &mut client_key)?;
        let publish = world.publishes.get(&key).ok_or_else(unknown)?;
        Ok(view(publish, ids, now))
    });
    let response = match status {
        Ok(status) => envelope::ok(&call, status),
        Err(refusal) => Refusal::answer(&refusal, &call),
    };
    about(response, client_key.as_deref(), id.as_deref())
}

/// The publish id in a body.
pub(crate) fn publish_id(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if !is_content_type(headers, "application/json") {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let id = body.get("publish_id")?.as_str()?;
    (!id.is_empty() && id.len() <= 64).then(|| id.to_owned())
}

/// Finds the publish that a call is about, by its key in the world: it has to be of the same app
/// and user. Either posting scope opens it.
pub(crate) fn ask(
    world: &mut World,
    call: &Call,
    headers: &HeaderMap,
    id: Option<&str>,
    now: Millis,
    client_key: &mut Option<String>,
) -> Result<String, Refusal> {
    let scopes = ["video.publish", "video.upload"];
    let caller = bearer::caller(world, headers, now, call.endpoint, &scopes)?;
    *client_key = Some(caller.client_key.clone());
    let id = id.ok_or_else(|| Refusal::params("The publish_id is required"))?;
    let mut all = world.publishes.iter();
    let (key, publish) = all
        .find(|(_, publish)| publish.publish_id == id)
        .ok_or_else(unknown)?;
    let theirs =
        publish.account == caller.account.username && publish.client_key == caller.client_key;
    if theirs {
        Ok(key.clone())
    } else {
        let code = "token_not_authorized_for_specified_publish_id";
        Err(Refusal::new(StatusCode::BAD_REQUEST, code, ""))
    }
}

fn unknown() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "invalid_publish_id", "")
}

fn view(publish: &Publish, ids: PostIds, now: Millis) -> Status {
    let status = publish.status(now);
    // A delivered share has been recorded with its status alone.
    let full = status != PublishStatus::SendToUserInbox;
    let from = publish.kind.source;
    Status {
        status,
        fail_reason: publish.fail_reason(now),
        publicaly_available_post_id: full.then(|| post_ids(&publish.public_post_ids(now), ids)),
        uploaded_bytes: (full && from == Source::File).then_some(publish.received),
        downloaded_bytes: (full && from == Source::Url).then(|| publish.downloaded(now)),
    }
}

fn post_ids(list: &[i64], form: PostIds) -> Value {
    match (form, list) {
        (PostIds::Scalar, []) => Value::Null,
        (PostIds::Scalar, [one]) => json!(one),
        (PostIds::Integers | PostIds::Scalar, list) => json!(list),
        (PostIds::Strings, list) => list.iter().map(i64::to_string).collect(),
    }
}
