use std::{fmt, sync::Arc, time::Duration};

use social_core::{
    error::{Error, ErrorKind, Result},
    store::{Failover, InstallationStore as _, InstanceName},
};
use sqlx::{
    PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    address::Address,
    db::{self, Db, Route},
    error::failed,
    installation::keep_instance,
    migrate::migrate,
    sql,
    wakes::Hints,
};

/// Every store trait of [`social_core::store`] in one schema of a PostgreSQL database. Clones share the connections.
#[derive(Clone)]
pub struct PgStore {
    pub(crate) db: Arc<Db>,
}

/// Options of a store, from [`PgStore::builder`].
#[derive(Clone, Debug)]
pub struct PgBuilder {
    schema: String,
    through_pooler: bool,
    max_connections: u32,
    acquire_timeout: Duration,
    migrate: bool,
    listen: Listen,
    instance: Option<String>,
}

/// Where new work of other processes is heard of.
#[derive(Clone)]
enum Listen {
    At(String),
    Never,
    /// On another connection to the pool's server, unless that is a pooler.
    SameServer,
}

impl fmt::Debug for Listen {
    /// Without the address, which holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::At(_) => "At",
            Self::Never => "Never",
            Self::SameServer => "SameServer",
        })
    }
}

impl PgStore {
    /// Connects to `postgres://USER:PASSWORD@HOST/DATABASE` and brings the tables to this version.
    ///
    /// # Errors
    /// As [`PgBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder().connect(url).await
    }

    /// Options other than the usual ones.
    pub fn builder() -> PgBuilder {
        PgBuilder {
            schema: sql::SCHEMA.to_owned(),
            through_pooler: false,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            migrate: true,
            listen: Listen::SameServer,
            instance: None,
        }
    }

    /// What an operator should hear before something is lost or sent twice.
    async fn warn(&self) -> Result<()> {
        if self.db.instance().is_none() {
            tracing::warn!(
                "no instance is named: a snapshot of the disk, a cloned cluster or a branch of this database would publish \
                 and refresh as the original does. Give every program on these data the same name, such as prod-eu-1"
            );
        }
        if let failover @ Failover::MayLose(_) = self.failover().await? {
            tracing::warn!(
                %failover,
                "what exactly-once needs is not set up: after a failover that lost a submission, the same idempotency key \
                 makes a second post"
            );
        }
        Ok(())
    }

    /// Closes every connection of every clone; a pool that was given is closed too.
    pub async fn close(&self) {
        self.db.hints().stop();
        self.db.pool().close().await;
    }
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStore")
            .field("schema", &self.db.schema())
            .finish_non_exhaustive()
    }
}

impl PgBuilder {
    /// The schema that holds the tables; `social` unless set. 1 to 40 lower-case letters, digits and underscores, a letter
    /// first.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Says that the URL or pool leads to a pooler in transaction mode, such as PgBouncer: no statement is kept prepared,
    /// and every statement runs in a transaction. A URL with `pgbouncer=true` says it by itself.
    #[must_use]
    pub fn through_pooler(mut self) -> Self {
        self.through_pooler = true;
        self
    }

    /// Connections at most; 10 unless set.
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// How long a call waits for a connection; 5 s unless set. Then it is `Unavailable`.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Expects the tables to be there, of this version, and makes none. A role that only works needs it not: where the
    /// tables are those of this version, nothing is changed either way.
    #[must_use]
    pub fn without_migration(mut self) -> Self {
        self.migrate = false;
        self
    }

    /// Hears at this address of what other processes have to do, on one connection beside the pool: the server itself, not
    /// a pooler, which does not pass on what a session listens for. Unless set it is heard at the pool's server, and not
    /// [through a pooler](Self::through_pooler). While the address cannot be reached, and without one, new work of other
    /// processes is found by looking now and then.
    #[must_use]
    pub fn listen(mut self, url: impl Into<String>) -> Self {
        self.listen = Listen::At(url.into());
        self
    }

    /// Does not listen: for a program that does not wait for work.
    #[must_use]
    pub fn without_listening(mut self) -> Self {
        self.listen = Listen::Never;
        self
    }

    /// The operator's name for the place where these data are at work, such as `prod-eu-1`: 1 to 64 letters, digits, dots,
    /// dashes and underscores. The data keep the first one. A program that gives another name, or none where they have one,
    /// finds another [incarnation](social_core::store::InstallationStore::incarnations) and holds.
    ///
    /// Nothing else tells a snapshot of the disk, a cloned cluster or a branch from the original: without a name, a staging
    /// system made from one publishes. Give production its name before the first copy is made, and every program on the same
    /// data the same one.
    #[must_use]
    pub fn instance(mut self, name: impl Into<String>) -> Self {
        self.instance = Some(name.into());
        self
    }

