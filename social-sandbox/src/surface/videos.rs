//! The control surface's part for what accounts show, as HTTP.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::put;
use axum::{Json, Router};
use http::StatusCode;

use super::{Shares, body, control};
use crate::control::ControlError;
use crate::shared::Shared;
use crate::tiktok::display::{AccountStats, VideoMetrics};

/// The paths.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/videos/{id}/metrics", put(set_metrics))
        .route("/accounts/{name}/stats", put(set_stats))
}

async fn set_metrics(
    State(shared): Shares,
    Path(id): Path<String>,
    new: Result<Json<VideoMetrics>, JsonRejection>,
) -> Result<StatusCode, ControlError> {
    control(shared).set_metrics(&id, body(new)?)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_stats(
    State(shared): Shares,
    Path(name): Path<String>,
    new: Result<Json<AccountStats>, JsonRejection>,
) -> Result<StatusCode, ControlError> {
    control(shared).set_account_stats(&name, body(new)?)?;
    Ok(StatusCode::NO_CONTENT)
}
