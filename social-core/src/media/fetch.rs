//! The one fetcher of addresses that people give: their host may be anything, also a machine behind our own walls.
//!
//! Only https, without a user name, without redirects. A name is looked up once and every address of it must be a global
//! one; the connection goes to exactly these. Time and bytes are capped, and what an answer announces about its length is
//! not believed.

pub(super) mod global;
mod guard;
#[cfg(test)]
mod tests;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use ::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use url::{Host, Url};

pub use guard::{Resolver, SystemResolver};

use super::ByteStream;
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    time::{Clock, Deadline},
};
use guard::{Guard, Refused};

/// How long one fetch may take.
const TIMEOUT: Duration = Duration::from_secs(600);
/// How long the beginning of a file may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest file that is fetched: 4 GiB.
const BYTES_MAX: u64 = 4 << 30;

/// Fetches what is at an address that a person gave. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    guard: Arc<Guard>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    bytes_max: u64,
}

/// The beginning of a file.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// Its first bytes.
    pub bytes: Bytes,
    /// Whether these are all of them.
    pub is_whole: bool,
    /// How long the file is, as its server announces. Not to be relied on.
    pub announced: Option<u64>,
}

impl Fetcher {
    /// A fetcher with the usual settings, which asks the machine's resolver.
    ///
    /// # Errors
    /// `Unavailable` when the machine's certificates cannot be read.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        Self::builder(clock).build()
    }

    /// A fetcher with other settings.
    pub fn builder(clock: Arc<dyn Clock>) -> FetcherBuilder {
        FetcherBuilder {
            clock,
            guard: Guard::new(Arc::new(SystemResolver)),
            timeout: TIMEOUT,
            bytes_max: BYTES_MAX,
        }
    }

    /// Reads the first bytes of a file, at most `most` of them, in at most ten seconds. Changes nothing, so it may be
    /// dropped at any time.
    ///
    /// # Errors
    /// `Invalid` for an address that is never fetched, one that leads elsewhere and one that answers with a refusal;
    /// `Unavailable`, `Timeout` and `Protocol` when no answer can be had now.
    pub async fn head(&self, url: &Url, most: usize) -> Result<Head> {
        let deadline = self.deadline(self.0.timeout.min(HEAD_TIMEOUT));
        let mut response = self.open(url, Some(most), &deadline).await?;
        let announced = announced(&response);
        let mut bytes = BytesMut::new();
        let mut is_whole = false;
        while bytes.len() < most {
            match within(&deadline, response.chunk()).await? {
                Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                Ok(None) => {
                    // An answer to a range may be a part only.
                    let part = response.status() == StatusCode::PARTIAL_CONTENT;
                    is_whole = !part || announced == Some(bytes.len() as u64);
                    break;
                }
                Err(error) => return Err(broke_off(error)),
            }
        }
        bytes.truncate(most);
        Ok(Head {
            bytes: bytes.freeze(),
            is_whole,
            announced,
        })
    }

    /// Reads a whole file. The stream fails when it is longer, or takes longer, than this fetcher allows.
    ///
    /// # Errors
    /// As [`head`](Self::head); the stream's own are `Invalid`, `Timeout` and `Unavailable`.
    pub async fn stream(&self, url: &Url) -> Result<ByteStream> {
        let deadline = self.deadline(self.0.timeout);
        let response = self.open(url, None, &deadline).await?;
        let left = self.0.bytes_max;
        if announced(&response).is_some_and(|bytes| bytes > left) {
            return Err(too_long(left));
        }
        let most = left;
        let start = (response, deadline, left);
        Ok(Box::pin(stream::try_unfold(
            start,
            move |(mut response, deadline, left)| async move {
                match within(&deadline, response.chunk()).await? {
                    Ok(None) => Ok(None),
                    Ok(Some(piece)) => {
                        let rest = left.checked_sub(piece.len() as u64);
                        let rest = rest.ok_or_else(|| too_long(most))?;
                        Ok(Some((piece, (response, deadline, rest))))
                    }
                    Err(error) => Err(broke_off(error)),
                }
            },
        )))
    }

    async fn open(
        &self,
        url: &Url,
        first: Option<usize>,
        deadline: &Deadline,
    ) -> Result<reqwest::Response> {
        check(url)?;
        let mut request = reqwest::Request::new(Method::GET, self.0.guard.target(url));
        *request.headers_mut() = headers(first);
        let sent = within(deadline, self.0.client.execute(request)).await?;
        let response = sent.map_err(unsent)?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::PARTIAL_CONTENT if first.is_some() && begins_at_zero(&response) => {
                Ok(response)
            }
            status => Err(unwanted(status)),
        }
    }

    fn deadline(&self, within: Duration) -> Deadline {
        Deadline::after(Arc::clone(&self.0.clock), within)
    }
}

/// Settings of a [`Fetcher`].
#[derive(Debug)]
pub struct FetcherBuilder {
    clock: Arc<dyn Clock>,
    guard: Guard,
    timeout: Duration,
    bytes_max: u64,
}

