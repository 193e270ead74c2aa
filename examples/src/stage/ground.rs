//! Which database stages stand on.

use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::{Context, bail};
use social_core::Stores;
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;
use sqlx::{
    ConnectOptions, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;

use super::{Cluster, Worker, pause};

/// A database that takes no writes.
#[derive(Debug)]
pub struct Shut(Shutter);

#[derive(Debug)]
enum Shutter {
    /// Somebody else writes, and does not end. The lock goes with the connection.
    Locked(SqliteConnection),
    /// Nobody is let in.
    Closed(String),
}

/// A transaction that goes on seeing a database as it was.
#[derive(Debug)]
pub struct Snapshot(PgConnection);

impl Snapshot {
    /// Ends it, as dropping it does some time later.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn end(self) -> anyhow::Result<()> {
        Ok(self.0.close().await?)
    }
}

/// Where a stage on PostgreSQL keeps the address of its database, password included.
const ADDRESS: &str = "social.url";

/// The name of the database of a stage on SQLite.
const FILE: &str = "social.db";

/// The databases that proofs run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "both databases")]
pub enum Database {
    /// A server of the proof's own.
    Postgres,
    /// A file in the stage's folder.
    Sqlite,
}

impl Database {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Takes `--store NAME` out of a program's arguments, if it is there.
    ///
    /// # Errors
    /// When there is no such store.
    pub fn among(arguments: &mut Vec<String>) -> anyhow::Result<Option<Self>> {
        let Some(at) = arguments.iter().position(|argument| argument == "--store") else {
            return Ok(None);
        };
        arguments.remove(at);
        let name = (at < arguments.len()).then(|| arguments.remove(at));
        let name = name.context("--store needs a name")?;
        let known = Self::ALL.into_iter().find(|store| store.name() == name);
        known
            .with_context(|| format!("--store knows postgres and sqlite, not {name}"))
            .map(Some)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }
}

/// Makes folders for stages, on one kind of database.
#[derive(Debug)]
pub struct Ground {
    cluster: Option<Cluster>,
    stages: AtomicUsize,
}

