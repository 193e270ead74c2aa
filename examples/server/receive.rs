//! What TikTok tells this server: verified, stored, answered, and only then handled.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use social_core::Result;
use social_core::store::ReceivedEvent;
use social_core::webhook::{Delivery, VerifyError};

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

/// One delivery. It is answered 200 when its events are on disk: TikTok sends everything else again.
pub(crate) async fn tiktok(State(app): State<App>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now = app.social.clock().now();
    let verified = app
        .social
        .verifier(&app.tiktok.connector.app)
        .map(|verifier| verifier.verify(Delivery::new(&headers, &body), now));
    let verified = match verified {
        Ok(Ok(verified)) => verified,
        Ok(Err(why)) => return refuse(&app.received, why, now),
        Err(error) => {
            tracing::error!(%error, "nothing can be verified here");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    };
    let received = |event| ReceivedEvent::new(event, now);
    let events: Vec<_> = verified.events.into_iter().map(received).collect();
    match app.social.stores().events.insert(&events).await {
        Ok(new) => {
            for is_new in new {
                let counter = if is_new {
                    &app.received.stored
                } else {
                    &app.received.repeated
                };
                Received::count(counter);
            }
            StatusCode::OK
        }
        Err(error) => {
            tracing::error!(%error, "an event could not be stored; it is sent again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
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
    StatusCode::UNAUTHORIZED
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

/// What came, and what waits.
pub(crate) async fn figures(
    State(app): State<App>,
    _signed: Signed,
) -> Result<Json<Figures>, Failure> {
    let now = app.social.clock().now();
    let backlog = app.social.stores().events.backlog(now).await?;
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
