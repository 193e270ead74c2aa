use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use social_core::{
    error::{Error, Result},
    store::{InstanceName, WakeSender},
};
use sqlx::{
    ConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

#[cfg(feature = "test-util")]
use crate::clock;
use crate::{
    connections::{BUSY_TIMEOUT, Connections},
    error::{failed, operator},
    life::Life,
    migrate::migrate,
};

/// Every store trait of [`social_core::store`] in one SQLite file. Clones share the connections.
///
/// Several processes of one machine may open the same file.
///
/// ```
/// use social_core::store::InstallationStore;
/// use social_store_sqlite::SqliteStore;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("social.db");
/// let store = SqliteStore::open(path).await?;
/// assert!(store.installation().await?.key_check.is_none());
/// store.close().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) db: Arc<Connections>,
    pub(crate) post_wakes: WakeSender,
    pub(crate) event_wakes: WakeSender,
}

/// Options of a store, from [`SqliteStore::builder`].
#[derive(Clone, Debug)]
pub struct SqliteBuilder {
    busy_timeout: Duration,
    readers: u32,
    instance: Option<String>,
    #[cfg(feature = "test-util")]
    page_limit: Option<u32>,
}

impl SqliteStore {
    /// Opens the file, or makes it, readable and writable by the user of this process only, brings its tables to this
    /// version, and looks whether it was copied or restored, or is new in the place of one that is gone, for which a small
    /// file `NAME.life` stands beside it. Its folder must exist.
    ///
    /// # Errors
    /// `Unsupported` when the file was written by a newer version. `Storage`, with a message that says what to do, when
    /// the file cannot be made, opened or written, is not a SQLite database, belongs to another program, is damaged, or
    /// stays locked.
    ///
    /// # Cancel safety
    /// Dropped, it leaves the file without tables or with all of them.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().open(path).await
    }

    /// Options other than the usual ones.
    pub fn builder() -> SqliteBuilder {
        SqliteBuilder {
            busy_timeout: BUSY_TIMEOUT,
            readers: 4,
            instance: None,
            #[cfg(feature = "test-util")]
            page_limit: None,
        }
    }

    /// Waits for what is under way, then closes every connection of every clone; the last process to close the file
    /// folds the write-ahead log into it. Any later call is a `Storage` error. A store that is dropped instead loses
    /// nothing.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Lets time pass on the file's own clock, on which leases are measured, for all who have it open.
    ///
    /// # Errors
    /// `Storage` when the file cannot be written.
    #[cfg(feature = "test-util")]
    pub async fn advance_clock(&self, by: Duration) -> Result<()> {
        let mut tx = self.db.write("sqlite.advance_clock").await?;
        let advance = sqlx::query(clock::ADVANCE)
            .bind(self.db.machine.id())
            .bind(crate::values::span(by));
        let advanced = advance.execute(&mut tx.conn).await;
        tx.finish(advanced.map(drop).map_err(failed)).await
    }

    /// Sets the wall clock of the machine that this store and its clones run on, while no time passes.
    #[cfg(feature = "test-util")]
    pub fn jump_wall_clock(&self, by: chrono::TimeDelta) {
        self.db.machine.jump(by);
    }

    /// From now on this store and its clones run on a machine that has just been started, under a name that no other
    /// start has. Its wall clock is right.
    #[cfg(feature = "test-util")]
    pub fn restart_machine(&self, name: &str) {
        self.db.machine.restart(name);
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl SqliteBuilder {
    /// How long a write waits for another process to finish its own; 5 s unless set. Then it is a `Storage` error that
    /// says to try again.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How many connections read at the same time, at least one; 4 unless set. One more writes.
    #[must_use]
    pub fn readers(mut self, readers: u32) -> Self {
        self.readers = readers.clamp(1, 1_000);
        self
    }

    /// The operator's name for the place where these data are at work, such as `prod-eu-1`: 1 to 64 letters, digits, dots,
    /// dashes and underscores. The data keep the first one. A program that gives another name, or none where they have one,
    /// finds another [incarnation](social_core::store::InstallationStore::incarnations) and holds.
    ///
    /// A copied file is noticed without; a snapshot of the disk or of the whole machine that is started beside the original
    /// is not.
    #[must_use]
    pub fn instance(mut self, name: impl Into<String>) -> Self {
        self.instance = Some(name.into());
        self
    }

    /// Lets the file grow to so many pages of 4 KiB only, after which its disk seems full.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn page_limit(mut self, pages: u32) -> Self {
        self.page_limit = Some(pages);
        self
    }

    /// As [`SqliteStore::open`].
    ///
    /// # Errors
    /// As [`SqliteStore::open`]; `Invalid` when the instance's name is none.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore> {
        self.connect(path.as_ref())
            .await
            .map_err(|error| error.with_operation("sqlite.open"))
    }

    async fn connect(self, path: &Path) -> Result<SqliteStore> {
        // Absolute, because SQLite gives `:memory:` and `file:` a meaning of their own.
        let path = std::path::absolute(path).map_err(|error| unusable(path, &error))?;
        if path.to_str().is_none() {
            return Err(operator(format!(
                "the path of the database {} is not text (UTF-8), and SQLite takes no other; give another path",
                path.display()
            )));
        }
        let instance = self.instance.as_deref().map(InstanceName::parse);
        let instance = instance.transpose()?;
        create(&path)?;
        let life = Life::of(&path, instance)?;
        let options = self.options(path);
        let mut conn = options.connect().await.map_err(failed)?;
        migrate(&mut conn, &life).await?;
        Ok(SqliteStore {
            db: Arc::new(Connections::new(options, conn, self.readers, life)),
            post_wakes: WakeSender::default(),
            event_wakes: WakeSender::default(),
        })
    }

    fn options(&self, path: PathBuf) -> SqliteConnectOptions {
        let longest = Duration::from_secs(86_400);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(self.busy_timeout.min(longest))
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .pragma("trusted_schema", "OFF")
            .pragma("journal_size_limit", "67108864")
            .disable_statement_logging();
        #[cfg(feature = "test-util")]
        if let Some(pages) = self.page_limit {
            return options.pragma("max_page_count", pages.to_string());
        }
        options
    }
}

/// Makes the file, for its owner only, if there is none. SQLite gives the files beside it the same permissions.
///
/// One at a time in this process: closing any handle of a file drops all of the process's locks on it, also SQLite's,
/// so a file must be made and closed before anybody here opens it. An existing file is not touched.
fn create(path: &Path) -> Result<()> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist; make it, or give another path",
        io::ErrorKind::PermissionDenied => "this process may not write to its folder; allow it",
        io::ErrorKind::ReadOnlyFilesystem => "its file system is read-only; give another path",
        io::ErrorKind::StorageFull => "its disk is full; free space there",
        _ => "the operating system refuses; check the path",
    };
    let kind = error.kind();
    operator(format!(
        "the database {} cannot be made ({kind}): {what}",
        path.display()
    ))
}