impl Ground {
    /// The ground of a kind. For PostgreSQL it starts a server.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn open(database: Database) -> anyhow::Result<Self> {
        let cluster = match database {
            Database::Postgres => Some(Cluster::start().await?),
            Database::Sqlite => None,
        };
        Ok(Self::on(cluster))
    }

    /// On a server, or on SQLite without one.
    pub fn on(cluster: Option<Cluster>) -> Self {
        Self {
            cluster,
            stages: AtomicUsize::new(0),
        }
    }

    /// A folder for a stage, with a database of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn folder(&self) -> anyhow::Result<TempDir> {
        let folder = TempDir::new()?;
        if let Some(cluster) = &self.cluster {
            let name = self.stages.fetch_add(1, Ordering::Relaxed);
            let url = cluster.database(&format!("stage_{name}")).await?;
            put_on_postgres(folder.path(), &url)?;
        }
        Ok(folder)
    }

    /// Stops a process at a moment at which it does not write to the file of the stage in `folder`: nobody can take the only
    /// lock of a file's writers from a process that stands still.
    ///
    /// # Errors
    /// When it cannot be stopped, or is found writing every time.
    pub async fn stop(&self, folder: &Path, process: &Worker) -> anyhow::Result<()> {
        for _ in 0..100 {
            process.stop().await?;
            if self.takes_writes(folder).await? {
                return Ok(());
            }
            process.go_on().await?;
            pause(Duration::from_millis(20)).await;
        }
        bail!("the process is in the middle of a write whenever it is stopped")
    }

    async fn takes_writes(&self, folder: &Path) -> anyhow::Result<bool> {
        if self.cluster.is_some() {
            return Ok(true);
        }
        let options = SqliteConnectOptions::new().filename(folder.join(FILE));
        let options = options.busy_timeout(Duration::from_millis(200));
        let mut file = options.connect().await?;
        let begun = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut file).await;
        file.close().await?;
        Ok(begun.is_ok())
    }

    /// Runs statements in the database of the stage in `folder`, beside its store.
    ///
    /// # Errors
    /// When one fails.
    pub async fn execute(&self, folder: &Path, statements: &str) -> anyhow::Result<()> {
        match &self.cluster {
            Some(cluster) => cluster.execute(&database(folder)?, statements).await,
            None => {
                let mut file = open_file(folder).await?;
                let statements = sqlx::AssertSqlSafe(statements);
                sqlx::raw_sql(statements).execute(&mut file).await?;
                Ok(file.close().await?)
            }
        }
    }

    /// Sets what later sessions in the stage's PostgreSQL database begin with.
    ///
    /// # Errors
    /// When the server refuses, or there is none.
    pub async fn set(&self, folder: &Path, setting: &str, value: &str) -> anyhow::Result<()> {
        let name = database(folder)?;
        self.execute(
            folder,
            &format!("ALTER DATABASE {name} SET {setting} = {value}"),
        )
        .await
    }

    /// Lets the minute, or day, of every limit pass in the stage in `folder`, as it does where the platform's clock is
    /// moved: the store measures them on its own clock.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn let_limits_pass(&self, folder: &Path) -> anyhow::Result<()> {
        let schema = self.cluster.as_ref().map_or("", |_| "social.");
        let forget = format!("DELETE FROM {schema}bookings; DELETE FROM {schema}limits");
        self.execute(folder, &forget).await
    }

    /// Lets nobody write to the database of the stage in `folder`.
    ///
    /// # Errors
    /// When it cannot be shut.
    pub async fn shut(&self, folder: &Path) -> anyhow::Result<Shut> {
        let Some(cluster) = &self.cluster else {
            let mut lock = open_file(folder).await?;
            sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await?;
            return Ok(Shut(Shutter::Locked(lock)));
        };
        let name = database(folder)?;
        cluster.admit(&name, false).await?;
        Ok(Shut(Shutter::Closed(name)))
    }

    /// Ends that.
    ///
    /// # Errors
    /// When it stays shut.
    pub async fn reopen(&self, shut: Shut) -> anyhow::Result<()> {
        match shut.0 {
            Shutter::Locked(lock) => Ok(lock.close().await?),
            Shutter::Closed(name) => {
                let cluster = self.cluster.as_ref().context("a server")?;
                cluster.admit(&name, true).await
            }
        }
    }

    /// Sees the PostgreSQL database of the stage in `folder` as it is now, for as long as it is held: as a backup does.
    ///
    /// # Errors
    /// When the server refuses, or there is none.
    pub async fn keep_snapshot(&self, folder: &Path) -> anyhow::Result<Snapshot> {
        let cluster = self.cluster.as_ref().context("a server")?;
        let mut old = cluster.connect(&database(folder)?).await?;
        sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
            .execute(&mut old)
            .await?;
        Ok(Snapshot(old))
    }

    /// A copy of the stage in `folder` as it is now, as a dump that is restored beside it: the same key, media and rows, in
    /// another database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn copy(&self, folder: &Path) -> anyhow::Result<TempDir> {
        let copy = TempDir::new()?;
        copy_files(folder, copy.path())?;
        if let Some(cluster) = &self.cluster {
            let number = self.stages.fetch_add(1, Ordering::Relaxed);
            let name = format!("stage_{number}");
            let url = cluster.clone_database(&database(folder)?, &name).await?;
            put_on_postgres(copy.path(), &url)?;
        } else {
            let mut file = open_file(folder).await?;
            let there = copy.path().join(FILE);
            sqlx::query("VACUUM INTO ?1")
                .bind(there.to_str().context("a path that is text")?)
                .execute(&mut file)
                .await?;
        }
        Ok(copy)
    }

    /// The server, if it is PostgreSQL.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }
}

/// Everything but the database.
fn copy_files(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(FILE) {
            continue;
        }
        let there = to.join(name);
        if entry.path().is_dir() {
            std::fs::create_dir_all(&there)?;
            copy_files(&entry.path(), &there)?;
        } else {
            std::fs::copy(entry.path(), &there)?;
        }
    }
    Ok(())
}

/// The name of the database of the stage in `folder`.
fn database(folder: &Path) -> anyhow::Result<String> {
    let address = std::fs::read_to_string(folder.join(ADDRESS))?;
    Ok(address.rsplit('/').next().unwrap_or_default().to_owned())
}

async fn open_file(folder: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(folder.join(FILE));
    Ok(options.connect().await?)
}

/// Puts the stage in `folder` on the PostgreSQL database at `url`.
///
/// # Errors
/// When it cannot be written down.
pub fn put_on_postgres(folder: &Path, url: &str) -> anyhow::Result<()> {
    let mut file = std::fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(folder.join(ADDRESS))?;
    Ok(file.write_all(url.as_bytes())?)
}

/// The stores of the stage in `folder`: on PostgreSQL when it was put there, in a SQLite file otherwise. `busy` is how
/// long a write waits for whoever writes to the file. PostgreSQL refuses at once where it takes nobody, and a connection that
/// takes long to be made is a slow machine, which is no failure: there calls wait as long as they usually do.
///
/// # Errors
/// When they cannot be opened.
pub async fn stores(folder: &Path, busy: Option<Duration>) -> anyhow::Result<Stores> {
    match std::fs::read_to_string(folder.join(ADDRESS)) {
        Ok(url) => Ok(PgStore::connect(&url).await?.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut store = SqliteStore::builder();
            if let Some(busy) = busy {
                store = store.busy_timeout(busy);
            }
            Ok(store.open(folder.join(FILE)).await?.into())
        }
        Err(error) => bail!("the stage's address cannot be read: {error}"),
    }
}
