//! What somebody asked for is carried out, also when the connection is gone before the answer: a consent was given, a post
//! was kept, and hyper drops a handler with its connection.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::app::App;
use crate::errors::{Failure, panicked};

/// At the end it is waited so long for what was begun: with the 75 s of `Social::close`, which comes after it, no longer
/// than service managers wait before they kill.
const WITHIN: Duration = Duration::from_secs(15);

/// Runs each handler in a task of its own. Whoever asked waits for it, if still there.
pub(crate) async fn out(State(app): State<App>, request: Request, next: Next) -> Response {
    let work = next.run(request).in_current_span();
    match app.begun.spawn(work).await {
        Ok(answer) => answer,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => panicked(panic),
            // The server ends.
            Err(_) => Failure::of_status(StatusCode::SERVICE_UNAVAILABLE).into_response(),
        },
    }
}

/// Waits for what was begun, once no connection brings anything new.
pub(crate) async fn ended(app: &App) {
    let begun = &app.begun;
    begun.close();
    tokio::select! {
        () = begun.wait() => {}
        () = app.social.clock().sleep(WITHIN) => {
            tracing::error!(left = begun.len(), "requests were still being carried out at the end");
        }
    }
}
