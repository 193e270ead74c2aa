//! What every call to the platform goes through: a log id, the transcript, the armed faults.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::clock::{Millis, date};
pub(crate) use crate::endpoint::Endpoint;
use crate::faults::{FaultKind, Struck};
use crate::reached::Reached;
use crate::shared::Shared;
use crate::tiktok::bearer;
use crate::tiktok::envelope::Refusal;
use crate::tiktok::form::Form;
use crate::transcript::{Ending, Open};

/// No form and no JSON body of the platform comes near this.
const BODY_MAX: usize = 1 << 20;

/// What a handler knows about the call it answers.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
    pub(crate) log_id: String,
    pub(crate) reached: Reached,
}

/// What the transcript learns from an answer; travels in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) code: &'static str,
    pub(crate) client_key: Option<String>,
    pub(crate) publish_id: Option<String>,
    pub(crate) warnings: Vec<String>,
}

impl Note {
    pub(crate) fn new(code: &'static str) -> Self {
        Self {
            code,
            client_key: None,
            publish_id: None,
            warnings: Vec::new(),
        }
    }
}

/// Adds the app and the publish to an answer's note.
pub(crate) fn about(mut response: Response, app: Option<&str>, publish: Option<&str>) -> Response {
    if let Some(note) = response.extensions_mut().get_mut::<Note>() {
        note.client_key = app.map(str::to_owned);
        note.publish_id = publish.map(str::to_owned);
    }
    response
}

/// Adds to an answer's note what was taken and did nothing.
pub(crate) fn warned(mut response: Response, warnings: Vec<String>) -> Response {
    if let Some(note) = response.extensions_mut().get_mut::<Note>() {
        note.warnings = warnings;
    }
    response
}

/// Marks an answer in whose place the connection is closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CloseConnection;

/// The middleware of every platform endpoint.
pub(crate) async fn observe(
    State((shared, endpoint)): State<(Arc<Shared>, Endpoint)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let (endpoint, body) = match arrive(endpoint, body).await {
        Ok(arrived) => arrived,
        Err(status) => return status.into_response(),
    };
    let now = shared.clock.now();
    let log_id = log_id(&shared, now);
    let call = Call {
        endpoint,
        log_id: log_id.clone(),
        reached: Reached::read(&parts, shared.authority()),
    };
    let path = parts.uri.path().to_owned();
    let open = shared
        .transcript
        .begin(date(now), endpoint, parts.method.as_str(), &path, &log_id);
    parts.extensions.insert(call.clone());
    let request = Request::from_parts(parts, body);
    let mut response = match shared.faults.claim(endpoint) {
        Some(struck) => strike(&shared, &call, &open, &struck, request, next).await,
        None => work(&shared, &call, &open, request, next).await,
    };
    // ByteDance's services name the log id in this header too, which helps where a body is empty.
    if let Ok(value) = HeaderValue::from_str(&log_id) {
        response.headers_mut().insert("x-tt-logid", value);
    }
    let closed = response.extensions().get::<CloseConnection>().is_some();
    open.end(if closed {
        Ending::Dropped
    } else {
        Ending::Answered
    });
    response
}

/// Reads the body, except an upload's, and tells an exchange from a refresh.
async fn arrive(endpoint: Endpoint, body: Body) -> Result<(Endpoint, Body), StatusCode> {
    if endpoint == Endpoint::Upload {
        return Ok((endpoint, body));
    }
    let bytes = to_bytes(body, BODY_MAX)
        .await
        .map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let refresh = endpoint == Endpoint::Token
        && Form::parse(&bytes).one("grant_type") == Some("refresh_token");
    Ok((
        if refresh { Endpoint::Refresh } else { endpoint },
        Body::from(bytes),
    ))
}

async fn work(shared: &Shared, call: &Call, open: &Open, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    shared.kept().await;
    let note = response.extensions().get::<Note>();
    open.worked(call.endpoint, Some(response.status().as_u16()), note);
    response
}

async fn strike(
    shared: &Shared,
    call: &Call,
    open: &Open,
    struck: &Struck,
    request: Request,
    next: Next,
) -> Response {
    match &struck.kind {
        FaultKind::DropBefore => {
            open.worked(call.endpoint, None, None);
            struck.hit();
            closed()
        }
        FaultKind::DropAfter => {
            work(shared, call, open, request, next).await;
            struck.hit();
            closed()
        }
        FaultKind::HoldBefore => {
            struck.hold().await;
            work(shared, call, open, request, next).await
        }
        FaultKind::Hold => {
            let response = work(shared, call, open, request, next).await;
            struck.hold().await;
            response
        }
        FaultKind::Slow { millis } => {
            let response = work(shared, call, open, request, next).await;
            let millis = Millis::try_from(*millis).unwrap_or(Millis::MAX);
            let until = shared.clock.now().saturating_add(millis);
            struck.hit();
            shared.clock.sleep_until(until).await;
            response
        }
        FaultKind::ExpireToken => {
            expire_token(shared, request.headers());
            struck.hit();
            work(shared, call, open, request, next).await
        }
        FaultKind::Status { status, body } => {
            instead(call, open, struck, request, canned(*status, body)).await
        }
        FaultKind::Answer {
            status,
            headers,
            body,
            done,
        } => {
            let mut response = canned(*status, body);
            for (name, value) in headers {
                // Looked at when it was armed.
                let name = HeaderName::try_from(name.as_str());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value.as_str())) {
                    response.headers_mut().insert(name, value);
                }
            }
            if !done {
                return instead(call, open, struck, request, response).await;
            }
            work(shared, call, open, request, next).await;
            struck.hit();
            response
        }
        FaultKind::Throttle => {
            instead(
                call,
                open,
                struck,
                request,
                Refusal::rate_limited().answer(call),
            )
            .await
        }
    }
}

/// Answers without doing anything. The body is read to its end first: a client that still sends
/// would see a broken connection rather than the answer.
async fn instead(
    call: &Call,
    open: &Open,
    struck: &Struck,
    request: Request,
    response: Response,
) -> Response {
    drain(request.into_body()).await;
    struck.hit();
    let note = response.extensions().get::<Note>();
    open.worked(call.endpoint, Some(response.status().as_u16()), note);
    response
}

/// Reads what is left of a body and forgets it.
pub(crate) async fn drain(body: Body) {
    let mut frames = body.into_data_stream();
    while let Some(Ok(_)) = frames.next().await {}
}

fn expire_token(shared: &Shared, headers: &HeaderMap) {
    if let Some(token) = bearer::token(headers) {
        shared.change(|world, _| world.grants.expire_access(token));
    }
}

fn canned(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match body {
        Value::Null => status.into_response(),
        Value::String(text) => {
            (status, [(header::CONTENT_TYPE, "text/plain")], text.clone()).into_response()
        }
        json => (status, axum::Json(json)).into_response(),
    }
}

fn closed() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(CloseConnection);
    response
}

/// Second of the call, then twenty hexadecimal digits, as in every recorded body.
fn log_id(shared: &Shared, now: Millis) -> String {
    let digits = shared.world().random.hex_upper(20);
    format!("{}{digits}", date(now).format("%Y%m%d%H%M%S"))
}
