//! Accepting connections: bounded in number, by address too, with a deadline for what is pending and for their whole life,
//! and ended gently.
//!
//! Whoever connects and then does nothing, or reads nothing, holds a place that others want. So a connection ends when its
//! headers do not come, when what is written to it does not move, and when it is old and carries no stream.

mod life;
mod moving;
mod peers;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use social_core::time::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

pub(crate) use life::Life;
pub(crate) use peers::Proxies;

use moving::Moving;
use peers::{Peers, Place};

/// How long connections have to end when the server does.
const GRACE: Duration = Duration::from_secs(5);
/// Before trying again when the system gives no connection, for example for want of files.
const BREATH: Duration = Duration::from_millis(200);
/// How far apart the lines of the log are about addresses with too many connections.
const TOLD: Duration = Duration::from_secs(60);

/// What connections may take.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// How many there may be at once.
    pub(crate) connections: usize,
    /// How many of one address: far more than a browser opens.
    pub(crate) per_address: usize,
    /// Whose connections are everybody's.
    pub(crate) proxies: Proxies,
    /// How long a request's headers may take; also how long an idle connection is kept.
    pub(crate) headers: Duration,
    /// How long something may be pending to be written without any of it moving.
    pub(crate) stall: Duration,
    /// How long a connection lives that carries no stream.
    pub(crate) life: Duration,
    /// What it then has to end what it has begun.
    pub(crate) parting: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            per_address: 64,
            proxies: Proxies::default(),
            headers: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            life: Duration::from_secs(600),
            parting: Duration::from_secs(60),
        }
    }
}

/// Serves until `stop`, then lets what is under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    limits: Limits,
) {
    let mut door = Door {
        room: Arc::new(Semaphore::new(limits.connections)),
        peers: Peers::default(),
        told: None,
        listener,
        clock: Arc::clone(&clock),
    };
    let (open, cut) = (TaskTracker::new(), CancellationToken::new());
    loop {
        let accepted = tokio::select! {
            accepted = door.accept(&limits) => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok(Some((stream, places))) => {
                let connection = Connection {
                    router: router.clone(),
                    clock: Arc::clone(&clock),
                    stop: stop.clone(),
                    limits: limits.clone(),
                };
                let cut = cut.clone();
                open.spawn(async move {
                    tokio::select! {
                        () = connection.serve(stream) => {}
                        () = cut.cancelled() => {}
                    }
                    drop(places);
                });
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                clock.sleep(BREATH).await;
            }
        }
    }
    drop(door);
    open.close();
    tokio::select! {
        () = open.wait() => {}
        () = clock.sleep(GRACE) => {
            tracing::warn!(connections = open.len(), "connections were cut at the end");
            // Else they would work on while what must not be cut off is waited for.
            cut.cancel();
            open.wait().await;
        }
    }
}

/// What a connection holds: one place of all, and one of its address.
type Places = (OwnedSemaphorePermit, Option<Place>);

/// Where connections come in.
struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    peers: Peers,
    /// When the log was last told of an address with too many.
    told: Option<Duration>,
    clock: Arc<dyn Clock>,
}

impl Door {
    /// The next connection with its places; nothing when its address has too many already.
    async fn accept(&mut self, limits: &Limits) -> std::io::Result<Option<(TcpStream, Places)>> {
        let permit = Arc::clone(&self.room)
            .acquire_owned()
            .await
            .map_err(std::io::Error::other)?;
        let (stream, peer) = self.listener.accept().await?;
        let place = if limits.proxies.contains(peer.ip()) {
            None
        } else {
            let place = self.peers.enter(peer.ip(), limits.per_address);
            if place.is_none() {
                self.tell(peer.ip());
                return Ok(None);
            }
            place
        };
        // Progress is told in small pieces.
        stream.set_nodelay(true)?;
        Ok(Some((stream, (permit, place))))
    }

    fn tell(&mut self, address: std::net::IpAddr) {
        let now = self.clock.elapsed();
        if self
            .told
            .is_none_or(|told| now.saturating_sub(told) >= TOLD)
        {
            self.told = Some(now);
            tracing::warn!(
                %address,
                "an address has too many connections, and gets no more for now; if it is a proxy, name it with PROXIES"
            );
        }
    }
}

/// One connection's way through the server.
struct Connection {
    router: Router,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    limits: Limits,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        let life = Life::default();
        let (router, of) = (self.router, life.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let router = router.clone();
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(of.clone());
            async move {
                Ok::<_, Infallible>(match router.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                })
            }
        });
        let stream = Moving::new(stream, Arc::clone(&self.clock), self.limits.stall);
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.headers);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = life.is_over(&*self.clock, self.limits.life) => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = self.clock.sleep(self.limits.parting) => {
                        tracing::debug!("a connection was cut at the end of its life");
                        return;
                    }
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
