//! Hints that there is something to claim: told in this process after the commit, and to others by `NOTIFY`.
//!
//! `NOTIFY` takes a lock of the whole server while its transaction commits, the flush to disk included: sent with each
//! write, it left 440 of 3,400 commits a second to 32 writers. So it is sent after the commit, in a transaction that
//! flushes nothing, by one task that tells together what came meanwhile. Only what is committed by somebody else, in a
//! transaction of the caller, is told in that transaction.

mod listener;
mod teller;

use std::{fmt, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    error::Result,
    random::{Random, SystemRandom},
    store::{WakeSender, Wakes},
    time::SystemClock,
};
use sqlx::{PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::task::AbortHandle;

use self::{
    listener::Listener,
    teller::{Outbox, Teller},
};
use crate::{db::Db, error::failed, sql, transaction::Tx};

sql::statements! {
    NOTIFY = "SELECT pg_notify($1, $2)";
}

/// What is due within this time is told. Who waits looks more often by itself.
const SOON: TimeDelta = TimeDelta::seconds(60);

/// Whether a hint is worth its cost.
pub(crate) fn soon(due_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    due_at.signed_duration_since(now) <= SOON
}

/// What there is to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Events,
    Posts,
}

impl Hint {
    const ALL: [Self; 2] = [Self::Events, Self::Posts];

    fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Posts => "posts",
        }
    }
}

/// The hints of one store and its clones. The last one dropped ends the tasks.
pub(crate) struct Hints {
    senders: Senders,
    outbox: Arc<Outbox>,
    channel: String,
    tasks: Vec<AbortHandle>,
}

#[derive(Clone, Debug, Default)]
struct Senders {
    events: WakeSender,
    posts: WakeSender,
}

impl Hints {
    /// Tells other processes through the pool, and hears of theirs at `direct`, if there is such an address.
    pub(crate) fn start(
        pool: &PgPool,
        schema: &str,
        direct: Option<PgConnectOptions>,
    ) -> Result<Self> {
        let mut origin = [0; 8];
        SystemRandom::default().fill(&mut origin)?;
        // Marks what this process was told already.
        let origin = format!("{:016x}", u64::from_ne_bytes(origin));
        let mut hints = Self {
            senders: Senders::default(),
            outbox: Arc::default(),
            channel: format!("social.{schema}"),
            tasks: Vec::new(),
        };
        let teller = Teller {
            pool: pool.clone(),
            channel: hints.channel.clone(),
            origin: origin.clone(),
            outbox: Arc::clone(&hints.outbox),
            clock: Arc::new(SystemClock::default()),
        };
        hints.tasks.push(tokio::spawn(teller.run()).abort_handle());
        if let Some(server) = direct {
            let listener = Listener {
                server,
                channel: hints.channel.clone(),
                origin,
                senders: hints.senders.clone(),
                clock: Arc::new(SystemClock::default()),
            };
            hints
                .tasks
                .push(tokio::spawn(listener.run()).abort_handle());
        }
        Ok(hints)
    }

    pub(crate) fn subscribe(&self, hint: Hint) -> Wakes {
        self.senders.of(hint).subscribe()
    }

    /// Tells other processes nothing more, and hears nothing of them.
    pub(crate) fn stop(&self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Senders {
    fn of(&self, hint: Hint) -> &WakeSender {
        match hint {
            Hint::Events => &self.events,
            Hint::Posts => &self.posts,
        }
    }
}

impl Db {
    /// Ends a transaction; if it brought `news`, everybody hears of it.
    pub(crate) async fn finish<T>(
        &self,
        tx: Tx,
        done: Result<T>,
        hint: Hint,
        news: impl FnOnce(&T) -> bool,
    ) -> Result<T> {
        let done = tx.finish(done).await?;
        if news(&done) {
            self.hints().senders.of(hint).send();
            self.hints().outbox.put(hint);
        }
        Ok(done)
    }

    /// Everybody hears of it when the caller's transaction commits, this process too.
    pub(crate) async fn announce(&self, conn: &mut PgConnection, hint: Hint) -> Result<()> {
        let notify = self.query(NOTIFY).bind(self.hints().channel.clone());
        let notify = notify.bind(hint.as_str());
        notify.execute(conn).await.map_err(failed)?;
        Ok(())
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hints")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
