//! The control surface, in process.

mod accounts;
mod inbox;
mod properties;
mod values;
mod videos;
mod webhooks;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use values::{AppProperties, ClockView, InboxItem, Post, PrefixClaim, PublishView, TokenPair};

use crate::clock::{date, within};
use crate::faults::{ArmedFault, Fault};
use crate::secrets::Secret;
use crate::shared::{Settings, Shared};
use crate::tiktok::account;
use crate::tiktok::app::App;
use crate::tiktok::grant::RefreshCount;
use crate::transcript::Exchange;

/// Reaches behind the platform's back: everything `/_sandbox` offers, typed. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("url", &self.0.url())
            .finish_non_exhaustive()
    }
}

/// A request the control surface refuses, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ControlError(pub(crate) String);

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Registers an app, or replaces the one with its client key.
    ///
    /// # Errors
    /// A redirect URI or the app itself is not one TikTok would register.
    pub fn add_app(&self, app: App) -> Result<(), ControlError> {
        app.check().map_err(ControlError)?;
        self.0.change(|world, now| world.register(app, now));
        Ok(())
    }

    /// The registered apps.
    pub fn apps(&self) -> Vec<App> {
        self.0.world().apps.values().cloned().collect()
    }

    /// The virtual clock.
    pub fn clock(&self) -> ClockView {
        ClockView {
            now: date(self.0.clock.now()),
            offset_millis: self.0.clock.offset(),
        }
    }

    /// Moves the virtual clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.clock.advance(by);
        self.0.touch();
    }

    /// Delays and hashing.
    pub fn settings(&self) -> Settings {
        self.0.settings()
    }

    /// Changes delays and hashing, for uploads that end or begin from now on.
    pub fn set(&self, settings: Settings) {
        self.0.set(settings);
    }

    /// Arms a fault and returns its id.
    ///
    /// # Errors
    /// The fault makes no sense at that endpoint.
    pub fn arm(&self, fault: Fault) -> Result<u64, ControlError> {
        self.0.faults.arm(fault).map_err(ControlError)
    }

    /// The armed faults, also those that have nothing left to do.
    pub fn faults(&self) -> Vec<ArmedFault> {
        self.0.faults.armed()
    }

    /// Removes a fault and releases what it holds. `false` if there is none with this id.
    pub fn disarm(&self, id: u64) -> bool {
        self.0.faults.remove(id)
    }

    /// Removes every fault and releases what they hold.
    pub fn disarm_all(&self) {
        self.0.faults.clear();
    }

    /// Waits until a fault has struck. `false` if there is none with this id, it was removed, or
    /// `limit` of real time has passed.
    ///
    /// Cancel safe.
    pub async fn struck(&self, id: u64, limit: Duration) -> bool {
        within(limit, self.0.faults.struck(id))
            .await
            .unwrap_or(false)
    }

    /// The posts that exist, oldest first.
    pub fn posts(&self) -> Vec<Post> {
        let now = self.0.clock.now();
        let world = self.0.world();
        let mut posts: Vec<Post> = world
            .publishes
            .values()
            .flat_map(|publish| Post::of(publish, now))
            .collect();
        posts.sort_by(|a, b| (a.posted_at, &a.post_id).cmp(&(b.posted_at, &b.post_id)));
        posts
    }

    /// Everything begun by the inits, oldest first.
    pub fn publishes(&self) -> Vec<PublishView> {
        let now = self.0.clock.now();
        let world = self.0.world();
        let mut views: Vec<PublishView> = world
            .publishes
            .values()
            .map(|publish| PublishView::of(publish, now))
            .collect();
        views.sort_by(|a, b| (a.init_at, &a.publish_id).cmp(&(b.init_at, &b.publish_id)));
        views
    }

    /// How the refresh calls went, by account.
    pub fn refresh_counts(&self) -> BTreeMap<String, RefreshCount> {
        self.0.world().grants.counts.clone()
    }

    /// Every secret the sandbox has issued or received, so that a test can search for them.
    /// Received values of fewer than eight characters are left out.
    pub fn secrets(&self) -> Vec<Secret> {
        self.0.world().secrets.list()
    }

    /// The requests to the platform, oldest first; the last five thousand.
    pub fn transcript(&self) -> Vec<Exchange> {
        self.0.transcript.list()
    }

    /// Gives an app access to an account without a browser.
    ///
    /// # Errors
    /// There is no such app, account or scope.
    pub fn grant(
        &self,
        client_key: &str,
        account: &str,
        scopes: &[&str],
    ) -> Result<TokenPair, ControlError> {
        let refuse =
            |what: &str, name: &str| Err(ControlError(format!("there is no {what} {name:?}")));
        let Some(account) = account::find(account) else {
            return refuse("account", account);
        };
        let known = |scope: &&str| crate::tiktok::is_scope(scope);
        if let Some(scope) = scopes.iter().find(|scope| !known(scope)) {
            return refuse("scope", scope);
        }
        if !self.0.world().apps.contains_key(client_key) {
            return refuse("app", client_key);
        }
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let grant = |world: &mut crate::world::World, now| {
            world.grant(client_key, account.username, scopes, now)
        };
        Ok(TokenPair::of(
            self.0.change(grant),
            account.open_id(client_key),
        ))
    }
}
