//! Stands between a name and the connection: what it lets through is what is connected to.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use url::Url;

use super::global::is_global;

/// Turns the name of a host into addresses.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// Every address of a host.
    ///
    /// # Errors
    /// When the name is not known, or cannot be asked for.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of this machine.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 443)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) resolver: Arc<dyn Resolver>,
    /// Hosts that a test plays; none otherwise.
    pub(super) played: BTreeMap<String, SocketAddr>,
}

impl Guard {
    pub(super) fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self {
            resolver,
            played: BTreeMap::new(),
        }
    }

    /// What is asked for: the address itself, unless a test plays its host.
    pub(super) fn target(&self, url: &Url) -> Url {
        let played = url.domain().and_then(|host| self.played.get(host));
        let Some(address) = played else {
            return url.clone();
        };
        let plain = url.as_str().replacen("https://", "http://", 1);
        let mut target = Url::parse(&plain).unwrap_or_else(|_| url.clone());
        // It has a host, so it takes a port.
        let _ = target.set_port(Some(address.port()));
        target
    }

    async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        if let Some(address) = self.played.get(host) {
            return Ok(vec![*address]);
        }
        let found = self.resolver.resolve(host).await?;
        if found.is_empty() {
            return Err(io::Error::from(io::ErrorKind::NotFound).into());
        }
        if !found.iter().copied().all(is_global) {
            return Err(Refused.into());
        }
        // Port 0 stands for the one of the address.
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())
    }
}

impl reqwest::dns::Resolve for Guard {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// The name leads to a place that is never asked.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to an address that is not a public one")]
pub(super) struct Refused;
