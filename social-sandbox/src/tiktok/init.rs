//! `POST /v2/post/publish/video/init/`.
//!
//! Checked in this order: token, scope, rate, the request itself, then whether this app may post
//! this to this account. Every call that is answered with a publish id has begun a new post: there
//! is no idempotency key.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;

use crate::calls::{Call, about};
use crate::clock::Millis;
use crate::reached::UPLOAD;
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::envelope::{self, Refusal};
use crate::tiktok::form::is_content_type;
use crate::tiktok::post_info::{Source, VideoInit};
use crate::tiktok::publish::{Kind, Publish};
use crate::world::{Caller, World};

#[derive(Serialize)]
struct Begun {
    publish_id: String,
    upload_url: String,
}

/// The handler.
pub(crate) async fn video(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let hash = shared.settings().hash;
    let mut client_key = None;
    let begun = shared.change(|world, now| {
        let scopes = ["video.publish"];
        let caller = bearer::caller(world, &headers, now, call.endpoint, &scopes)?;
        client_key = Some(caller.client_key.clone());
        if !is_content_type(&headers, "application/json") {
            return Err(Refusal::params("The content type must be application/json"));
        }
        let request = VideoInit::parse(&body)?;
        permit(world, &caller, &request)?;
        begin(world, &call, &caller, request, hash, now)
    });
    match begun {
        Ok(begun) => {
            let publish_id = begun.publish_id.clone();
            about(
                envelope::ok(&call, begun),
                client_key.as_deref(),
                Some(&publish_id),
            )
        }
        Err(refusal) => about(refusal.answer(&call), client_key.as_deref(), None),
    }
}

fn permit(world: &World, caller: &Caller, request: &VideoInit) -> Result<(), Refusal> {
    let account = caller.account;
    if account.capped {
        return Err(Refusal::forbidden("spam_risk_too_many_posts"));
    }
    let audited = world
        .apps
        .get(&caller.client_key)
        .is_some_and(|app| app.audited);
    if !audited && (!account.private || request.privacy_level != "SELF_ONLY") {
        return Err(Refusal::forbidden(
            "unaudited_client_can_only_post_to_private_accounts",
        ));
    }
    if !account
        .privacy_options()
        .contains(&request.privacy_level.as_str())
    {
        return Err(Refusal::forbidden("privacy_level_option_mismatch"));
    }
    Ok(())
}

fn begin(
    world: &mut World,
    call: &Call,
    caller: &Caller,
    request: VideoInit,
    hash: bool,
    now: Millis,
) -> Result<Begun, Refusal> {
    let Source::File {
        video_size,
        chunk_size,
        total_chunk_count,
    } = request.source
    else {
        // No URL prefix can be verified here yet.
        return Err(Refusal::forbidden("url_ownership_unverified"));
    };
    let seconds = now / 1000;
    let publish_id = format!("v_pub_file~v2-1.{}", world.random.snowflake(seconds));
    let upload_id = world.random.snowflake(seconds).to_string();
    let upload_token = world.random.word(36);
    let host = world
        .apps
        .get(&caller.client_key)
        .map(|app| app.upload_host.as_str());
    let base = call.reached.base(host.unwrap_or(UPLOAD));
    let upload_url = format!("{base}/video/?upload_id={upload_id}&upload_token={upload_token}");
    world.secrets.issue("upload_token", &upload_token);
    world.secrets.issue("upload_url", &upload_url);
    let publish = Publish {
        publish_id: publish_id.clone(),
        upload_token,
        client_key: caller.client_key.clone(),
        account: caller.account.username.to_owned(),
        title: request.title,
        description: String::new(),
        privacy_level: request.privacy_level,
        post_info: request.post_info,
        kind: Kind::default(),
        video_size,
        chunk_size,
        total_chunk_count,
        received: 0,
        hash: hash.then(Default::default),
        init_at: now,
        pull: None,
        done: None,
        stopped: None,
        drafts: Vec::new(),
        discarded_at: None,
    };
    world.publishes.insert(upload_id, publish);
    Ok(Begun {
        publish_id,
        upload_url,
    })
}
