//! Changes of other processes: the database's own counter, looked at every second, for all streams at once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use social_core::time::Clock;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// How often the counter is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Says that something in the database may have changed.
#[derive(Clone, Debug)]
pub(crate) struct Watch(broadcast::Sender<()>);

impl Watch {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(1))
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<()> {
        self.0.subscribe()
    }

    /// Looks until `stop`. Without a counter the changes of this process are still told.
    pub(crate) async fn run(self, database: &Path, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .read_only(true);
        let mut connection: Option<SqliteConnection> = None;
        let mut known = None;
        loop {
            tokio::select! {
                () = clock.sleep(LOOK) => {}
                () = stop.cancelled() => break,
            }
            if self.0.receiver_count() == 0 {
                continue;
            }
            if connection.is_none() {
                connection = options.connect().await.ok();
            }
            let Some(open) = connection.as_mut() else {
                continue;
            };
            let counter = sqlx::query_scalar::<_, i64>("PRAGMA data_version")
                .fetch_one(open)
                .await;
            match counter {
                Ok(counter) if known == Some(counter) => {}
                Ok(counter) => {
                    known = Some(counter);
                    // Nobody listening is fine.
                    let _ = self.0.send(());
                }
                Err(error) => {
                    tracing::warn!(code = ?error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned())), "changes of other processes cannot be seen");
                    connection = None;
                }
            }
        }
        if let Some(open) = connection {
            // It held nothing; a failure to close it changes nothing.
            let _ = open.close().await;
        }
    }
}
