//! Which store: PostgreSQL for many machines, SQLite for one.

use std::{fmt, path::PathBuf};

use anyhow::bail;
use examples::settings::DatabaseAddress;
use secrecy::{ExposeSecret as _, SecretString};
use social_core::{Error, ErrorKind, Stores};
use social_store_postgres::{PgBuilder, PgStore};
use social_store_sqlite::{SqliteBuilder, SqliteStore};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, sqlite::SqliteConnectOptions};

/// A database, not yet opened.
#[derive(Debug)]
pub(crate) enum Database {
    Postgres {
        url: SecretString,
        schema: String,
        /// Behind a pooler in transaction mode.
        pooler: bool,
    },
    Sqlite(PathBuf),
}

/// What to do with tables of an earlier version, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Refuse: whoever runs many processes upgrades once, before them.
    AsTheyAre,
    Migrate,
}

impl Database {
    pub(crate) fn new(address: DatabaseAddress, schema: String, pooler: bool) -> Self {
        match address {
            DatabaseAddress::Postgres(url) => Self::Postgres {
                url,
                schema,
                pooler,
            },
            DatabaseAddress::Sqlite(path) => Self::Sqlite(path),
        }
    }

    /// Opens it.
    pub(crate) async fn open(
        &self,
        tables: Tables,
        instance: Option<&str>,
    ) -> anyhow::Result<Stores> {
        // Looked at first, since opening a SQLite file makes it. Where it cannot be told the store says why.
        if tables == Tables::AsTheyAre && matches!(self.version().await, Ok(None)) {
            bail!("{self} has no tables: run `worker migrate` first");
        }
        let opened = match self {
            Self::Sqlite(path) => {
                let builder = SqliteStore::builder();
                let builder = instance.into_iter().fold(builder, SqliteBuilder::instance);
                builder.open(path).await.map(Stores::from)
            }
            Self::Postgres {
                url,
                schema,
                pooler,
            } => {
                let builder = match tables {
                    Tables::AsTheyAre => builder(schema, *pooler).without_migration(),
                    Tables::Migrate => builder(schema, *pooler),
                };
                let builder = instance.into_iter().fold(builder, PgBuilder::instance);
                builder.connect(url.expose_secret()).await.map(Stores::from)
            }
        };
        opened.map_err(|error| self.with_place(error))
    }

    /// An error with the database that it is about. A schema that is none is not repeated: it may be a secret that was put
    /// into the wrong variable.
    fn with_place(&self, error: Error) -> anyhow::Error {
        let place = match error.kind() {
            ErrorKind::Invalid => "DATABASE_URL and DATABASE_SCHEMA".to_owned(),
            _ => self.to_string(),
        };
        anyhow::Error::from(error).context(place)
    }

    /// The version of the tables, if there are any.
    pub(crate) async fn version(&self) -> anyhow::Result<Option<i64>> {
        let unreadable = "the version of the tables cannot be read";
        match self {
            Self::Sqlite(path) if !path.exists() => Ok(None),
            Self::Sqlite(path) => sqlite_version(path.clone())
                .await
                // Not the library's own words, which may name what is in the file.
                .map_err(|_| anyhow::anyhow!("{self}: {unreadable}")),
            Self::Postgres {
                url,
                schema,
                pooler,
            } => builder(schema, *pooler)
                .version(url.expose_secret())
                .await
                .map_err(|error| self.with_place(error).context(unreadable)),
        }
    }
}

fn builder(schema: &str, pooler: bool) -> PgBuilder {
    let builder = PgStore::builder().schema(schema);
    if pooler {
        builder.through_pooler()
    } else {
        builder
    }
}

impl fmt::Display for Database {
    /// Without what is secret in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres { schema, .. } => write!(f, "PostgreSQL, schema {schema}"),
            Self::Sqlite(path) => write!(f, "SQLite, {}", path.display()),
        }
    }
}

async fn sqlite_version(path: PathBuf) -> sqlx::Result<Option<i64>> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut conn = options.connect().await?;
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'installation'";
    let count: i64 = sqlx::query(there).fetch_one(&mut conn).await?.try_get(0)?;
    if count == 0 {
        return Ok(None);
    }
    let version = "SELECT schema_version FROM installation";
    let row = sqlx::query(version).fetch_optional(&mut conn).await?;
    conn.close().await?;
    row.map(|row| row.try_get(0)).transpose()
}
