//! The hub: everything of one installation in one value.

mod accounts;
mod builder;
mod changes;
mod clocks;
mod close;
mod edit;
mod freed;
mod holds;
mod incarnation;
mod keys;
mod others;
mod parts;
mod posts;
mod settled;
mod submit;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use tokio::sync::{Notify, broadcast};

pub use builder::SocialBuilder;
pub use changes::Change;
pub use clocks::ClockGuard;
pub use incarnation::{Accepted, IncarnationGuard, IncarnationPolicy};
pub use parts::{PlatformKit, Stores};
pub use posts::{OpenPost, Post, PostStatus};

use crate::{
    content::{Comments, ContentSource, Insights},
    error::{Error, ErrorKind, Result},
    login::Logins,
    media::MediaStore,
    model::Platform,
    publish::Publisher,
    random::Random,
    tasks::Tasks,
    time::Clock,
    tokens::Tokens,
    vault::Vault,
    webhook::WebhookVerifier,
};

/// Connects accounts, keeps their tokens fresh and takes posts. Clones share everything.
///
/// Submitted posts are stored, then published by a worker, in this process or in another one on the same store.
#[derive(Clone)]
pub struct Social {
    inner: Arc<Inner>,
}

struct Inner {
    stores: Stores,
    vault: Arc<Vault>,
    tokens: Tokens,
    logins: Logins,
    media: Arc<dyn MediaStore>,
    platforms: Platforms,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    changes: broadcast::Sender<Change>,
    wake: Notify,
    guard: IncarnationGuard,
    clocks: ClockGuard,
    hold_after_loss: Option<Duration>,
    restore_grace: std::time::Duration,
    tasks: Tasks,
    close_within: Duration,
}

/// What can be done on which platform.
#[derive(Default)]
struct Platforms {
    publishers: BTreeMap<Platform, Arc<dyn Publisher>>,
    verifiers: BTreeMap<Platform, Arc<dyn WebhookVerifier>>,
    contents: BTreeMap<Platform, Arc<dyn ContentSource>>,
    comments: BTreeMap<Platform, Arc<dyn Comments>>,
    insights: BTreeMap<Platform, Arc<dyn Insights>>,
}

impl Social {
    /// Starts with nothing chosen.
    pub fn builder() -> SocialBuilder {
        SocialBuilder::default()
    }

    /// The stores.
    pub fn stores(&self) -> &Stores {
        &self.inner.stores
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// Valid tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    /// Logins.
    pub fn logins(&self) -> &Logins {
        &self.inner.logins
    }

    /// Stored media.
    pub fn media(&self) -> &dyn MediaStore {
        &*self.inner.media
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Randomness.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.inner.random
    }

    /// The platforms that can be published to.
    pub fn publishers(&self) -> impl Iterator<Item = &Arc<dyn Publisher>> {
        self.inner.platforms.publishers.values()
    }

    /// The publisher of `platform`.
    ///
    /// # Errors
    /// `Unsupported` when this installation has none.
    pub fn publisher(&self, platform: &Platform) -> Result<&Arc<dyn Publisher>> {
        find(&self.inner.platforms.publishers, platform, "publish to")
    }

    /// Verifies what `platform` sends.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn verifier(&self, platform: &Platform) -> Result<&Arc<dyn WebhookVerifier>> {
        find(&self.inner.platforms.verifiers, platform, "hear from")
    }

    /// Shows what `platform` knows of an account.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn content(&self, platform: &Platform) -> Result<&Arc<dyn ContentSource>> {
        find(&self.inner.platforms.contents, platform, "look at")
    }

    /// Reads and answers comments on `platform`.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn comments(&self, platform: &Platform) -> Result<&Arc<dyn Comments>> {
        find(&self.inner.platforms.comments, platform, "read comments on")
    }

    /// Reads numbers over time from `platform`.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn insights(&self, platform: &Platform) -> Result<&Arc<dyn Insights>> {
        find(
            &self.inner.platforms.insights,
            platform,
            "read insights from",
        )
    }
}

fn find<'a, V>(map: &'a BTreeMap<Platform, V>, platform: &Platform, verb: &str) -> Result<&'a V> {
    map.get(platform).ok_or_else(|| {
        let message = format!("this installation cannot {verb} {platform}");
        Error::new(ErrorKind::Unsupported, message).with_platform(platform.clone())
    })
}

impl fmt::Debug for Social {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Social")
            .field("stores", &self.inner.stores)
            .field("publishers", &self.inner.platforms.publishers.keys())
            .finish_non_exhaustive()
    }
}
