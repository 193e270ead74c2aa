mod file;
mod parse;

use std::{fmt, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::key::{KeyId, SealingKey};
use crate::error::{Error, ErrorKind, Remedy, Result};

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
}

/// Keys from a file or from configuration, held in memory.
///
/// The text form has one key a line: 32 bytes as 64 hex digits or as base64. The first key seals, all of them open.
/// Empty lines and lines that start with `#` are skipped. To rotate, put a new line in front and keep the old ones.
pub struct LocalKeyRing {
    file: Option<PathBuf>,
    keys: OnceCell<Vec<Arc<SealingKey>>>,
}

impl LocalKeyRing {
    /// Keys in the file at `path`, readable by its owner only. It is read by [`prepare`](KeyRing::prepare), which
    /// creates it, with one new key, only for a store that has sealed nothing yet.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            file: Some(path.into()),
            keys: OnceCell::new(),
        }
    }

    /// Keys from elsewhere, the one that seals first. The caller wipes its own copies.
    ///
    /// # Errors
    /// `Seal` when there is no key, or one is not random.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a [u8; 32]>) -> Result<Self> {
        let keys = keys
            .into_iter()
            .map(parse::sealing_key)
            .collect::<Result<Vec<_>>>()?;
        if keys.is_empty() {
            return Err(unusable("the key ring is given no key"));
        }
        Ok(Self {
            file: None,
            keys: OnceCell::new_with(Some(keys)),
        })
    }

    /// Keys in the text form, for example from the environment.
    ///
    /// # Errors
    /// `Seal` when a line is no key, or there is none. The error names the line and holds none of it.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self {
            file: None,
            keys: OnceCell::new_with(Some(parse::keys(text)?)),
        })
    }

    fn keys(&self) -> &[Arc<SealingKey>] {
        self.keys.get().map_or(&[], Vec::as_slice)
    }
}

#[async_trait]
impl KeyRing for LocalKeyRing {
    async fn prepare(&self, fresh: bool) -> Result<()> {
        let read = || async {
            let path = self.file.clone().unwrap_or_default();
            tokio::task::spawn_blocking(move || file::read_or_create(&path, fresh))
                .await
                .map_err(|error| unusable("reading the key file ended early").with_source(error))?
        };
        self.keys.get_or_try_init(read).await.map(|_| ())
    }

    async fn current(&self) -> Result<Arc<SealingKey>> {
        let first = self.keys().first().cloned();
        first.ok_or_else(|| {
            unusable("the key file has not been read yet: prepare the key ring first")
        })
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>> {
        let found = self.keys().iter().find(|key| key.id() == *id).cloned();
        if found.is_none() {
            // Tells a ring that was never prepared from one without this key.
            self.current().await?;
        }
        Ok(found)
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