impl FetcherBuilder {
    /// Who turns names into addresses; the machine's resolver by default.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.guard.resolver = resolver;
        self
    }

    /// How long a fetch may take; ten minutes by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The longest file that is fetched; 4 GiB by default.
    #[must_use]
    pub fn bytes_max(mut self, bytes: u64) -> Self {
        self.bytes_max = bytes;
        self
    }

    /// Lets a test play a host: it is reached at this address of this machine, without TLS.
    #[cfg(any(test, feature = "test-util"))]
    #[must_use]
    pub fn loopback(mut self, host: impl Into<String>, address: std::net::SocketAddr) -> Self {
        self.guard.played.insert(host.into(), address);
        self
    }

    /// Builds the fetcher.
    ///
    /// # Errors
    /// `Unavailable` when the machine's certificates cannot be read.
    pub fn build(self) -> Result<Fetcher> {
        let guard = Arc::new(self.guard);
        let is_played = !guard.played.is_empty();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .dns_resolver(Arc::clone(&guard))
            .https_only(!is_played);
        if is_played {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| {
            let message = "no HTTPS client can be made; are the CA certificates installed?";
            Error::new(ErrorKind::Unavailable, message)
                .with_remedy(Remedy::Operator)
                .with_source(error.without_url())
        })?;
        Ok(Fetcher(Arc::new(Inner {
            client,
            guard,
            clock: self.clock,
            timeout: self.timeout,
            bytes_max: self.bytes_max,
        })))
    }
}

/// What is never fetched, whatever a resolver says.
fn check(url: &Url) -> Result<()> {
    if url.scheme() != "https" {
        return Err(refused("https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("userinfo"));
    }
    match url.host() {
        Some(Host::Ipv4(ip)) if !global::is_global(ip.into()) => Err(not_global()),
        Some(Host::Ipv6(ip)) if !global::is_global(ip.into()) => Err(not_global()),
        None => Err(refused("host")),
        Some(_) => Ok(()),
    }
}

fn headers(first: Option<usize>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let plain = HeaderValue::from_static("identity");
    headers.insert(header::ACCEPT_ENCODING, plain);
    let last = first.and_then(|most| most.checked_sub(1));
    let range = last.map(|last| HeaderValue::try_from(format!("bytes=0-{last}")));
    if let Some(Ok(range)) = range {
        headers.insert(header::RANGE, range);
    }
    headers
}

/// `bytes FIRST-LAST/TOTAL` of a part.
fn content_range(response: &reqwest::Response) -> Option<(&str, &str)> {
    let value = response.headers().get(header::CONTENT_RANGE)?;
    value.to_str().ok()?.strip_prefix("bytes ")?.split_once('/')
}

fn begins_at_zero(response: &reqwest::Response) -> bool {
    content_range(response).is_some_and(|(range, _)| range.trim().starts_with("0-"))
}

fn announced(response: &reqwest::Response) -> Option<u64> {
    if response.status() == StatusCode::PARTIAL_CONTENT {
        return content_range(response)?.1.trim().parse().ok();
    }
    let length = response.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.trim().parse().ok()
}

async fn within<T>(deadline: &Deadline, work: impl Future<Output = T> + Send) -> Result<T> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = deadline.clock().sleep(deadline.remaining()) => {
            Err(Error::new(ErrorKind::Timeout, "the address did not give its content in time"))
        }
    }
}

fn refused(rule: &str) -> Error {
    let message = "the address is not fetched";
    Error::invalid("media", format!("address.{rule}"), message)
}

fn not_global() -> Error {
    refused("public")
}

fn too_long(most: u64) -> Error {
    let message = format!("the file has more than {most} bytes");
    Error::invalid("media", "media.limit", message)
}

fn unwanted(status: StatusCode) -> Error {
    if status.is_redirection() {
        return refused("redirect");
    }
    let message = format!("the address answers with {}", status.as_u16());
    if status.is_client_error() {
        return Error::invalid("media", "address.answer", message);
    }
    let kind = if status.is_server_error() {
        ErrorKind::Unavailable
    } else {
        ErrorKind::Protocol
    };
    Error::new(kind, message).with_remedy(Remedy::Backoff)
}

/// It could not be asked. The cause holds the refusal when the name led to a place that is never asked.
fn unsent(error: reqwest::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        if found.is::<Refused>() {
            return not_global();
        }
        cause = found.source();
    }
    let message = match () {
        () if error.is_dns() => "the name in the address is not known",
        () if error.is_connect() => "the host of the address cannot be reached",
        () => "the host of the address gave no answer",
    };
    Error::new(ErrorKind::Unavailable, message).with_source(error.without_url())
}

fn broke_off(error: reqwest::Error) -> Error {
    let message = "the connection broke off within the file";
    Error::new(ErrorKind::Unavailable, message).with_source(error.without_url())
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("timeout", &self.0.timeout)
            .field("bytes_max", &self.0.bytes_max)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Head {
    /// Shows no content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("bytes", &self.bytes.len())
            .field("is_whole", &self.is_whole)
            .field("announced", &self.announced)
            .finish()
    }
}
