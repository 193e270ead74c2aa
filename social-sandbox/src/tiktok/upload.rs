//! `PUT` of a chunk to an upload URL. No Authorization header: the URL is the credential.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>. A chunk counts when
//! its last byte has arrived; of a broken transfer nothing is kept. Bytes are counted and hashed as
//! they come and never gathered.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::calls::{Call, CloseConnection, about, drain};
use crate::clock::Millis;
use crate::digest::RunningHash;
use crate::media::{Limits, Scanner, check};
use crate::reached::text;
use crate::shared::Shared;
use crate::tiktok::begin::outcome;
use crate::tiktok::envelope::Refusal;
use crate::tiktok::form::{Form, is_content_type};
use crate::tiktok::publish::{Mode, Publish};
use crate::tiktok::range::{ContentRange, progress};
use crate::tiktok::standing::AccountSettings;
use crate::world::World;

/// The status is what counts here; no bodies of refused chunks have been recorded.
const CODE: &str = "invalid_file_upload";

const TYPES: [&str; 3] = ["video/mp4", "video/quicktime", "video/webm"];

/// What an answer is about, and its progress header.
#[derive(Default)]
struct About {
    client_key: Option<String>,
    publish_id: Option<String>,
    progress: Option<String>,
}

/// The handler.
pub(crate) async fn chunk(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let mut notes = About::default();
    let admitted = shared.change(|world, now| {
        world
            .secrets
            .receive("upload_token", query.one("upload_token"));
        admit(world, &query, &headers, now, &mut notes)
    });
    let answer = match admitted {
        Ok(chunk) => match chunk.read(body).await {
            Some(read) => store(&shared, read, &mut notes),
            None => return broken(),
        },
        Err(refusal) => {
            // A client that still sends would see a broken connection rather than the answer.
            drain(body).await;
            Err(refusal)
        }
    };
    finish(answer, &call, &notes)
}

fn finish(answer: Result<StatusCode, Refusal>, call: &Call, notes: &About) -> Response {
    let mut response = match answer {
        Ok(status) => {
            let mut response = status.into_response();
            response
                .extensions_mut()
                .insert(crate::calls::Note::new("ok"));
            response
        }
        Err(refusal) => refusal.answer(call),
    };
    if let Some(value) = notes
        .progress
        .as_deref()
        .and_then(|text| HeaderValue::from_str(text).ok())
    {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    about(
        response,
        notes.client_key.as_deref(),
        notes.publish_id.as_deref(),
    )
}

/// The body ended early: there is nobody left to answer.
fn broken() -> Response {
    let mut response = StatusCode::BAD_REQUEST.into_response();
    response.extensions_mut().insert(CloseConnection);
    response
}

/// A chunk that may come next.
struct Expected {
    upload_id: String,
    first: u64,
    len: u64,
    hash: Option<RunningHash>,
    scan: Option<Scanner>,
}

fn admit(
    world: &World,
    query: &Form,
    headers: &HeaderMap,
    now: Millis,
    notes: &mut About,
) -> Result<Expected, Refusal> {
    let (upload_id, publish) = find(world, query)?;
    notes.client_key = Some(publish.client_key.clone());
    notes.publish_id = Some(publish.publish_id.clone());
    if publish.url_expired(now) {
        return Err(expired());
    }
    let range = read_headers(headers, publish)?;
    if range.first != publish.received || publish.done.is_some() {
        return Err(out_of_step(publish, notes));
    }
    if publish.chunk_at(range.first) != Some(range.len()) {
        return Err(bad_headers("The chunk is not of the size declared at init"));
    }
    let (hash, scan) = (publish.hash.clone(), publish.scan.clone());
    Ok(Expected {
        upload_id: upload_id.to_owned(),
        first: range.first,
        len: range.len(),
        hash,
        scan,
    })
}

fn find<'a>(world: &'a World, query: &'a Form) -> Result<(&'a str, &'a Publish), Refusal> {
    let unknown = || Refusal::new(StatusCode::NOT_FOUND, CODE, "No such upload task");
    let id = query.one("upload_id").ok_or_else(unknown)?;
    let publish = world.publishes.get(id).ok_or_else(unknown)?;
    let token = query.one("upload_token").unwrap_or_default();
    if publish.upload_token == token && publish.stopped.is_none() {
        Ok((id, publish))
    } else {
        Err(unknown())
    }
}

