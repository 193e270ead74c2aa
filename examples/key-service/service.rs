//! Plays the key service: it wraps and unwraps data keys under a master key that it never gives out.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use secrecy::{ExposeSecret, SecretString};
use social_core::{
    Result, Vault,
    random::{Random, SystemRandom, random_token},
    vault::{LocalKeyRing, Place},
};
use subtle::ConstantTimeEq;
use tokio::{net::TcpListener, task::JoinHandle};

const WRAPPED: Place<'static> = Place::new("key-service", "data-keys", "key");

/// What it knows, running or not.
pub(crate) struct KeyServer {
    known: Arc<Known>,
    address: SocketAddr,
    running: Option<JoinHandle<()>>,
}

struct Known {
    master: Vault,
    /// Whoever has it may wrap and unwrap.
    token: SecretString,
    unwraps: AtomicU32,
    /// It unwraps nothing any more.
    revoked: AtomicBool,
}

impl KeyServer {
    /// Starts it with a new master key, on a free port of this machine.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let random = SystemRandom::default();
        let mut master = zeroize::Zeroizing::new([0; 32]);
        random.fill(master.as_mut())?;
        let ring = LocalKeyRing::from_keys([&*master])?;
        let known = Known {
            token: random_token(&random)?,
            master: Vault::new(Default::default(), Arc::new(ring), Arc::new(random)),
            unwraps: AtomicU32::new(0),
            revoked: AtomicBool::new(false),
        };
        let mut server = Self {
            known: Arc::new(known),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            running: None,
        };
        server.run().await?;
        Ok(server)
    }

    /// Starts it again after a [`stop`](Self::stop), at the same address.
    pub(crate) async fn run(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.address = listener.local_addr()?;
        let routes = Router::new()
            .route("/wrap", post(wrap))
            .route("/unwrap", post(unwrap))
            .with_state(Arc::clone(&self.known));
        self.running = Some(tokio::spawn(async move {
            // It ends by being stopped.
            let _ = axum::serve(listener, routes).await;
        }));
        Ok(())
    }

    /// From now on connections are refused.
    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn token(&self) -> SecretString {
        self.known.token.clone()
    }

    /// From now on every data key is refused, as by an operator who stops a stolen database from being read.
    pub(crate) fn revoke(&self) {
        self.known.revoked.store(true, Ordering::SeqCst);
    }

    /// How often a data key was unwrapped.
    pub(crate) fn unwraps(&self) -> u32 {
        self.known.unwraps.load(Ordering::SeqCst)
    }
}

async fn wrap(
    State(known): State<Arc<Known>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Vec<u8>, StatusCode> {
    known.check(&headers)?;
    let sealed = known.master.seal(&WRAPPED, &body).await;
    sealed.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn unwrap(
    State(known): State<Arc<Known>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Vec<u8>, StatusCode> {
    known.check(&headers)?;
    if known.revoked.load(Ordering::SeqCst) {
        return Err(StatusCode::FORBIDDEN);
    }
    known.unwraps.fetch_add(1, Ordering::SeqCst);
    let opened = known.master.open(&WRAPPED, &body).await;
    opened
        .map(|key| key.to_vec())
        .map_err(|_| StatusCode::FORBIDDEN)
}

impl Known {
    fn check(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let sent = headers.get(header::AUTHORIZATION);
        let sent = sent.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let token = self.token.expose_secret().as_bytes();
        if sent.is_some_and(|sent| sent.ct_eq(token).into()) {
            return Ok(());
        }
        Err(StatusCode::UNAUTHORIZED)
    }
}
