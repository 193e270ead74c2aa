//! Publishing on the control surface: accounts, media, properties, the inbox, moderation.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Shares, body, control};
use crate::control::ControlError;
use crate::media::MediaHost;
use crate::shared::Shared;
use crate::tiktok::standing::{AccountSettings, Ruling};

type Answer = Result<Response, ControlError>;
type Read<T> = Result<Json<T>, JsonRejection>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/accounts",
            get(|State(s): Shares| async { Json(control(s).accounts()) }),
        )
        .route("/accounts/{name}", put(set_account))
        .route(
            "/media",
            get(|State(s): Shares| async { Json(control(s).media()) }).post(add_media),
        )
        .route("/apps/{key}/properties", get(properties).post(claim))
        .route("/apps/{key}/properties/verify", post(verify))
        .route(
            "/inbox",
            get(|State(s): Shares| async { Json(control(s).inbox()) }),
        )
        .route("/inbox/post", post(post_share))
        .route("/inbox/discard", post(discard))
        .route("/publishes/{id}/ruling", put(rule))
        .route("/posts/{id}/withdraw", post(withdraw))
}

/// What is left out stays as it is.
async fn set_account(
    State(shared): Shares,
    Path(name): Path<String>,
    changes: Read<Map<String, Value>>,
) -> Answer {
    let control = control(shared);
    let wrong = |error: serde_json::Error| ControlError(error.to_string());
    let mut fields = serde_json::to_value(control.account(&name)?).map_err(wrong)?;
    for (name, value) in body(changes)? {
        fields[name] = value;
    }
    let settings: AccountSettings = serde_json::from_value(fields).map_err(wrong)?;
    control.set_account(&name, settings.clone())?;
    Ok(Json(settings).into_response())
}

async fn add_media(State(shared): Shares, host: Read<MediaHost>) -> Answer {
    control(shared).add_media(body(host)?)?;
    Ok(StatusCode::CREATED.into_response())
}

async fn properties(State(shared): Shares, Path(key): Path<String>) -> Answer {
    Ok(Json(control(shared).properties(&key)?).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Property {
    Domain(String),
    UrlPrefix(String),
}

/// `{domain}` or `{url_prefix}`.
async fn claim(State(shared): Shares, Path(key): Path<String>, new: Read<Property>) -> Answer {
    let control = control(shared);
    match body(new)? {
        Property::Domain(domain) => {
            control.add_domain(&key, &domain)?;
            Ok(StatusCode::CREATED.into_response())
        }
        Property::UrlPrefix(prefix) => {
            let claim = control.claim_prefix(&key, &prefix)?;
            Ok((StatusCode::CREATED, Json(claim)).into_response())
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claimed {
    url_prefix: String,
}

async fn verify(State(shared): Shares, Path(key): Path<String>, claimed: Read<Claimed>) -> Answer {
    let claim = control(shared).verify_prefix(&key, &body(claimed)?.url_prefix)?;
    Ok(Json(claim).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    publish_id: String,
    title: Option<String>,
    privacy_level: Option<String>,
}

async fn post_share(State(shared): Shares, share: Read<Share>) -> Answer {
    let share = body(share)?;
    let post = control(shared).post_from_inbox(
        &share.publish_id,
        share.title.as_deref(),
        share.privacy_level.as_deref(),
    )?;
    Ok((StatusCode::CREATED, Json(post)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discarded {
    publish_id: String,
}

async fn discard(State(shared): Shares, share: Read<Discarded>) -> Answer {
    control(shared).discard_from_inbox(&body(share)?.publish_id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn rule(State(shared): Shares, Path(id): Path<String>, ruling: Read<Ruling>) -> Answer {
    control(shared).rule(&id, body(ruling)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn withdraw(State(shared): Shares, Path(id): Path<String>) -> Answer {
    control(shared).withdraw(&id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