fn read_headers(headers: &HeaderMap, publish: &Publish) -> Result<ContentRange, Refusal> {
    if !TYPES.into_iter().any(|kind| is_content_type(headers, kind)) {
        return Err(bad_headers("The Content-Type must be a video's"));
    }
    let range = text(headers, header::CONTENT_RANGE.as_str())
        .and_then(ContentRange::parse)
        .ok_or_else(|| bad_headers("The Content-Range is missing or malformed"))?;
    if range.total != publish.video_size {
        return Err(bad_headers(
            "The Content-Range names another size than init",
        ));
    }
    let length: Option<u64> =
        text(headers, header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    if length != Some(range.len()) {
        return Err(bad_headers(
            "The Content-Length is not that of the Content-Range",
        ));
    }
    Ok(range)
}

fn bad_headers(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, CODE, message)
}

fn expired() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, CODE, "The upload_url has expired")
}

fn out_of_step(publish: &Publish, notes: &mut About) -> Refusal {
    notes.progress = Some(progress(publish.received, publish.video_size));
    let message = "The range is not what comes next";
    Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, CODE, message)
}

impl Expected {
    /// Takes in the body. `None` when it ends early.
    async fn read(mut self, body: Body) -> Option<Self> {
        let mut frames = body.into_data_stream();
        let mut left = self.len;
        while let Some(frame) = frames.next().await {
            let frame = frame.ok()?;
            left = left.checked_sub(frame.len() as u64)?;
            if let Some(hash) = &mut self.hash {
                hash.update(&frame);
            }
            if let Some(scan) = &mut self.scan {
                scan.feed(&frame);
            }
        }
        (left == 0).then_some(self)
    }
}

/// Counts a chunk that has arrived in full, unless another request was faster or the hour is over.
fn store(shared: &Shared, chunk: Expected, notes: &mut About) -> Result<StatusCode, Refusal> {
    let settings = shared.settings();
    shared.change(|world, now| {
        let post_id = world.random.snowflake(now / 1000);
        let account = world
            .publishes
            .get(&chunk.upload_id)
            .map(|publish| &publish.account);
        let standing = account.and_then(|account| world.standing_of(account));
        let standing = standing.ok_or_else(expired)?;
        let publish = world
            .publishes
            .get_mut(&chunk.upload_id)
            .ok_or_else(expired)?;
        if publish.url_expired(now) || publish.stopped.is_some() {
            return Err(expired());
        }
        if publish.received != chunk.first {
            return Err(out_of_step(publish, notes));
        }
        publish.received += chunk.len;
        (publish.hash, publish.scan) = (chunk.hash, chunk.scan);
        notes.progress = Some(progress(publish.received, publish.video_size));
        if publish.received < publish.video_size {
            return Ok(StatusCode::PARTIAL_CONTENT);
        }
        let failure = wrong_with(publish, &standing);
        let ruling = &publish.ruling;
        publish.done = Some(outcome(&settings, &standing, ruling, failure, now, post_id));
        Ok(StatusCode::CREATED)
    })
}

/// What processing will find wrong with the bytes, if they were looked at.
fn wrong_with(publish: &Publish, standing: &AccountSettings) -> Option<&'static str> {
    let limits = match publish.kind.mode {
        Mode::Direct => Limits::of_creator(standing.max_video_post_duration_sec),
        Mode::Inbox => Limits::of_api(),
    };
    let scan = publish.scan.as_ref()?;
    check(scan, &limits)
}
