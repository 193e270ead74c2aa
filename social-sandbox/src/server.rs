//! The sockets: accepting, answering, closing without an answer, stopping.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{Redirect, Response};
use axum::routing::get;
use http::{Request, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::calls::CloseConnection;
use crate::clock::{pause, within};
use crate::reached::{ByHost, platform_host, segment};
use crate::shared::Shared;
use crate::{surface, tiktok};

/// How long calls in flight have to end when the sandbox stops.
const GRACE: Duration = Duration::from_secs(5);

/// Every path the sandbox answers.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let app = tiktok::router(shared)
        .nest("/_sandbox", surface::router())
        .route("/_sandbox/", get(|| async { Redirect::to("/_sandbox") }))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .route("/", get(|| async { Redirect::to("/_sandbox") }))
        .fallback(elsewhere);
    app.with_state(Arc::clone(shared))
}

async fn elsewhere() -> (StatusCode, &'static str) {
    let hint = "The sandbox answers under /www.tiktok.com, /open.tiktokapis.com, \
                /open-upload.tiktokapis.com and /_sandbox.\n";
    (StatusCode::NOT_FOUND, hint)
}

/// Serves until the sandbox ends, then lets calls in flight end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    mut phase: watch::Receiver<Phase>,
) {
    // Dropping the set, as aborting this task does, ends every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), phase.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    pause(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = reached(&mut phase, Phase::Ending) => break,
        }
    }
    drop(listener);
    let ended = within(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    if ended.is_none() {
        tracing::warn!("calls were still open when the sandbox stopped");
    }
}

async fn connection(stream: TcpStream, router: Router, mut phase: watch::Receiver<Phase>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = service_fn(move |request| answer(router.clone(), request));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = reached(&mut phase, Phase::Ending) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// How far a sandbox is on its way to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Running,
    /// No new connections; calls in flight may end.
    Ending,
    /// No call is left, so the state is final.
    Ended,
}

/// Ends when the sandbox has come to `phase`, or is gone.
pub(crate) async fn reached(now: &mut watch::Receiver<Phase>, phase: Phase) {
    // An error means that the sandbox is gone.
    drop(now.wait_for(|now| *now >= phase).await);
}

/// Tells hyper to close the connection instead of answering.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer, as a fault asked")]
struct Closed;

async fn answer(router: Router, mut request: Request<Incoming>) -> Result<Response, Closed> {
    by_host(&mut request);
    let response = match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.extensions().get::<CloseConnection>().is_some() {
        Err(Closed)
    } else {
        Ok(response)
    }
}

/// A request under one of the platform's names, as a TLS proxy forwards it, gets that name as the
/// first segment of its path. Either way every host of uploads becomes the same.
fn by_host(request: &mut Request<Incoming>) {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let (uri, named) = match platform_host(request.headers()) {
        Some(host) => (format!("/{host}{path}"), true),
        None => {
            let (host, rest) = path[1..].split_once('/').unwrap_or_default();
            let Some(host) = segment(host) else { return };
            (format!("/{host}/{rest}"), false)
        }
    };
    if let Ok(uri) = uri.parse::<Uri>() {
        *request.uri_mut() = uri;
        if named {
            request.extensions_mut().insert(ByHost);
        }
    }
}
