//! The key file, as an operator writes it.

use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use social_core::{
    platform::hex,
    random::{Random, SystemRandom},
};

/// A key file with one key, or two while they rotate.
#[derive(Debug)]
pub(crate) struct KeyFile {
    path: PathBuf,
    keys: Vec<[u8; 32]>,
}

impl KeyFile {
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        let mut file = Self {
            path: folder.join("social.key"),
            keys: Vec::new(),
        };
        file.put_in_front()?;
        Ok(file)
    }

    /// Puts a new key in front of the others.
    pub(crate) fn put_in_front(&mut self) -> anyhow::Result<()> {
        let mut key = [0; 32];
        SystemRandom::default().fill(&mut key)?;
        self.keys.insert(0, key);
        self.write()
    }

    /// Leaves the first key only.
    pub(crate) fn drop_old(&mut self) -> anyhow::Result<()> {
        self.keys.truncate(1);
        self.write()
    }

    /// The key that seals.
    pub(crate) fn current(&self) -> &[u8; 32] {
        &self.keys[0]
    }

    /// Replaces the file at once: whoever reads it meanwhile reads the old one or the new one.
    fn write(&self) -> anyhow::Result<()> {
        let mut text = String::new();
        for key in &self.keys {
            text.push_str(&hex::encode(key));
            text.push('\n');
        }
        let aside = self.path.with_extension("new");
        let mut file = std::fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(std::fs::rename(aside, &self.path)?)
    }
}
