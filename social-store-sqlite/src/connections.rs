//! One connection that writes, several that read.
//!
//! Not sqlx's pool: a transaction that failed or was dropped half-way closes its connection here, because SQLite may
//! have rolled it back already, which the pool's own bookkeeping does not learn. And nothing here waits on a timer, so
//! a test's paused clock cannot make it fail.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use social_core::error::Result;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::{
    clock::{Machine, Now},
    error::{closed, failed, is_busy, locked},
    life::{self, Life, Mark},
    sql,
};

pub(crate) struct Connections {
    options: SqliteConnectOptions,
    pub(crate) life: Arc<Life>,
    writer: Arc<AsyncMutex<Option<SqliteConnection>>>,
    readers: u32,
    may_read: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    closed: AtomicBool,
    /// How often the database was found locked for the whole busy timeout.
    found_locked: AtomicU64,
    pub(crate) machine: Arc<Machine>,
}

/// A write transaction. Dropped before [`finish`](Self::finish), it closes its connection, which rolls it back.
pub(crate) struct Tx {
    pub(crate) conn: SqliteConnection,
    /// The store's own clock at its beginning.
    pub(crate) clock: Now,
    /// How many rows the connection had changed before.
    changes: i64,
    operation: &'static str,
    life: Arc<Life>,
    machine: Arc<Machine>,
    slot: OwnedMutexGuard<Option<SqliteConnection>>,
}

/// A connection for one statement that reads.
pub(crate) struct Reader {
    pub(crate) conn: SqliteConnection,
    operation: &'static str,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(crate) fn new(
        options: SqliteConnectOptions,
        first: SqliteConnection,
        readers: u32,
        life: Life,
    ) -> Self {
        Self {
            options,
            life: Arc::new(life),
            writer: Arc::new(AsyncMutex::new(Some(first))),
            readers,
            may_read: Arc::new(Semaphore::new(readers as usize)),
            idle: Arc::default(),
            closed: AtomicBool::new(false),
            found_locked: AtomicU64::new(0),
            machine: Arc::default(),
        }
    }

    /// Begins a write transaction.
    pub(crate) async fn write(&self, operation: &'static str) -> Result<Tx> {
        self.begin(operation)
            .await
            .map_err(|error| error.with_operation(operation))
    }

    async fn begin(&self, operation: &'static str) -> Result<Tx> {
        let found_locked = self.found_locked.load(Ordering::Acquire);
        let mut slot = Arc::clone(&self.writer).lock_owned().await;
        if self.closed.load(Ordering::Acquire) {
            return Err(closed());
        }
        // Whoever queued behind a writer that waited in vain does not wait all over again.
        if self.found_locked.load(Ordering::Acquire) != found_locked {
            return Err(locked());
        }
        let mut conn = match slot.take() {
            Some(conn) => conn,
            None => self.options.connect().await.map_err(failed)?,
        };
        if let Err(error) = sqlx::query(sql::BEGIN).execute(&mut conn).await {
            if is_busy(&error) {
                self.found_locked.fetch_add(1, Ordering::AcqRel);
                *slot = Some(conn);
            }
            return Err(failed(error));
        }
        let (clock, changes) = self.machine.begin(&mut conn).await?;
        Ok(Tx {
            conn,
            clock,
            changes,
            operation,
            life: Arc::clone(&self.life),
            machine: Arc::clone(&self.machine),
            slot,
        })
    }

    /// Borrows a connection that reads.
    pub(crate) async fn read(&self, operation: &'static str) -> Result<Reader> {
        let permit = Arc::clone(&self.may_read).acquire_owned().await;
        let permit = permit.map_err(|_| closed().with_operation(operation))?;
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let conn = match idle {
            Some(conn) => conn,
            None => {
                let connected = self.options.connect().await;
                connected.map_err(|error| failed(error).with_operation(operation))?
            }
        };
        Ok(Reader {
            conn,
            operation,
            idle: Arc::clone(&self.idle),
            _permit: permit,
        })
    }

    /// Waits for what is under way, then closes every connection.
    pub(crate) async fn close(&self) {
        let mut slot = self.writer.lock().await;
        self.closed.store(true, Ordering::Release);
        let mut open: Vec<_> = slot.take().into_iter().collect();
        // Fails only when it is closed already.
        let all = self.may_read.acquire_many(self.readers).await;
        self.may_read.close();
        drop(all);
        open.append(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for conn in open {
            if let Err(error) = conn.close().await {
                tracing::warn!(error = %failed(error), "a database connection did not close well");
            }
        }
    }
}

impl Tx {
    /// Commits what went well, rolls back what did not.
    pub(crate) async fn finish<T>(mut self, result: Result<T>) -> Result<T> {
        let result = match result {
            Ok(value) => self.count().await.map(|mark| (value, mark)),
            Err(error) => Err(error),
        };
        let end = if result.is_ok() {
            sql::COMMIT
        } else {
            sql::ROLLBACK
        };
        let ended = sqlx::query(end).execute(&mut self.conn).await;
        let operation = self.operation;
        let result = match (result, ended) {
            (result, Ok(_)) => {
                *self.slot = Some(self.conn);
                result
            }
            (Ok(_), Err(error)) => Err(failed(error)),
            (Err(error), Err(_)) => Err(error),
        };
        if let Ok((_, Some(mark))) = &result {
            self.life.wrote(mark);
        }
        let result = result.map(|(value, _)| value);
        result.map_err(|error| error.with_operation(operation))
    }

    /// Counts the transaction and keeps its time, if it wrote.
    async fn count(&mut self) -> Result<Option<Mark>> {
        let [clock, wall, away] = self.clock.kept();
        let count = sqlx::query(life::COUNT)
            .bind(self.changes)
            .bind(clock)
            .bind(wall)
            .bind(away)
            .bind(self.machine.id());
        let counted = count.fetch_optional(&mut self.conn).await.map_err(failed)?;
        counted.as_ref().map(Mark::of).transpose()
    }
}

impl Reader {
    /// Gives the connection back, unless the statement failed.
    pub(crate) fn finish<T>(self, result: Result<T, sqlx::Error>) -> Result<T> {
        match result {
            Ok(value) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.push(self.conn);
                Ok(value)
            }
            Err(error) => Err(failed(error).with_operation(self.operation)),
        }
    }
}

/// The default of [`crate::SqliteBuilder::busy_timeout`].
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
