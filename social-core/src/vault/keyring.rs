mod file;
mod parse;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;

use super::key::{KeyId, SealingKey};
use crate::error::{Error, ErrorKind, Remedy, Result};

pub(crate) use parse::{check_key, plain_keys};

/// Holds the keys: several that open, one that seals.
#[async_trait]
pub trait KeyRing: fmt::Debug + Send + Sync + 'static {
    /// Makes the keys ready. Called once, before anything is sealed or opened.
    ///
    /// `fresh` says that the store has sealed nothing yet. A ring that makes keys may make one only then: beside an
    /// existing store a new key would read nothing.
    ///
    /// # Errors
    /// `Seal` with [`Remedy::Operator`] when there is no usable key.
    async fn prepare(&self, fresh: bool) -> Result<()>;

    /// The key that seals.
    ///
    /// # Errors
    /// `Seal` when there is none.
    async fn current(&self) -> Result<Arc<SealingKey>>;

    /// The key of that id, if the ring holds it.
    ///
    /// # Errors
    /// Only when the ring cannot tell now.
    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>>;

    /// Looks whether the keys have changed, so that they rotate without a restart. Does nothing unless a ring says more.
    ///
    /// # Errors
    /// When they cannot be read now; the ring goes on with those it has.
    async fn reload(&self) -> Result<()> {
        Ok(())
    }
}

/// Keys from a file or from configuration, held in memory.
///
/// The text form has one key a line: 32 bytes as 64 hex digits or as base64. The first key seals, all of them open.
/// Empty lines and lines that start with `#` are skipped.
///
/// # Rotating
/// Put a new line in front, keep the old ones, and let each process [`reload`](KeyRing::reload). A process that meets a
/// value under a key it does not know reads the file again by itself, if it has changed: on one machine nothing else is
/// needed. On several machines add the new key *behind* the first line of each file before you put it in front of any,
/// so that no process seals what another cannot open. Then seal everything again (the reseal worker says when that is
/// done), and only then take the old line away.
pub struct LocalKeyRing {
    file: Option<PathBuf>,
    held: RwLock<Held>,
    /// One reading of the file at a time.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    keys: Arc<[Arc<SealingKey>]>,
    /// Of the file as it was read last, well or not.
    stamp: Option<file::Stamp>,
}

impl LocalKeyRing {
    /// Keys in the file at `path`, readable by its owner only. It is read by [`prepare`](KeyRing::prepare), which
    /// creates it, with one new key, only for a store that has sealed nothing yet.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            file: Some(path.into()),
            held: RwLock::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Keys from elsewhere, the one that seals first. The caller wipes its own copies.
    ///
    /// # Errors
    /// `Seal` when there is no key, or one repeats itself and cannot be random.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a [u8; 32]>) -> Result<Self> {
        let keys = keys
            .into_iter()
            .map(parse::sealing_key)
            .collect::<Result<Vec<_>>>()?;
        if keys.is_empty() {
            return Err(unusable("the key ring is given no key"));
        }
        Ok(Self::of(keys))
    }

    /// Keys in the text form, for example from the environment.
    ///
    /// # Errors
    /// `Seal` when a line is no key, or there is none. The error names the line and holds none of it.
    pub fn parse(text: &str) -> Result<Self> {
        parse::keys(text).map(Self::of)
    }

    fn of(keys: Vec<Arc<SealingKey>>) -> Self {
        let held = Held {
            keys: keys.into(),
            stamp: None,
        };
        Self {
            file: None,
            held: RwLock::new(held),
            reading: tokio::sync::Mutex::default(),
        }
    }

    fn keys(&self) -> Arc<[Arc<SealingKey>]> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held.keys)
    }

    fn find(&self, id: &KeyId) -> Option<Arc<SealingKey>> {
        self.keys().iter().find(|key| key.id() == *id).cloned()
    }

    /// Reads the file, and keeps the keys it had when that fails. Without `anyway` only a file that has changed.
    async fn read(&self, path: &Path, fresh: bool, anyway: bool) -> Result<()> {
        let last = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            held.stamp
        };
        let path = path.to_owned();
        let work = move || {
            let stamp = file::stamp(&path);
            if stamp == last && !anyway {
                return None;
            }
            let read = file::read_or_create(&path, fresh);
            // Of a file just made, so that it does not look changed.
            Some((stamp.or_else(|| file::stamp(&path)), read))
        };
        let read = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| unusable("reading the key file ended early").with_source(error))?;
        let Some((stamp, read)) = read else {
            return Ok(());
        };
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.stamp = stamp;
        held.keys = read?.into();
        Ok(())
    }
}

#[async_trait]
impl KeyRing for LocalKeyRing {
    async fn prepare(&self, fresh: bool) -> Result<()> {
        let _one = self.reading.lock().await;
        match &self.file {
            Some(path) if self.keys().is_empty() => self.read(path, fresh, true).await,
            _ => Ok(()),
        }
    }

    async fn current(&self) -> Result<Arc<SealingKey>> {
        let first = self.keys().first().cloned();
        first.ok_or_else(|| {
            unusable("the key file has not been read yet: prepare the key ring first")
        })
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>> {
        if let Some(key) = self.find(id) {
            return Ok(Some(key));
        }
        // Tells a ring that was never prepared from one without this key.
        self.current().await?;
        if let Some(path) = &self.file {
            let _one = self.reading.lock().await;
            if let Err(error) = self.read(path, false, false).await {
                tracing::error!(%error, "the key file has changed and cannot be read; the keys stay as they were");
            }
        }
        Ok(self.find(id))
    }

    async fn reload(&self) -> Result<()> {
        let _one = self.reading.lock().await;
        match &self.file {
            Some(path) if !self.keys().is_empty() => self.read(path, false, true).await,
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for LocalKeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKeyRing")
            .field("file", &self.file)
            .field("keys", &self.keys())
            .finish()
    }
}

fn unusable(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Seal, message).with_remedy(Remedy::Operator)
}
