//! `POST /v2/post/publish/video/init/`, `.../inbox/video/init/` and `.../content/init/`.
//!
//! Checked in this order: token, scope, rate, the request itself, then whether this app may post
//! this to this account.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;

use crate::calls::{Call, about, warned};
use crate::media::Limits;
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::begin::{Begun, begin};
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::is_content_type;
use crate::tiktok::permit::permit;
use crate::tiktok::publish::Mode;
use crate::tiktok::pull::download;
use crate::tiktok::request::Request;
use crate::world::Caller;

#[derive(Serialize)]
struct Data {
    publish_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_url: Option<String>,
}

const DIRECT: &str = "video.publish";
const INBOX: &str = "video.upload";

/// The handler of direct videos.
pub(crate) async fn video(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parse = || Request::video(&body);
    answer(&shared, &call, &headers, &[DIRECT], parse).await
}

/// The handler of videos for the inbox.
pub(crate) async fn inbox(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parse = || Request::inbox(&body);
    answer(&shared, &call, &headers, &[INBOX], parse).await
}

/// The handler of photos.
pub(crate) async fn photos(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parse = || Request::photos(&body);
    answer(&shared, &call, &headers, &[DIRECT, INBOX], parse).await
}

async fn answer(
    shared: &Arc<Shared>,
    call: &Call,
    headers: &HeaderMap,
    scopes: &[&str],
    parse: impl FnOnce() -> Result<Request, Refusal> + Send,
) -> Response {
    let (mut app, mut warnings) = (None, Vec::new());
    let parse = || parse().inspect(|request| warnings.clone_from(&request.warnings));
    let response = match init(shared, call, headers, scopes, parse, &mut app).await {
        Ok(Begun {
            publish_id,
            upload_url,
        }) => {
            let data = Data {
                publish_id: publish_id.clone(),
                upload_url,
            };
            about(envelope::ok(call, data), app.as_deref(), Some(&publish_id))
        }
        Err(refusal) => about(refusal.answer(call), app.as_deref(), None),
    };
    warned(response, warnings)
}

async fn init(
    shared: &Arc<Shared>,
    call: &Call,
    headers: &HeaderMap,
    scopes: &[&str],
    parse: impl FnOnce() -> Result<Request, Refusal> + Send,
    app: &mut Option<String>,
) -> Result<Begun, Refusal> {
    let settings = shared.settings();
    let (caller, request, limits, now) = shared.change(|world, now| {
        let caller = bearer::caller(world, headers, now, call.endpoint, scopes)?;
        *app = Some(caller.client_key.clone());
        if !is_content_type(headers, "application/json") {
            return Err(Refusal::params("The content type must be application/json"));
        }
        let request = parse()?;
        // An address with a query may be a signed one.
        for url in request.urls().iter().filter(|url| url.query().is_some()) {
            world.secrets.receive("media_url", Some(url.as_str()));
        }
        in_scope(&caller, &request)?;
        permit(world, &settings, &caller, &request, now)?;
        let limits = match request.kind.mode {
            Mode::Direct => {
                let standing = world.standing(caller.account);
                Limits::of_creator(standing.max_video_post_duration_sec)
            }
            Mode::Inbox => Limits::of_api(),
        };
        Ok((caller, request, limits, now))
    })?;
    let urls = request.urls().to_vec();
    let downloaded = if urls.is_empty() {
        None
    } else {
        Some(download(shared, request.kind.media, urls, limits, now).await)
    };
    shared.change(|world, later| {
        // While the media were looked at, another call may have taken the last place.
        permit(world, &settings, &caller, &request, later)?;
        Ok(begin(
            world, &settings, call, &caller, request, downloaded, now,
        ))
    })
}

/// Photos need the scope of their mode.
fn in_scope(caller: &Caller, request: &Request) -> Result<(), Refusal> {
    let needed = match request.kind.mode {
        Mode::Direct => DIRECT,
        Mode::Inbox => INBOX,
    };
    if caller.scopes.iter().any(|scope| scope == needed) {
        Ok(())
    } else {
        Err(bearer::not_authorized())
    }
}
