//! A key ring whose keys only a key service can unwrap.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, KeyRing, Remedy, Result,
    random::{Random, SystemRandom},
    time::Clock,
    vault::{KeyId, SealingKey},
};
use zeroize::Zeroizing;

use crate::{
    client::KeyService,
    file::{self, Wrapped},
};

/// How long unwrapped keys are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    /// After this long a key is unwrapped again: a service that revokes a key is heard within this time.
    pub(crate) fresh: Duration,
    /// While the service does not answer, a key it has unwrapped goes on for this long.
    pub(crate) outage: Duration,
    /// How often a service that does not answer is asked again, at most, for a key that goes on.
    pub(crate) retry: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(300),
            outage: Duration::from_secs(4 * 3_600),
            retry: Duration::from_secs(10),
        }
    }
}

/// Data keys that are kept wrapped in a file, and unwrapped by a service when they are needed.
#[derive(Debug)]
pub(crate) struct ServiceKeyRing {
    service: KeyService,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    lifetimes: Lifetimes,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    wrapped: Vec<Wrapped>,
    unwrapped: HashMap<String, Unwrapped>,
}

#[derive(Debug)]
struct Unwrapped {
    key: Arc<SealingKey>,
    /// When the service unwrapped it.
    at: Duration,
    /// When it is asked again.
    ask_at: Duration,
}

/// What is at hand of a key.
enum Cached {
    /// Good as it is.
    Fresh(Arc<SealingKey>),
    /// To be unwrapped again; until then it goes on.
    Stale(Arc<SealingKey>),
    Missing,
}

impl ServiceKeyRing {
    pub(crate) fn new(service: KeyService, path: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            service,
            path,
            clock,
            lifetimes: Lifetimes::default(),
            state: Mutex::default(),
        }
    }

    /// Puts a new data key in front. Old ones stay readable; the other processes reload.
    pub(crate) async fn rotate(&self) -> Result<()> {
        let new = self.make().await?;
        let mut keys = self.lock().wrapped.clone();
        keys.insert(0, new);
        file::write(&self.path, &keys, false).await?;
        self.reload().await
    }

    /// A new data key, wrapped. It is used only once it is in the file.
    async fn make(&self) -> Result<Wrapped> {
        let mut key = Zeroizing::new([0; 32]);
        SystemRandom::default().fill(key.as_mut())?;
        Ok(Wrapped {
            id: SealingKey::new(&key).id().to_string(),
            key: self.service.wrap(&key).await?,
        })
    }

    fn find(&self, id: &str) -> Option<Wrapped> {
        let state = self.lock();
        state
            .wrapped
            .iter()
            .find(|wrapped| wrapped.id == id)
            .cloned()
    }

    async fn key(&self, wrapped: &Wrapped) -> Result<Arc<SealingKey>> {
        let stale = match self.cached(&wrapped.id) {
            Cached::Fresh(key) => return Ok(key),
            Cached::Stale(key) => Some(key),
            Cached::Missing => None,
        };
        match (self.unwrap(wrapped).await, stale) {
            (Ok(key), _) => Ok(key),
            (Err(error), Some(key)) if error.kind() == ErrorKind::Unavailable => {
                tracing::warn!(key = wrapped.id, %error, "the key goes on from memory");
                Ok(key)
            }
            (Err(error), _) => {
                if error.kind() == ErrorKind::Seal {
                    // Revoked, for example: it ends here as well.
                    self.lock().unwrapped.remove(&wrapped.id);
                }
                Err(error)
            }
        }
    }

    /// Of many callers one is told that a key is stale, and asks the service; the others go on meanwhile.
    fn cached(&self, id: &str) -> Cached {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let Some(unwrapped) = state.unwrapped.get_mut(id) else {
            return Cached::Missing;
        };
        if now.saturating_sub(unwrapped.at) >= self.lifetimes.outage {
            state.unwrapped.remove(id);
            return Cached::Missing;
        }
        let key = Arc::clone(&unwrapped.key);
        if now < unwrapped.ask_at {
            return Cached::Fresh(key);
        }
        unwrapped.ask_at = now + self.lifetimes.retry;
        Cached::Stale(key)
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Arc<SealingKey>> {
        let at = self.clock.elapsed();
        let key = Arc::new(SealingKey::new(&*self.service.unwrap(&wrapped.key).await?));
        if key.id().to_string() != wrapped.id {
            let message = format!("the key service unwrapped another key than {}", wrapped.id);
            return Err(Error::new(ErrorKind::Seal, message).with_remedy(Remedy::Operator));
        }
        let unwrapped = Unwrapped {
            key: Arc::clone(&key),
            at,
            ask_at: at + self.lifetimes.fresh,
        };
        self.lock().unwrapped.insert(wrapped.id.clone(), unwrapped);
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyRing for ServiceKeyRing {
    async fn prepare(&self, fresh: bool) -> Result<()> {
        if file::read(&self.path).await?.is_none() {
            if !fresh {
                let message = "the wrapped data keys are missing beside an existing database: restore their file";
                return Err(Error::new(ErrorKind::Seal, message).with_remedy(Remedy::Operator));
            }
            file::write(&self.path, &[self.make().await?], true).await?;
        }
        self.reload().await
    }

    async fn current(&self) -> Result<Arc<SealingKey>> {
        let first = self.lock().wrapped.first().cloned();
        let first = first.ok_or_else(|| {
            Error::new(ErrorKind::Seal, "prepare the key ring first").with_remedy(Remedy::Operator)
        })?;
        self.key(&first).await
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>> {
        let id = id.to_string();
        let found = match self.find(&id) {
            Some(found) => Some(found),
            None => {
                // Another process may have rotated.
                self.reload().await?;
                self.find(&id)
            }
        };
        match found {
            Some(wrapped) => self.key(&wrapped).await.map(Some),
            None => Ok(None),
        }
    }

    async fn reload(&self) -> Result<()> {
        let read = file::read(&self.path).await?;
        let keys = read.ok_or_else(|| Error::storage("the wrapped data keys are gone"))?;
        self.lock().wrapped = keys;
        Ok(())
    }
}
