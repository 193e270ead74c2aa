//! The folder of this program's rows, media and key: one program at a time.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// The folder, locked while this is held.
#[derive(Debug)]
pub(crate) struct Data {
    root: PathBuf,
    _lock: File,
}

impl Data {
    /// Opens the folder beside the caller, or makes it.
    pub(crate) fn open(root: &str) -> anyhow::Result<Self> {
        let root = std::path::absolute(Path::new(root))?;
        let shown = root.display();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&root).and_then(|()| {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            options.open(root.join("quickstart.lock"))
        });
        let lock = made.with_context(|| {
            format!("{shown} cannot be written to; start this in a folder that is yours")
        })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another quickstart works in {shown}; wait for its end, or end it")
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{shown} cannot be locked"));
            }
        }
        Ok(Self { root, _lock: lock })
    }

    /// A path in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}
