//! Tokens that the store did not take, sealed on disk until it does.
//!
//! For which rows something waits is read from the names of the files, each time: there is no second truth that could
//! differ from it.

mod folder;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) use folder::Folder;
#[cfg(test)]
pub(super) use folder::busy;

use super::{
    Tokens,
    attempt::Held,
    disconnect::Consent,
    errors,
    keep::{Fresh, Kept},
};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, Scopes},
    platform::hex,
    store::{Revision, TokenOrder, TokenRecord},
    vault::Place,
};

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
    #[serde(default)]
    spent_refresh: Option<String>,
    sealed: String,
    by: Consent,
    shared: bool,
    scopes: Scopes,
    expires_at: Option<DateTime<Utc>>,
    refresh_due_at: Option<DateTime<Utc>>,
    grant_ends_at: Option<DateTime<Utc>>,
    #[serde(default)]
    connected_at: Option<DateTime<Utc>>,
    order: TokenOrder,
}

impl Entry {
    fn write(fresh: &Fresh) -> Result<Vec<u8>> {
        let entry = Self {
            key: fresh.key.clone(),
            revision: fresh.at.0,
            spent: STANDARD.encode(fresh.spent),
            spent_refresh: fresh.spent_refresh.map(|spent| STANDARD.encode(spent)),
            sealed: STANDARD.encode(&fresh.sealed),
            by: fresh.by.clone(),
            shared: fresh.shared,
            scopes: fresh.scopes.clone(),
            expires_at: fresh.expires_at,
            refresh_due_at: fresh.refresh_due_at,
            grant_ends_at: fresh.grant_ends_at,
            connected_at: fresh.connected_at,
            order: fresh.order,
        };
        serde_json::to_vec(&entry).map_err(|_| other_form())
    }

