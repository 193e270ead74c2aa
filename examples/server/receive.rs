//! What TikTok tells this server: verified, stored, answered, and only then handled.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use social_core::Result;
use social_core::store::ReceivedEvent;
use social_core::webhook::{Answer, Delivery, VerifyError};

use crate::app::App;
use crate::errors::Failure;
use crate::session::Signed;

/// What came since the start.
#[derive(Debug, Default)]
pub(crate) struct Received {
    stored: AtomicU64,
    repeated: AtomicU64,
    refused: AtomicU64,
    stale: AtomicU64,
    ahead: AtomicU64,
}

impl Received {
    /// Counts one more, and says how many there are.
    fn count(of: &AtomicU64) -> u64 {
        of.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// One delivery. It is answered 200, with what the platform wants to read, when its events are on disk: TikTok sends everything
/// else again.
pub(crate) async fn tiktok(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = app.social.clock().now();
    let query = query.unwrap_or_default();
    let verified = app
        .social
        .worker()
        .verifier(&app.tiktok.connector.app)
        .map(|verifier| verifier.verify(Delivery::new(&headers, &body).at(&query), now));
    let verified = match verified {
        Ok(Ok(verified)) => verified,
        Ok(Err(why)) => return refuse(&app.received, why, now).into_response(),
        Err(error) => {
            tracing::error!(%error, "nothing can be verified here");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let received = |event| ReceivedEvent::new(event, now);
    let events: Vec<_> = verified.events.into_iter().map(received).collect();
    match app.social.worker().stores().events.insert(&events).await {
        Ok(new) => {
            for is_new in new {
                let counter = if is_new {
                    &app.received.stored
                } else {
                    &app.received.repeated
                };
                Received::count(counter);
            }
            (verified.reply).map_or_else(|| StatusCode::OK.into_response(), reply)
        }
        Err(error) => {
            tracing::error!(%error, "an event could not be stored; it is sent again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// What the platform wants to read. That no browser takes it for something else is in the headers of every answer.
fn reply(answer: Answer) -> Response {
    ([(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

fn refuse(received: &Received, why: VerifyError, now: DateTime<Utc>) -> StatusCode {
    match why {
        VerifyError::Ahead(apart) => {
            let so_far = Received::count(&received.ahead);
            tracing::warn!(
                seconds = apart.as_secs(),
                clock = %now.to_rfc3339_opts(SecondsFormat::Secs, true),
                so_far,
                "a genuine delivery is signed ahead of this server's clock and was refused: set the clock of this machine"
            );
        }
        VerifyError::Stale(apart) => {
            let so_far = Received::count(&received.stale);
            tracing::warn!(
                seconds = apart.as_secs(),
                so_far,
                "a genuine delivery came too late"
            );
        }
        _ => {
            let so_far = Received::count(&received.refused);
            tracing::warn!(%why, so_far, "a delivery was refused");
        }
    }
    why.status()
}

/// Figures for whoever is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Since the start of this process.
    stored: u64,
    repeated: u64,
    refused: u64,
    stale: u64,
    ahead: u64,
    /// In the store.
    waiting: u64,
    /// With their posts, whose worker has not applied them yet.
    handed: u64,
    /// About posts that are not known here yet.
    unmatched: u64,
    unknown: u64,
    dead_letters: u64,
}

/// The question by which a platform checks the address, or the figures.
pub(crate) async fn asked(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    signed: Result<Signed, Failure>,
) -> Result<Response, Failure> {
    let now = app.social.clock().now();
    let query = query.unwrap_or_default();
    let verifier = app.social.worker().verifier(&app.tiktok.connector.app);
    match verifier.map(|verifier| verifier.challenge(&query)) {
        Ok(Ok(Some(answer))) => Ok(reply(answer)),
        Ok(Err(why)) => Ok(refuse(&app.received, why, now).into_response()),
        Ok(Ok(None)) | Err(_) => figures(&app, &signed?).await.map(Json::into_response),
    }
}

/// What came, and what waits, for whoever is signed in.
async fn figures(app: &App, _: &Signed) -> Result<Json<Figures>, Failure> {
    let now = app.social.clock().now();
    let backlog = app.social.worker().stores().events.backlog(now).await?;
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(Json(Figures {
        stored: of(&app.received.stored),
        repeated: of(&app.received.repeated),
        refused: of(&app.received.refused),
        stale: of(&app.received.stale),
        ahead: of(&app.received.ahead),
        waiting: backlog.ready + backlog.later,
        handed: backlog.handed.saturating_sub(backlog.unmatched),
        unmatched: backlog.unmatched,
        unknown: backlog.unknown,
        dead_letters: backlog.dead,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TikTok asks nothing; the next platform does.
    #[tokio::test]
    async fn what_a_platform_wants_to_read_has_its_type() {
        let response = reply(Answer::json(&serde_json::json!({"code": "7"})));
        assert_eq!(response.status(), StatusCode::OK);
        let all: Vec<_> = response
            .headers()
            .get_all(header::CONTENT_TYPE)
            .iter()
            .collect();
        assert_eq!(all, ["application/json"], "and no other");
        let body = axum::body::to_bytes(response.into_body(), 100).await;
        assert_eq!(body.unwrap(), r#"{"code":"7"}"#);
    }

    #[test]
    fn a_refusal_says_which() {
        let received = Received::default();
        let now = DateTime::UNIX_EPOCH;
        let of = |why| refuse(&received, why, now);
        assert_eq!(of(VerifyError::Unasked), StatusCode::NOT_FOUND);
        assert_eq!(of(VerifyError::Signature), StatusCode::UNAUTHORIZED);
        assert_eq!(of(VerifyError::Malformed), StatusCode::UNAUTHORIZED);
    }
}
