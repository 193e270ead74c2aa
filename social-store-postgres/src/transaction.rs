//! One transaction per call: whole, or not at all, wherever the call is dropped.

use social_core::error::Result;
use sqlx::{PgConnection, PgPool, Postgres, SqlSafeStr, pool::PoolConnection};

use crate::error::{failed, uncertain};

/// A connection that is within a transaction, or may be. Dropped before its [`end`](Self::end), it is closed, and the
/// server rolls back.
///
/// The driver's own transaction, dropped while its BEGIN is on its way, goes back into the pool as it is: whoever borrows
/// the connection next works within that transaction, which may only read, and whose `now()` is long ago.
pub(crate) struct Open {
    conn: PoolConnection<Postgres>,
    has_ended: bool,
}

/// A transaction. Dropped before [`finish`](Self::finish), it is rolled back.
pub(crate) struct Tx {
    pub(crate) open: Open,
    pub(crate) operation: &'static str,
}

/// A connection for one statement that reads.
pub(crate) struct Reader {
    pub(crate) conn: Read,
    pub(crate) operation: &'static str,
}

pub(crate) enum Read {
    Plain(PoolConnection<Postgres>),
    /// A connection of somebody else's is left as it was found, and a pooler takes one away between two messages, unless
    /// there is a transaction.
    Within(Open),
}

impl Open {
    /// Begins, with all that this message sets.
    pub(crate) async fn begin(
        pool: &PgPool,
        message: impl SqlSafeStr,
    ) -> Result<Self, sqlx::Error> {
        let message = message.into_sql_str();
        let conn = pool.acquire().await?;
        let mut open = Self {
            conn,
            has_ended: false,
        };
        sqlx::raw_sql(message).execute(&mut *open.conn).await?;
        Ok(open)
    }

    /// Commits or rolls back, and gives the connection back.
    async fn end(mut self, message: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(message).execute(&mut *self.conn).await?;
        self.has_ended = true;
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.has_ended {
            self.conn.close_on_drop();
        }
    }
}

impl Tx {
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        &mut self.open.conn
    }

    /// Commits what went well, rolls back what did not.
    pub(crate) async fn finish<T>(self, result: Result<T>) -> Result<T> {
        let result = match result {
            Ok(value) => self
                .open
                .end("COMMIT")
                .await
                .map(|()| value)
                .map_err(uncertain),
            Err(error) => {
                // What cannot be rolled back ends with its connection.
                let _ = self.open.end("ROLLBACK").await;
                Err(error)
            }
        };
        result.map_err(|error| error.with_operation(self.operation))
    }
}

impl Reader {
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        match &mut self.conn {
            Read::Plain(conn) => conn,
            Read::Within(open) => &mut open.conn,
        }
    }

    /// Gives the connection back.
    pub(crate) async fn finish<T>(self, result: Result<T, sqlx::Error>) -> Result<T> {
        if let Read::Within(open) = self.conn {
            // Nothing was written.
            let _ = open.end("ROLLBACK").await;
        }
        result.map_err(|error| failed(error).with_operation(self.operation))
    }
}
