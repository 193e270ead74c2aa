//! [`ApiClient`]: calls to a platform over HTTP, with the rules that keep a call from happening twice.
//!
//! - **Only observations are retried.** A call that causes something is sent once, whatever becomes of it.
//! - **An error says whether the call can have been carried out.** The remedy [`Backoff`](crate::Remedy::Backoff) says that
//!   it certainly was not: it never left, or its body was never complete. [`Reconcile`](crate::Remedy::Reconcile) says that
//!   nobody knows.
//! - **Nothing is sent after the deadline.** It is checked before the call and again before every piece of its body, so a
//!   process that was stopped and goes on cannot complete a request that others believe dead. Between the check and the
//!   network remain the microseconds in which one piece is handed over.
//! - **Addresses are secrets.** Errors and spans name the call, never its address.
//!
//! Waiting and jitter come from outside: [`Clock`] and [`Random`]. Only the connect timeout is kept by the transport itself;
//! it lies within the timeout of the whole call.

mod body;
mod call;
mod failure;
mod reply;
mod retry;
#[cfg(test)]
mod tests;

use std::{future::Future, sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use tracing::Instrument;

pub use call::Call;
pub use reply::Reply;

use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    random::{Random, SystemRandom},
    time::Clock,
};
use body::{Closer, Gate};
use failure::Failure;
use retry::Budget;

/// The most bytes of an answer that are read.
const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends [`Call`]s. Cheap to clone; clones share connections and the retry budget.
#[derive(Clone)]
pub struct ApiClient(Arc<Inner>);

struct Inner {
    transport: reqwest::Client,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    retries: u32,
    budget: Budget,
    reply_bytes_max: usize,
}

impl ApiClient {
    /// A client with the usual settings, which waits on `clock`.
    ///
    /// # Errors
    /// `Unavailable` when the machine's certificates cannot be read.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        Self::builder(clock).build()
    }

    /// A client with other settings, which waits on `clock`.
    pub fn builder(clock: Arc<dyn Clock>) -> ApiClientBuilder {
        ApiClientBuilder {
            clock,
            random: Arc::new(SystemRandom),
            transport: None,
            loopback_only: false,
            connect_timeout: CONNECT_TIMEOUT,
            retries: 2,
            reply_bytes_max: REPLY_BYTES_MAX,
        }
    }

    /// Sends a call and reads its answer, whatever its status.
    ///
    /// An observation is tried again when it did not arrive, broke off, or met an overloaded gateway. An answer that comes
    /// before the whole body was sent counts, and the rest of the body stays unsent.
    ///
    /// Cancel safety: dropped, the rest of the body is not sent; a call that causes something may then have been carried
    /// out.
    ///
    /// # Errors
    /// - `Unavailable` when it cannot be sent or the answer breaks off, `Timeout` when no answer comes in time or the
    ///   deadline passed, `Protocol` for an answer that is too large; each with the remedy `Reconcile` when a call that
    ///   causes something may have been carried out.
    /// - The error of the stream that the body comes from; the request was then never complete.
    pub async fn send(&self, call: Call<'_>) -> Result<Reply> {
        let span = tracing::debug_span!("call", name = call.name, status = tracing::field::Empty);
        let outcome = self.send_retried(call).instrument(span.clone()).await;
        match &outcome {
            Ok(reply) => {
                span.record("status", reply.status.as_u16());
                span.in_scope(|| tracing::debug!(bytes = reply.body.len(), "answered"));
            }
            Err(error) => span.in_scope(|| tracing::debug!(kind = ?error.kind(), "failed")),
        }
        outcome
    }

    async fn send_retried(&self, mut call: Call<'_>) -> Result<Reply> {
        let mut tries = 0;
        loop {
            let again = call.for_retry().filter(|_| tries < self.0.retries);
            let deadline = call.deadline;
            let outcome = self.send_once(call).await;
            let Some(wait) = retry::wait(&outcome, tries, self.0.clock.now(), &*self.0.random)
            else {
                if outcome.is_ok() {
                    self.0.budget.refill();
                }
                return outcome;
            };
            match again {
                Some(next) if wait < deadline.remaining() && self.0.budget.spend() => call = next,
                _ => return outcome,
            }
            tries += 1;
            tracing::debug!(tries, "the call is repeated");
            self.0.clock.sleep(wait).await;
        }
    }

    async fn send_once(&self, call: Call<'_>) -> Result<Reply> {
        let failure = Failure::of(&call);
        if call.deadline.has_passed() {
            return Err(failure.too_late());
        }
        let Ok(url) = url::Url::parse(call.url.expose_secret()) else {
            return Err(failure.unreadable_address());
        };
        let gate = Gate::new(call.deadline.clone(), call.payload.len());
        let _closer = Closer(&gate);
        let mut request = reqwest::Request::new(call.method, url);
        *request.headers_mut() = call.headers;
        *request.body_mut() = call.payload.into_body(&gate);
        let exchange = async {
            let response = self.0.transport.execute(request).await;
            let response = response.map_err(|error| failure.transport(error, &gate))?;
            reply::read(response, self.0.reply_bytes_max, &failure).await
        };
        let exchange = report_progress(exchange, &gate, call.on_sent);
        let timeout = self.0.clock.sleep(call.timeout);
        tokio::select! {
            biased;
            outcome = exchange => outcome,
            () = timeout => Err(failure.timed_out(&gate)),
        }
    }
}

