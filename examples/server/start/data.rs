//! The data folder: for its owner only, and for one server at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The folder, locked while this is held.
#[derive(Debug)]
pub(super) struct Data {
    root: PathBuf,
    _lock: File,
}

impl Data {
    /// Opens the folder, or makes it.
    pub(super) fn open(root: &Path) -> Result<Self> {
        let root = std::path::absolute(root)?;
        if root.to_str().is_none() {
            bail!(
                "the path of the data folder {} is not text (UTF-8), and SQLite takes no other; give another one with --data-dir",
                root.display()
            );
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let shown = root.display();
        builder.create(&root).with_context(|| {
            format!("the data folder {shown} cannot be made; give another one with --data-dir")
        })?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(root.join("server.lock")).with_context(|| {
            format!("the data folder {shown} cannot be written to; allow it, or give another one with --data-dir")
        })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another server uses the data folder {shown}; stop it, or give another one with --data-dir"
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error)
                    .with_context(|| format!("the data folder {shown} cannot be locked"));
            }
        }
        Ok(Self { root, _lock: lock })
    }

    /// A path in the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}
