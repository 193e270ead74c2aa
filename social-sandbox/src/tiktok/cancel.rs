//! `POST /v2/post/publish/cancel/`: ends a download. Uploads, and what has been downloaded, are not
//! cancellable.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::calls::{Call, about};
use crate::shared::Shared;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::status;

/// The handler.
pub(crate) async fn cancel(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut client_key = None;
    let id = status::publish_id(&headers, &body);
    let cancelled = shared.change(|world, now| {
        let key = status::ask(world, &call, &headers, id.as_deref(), now, &mut client_key)?;
        let publish = world.publishes.get_mut(&key);
        let stopped = publish.is_some_and(|publish| {
            publish.is_downloading(now) && publish.stop("publish_cancelled", now)
        });
        if stopped {
            Ok(())
        } else {
            let code = "publish_not_cancellable";
            Err(Refusal::new(StatusCode::BAD_REQUEST, code, ""))
        }
    });
    let response = match cancelled {
        Ok(()) => envelope::ok_without_data(&call),
        Err(refusal) => refusal.answer(&call),
    };
    about(response, client_key.as_deref(), id.as_deref())
}
