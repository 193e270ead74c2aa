//! Which store: PostgreSQL for many machines, SQLite for one.

use std::{fmt, path::PathBuf};

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use social_core::Stores;
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;
use sqlx::{
    ConnectOptions as _, Connection as _, Row as _,
    postgres::{PgConnectOptions, PgRow},
    sqlite::SqliteConnectOptions,
};

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
    pub(crate) fn parse(url: &SecretString, schema: &str, pooler: bool) -> anyhow::Result<Self> {
        let text = url.expose_secret();
        match text.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres {
                    url: url.clone(),
                    schema: schema.to_owned(),
                    pooler,
                })
            }
            Some(("sqlite", path)) => {
                Ok(Self::Sqlite(path.strip_prefix("//").unwrap_or(path).into()))
            }
            // Not repeated: it may hold a password. One letter is a drive.
            Some((scheme, _)) if scheme.len() != 1 => bail!(
                "DATABASE_URL is neither postgres://USER:PASSWORD@HOST/DATABASE nor sqlite:PATH"
            ),
            _ => Ok(Self::Sqlite(text.into())),
        }
    }

    /// Opens it.
    pub(crate) async fn open(&self, tables: Tables) -> anyhow::Result<Stores> {
        // Looked at first, since opening a SQLite file makes it. Where it cannot be told the store says why.
        if tables == Tables::AsTheyAre && matches!(self.version().await, Ok(None)) {
            bail!("{self} has no tables: run `worker migrate` first");
        }
        let opened = match self {
            Self::Sqlite(path) => SqliteStore::open(path).await.map(Stores::from),
            Self::Postgres {
                url,
                schema,
                pooler,
            } => {
                let builder = PgStore::builder().schema(schema);
                let builder = match tables {
                    Tables::AsTheyAre => builder.without_migration(),
                    Tables::Migrate => builder,
                };
                let builder = if *pooler {
                    builder.through_pooler()
                } else {
                    builder
                };
                builder.connect(url.expose_secret()).await.map(Stores::from)
            }
        };
        opened.with_context(|| self.to_string())
    }

    /// The version of the tables, if there are any.
    pub(crate) async fn version(&self) -> anyhow::Result<Option<i64>> {
        let version = match self {
            Self::Sqlite(path) if !path.exists() => return Ok(None),
            Self::Sqlite(path) => sqlite_version(path.clone()).await,
            Self::Postgres {
                url,
                schema,
                pooler,
            } => postgres_version(url, schema, *pooler).await,
        };
        // Not sqlx's own words, which may name what is in the URL.
        version.map_err(|_| anyhow::anyhow!("the version of the tables in {self} cannot be read"))
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

async fn postgres_version(
    url: &SecretString,
    schema: &str,
    pooler: bool,
) -> sqlx::Result<Option<i64>> {
    let mut options: PgConnectOptions = url.expose_secret().parse()?;
    options = options.disable_statement_logging();
    if pooler {
        options = options.statement_cache_capacity(0).extra_float_digits(None);
    }
    let mut conn = options.connect().await?;
    let schema = schema.replace('"', "\"\"");
    let version = format!("SELECT schema_version::bigint FROM \"{schema}\".installation");
    // The name of a schema cannot be a parameter; it is quoted.
    let statement = sqlx::AssertSqlSafe(version);
    let row: sqlx::Result<Option<PgRow>> = sqlx::raw_sql(statement).fetch_optional(&mut conn).await;
    conn.close().await?;
    match row {
        Ok(row) => row.map(|row| row.try_get(0)).transpose(),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// No such table, no such schema.
fn is_missing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("42P01" | "3F000"))
}
