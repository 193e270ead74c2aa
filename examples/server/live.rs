//! Changes as they happen: names over a stream, and the page itself is asked for what they stand for. So rights are
//! checked in one place, and nothing is lost when a stream breaks.

mod follow;
mod streams;
mod watch;

use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, StatusCode};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use social_core::model::PostId;

pub(crate) use streams::Streams;
pub(crate) use watch::Watch;

use crate::app::App;
use crate::errors::Failure;
use crate::serve::Life;
use crate::session::Signed;
use follow::{Follower, Scope};

/// A comment at least this often, so that nobody between takes the stream for dead.
const COMMENT: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    post: Option<String>,
    page: Option<String>,
}

/// The stream of one page.
pub(crate) async fn events(
    State(app): State<App>,
    signed: Signed,
    life: Option<Extension<Life>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = asked?;
    let scope = match (asked.post, asked.page.as_deref()) {
        (Some(id), _) => {
            let id: PostId = id.parse()?;
            app.social.post(signed.user(), id).await?;
            Scope::Post(id)
        }
        (None, Some("posts")) => Scope::Posts,
        (None, Some("overview")) => Scope::Overview,
        _ => return Err(Failure::not_found()),
    };
    let place = app.streams.open(&signed.session);
    let place = place.ok_or_else(|| Failure::of_status(StatusCode::TOO_MANY_REQUESTS))?;
    let held = life.map(|Extension(life)| life.hold());
    let stream = Follower::new(app, signed.session.user, scope, place).into_stream();
    let stream = stream.inspect(move |_| _ = &held);
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let stream = Sse::new(stream).keep_alive(KeepAlive::new().interval(COMMENT));
    Ok((headers, stream).into_response())
}