/// Runs `exchange` and reports from its own task how much of the body has left.
async fn report_progress<T>(
    exchange: impl Future<Output = T> + Send,
    gate: &Gate,
    on_sent: Option<&(dyn Fn(u64) + Send + Sync)>,
) -> T {
    let Some(on_sent) = on_sent else {
        return exchange.await;
    };
    let mut sent = gate.watch();
    tokio::pin!(exchange);
    loop {
        tokio::select! {
            biased;
            outcome = &mut exchange => {
                on_sent(gate.sent());
                return outcome;
            }
            // The sender lives in `gate`, so this cannot fail.
            _ = sent.changed() => on_sent(*sent.borrow_and_update()),
        }
    }
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClient")
            .field("retries", &self.0.retries)
            .field("reply_bytes_max", &self.0.reply_bytes_max)
            .finish_non_exhaustive()
    }
}

/// Settings of an [`ApiClient`].
#[derive(Debug)]
pub struct ApiClientBuilder {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    transport: Option<reqwest::Client>,
    loopback_only: bool,
    connect_timeout: Duration,
    retries: u32,
    reply_bytes_max: usize,
}

impl ApiClientBuilder {
    /// Where jitter comes from; the operating system by default.
    #[must_use]
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// Sends through this client instead of one of its own. It must follow no redirects and repeat nothing by itself.
    #[must_use]
    pub fn transport(mut self, transport: reqwest::Client) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Trusts no certificate at all: enough for plain HTTP on this machine, and works where no certificates are installed.
    #[must_use]
    pub fn loopback_only(mut self) -> Self {
        self.loopback_only = true;
        self
    }

    /// How long connecting may take; 10 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How often an observation is tried again; twice by default.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The most bytes of an answer that are read; 1 MiB by default.
    #[must_use]
    pub fn reply_bytes_max(mut self, bytes: usize) -> Self {
        self.reply_bytes_max = bytes;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// `Unavailable` when the machine's certificates cannot be read.
    pub fn build(self) -> Result<ApiClient> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => transport(self.connect_timeout, self.loopback_only)?,
        };
        Ok(ApiClient(Arc::new(Inner {
            transport,
            clock: self.clock,
            random: self.random,
            retries: self.retries,
            budget: Budget::default(),
            reply_bytes_max: self.reply_bytes_max,
        })))
    }
}

/// One request on one connection: what breaks off concerns one call only, so HTTP/1.1.
fn transport(connect_timeout: Duration, loopback_only: bool) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .connect_timeout(connect_timeout);
    if loopback_only {
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        let message = "no HTTPS client can be made; are the CA certificates installed?";
        Error::new(ErrorKind::Unavailable, message)
            .with_remedy(Remedy::Operator)
            .with_source(error.without_url())
    })
}
