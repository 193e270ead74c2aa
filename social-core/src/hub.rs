//! The hub: everything of one installation in one value.

mod accounts;
mod builder;
mod changes;
mod clocks;
mod close;
mod edit;
mod freed;
mod grace;
mod holds;
mod incarnation;
mod keys;
mod others;
mod parts;
mod posts;
mod submit;
mod subscriptions;
#[cfg(test)]
mod tests;
mod view;
mod wait;
mod worker;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use tokio::sync::{Notify, broadcast};

pub use builder::SocialBuilder;
pub use changes::Change;
pub use clocks::ClockGuard;
pub use incarnation::{Accepted, IncarnationGuard, IncarnationPolicy};
pub use parts::{PlatformKit, Stores};
pub use posts::Submission;
pub use subscriptions::AppSubscriptions;
pub use view::Post;
pub use worker::{OpenPost, WorkerContext};

use crate::{
    content::{Comments, ContentSource, Insights},
    error::{Error, ErrorKind, Result},
    login::Logins,
    media::MediaStore,
    model::{AppKey, Connector},
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
    worker: WorkerContext,
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

/// What can be done through which app.
#[derive(Default)]
struct Platforms {
    publishers: BTreeMap<AppKey, Arc<dyn Publisher>>,
    verifiers: BTreeMap<AppKey, Arc<dyn WebhookVerifier>>,
    contents: BTreeMap<AppKey, Arc<dyn ContentSource>>,
    comments: BTreeMap<AppKey, Arc<dyn Comments>>,
    insights: BTreeMap<AppKey, Arc<dyn Insights>>,
    subscriptions: BTreeMap<AppKey, AppSubscriptions>,
}

impl Social {
    /// Starts with nothing chosen.
    pub fn builder() -> SocialBuilder {
        SocialBuilder::default()
    }

    /// What workers, webhook receivers and stores need, and nobody else: in it are sealed bytes, and what skips the checks
    /// that this type makes.
    pub fn worker(&self) -> &WorkerContext {
        &self.worker
    }

    /// The clock that everything here goes by: for the deadlines of calls.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.worker.inner.clock
    }

    /// The randomness that everything here goes by.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.worker.inner.random
    }

    /// Stored media.
    pub fn media(&self) -> &dyn MediaStore {
        &*self.worker.inner.media
    }

    /// The login routes, by platform, app and name: what a person may connect an account by.
    pub fn connectors(&self) -> impl Iterator<Item = &Connector> {
        self.worker.inner.logins.connectors()
    }

    /// Shows what the platform knows of the accounts of an app.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn content(&self, app: &AppKey) -> Result<&Arc<dyn ContentSource>> {
        find(&self.worker.inner.platforms.contents, app, "look through")
    }

    /// Reads and answers comments through an app.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn comments(&self, app: &AppKey) -> Result<&Arc<dyn Comments>> {
        find(
            &self.worker.inner.platforms.comments,
            app,
            "read comments through",
        )
    }

    /// Reads numbers over time through an app.
    ///
    /// # Errors
    /// `Unsupported` when this installation cannot.
    pub fn insights(&self, app: &AppKey) -> Result<&Arc<dyn Insights>> {
        find(
            &self.worker.inner.platforms.insights,
            app,
            "read insights through",
        )
    }
}

fn find<'a, V>(map: &'a BTreeMap<AppKey, V>, app: &AppKey, verb: &str) -> Result<&'a V> {
    map.get(app).ok_or_else(|| {
        let message = format!("this installation cannot {verb} the app {app}");
        Error::new(ErrorKind::Unsupported, message).with_platform(app.platform.clone())
    })
}

impl fmt::Debug for Social {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Social").field(&self.worker).finish()
    }
}
