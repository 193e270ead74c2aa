//! Tokens that the store did not take, sealed on disk until it does.

use std::{
    collections::HashSet,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Tokens,
    attempt::Held,
    errors,
    keep::{Fresh, Kept},
};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, Scopes},
    store::Revision,
    vault::Place,
};

const EXTENSION: &str = "tokens";

/// What a replay of the spool did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayReport {
    /// Saves that are in the store now, by this replay or before it.
    pub saved: u64,
    /// Saves that nobody wants any more: the account has other tokens, or none.
    pub dropped: u64,
    /// Saves that could not be replayed and stay: the store fails, or a key is missing.
    pub kept: u64,
}

/// The content of a file, sealed as a whole: the account, the tokens it follows, the sealed tokens.
#[derive(Serialize, Deserialize)]
struct Entry {
    key: AccountKey,
    revision: i64,
    spent: String,
    sealed: String,
    scopes: Scopes,
    expires_at: Option<DateTime<Utc>>,
    refresh_due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    connected_at: Option<DateTime<Utc>>,
}

impl Entry {
    fn write(fresh: &Fresh) -> Result<Vec<u8>> {
        let entry = Self {
            key: fresh.key.clone(),
            revision: fresh.at.0,
            spent: STANDARD.encode(fresh.spent),
            sealed: STANDARD.encode(&fresh.sealed),
            scopes: fresh.scopes.clone(),
            expires_at: fresh.expires_at,
            refresh_due_at: fresh.refresh_due_at,
            connected_at: fresh.connected_at,
        };
        serde_json::to_vec(&entry).map_err(|_| other_form())
    }

    fn read(plain: &[u8]) -> Result<Fresh> {
        let entry: Self = serde_json::from_slice(plain).map_err(|_| other_form())?;
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| other_form());
        Ok(Fresh {
            at: Revision(entry.revision),
            spent: decode(&entry.spent)?.try_into().map_err(|_| other_form())?,
            sealed: decode(&entry.sealed)?,
            key: entry.key,
            scopes: entry.scopes,
            expires_at: entry.expires_at,
            refresh_due_at: entry.refresh_due_at,
            connected_at: entry.connected_at,
        })
    }
}

fn other_form() -> Error {
    Error::new(ErrorKind::Seal, "a spooled save has another form")
}

/// Binds a file's content to its name.
fn place(name: &str) -> Place<'_> {
    Place::new("spool", name, "save")
}

impl Tokens {
    /// Replays saves that the store did not take before the last stop. To be called at start, before anything is
    /// refreshed; [`refresh_due`](Self::refresh_due) calls it again while files are left.
    ///
    /// A save whose acknowledgement was lost changes nothing; one that meets other tokens, or a disconnected account,
    /// is dropped with a line in the log. A file that cannot be replayed now stays.
    ///
    /// While the data are in a life that nobody accepted, all files stay: what is newer, they or the data, is not yet
    /// decided. Once it is accepted, a save also goes over an earlier state of the same connection, of a lower revision:
    /// in restored data those tokens were spent before the restore.
    ///
    /// # Errors
    /// `Storage` when the folder cannot be read.
    ///
    /// # Cancel safety
    /// Safe: a replay may be repeated.
    pub async fn replay_spool(&self) -> Result<ReplayReport> {
        let mut report = ReplayReport::default();
        let Some(folder) = self.inner.config.spool.clone() else {
            return Ok(report);
        };
        for path in on_disk(move || list(&folder)).await? {
            match self.replay(&path).await {
                Ok(Kept::Saved) => report.saved += 1,
                Ok(Kept::Superseded) => report.dropped += 1,
                Err(error) => {
                    report.kept += 1;
                    tracing::error!(%error, "a spooled save could not be replayed; it is kept");
                }
            }
        }
        Ok(report)
    }

    async fn replay(&self, path: &Path) -> Result<Kept> {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let from = path.to_owned();
        let Some(sealed) = on_disk(move || read(&from)).await? else {
            // Another replay was faster.
            return Ok(Kept::Saved);
        };
        let plain = self.inner.config.vault.open(&place(&name), &sealed).await?;
        let fresh = Entry::read(&plain)?;
        let account = fresh.key.row_id();
        self.unsaved().insert(account.clone());
        self.may_send().await?;
        let kept = self.put(&fresh).await?;
        let from = path.to_owned();
        on_disk(move || remove(&from)).await?;
        self.unsaved().remove(&account);
        match kept {
            Kept::Saved => tracing::info!(
                account,
                revision = fresh.at.0,
                "a spooled save is in the store"
            ),
            Kept::Superseded => tracing::warn!(
                account,
                revision = fresh.at.0,
                "a spooled save was dropped: the account has other tokens, or none"
            ),
        }
        Ok(kept)
    }

    /// How many saves wait in this process's spool. They are sealed, under the key that was current then.
    ///
    /// # Errors
    /// `Storage` when the folder cannot be read.
    pub async fn spooled(&self) -> Result<u64> {
        let Some(folder) = self.inner.config.spool.clone() else {
            return Ok(0);
        };
        let files = on_disk(move || list(&folder)).await?;
        Ok(u64::try_from(files.len()).unwrap_or(u64::MAX))
    }

    /// Writes a save to disk, durably. No, when there is no spool.
    pub(super) async fn write_spool(&self, fresh: &Fresh) -> Result<bool> {
        let Some(folder) = self.inner.config.spool.clone() else {
            return Ok(false);
        };
        let mut id = [0_u8; 16];
        self.inner.config.random.fill(&mut id)?;
        let name = format!("{:032x}.{EXTENSION}", u128::from_be_bytes(id));
        let plain = Entry::write(fresh)?;
        let sealed = self.inner.config.vault.seal(&place(&name), &plain).await?;
        let account = fresh.key.row_id();
        // Before the file is there: whoever finds the row marked replays first.
        self.unsaved().insert(account.clone());
        let written = on_disk(move || write(&folder, &name, &sealed)).await;
        match &written {
            Ok(()) => tracing::error!(
                account,
                "new tokens are spooled: the store does not take them"
            ),
            Err(_) => {
                self.unsaved().remove(&account);
            }
        }
        written.map(|()| true)
    }

    /// Whether nothing waits in the spool for this row at the claimed revision; no, when it was saved just now.
    pub(super) async fn settle_spooled(&self, held: &Held) -> Result<bool> {
        if !self.unsaved().contains(&held.row) {
            return Ok(true);
        }
        self.replay_spool().await?;
        if self.unsaved().contains(&held.row) {
            return Err(errors::unsaved());
        }
        let stored = self.inner.config.store.load(&held.claim.record.key).await?;
        Ok(stored.is_some_and(|stored| stored.revision == held.claim.revision))
    }

    /// Whether files may be left.
    pub(super) fn has_spooled(&self) -> bool {
        !self.unsaved().is_empty()
    }

    fn unsaved(&self) -> MutexGuard<'_, HashSet<String>> {
        let unsaved = self.inner.unsaved.lock();
        unsaved.unwrap_or_else(PoisonError::into_inner)
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let failed = || Error::storage("the spool folder cannot be read or written");
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| failed().with_source(error)),
        Err(_) => Err(failed()),
    }
}

/// The files of saves; nothing when there is no folder yet.
fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == EXTENSION)
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some),
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    make_private(folder)?;
    // Under another name first, so that a half-written file is never taken for a save.
    let part = folder.join(format!("{name}.part"));
    let mut file = create_private(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(name))?;
    sync_folder(folder)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => {
            removed?;
            path.parent().map_or(Ok(()), sync_folder)
        }
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a new or removed name durable. Only Unix can open a folder for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
