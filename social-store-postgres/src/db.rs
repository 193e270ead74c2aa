//! The pool, the statements on their schema, and one transaction per call.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use social_core::{error::Result, store::InstanceName};
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres, SqlSafeStr, postgres::PgArguments, query::Query,
};

use crate::{
    error::failed,
    events::{SHARE_IDS, Shared},
    sql,
    transaction::{Open, Read, Reader, Tx},
    wakes::Hints,
};

pub(crate) struct Db {
    pool: PgPool,
    schema: String,
    /// The pool leads to a pooler that gives each transaction another server connection.
    through_pooler: bool,
    /// Every connection of the pool was [prepared](prepare).
    prepared: bool,
    /// Statements on another schema than the usual one, by the place of the constant.
    renamed: RwLock<HashMap<(usize, usize), Arc<str>>>,
    hints: Hints,
    instance: Option<InstanceName>,
    events: Shared,
    /// How a transaction begins that keeps ids of events.
    begin_ids: Arc<str>,
}

/// Whose connections the pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The caller's, who may have other uses for them.
    Given,
    /// The store's, each [prepared](prepare).
    Own,
    /// A pooler's in transaction mode.
    Pooler,
}

/// What every transaction that writes sets for itself. Within the transaction, because a pooler gives the next one another
/// session.
///
/// - What was answered is on disk, whatever the server's default. `on` or more: an operator's `remote_apply` stays.
/// - A statement is never compiled: that takes a hundred times as long as any of these runs, and a plan made without the
///   values looks dear enough for it.
macro_rules! durable {
    ($rest:literal) => {
        concat!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; \
            SELECT set_config('synchronous_commit', 'on', true) \
                WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply'); \
            SET LOCAL jit = off; ",
            $rest
        )
    };
}

/// No statement here wants a whole table. A server that has no figures of a table yet, or those of a quiet minute, thinks
/// otherwise, and keeps the plan that it then makes for as long as the connection lives.
macro_rules! by_index {
    () => {
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
    };
}

/// How every transaction that writes begins, in one message.
///
/// Statements are written for this level of isolation, whatever the server's default. A process that stops in the middle
/// keeps its locks no longer than this, and nobody waits longer for anybody's.
pub(crate) const BEGIN: &str = concat!(
    durable!(
        "SET LOCAL idle_in_transaction_session_timeout = '20s'; SET LOCAL lock_timeout = '20s'; "
    ),
    by_index!()
);

/// For locks that are waited for by somebody who holds others: it gives up before the server looks for a deadlock, and ends
/// the work of another to undo it.
const BRIEF: &str = concat!(
    durable!(
        "SET LOCAL idle_in_transaction_session_timeout = '20s'; SET LOCAL lock_timeout = '300ms'; "
    ),
    by_index!()
);

/// For what an operator asks for: it waits as long as it takes, and may read whole tables.
const PATIENT: &str = durable!("SET LOCAL lock_timeout = 0");

/// How a statement that reads begins where its connection is not the store's own.
const READ: &str = concat!(
    "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL jit = off; ",
    by_index!()
);

/// The same for a connection of the store's own, once.
const READ_ALWAYS: &str = "SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Sets on a new connection of the store's own what its reads need.
pub(crate) async fn prepare(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(READ_ALWAYS).execute(conn).await.map(drop)
}

impl Db {
    pub(crate) fn new(pool: PgPool, schema: String, route: Route, hints: Hints) -> Self {
        let share_ids = rename(SHARE_IDS, &schema);
        Self {
            begin_ids: format!("{BEGIN}; {share_ids}").into(),
            events: Shared::default(),
            pool,
            schema,
            through_pooler: route == Route::Pooler,
            prepared: route == Route::Own,
            renamed: RwLock::default(),
            hints,
            instance: None,
        }
    }

    /// The same, opened as this instance.
    pub(crate) fn with_instance(mut self, instance: Option<InstanceName>) -> Self {
        self.instance = instance;
        self
    }

    /// As which instance the store was opened.
    pub(crate) fn instance(&self) -> Option<&InstanceName> {
        self.instance.as_ref()
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn hints(&self) -> &Hints {
        &self.hints
    }

    /// What this process remembers of events.
    pub(crate) fn events(&self) -> &Shared {
        &self.events
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    /// A statement on the store's schema.
    pub(crate) fn query(&self, statement: &'static str) -> Query<'static, Postgres, PgArguments> {
        let query = if self.schema == sql::SCHEMA {
            sqlx::query(statement)
        } else {
            sqlx::query(AssertSqlSafe(self.renamed(statement)))
        };
        query.persistent(!self.through_pooler)
    }

    /// The same, planned for its values each time and then forgotten: for a table of many parts, of which a plan that is
    /// kept locks all.
    pub(crate) fn query_once(
        &self,
        statement: &'static str,
    ) -> Query<'static, Postgres, PgArguments> {
        self.query(statement).persistent(false)
    }

    fn renamed(&self, statement: &'static str) -> Arc<str> {
        let place = (statement.as_ptr() as usize, statement.len());
        let known = self.renamed.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(renamed) = known.get(&place) {
            return Arc::clone(renamed);
        }
        drop(known);
        let renamed: Arc<str> = rename(statement, &self.schema).into();
        let mut known = self.renamed.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(place).or_insert(renamed))
    }

    /// Begins a transaction.
    pub(crate) async fn write(&self, operation: &'static str) -> Result<Tx> {
        self.begin(BEGIN, operation).await
    }

    /// Begins a transaction that keeps ids of events: while it lasts no window of theirs begins.
    pub(crate) async fn write_ids(&self, operation: &'static str) -> Result<Tx> {
        let begin = AssertSqlSafe(Arc::clone(&self.begin_ids));
        self.begin(begin, operation).await
    }

    /// Begins a transaction that waits for a lock for a moment only, and then [is locked](crate::error::is_locked) out.
    pub(crate) async fn write_briefly(&self, operation: &'static str) -> Result<Tx> {
        self.begin(BRIEF, operation).await
    }

    /// Begins a transaction that may wait as long as it takes.
    pub(crate) async fn write_patiently(&self, operation: &'static str) -> Result<Tx> {
        self.begin(PATIENT, operation).await
    }

    async fn begin(&self, begin: impl SqlSafeStr, operation: &'static str) -> Result<Tx> {
        let begun = Open::begin(&self.pool, begin).await;
        let open = begun.map_err(|error| failed(error).with_operation(operation))?;
        Ok(Tx { open, operation })
    }

    /// Borrows a connection for one statement that reads.
    pub(crate) async fn read(&self, operation: &'static str) -> Result<Reader> {
        let conn = if self.prepared {
            self.pool.acquire().await.map(Read::Plain)
        } else {
            Open::begin(&self.pool, READ).await.map(Read::Within)
        };
        let conn = conn.map_err(|error| failed(error).with_operation(operation))?;
        Ok(Reader { conn, operation })
    }
}

/// The statement on another schema. The schema's name was checked when the store was built.
pub(crate) fn rename(statement: &str, schema: &str) -> String {
    statement.replace("social.", &format!("\"{schema}\"."))
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}