    fn read(plain: &[u8]) -> Result<Fresh> {
        let entry: Self = serde_json::from_slice(plain).map_err(|_| other_form())?;
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| other_form());
        let digest = |text: &str| decode(text)?.try_into().map_err(|_| other_form());
        Ok(Fresh {
            at: Revision(entry.revision),
            spent: digest(&entry.spent)?,
            spent_refresh: entry.spent_refresh.as_deref().map(digest).transpose()?,
            sealed: decode(&entry.sealed)?,
            key: entry.key,
            by: entry.by,
            shared: entry.shared,
            scopes: entry.scopes,
            expires_at: entry.expires_at,
            refresh_due_at: entry.refresh_due_at,
            grant_ends_at: entry.grant_ends_at,
            connected_at: entry.connected_at,
            order: entry.order,
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
    /// is dropped with a line in the log, and the platform is told to revoke what came for a disconnected account. A file that cannot be replayed now stays. What a process that was killed left
    /// half-written is removed.
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
        let Some(folder) = &self.inner.spool else {
            return Ok(report);
        };
        for name in folder.list().await? {
            match self.replay(folder, &name).await {
                Ok(Some(Kept::Saved)) => report.saved += 1,
                Ok(Some(Kept::Superseded)) => report.dropped += 1,
                // Another replay was faster.
                Ok(None) => {}
                Err(_) => report.kept += 1,
            }
        }
        Ok(report)
    }

    /// Replays one file, unless it is gone. One at a time: nobody goes on with what another has replayed meanwhile.
    async fn replay(&self, folder: &Folder, name: &str) -> Result<Option<Kept>> {
        let _turn = self.inner.replays.lock().await;
        let replayed = self.replay_file(folder, name).await;
        if let Err(error) = &replayed {
            tracing::error!(%error, name, "a spooled save could not be replayed; it is kept");
        }
        replayed
    }

    async fn replay_file(&self, folder: &Folder, name: &str) -> Result<Option<Kept>> {
        let Some(sealed) = folder.read(name).await? else {
            return Ok(None);
        };
        let plain = self.inner.config.vault.open(&place(name), &sealed).await?;
        let fresh = Entry::read(&plain)?;
        let account = fresh.key.row_id();
        self.may_send().await?;
        let kept = self.put(&fresh).await?;
        if kept == Kept::Superseded {
            self.revoke_late(&fresh).await;
        }
        folder.remove(name).await?;
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
        Ok(Some(kept))
    }

    /// How many saves wait in this process's spool. They are sealed, under the key that was current then.
    ///
    /// # Errors
    /// `Storage` when the folder cannot be read.
    pub async fn spooled(&self) -> Result<u64> {
        let Some(folder) = &self.inner.spool else {
            return Ok(0);
        };
        let names = folder.list().await?;
        Ok(u64::try_from(names.len()).unwrap_or(u64::MAX))
    }

    /// Writes a save to disk. No, when there is no spool, or when the save may not outlive a loss of power. The same save
    /// has the same name: written again it takes its own place.
    pub(super) async fn write_spool(&self, fresh: &Fresh) -> Result<bool> {
        let Some(folder) = &self.inner.spool else {
            return Ok(false);
        };
        let account = fresh.key.row_id();
        let name = Folder::name(&tag(account.as_bytes()), &tag(&fresh.sealed));
        let plain = Entry::write(fresh)?;
        let sealed = self.inner.config.vault.seal(&place(&name), &plain).await?;
        let durable = folder.write(&name, sealed).await?;
        tracing::error!(
            account,
            "new tokens are spooled: the store does not take them"
        );
        Ok(durable)
    }

    /// Whether nothing waits in the spool for this row at the claimed revision; no, when it was saved just now. A file
    /// that cannot be opened holds nobody up: whoever has the key replays it.
    pub(super) async fn settle_spooled(&self, held: &Held) -> Result<bool> {
        let Some(folder) = &self.inner.spool else {
            return Ok(true);
        };
        let record = &held.claim.record;
        let family = self.family(&record.connector(), record.principal.as_ref());
        let own = tag(held.row.as_bytes());
        let mut moved = false;
        for name in folder.list().await? {
            let is_own = Folder::is_of(&name, &own);
            if !is_own && (family.is_none() || !self.is_of_family(folder, &name, record).await?) {
                continue;
            }
            match self.replay(folder, &name).await {
                Ok(_) => moved = true,
                Err(error) if error.kind() == ErrorKind::Seal => {}
                Err(error) => return Err(errors::unsaved().with_source(error)),
            }
        }
        if !moved {
            return Ok(true);
        }
        let stored = self.inner.config.store.load(&held.claim.record.key).await?;
        Ok(stored.is_some_and(|stored| stored.revision == held.claim.revision))
    }

    /// Whether the file is of one that has or had one token set with this record, also of one that has left since: for any of them
    /// it may have been refreshed last.
    async fn is_of_family(
        &self,
        folder: &Folder,
        name: &str,
        record: &TokenRecord,
    ) -> Result<bool> {
        let Some(sealed) = folder.read(name).await? else {
            return Ok(false);
        };
        let fresh = match self.inner.config.vault.open(&place(name), &sealed).await {
            Ok(plain) => Entry::read(&plain),
            Err(error) => Err(error),
        };
        match fresh {
            Ok(fresh) => Ok(fresh.shared
                && fresh.by.connector.app == record.app_key()
                && fresh.by.principal == record.principal),
            // Whose it is only its key tells.
            Err(error) if error.kind() == ErrorKind::Seal => Ok(false),
            Err(error) => Err(errors::unsaved().with_source(error)),
        }
    }

    /// Replays what waits for this row, as far as it can be; what cannot stays, and is told.
    pub(super) async fn replay_row(&self, row: &str) {
        let Some(folder) = &self.inner.spool else {
            return;
        };
        match self.waiting(folder, row).await {
            Ok(names) => {
                for name in names {
                    let _ = self.replay(folder, &name).await;
                }
            }
            Err(error) => tracing::warn!(account = row, %error, "the spool could not be read"),
        }
    }

    /// Whether something waits in the spool for this row.
    pub(super) async fn is_spooled(&self, row: &str) -> Result<bool> {
        match &self.inner.spool {
            Some(folder) => Ok(!self.waiting(folder, row).await?.is_empty()),
            None => Ok(false),
        }
    }

    async fn waiting(&self, folder: &Folder, row: &str) -> Result<Vec<String>> {
        let tag = tag(row.as_bytes());
        let mut names = folder.list().await?;
        names.retain(|name| Folder::is_of(name, &tag));
        Ok(names)
    }
}

/// Tells rows and saves apart in a name, and tells nothing of them.
fn tag(of: &[u8]) -> String {
    hex::encode(&Sha256::digest(of)[..16])
}
