//! A file on its way into the folder. Blocking: to be called where that is allowed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{age, sink::Append};
use crate::{
    media::Media,
    model::MediaId,
    random::{Random, SystemRandom},
};

pub(super) const INCOMING: &str = "incoming";

/// Removes its file when dropped, unless it was committed.
pub(super) struct Draft {
    file: File,
    path: Option<PathBuf>,
    hash: Sha256,
    size: u64,
}

impl Draft {
    pub(super) fn create(root: &Path) -> io::Result<Self> {
        let mut suffix = [0_u8; 8];
        SystemRandom::default()
            .fill(&mut suffix)
            .map_err(io::Error::other)?;
        let name = format!("{}-{:016x}", std::process::id(), u64::from_be_bytes(suffix));
        let path = root.join(INCOMING).join(name);
        Ok(Self::of(new_file(&path)?, path))
    }

    pub(super) fn of(file: File, path: PathBuf) -> Self {
        Self {
            file,
            path: Some(path),
            hash: Sha256::new(),
            size: 0,
        }
    }

    /// Puts content and name on the disk, in this order.
    pub(super) fn commit(mut self, root: &Path) -> io::Result<Media> {
        self.file.sync_all()?;
        let id = MediaId::from_digest(self.hash.finalize_reset().into());
        if let Some(from) = &self.path {
            name(root, from, &id)?;
        }
        self.path = None;
        Ok(Media::new(id, self.size))
    }
}

impl Append for Draft {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What is left is removed by a later sweep.
            let _ = fs::remove_file(path);
        }
    }
}

/// Gives a file that is on the disk the name of its content. A file of the same content is replaced by its equal.
pub(super) fn name(root: &Path, from: &Path, id: &MediaId) -> io::Result<()> {
    let to = path(root, id);
    let folder = to.parent().unwrap_or(root);
    make_folder(folder)?;
    // Also when the folder was there: another process may have made it a moment ago.
    sync_folder(root)?;
    let _lock = age::none_is_removed(root)?;
    // An upload may have taken days: its file is as old as its name.
    age::renew_file(from)?;
    fs::rename(from, &to)?;
    sync_folder(folder)
}

/// Makes a file that was not there, for the owner only.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Where the file of that content is kept. An id is 64 hex digits and nothing else.
pub(super) fn path(root: &Path, id: &MediaId) -> PathBuf {
    let name = id.as_str();
    root.join(name.get(..2).unwrap_or(name)).join(name)
}

/// Makes a folder and what leads to it, for the owner only.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes drafts that nobody has written to for a day: whoever wrote them is gone.
pub(super) fn sweep(root: &Path, now: DateTime<Utc>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(INCOMING))? {
        let entry = entry?;
        let written = entry.metadata().and_then(|facts| age::modified(&facts));
        if written.is_ok_and(|at| now - at > TimeDelta::days(1)) {
            // Another process may sweep too.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
