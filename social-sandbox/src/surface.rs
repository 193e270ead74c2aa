//! The control surface as HTTP, under `/_sandbox`.

mod apps;
mod deliveries;
mod guard;
mod page;
mod publishing;
mod videos;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::control::{Control, ControlError};
use crate::faults::Fault;
use crate::shared::{PostIds, Settings, Shared};

/// The longest a call waits for a fault.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

type Shares = State<Arc<Shared>>;

/// Every path below `/_sandbox`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(page::transcript))
        .route("/sandbox.css", get(crate::tiktok::stylesheet))
        .route(
            "/transcript",
            get(|State(s): Shares| async { Json(control(s).transcript()) }),
        )
        .route("/apps", get(apps::list).post(apps::add))
        .route(
            "/clock",
            get(|State(s): Shares| async { Json(control(s).clock()) }),
        )
        .route("/clock/advance", post(advance))
        .route(
            "/settings",
            get(|State(s): Shares| async { Json(control(s).settings()) }).put(set),
        )
        .route("/faults", get(faults).post(arm).delete(disarm_all))
        .route("/faults/{id}", delete(disarm))
        .route("/faults/{id}/wait", get(wait))
        .route(
            "/posts",
            get(|State(s): Shares| async { Json(control(s).posts()) }),
        )
        .route(
            "/publishes",
            get(|State(s): Shares| async { Json(control(s).publishes()) }),
        )
        .route("/tokens/count", get(counts))
        .route(
            "/secrets",
            get(|State(s): Shares| async { Json(control(s).secrets()) }),
        )
        .route("/grants", post(grant))
        .merge(publishing::router())
        .merge(videos::router())
        .merge(webhooks::router())
        .fallback(|| async {
            refuse(
                StatusCode::NOT_FOUND,
                "the control surface has no such path",
            )
        })
        .layer(from_fn(guard::local_only))
}

fn control(shared: Arc<Shared>) -> Control {
    Control::new(shared)
}

fn refuse(status: StatusCode, reason: impl Into<String>) -> Response {
    (status, Json(json!({ "error": reason.into() }))).into_response()
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        refuse(StatusCode::BAD_REQUEST, self.0)
    }
}

/// A JSON body, or what is wrong with it.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ControlError> {
    body.map(|Json(value)| value)
        .map_err(|rejection| ControlError(rejection.body_text()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

async fn advance(
    State(shared): Shares,
    by: Result<Json<Advance>, JsonRejection>,
) -> Result<Response, ControlError> {
    let wrong = |_| ControlError("seconds must be a number from 0 up".to_owned());
    let by = Duration::try_from_secs_f64(body(by)?.seconds).map_err(wrong)?;
    let control = control(shared);
    control.advance(by);
    Ok(Json(control.clock()).into_response())
}

/// What is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSettings {
    processing_millis: Option<u64>,
    moderation_millis: Option<u64>,
    hash: Option<bool>,
    rate_limits: Option<bool>,
    posts_per_day: Option<u64>,
    pending_shares: Option<u64>,
    post_ids: Option<PostIds>,
    check_uploads: Option<bool>,
}

async fn set(
    State(shared): Shares,
    new: Result<Json<NewSettings>, JsonRejection>,
) -> Result<Json<Settings>, ControlError> {
    let new = body(new)?;
    let control = control(shared);
    let mut settings = control.settings();
    settings.processing_millis = new.processing_millis.unwrap_or(settings.processing_millis);
    settings.moderation_millis = new.moderation_millis.unwrap_or(settings.moderation_millis);
    settings.hash = new.hash.unwrap_or(settings.hash);
    settings.rate_limits = new.rate_limits.unwrap_or(settings.rate_limits);
    settings.posts_per_day = new.posts_per_day.unwrap_or(settings.posts_per_day);
    settings.pending_shares = new.pending_shares.unwrap_or(settings.pending_shares);
    settings.post_ids = new.post_ids.unwrap_or(settings.post_ids);
    settings.check_uploads = new.check_uploads.unwrap_or(settings.check_uploads);
    control.set(settings);
    Ok(Json(settings))
}

async fn faults(State(shared): Shares) -> Response {
    Json(control(shared).faults()).into_response()
}

async fn arm(
    State(shared): Shares,
    fault: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, ControlError> {
    let given = body(fault)?;
    let names: Vec<String> = given.keys().cloned().collect();
    let refused = |error: serde_json::Error| ControlError(error.to_string());
    let fault: Fault = serde_json::from_value(Value::Object(given)).map_err(refused)?;
    // The fields of this kind are those that it is written with.
    let known = serde_json::to_value(&fault).map_err(refused)?;
    if let Some(name) = names.iter().find(|name| known.get(name).is_none()) {
        return Err(ControlError(format!("this fault has no field {name:?}")));
    }
    let id = control(shared).arm(fault)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn disarm_all(State(shared): Shares) -> StatusCode {
    control(shared).disarm_all();
    StatusCode::NO_CONTENT
}

async fn disarm(State(shared): Shares, Path(id): Path<u64>) -> Response {
    if control(shared).disarm(id) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        refuse(StatusCode::NOT_FOUND, "there is no such fault")
    }
}

/// Answers when the fault has struck: 200 with it, or 408 after half a minute.
async fn wait(State(shared): Shares, Path(id): Path<u64>) -> Response {
    let control = control(shared);
    let find = || control.faults().into_iter().find(|fault| fault.id == id);
    if find().is_none() {
        return refuse(StatusCode::NOT_FOUND, "there is no such fault");
    }
    let struck = control.struck(id, LONGEST_WAIT).await;
    match find() {
        Some(fault) if struck => Json(fault).into_response(),
        Some(_) => refuse(
            StatusCode::REQUEST_TIMEOUT,
            "the fault has not struck yet; ask again",
        ),
        None => refuse(StatusCode::NOT_FOUND, "the fault was removed"),
    }
}

async fn counts(State(shared): Shares) -> Response {
    let counts: BTreeMap<_, _> = control(shared).refresh_counts();
    Json(counts).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    account: String,
    scopes: Vec<String>,
    client_key: String,
}

async fn grant(
    State(shared): Shares,
    new: Result<Json<NewGrant>, JsonRejection>,
) -> Result<Response, ControlError> {
    let new = body(new)?;
    let scopes: Vec<&str> = new.scopes.iter().map(String::as_str).collect();
    let pair = control(shared).grant(&new.client_key, &new.account, &scopes)?;
    Ok((StatusCode::CREATED, Json(pair)).into_response())
}
