//! The control surface's part for webhooks, as HTTP.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Shares, body, control};
use crate::control::ControlError;
use crate::shared::Shared;
use crate::tiktok::webhook::delivery::WebhookDelivery;
use crate::tiktok::webhook::settings::WebhookSettings;

/// The paths.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/apps/{key}/webhook", put(set_url))
        .route(
            "/webhooks",
            get(|State(s): Shares| async { Json(control(s).webhooks()) }).put(set),
        )
        .route("/events", post(send))
        .route(
            "/deliveries",
            get(|State(s): Shares| async { Json(control(s).deliveries()) }),
        )
        .route("/deliveries/run", post(run))
        .route("/disconnect", post(disconnect))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUrl {
    url: Option<String>,
}

async fn set_url(
    State(shared): Shares,
    Path(client_key): Path<String>,
    new: Result<Json<NewUrl>, JsonRejection>,
) -> Result<StatusCode, ControlError> {
    control(shared).set_webhook(&client_key, body(new)?.url.as_deref())?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is left out stays as it is.
async fn set(
    State(shared): Shares,
    new: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<WebhookSettings>, ControlError> {
    let new = body(new)?;
    let control = control(shared);
    let wrong = |error: serde_json::Error| ControlError(error.to_string());
    let mut merged = serde_json::to_value(control.webhooks()).map_err(wrong)?;
    for (name, value) in new {
        merged[name] = value;
    }
    let settings: WebhookSettings = serde_json::from_value(merged).map_err(wrong)?;
    control.set_webhooks(settings.clone())?;
    Ok(Json(settings))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    client_key: String,
    event: String,
    account: Option<String>,
    #[serde(default)]
    content: Value,
}

async fn send(
    State(shared): Shares,
    new: Result<Json<NewEvent>, JsonRejection>,
) -> Result<StatusCode, ControlError> {
    let new = body(new)?;
    let account = new.account.as_deref();
    control(shared).send_event(&new.client_key, &new.event, account, new.content)?;
    Ok(StatusCode::CREATED)
}

async fn run(State(shared): Shares) -> Json<Vec<WebhookDelivery>> {
    let control = control(shared);
    control.deliver_due().await;
    Json(control.deliveries())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    client_key: String,
    account: String,
    #[serde(default = "by_the_user")]
    reason: u8,
}

fn by_the_user() -> u8 {
    1
}

async fn disconnect(
    State(shared): Shares,
    removal: Result<Json<Removal>, JsonRejection>,
) -> Result<StatusCode, ControlError> {
    let Removal {
        client_key,
        account,
        reason,
    } = body(removal)?;
    control(shared).disconnect(&client_key, &account, reason)?;
    Ok(StatusCode::NO_CONTENT)
}
