//! What the handlers, the control handle and the state file share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::clock::{Clock, Millis};
use crate::faults::Faults;
use crate::media::Library;
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
    /// Whether anything is counted: calls per minute, posts and pending shares per day, the
    /// users of an app.
    pub rate_limits: bool,
    /// How many direct posts a creator may make in 24 hours, through all apps.
    pub posts_per_day: u64,
    /// How many shares of 24 hours may wait in a user's inbox.
    pub pending_shares: u64,
    /// How `status/fetch` gives the ids of posts.
    pub post_ids: PostIds,
    /// Whether uploads are checked as videos, as what is downloaded always is. Applies to uploads
    /// begun from then on.
    pub check_uploads: bool,
}

/// How `status/fetch` gives the ids of posts. All forms have been met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PostIds {
    /// A list of integers beyond 2^53, as documented.
    Integers,
    /// A list of strings.
    Strings,
    /// One integer that is not in a list; null for none. Several are a list all the same.
    Scalar,
}

impl Default for Settings {
    /// 300 ms each, hashed, limited to 15 posts and 5 pending shares, ids as documented, uploads
    /// of any bytes.
    fn default() -> Self {
        Self {
            processing_millis: 300,
            moderation_millis: 300,
            hash: true,
            rate_limits: true,
            posts_per_day: 15,
            pending_shares: 5,
            post_ids: PostIds::Integers,
            check_uploads: false,
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

    /// Says whether anything is counted.
    #[must_use]
    pub fn rate_limits(mut self, limited: bool) -> Self {
        self.rate_limits = limited;
        self
    }

    /// Sets the direct posts of a creator in 24 hours.
    #[must_use]
    pub fn posts_per_day(mut self, posts: u64) -> Self {
        self.posts_per_day = posts;
        self
    }

    /// Sets the shares of 24 hours that may wait in an inbox.
    #[must_use]
    pub fn pending_shares(mut self, shares: u64) -> Self {
        self.pending_shares = shares;
        self
    }

    /// Sets how ids of posts are given.
    #[must_use]
    pub fn post_ids(mut self, form: PostIds) -> Self {
        self.post_ids = form;
        self
    }

    /// Says whether uploads are checked as videos.
    #[must_use]
    pub fn check_uploads(mut self, check: bool) -> Self {
        self.check_uploads = check;
        self
    }
}

/// One running sandbox, without its sockets.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) transcript: Transcript,
    pub(crate) media: Library,
    /// How often the world was changed, for the state file.
    changes: watch::Sender<u64>,
    /// How many of the changes the state file holds; nothing without a file.
    kept: watch::Sender<Option<u64>>,
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
            media: Library::default(),
            changes: watch::Sender::default(),
            kept: watch::Sender::default(),
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
        self.changes.send_modify(|changes| *changes += 1);
        self.told.notify_one();
    }

    /// How often the world was changed. What is read of it afterwards holds at least these changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Says that the state file holds so many changes, or cannot hold them.
    pub(crate) fn keep(&self, changes: u64) {
        self.kept.send_replace(Some(changes));
    }

    /// Waits until the state file holds what has been changed so far: what was answered is not forgotten when the
    /// process is killed.
    pub(crate) async fn kept(&self) {
        let so_far = *self.changes.borrow();
        let mut kept = self.kept.subscribe();
        let is_kept = |kept: &Option<u64>| kept.is_none_or(|kept| kept >= so_far);
        // The sender lives in `self`, so this ends only when it is so.
        let _ = kept.wait_for(is_kept).await;
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
