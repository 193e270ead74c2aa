//! What the handlers, the control handle and the state file share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::clock::{Clock, Millis};
use crate::faults::Faults;
use crate::tiktok::webhook::courier::Ask;
use crate::transcript::Transcript;
use crate::world::World;

/// What may be set while the sandbox runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Settings {
    /// How long a video is processed after its last byte, in milliseconds of virtual time.
    pub processing_millis: u64,
    /// How long moderation takes after that.
    pub moderation_millis: u64,
    /// Whether uploads are hashed. Applies to uploads begun from then on.
    pub hash: bool,
    /// Whether the calls per minute are limited.
    pub rate_limits: bool,
}

impl Default for Settings {
    /// 300 ms each, hashed, limited.
    fn default() -> Self {
        Self {
            processing_millis: 300,
            moderation_millis: 300,
            hash: true,
            rate_limits: true,
        }
    }
}

impl Settings {
    /// Sets the processing time.
    #[must_use]
    pub fn processing(mut self, delay: Duration) -> Self {
        self.processing_millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Sets the moderation time.
    #[must_use]
    pub fn moderation(mut self, delay: Duration) -> Self {
        self.moderation_millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Says whether uploads are hashed.
    #[must_use]
    pub fn hash(mut self, hash: bool) -> Self {
        self.hash = hash;
        self
    }

    /// Says whether the calls per minute are limited.
    #[must_use]
    pub fn rate_limits(mut self, limited: bool) -> Self {
        self.rate_limits = limited;
        self
    }
}

/// One running sandbox, without its sockets.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) transcript: Transcript,
    /// For the state file.
    pub(crate) changed: Notify,
    /// For the webhooks.
    pub(crate) told: Notify,
    asks: mpsc::Sender<Ask>,
    url: String,
    world: Mutex<World>,
    settings: Mutex<Settings>,
}

impl Shared {
    pub(crate) fn new(
        url: String,
        clock: Clock,
        mut world: World,
        settings: Settings,
        asks: mpsc::Sender<Ask>,
    ) -> Self {
        world.rates.limit(settings.rate_limits);
        Self {
            clock,
            faults: Faults::default(),
            transcript: Transcript::default(),
            changed: Notify::new(),
            told: Notify::new(),
            asks,
            url,
            world: Mutex::new(world),
            settings: Mutex::new(settings),
        }
    }

    /// The address it listens on, as a URL without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The same as `host:port`.
    pub(crate) fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world and has it saved.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut World, Millis) -> R) -> R {
        let result = {
            let mut world = self.world();
            // Read under the lock, so that times in the world never run backwards.
            let now = self.clock.now();
            change(&mut world, now)
        };
        self.touch();
        result
    }

    /// Has the world saved and looked at, because it or its clock has changed.
    pub(crate) fn touch(&self) {
        self.changed.notify_one();
        self.told.notify_one();
    }

    /// Delivers what is due now; ends when all of it has been tried.
    pub(crate) async fn deliver_due(&self) {
        let (ask, done) = oneshot::channel();
        if self.asks.send(ask).await.is_ok() {
            // An error means that the sandbox has stopped.
            let _ = done.await;
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, settings: Settings) {
        self.world().rates.limit(settings.rate_limits);
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }
}
