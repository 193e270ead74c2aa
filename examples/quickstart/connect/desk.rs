//! The loopback address that the browser is sent from and comes back to.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use secrecy::ExposeSecret;
use social_core::{Social, login::is_speculative, random::random_token};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use url::Url;

const PATH: &str = "/api/auth/tiktok/callback";
/// How long the browser's last page may take to be sent.
const LAST: Duration = Duration::from_secs(3);

/// What the browser's tab says in the end.
pub(super) enum Told {
    Connected(String),
    Not(String),
}

/// A browser that came back, waiting to be told.
pub(super) struct Back {
    pub(super) query: String,
    answer: oneshot::Sender<Told>,
}

impl Back {
    pub(super) fn tell(self, told: Told) {
        // The tab may be closed by now.
        let _ = self.answer.send(told);
    }
}

/// Listens until it is closed.
pub(super) struct Desk {
    redirect: Url,
    door: String,
    consent: Arc<OnceLock<String>>,
    returns: mpsc::Receiver<Back>,
    close: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    consent: Arc<OnceLock<String>>,
    returns: mpsc::Sender<Back>,
}

impl Desk {
    pub(super) async fn open(social: &Social) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        // Short enough for one line, and nobody else of this machine can guess it.
        let name = random_token(&**social.random())?;
        let door = format!("/sign-in/{}", name.expose_secret());
        let consent = Arc::new(OnceLock::new());
        let (returned, returns) = mpsc::channel(4);
        let router = Router::new()
            .route(&door, get(leave))
            .route(PATH, get(come_back))
            .with_state(Shared {
                consent: Arc::clone(&consent),
                returns: returned,
            });
        let (close, closing) = oneshot::channel();
        let served = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = closing.await;
        });
        let server = tokio::spawn(async {
            if let Err(error) = served.await {
                tracing::warn!(%error, "the address for the browser ended");
            }
        });
        Ok(Self {
            redirect: Url::parse(&format!("{base}{PATH}"))?,
            door: format!("{base}{door}"),
            consent,
            returns,
            close,
            server,
        })
    }

    pub(super) fn redirect(&self) -> &Url {
        &self.redirect
    }

    /// The address to open, which leads to the consent page.
    pub(super) fn lead_to(&self, consent: &str) -> &str {
        self.consent.get_or_init(|| consent.to_owned());
        &self.door
    }

    pub(super) async fn next(&mut self) -> Option<Back> {
        self.returns.recv().await
    }

    /// Lets the last page be sent, and ends.
    pub(super) async fn close(mut self, social: &Social) {
        let _ = self.close.send(());
        tokio::select! {
            _ = &mut self.server => {}
            () = social.clock().sleep(LAST) => self.server.abort(),
        }
    }
}

async fn leave(State(shared): State<Shared>) -> Response {
    match shared.consent.get() {
        Some(consent) => (no_trace(), Redirect::to(consent)).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn come_back(
    State(shared): State<Shared>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if is_speculative(&method, &headers) {
        // Nobody looks at the answer, and what counts once must not be used up by it.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (answer, told) = oneshot::channel();
    let query = query.unwrap_or_default();
    let sent = shared.returns.send(Back { query, answer }).await;
    let told = match sent {
        Ok(()) => told.await.ok(),
        Err(_) => None,
    };
    let (title, line) = match told {
        Some(Told::Connected(name)) => (
            "Connected",
            format!("{name} is connected. Go back to the terminal; you can close this page."),
        ),
        Some(Told::Not(why)) => (
            "Not connected",
            format!("{why} Go back to the terminal; you can close this page."),
        ),
        None => (
            "Not connected",
            "The program that began this sign-in has ended. Start it again.".to_owned(),
        ),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1><p>{}</p></html>",
        escaped(&line)
    );
    (no_trace(), Html(page)).into_response()
}

/// The addresses hold what nobody else may see.
fn no_trace() -> [(header::HeaderName, &'static str); 2] {
    [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
