//! Every store in the memory of one process: for examples and tests, and the model that other stores are compared to.

mod events;
mod installation;
mod limits;
mod logins;
mod posts;
mod sealed;
mod tokens;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    store::{InstanceName, WakeSender},
    time::{Clock, SystemClock},
};

/// Keeps everything in memory, simply; nothing outlives the process. Clones share what is kept.
///
/// ```
/// use social_core::{
///     memory::MemoryStore,
///     model::{AccountId, AppId, AppKey, OwnerId, Platform},
///     store::{Expect, Revision, TokenRecord, TokenStore},
///     time::{Clock, SystemClock},
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let app = AppKey::new(Platform::new("example"), AppId::new("app")?);
/// let key = app.account(OwnerId::new("me")?, AccountId::new("42")?);
/// let now = SystemClock::default().now();
/// let record = TokenRecord::new(key.clone(), "web", now);
///
/// let store = MemoryStore::default();
/// assert_eq!(store.save(&record, Expect::Absent).await?, Revision(1));
/// assert!(store.load(&key).await?.is_some());
/// # Ok::<(), social_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    instance: Option<InstanceName>,
    tables: Arc<Mutex<Tables>>,
    post_wakes: WakeSender,
    event_wakes: WakeSender,
}

#[derive(Default)]
struct Tables {
    installation: installation::Row,
    tokens: tokens::Rows,
    logins: logins::Rows,
    posts: posts::Rows,
    events: events::Rows,
    limits: limits::Rows,
}

impl MemoryStore {
    /// An empty store whose leases are measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            instance: None,
            tables: Arc::default(),
            post_wakes: WakeSender::default(),
            event_wakes: WakeSender::default(),
        }
    }

    /// Every method takes this lock once and awaits nothing under it: that makes it one transaction.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    /// An empty store on the machine's clock.
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl fmt::Debug for MemoryStore {
    /// Shows nothing of what is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