    /// Connects.
    ///
    /// Of what stands behind the `?` of the URL, `connect_timeout`, `pool_timeout`, `connection_limit`,
    /// `statement-cache-capacity`, `channel_binding=prefer`, `gssencmode=prefer` and
    /// `target_session_attrs=read-write` are read and change nothing: this builder says it, or it is so anyway.
    ///
    /// # Errors
    /// `Invalid` when the URL, the schema's name or the instance's is none, or a setting in the URL cannot be met; the message
    /// names it by its name, and repeats nothing else of the URL. `Unavailable` when the server takes no connection within the
    /// [waiting time](Self::acquire_timeout), for example because it is starting. `Unsupported` when the server is older
    /// than 14 or the tables come from a newer version of this crate. `Storage` with a message that says what to do when
    /// it refuses the password, the database, encryption or a privilege, then naming all that are missing.
    ///
    /// # Cancel safety
    /// Dropped, it leaves the schema without tables or with all of them.
    pub async fn connect(mut self, url: &str) -> Result<PgStore> {
        check_schema(&self.schema)?;
        let pool = self.open(url, self.max_connections).await?;
        self.over(pool, Route::Own).await
    }

    /// The version of the tables at this address; nothing where there are none. Makes none, and changes nothing.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and `Storage` when the tables cannot be read.
    ///
    /// # Cancel safety
    /// It may be dropped at any time.
    pub async fn version(mut self, url: &str) -> Result<Option<i64>> {
        check_schema(&self.schema)?;
        let pool = self.open(url, 1).await?;
        let version = format!(
            "SELECT schema_version::bigint FROM {}.installation",
            self.schema
        );
        // The name of a schema cannot be a parameter; it is a plain one.
        let statement = sqlx::AssertSqlSafe(version);
        let row = sqlx::raw_sql(statement).fetch_optional(&pool).await;
        pool.close().await;
        match row {
            Ok(row) => row.map(|row| row.try_get(0)).transpose().map_err(failed),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The one way to a server by its address, which may say itself that it leads to a pooler.
    async fn open(&mut self, url: &str, connections: u32) -> Result<PgPool> {
        let address = Address::parse(url)?;
        self.through_pooler |= address.is_pooler;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(self.acquire_timeout);
        let pool = match self.through_pooler {
            true => pool,
            false => pool.after_connect(|conn, _| Box::pin(db::prepare(conn))),
        };
        pool.connect_with(address.options(self.through_pooler))
            .await
            .map_err(|error| not_reached(error).with_operation("postgres.connect"))
    }

    /// Takes a pool that the caller made, with its own limits. Nothing is set on its connections that outlives a call; for
    /// that every statement that only reads costs a transaction more than on the store's own.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn pool(self, pool: PgPool) -> Result<PgStore> {
        check_schema(&self.schema)?;
        self.over(pool, Route::Given).await
    }

    async fn over(self, pool: PgPool, route: Route) -> Result<PgStore> {
        let instance = self
            .instance
            .as_deref()
            .map(InstanceName::parse)
            .transpose()?;
        let direct = match &self.listen {
            Listen::At(url) => Some(listened_at(url)?),
            Listen::SameServer if !self.through_pooler => Some((*pool.connect_options()).clone()),
            Listen::Never | Listen::SameServer => None,
        };
        let hints = Hints::start(&pool, &self.schema, direct)?;
        let route = if self.through_pooler {
            Route::Pooler
        } else {
            route
        };
        let db = Db::new(pool, self.schema, route, hints).with_instance(instance);
        migrate(&db, self.migrate).await?;
        keep_instance(&db).await?;
        let store = PgStore { db: Arc::new(db) };
        store.warn().await?;
        Ok(store)
    }
}

/// A pooler does not pass on what a session listens for.
fn listened_at(url: &str) -> Result<PgConnectOptions> {
    let address = Address::parse(url)?;
    if address.is_pooler {
        return Err(Error::invalid(
            "listen",
            "listen.pooler",
            "the address to listen at says pgbouncer=true: give the address of the server itself",
        ));
    }
    Ok(address.options(false))
}

/// No such table, no such schema.
fn is_missing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("42P01" | "3F000"))
}

/// The pool tries again until its time is over while the server refuses, so the reason is lost.
fn not_reached(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::PoolTimedOut => Error::new(
            ErrorKind::Unavailable,
            "the database took no connection within the waiting time: check host, port and firewall, that the server \
             runs, and that it has connections left",
        ),
        error => failed(error),
    }
}

/// It is written into statements, so it must be a plain name.
fn check_schema(schema: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = schema
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_lowercase());
    if begins && schema.len() <= 40 && schema.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::invalid(
        "schema",
        "schema.name",
        "the schema's name must have 1 to 40 lower-case letters, digits and underscores, and begin with a letter",
    ))
}
