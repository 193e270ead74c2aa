use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use social_core::time::Clock;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::Notify;

use super::Hint;

/// Between two messages. What comes meanwhile is told together.
const APART: Duration = Duration::from_millis(20);

/// What is to be told to other processes.
#[derive(Default)]
pub(super) struct Outbox {
    events: AtomicBool,
    posts: AtomicBool,
    filled: Notify,
}

impl Outbox {
    pub(super) fn put(&self, hint: Hint) {
        self.slot(hint).store(true, Ordering::Release);
        self.filled.notify_one();
    }

    fn take(&self) -> impl Iterator<Item = Hint> {
        let waits = |hint: &Hint| self.slot(*hint).swap(false, Ordering::AcqRel);
        Hint::ALL.into_iter().filter(waits)
    }

    fn slot(&self, hint: Hint) -> &AtomicBool {
        match hint {
            Hint::Events => &self.events,
            Hint::Posts => &self.posts,
        }
    }
}

/// Tells other processes of what was committed, one message at a time.
pub(super) struct Teller {
    pub(super) pool: PgPool,
    pub(super) channel: String,
    pub(super) origin: String,
    pub(super) outbox: Arc<Outbox>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Teller {
    /// Never ends by itself. A hint that cannot be told is lost, as hints may be.
    pub(super) async fn run(self) {
        loop {
            self.outbox.filled.notified().await;
            let notify = |hint: Hint| {
                format!(
                    "NOTIFY \"{}\", '{} {}';",
                    self.channel,
                    hint.as_str(),
                    self.origin
                )
            };
            let message: String = self.outbox.take().map(notify).collect();
            if message.is_empty() {
                continue;
            }
            // One message of the simple protocol, which passes through a pooler.
            let told = sqlx::raw_sql(AssertSqlSafe(message))
                .execute(&self.pool)
                .await;
            if told.is_err() {
                tracing::debug!(
                    "other processes were not told of new work; they find it by looking"
                );
            }
            self.clock.sleep(APART).await;
        }
    }
}
