//! Hints that there is something to claim: told in this process, and to others by `NOTIFY` with the write itself.
//!
//! `NOTIFY` takes a lock of the whole server while its transaction commits, so it is sent once a call, never once a row,
//! and only about what can be claimed soon.

mod listener;

use std::{fmt, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    error::Result,
    random::{Random, SystemRandom},
    store::{WakeSender, Wakes},
    time::SystemClock,
};
use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::task::AbortHandle;

use crate::{
    db::{Db, Tx},
    error::failed,
    sql,
};

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

/// The hints of one store and its clones. The last one dropped ends the listening.
pub(crate) struct Hints {
    senders: Senders,
    channel: String,
    /// Marks what was told in this process already.
    origin: String,
    listening: Option<AbortHandle>,
}

#[derive(Clone, Debug, Default)]
struct Senders {
    events: WakeSender,
    posts: WakeSender,
}

impl Hints {
    /// Listens at `direct`, if there is one, in a task of its own.
    pub(crate) fn start(schema: &str, direct: Option<PgConnectOptions>) -> Result<Self> {
        let mut origin = [0; 8];
        SystemRandom::default().fill(&mut origin)?;
        let mut hints = Self {
            senders: Senders::default(),
            channel: format!("social.{schema}"),
            origin: format!("{:016x}", u64::from_ne_bytes(origin)),
            listening: None,
        };
        hints.listening = direct.map(|server| {
            let listener = listener::Listener {
                server,
                channel: hints.channel.clone(),
                origin: hints.origin.clone(),
                senders: hints.senders.clone(),
                clock: Arc::new(SystemClock::default()),
            };
            tokio::spawn(listener.run()).abort_handle()
        });
        Ok(hints)
    }

    pub(crate) fn subscribe(&self, hint: Hint) -> Wakes {
        self.senders.of(hint).subscribe()
    }

    /// Hears nothing of other processes any more.
    pub(crate) fn stop(&self) {
        if let Some(task) = &self.listening {
            task.abort();
        }
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
        mut tx: Tx,
        done: Result<T>,
        hint: Hint,
        news: impl FnOnce(&T) -> bool,
    ) -> Result<T> {
        let news = done.as_ref().is_ok_and(news);
        let done = match done {
            Ok(value) if news => {
                let from = format!("{} {}", hint.as_str(), self.hints().origin);
                self.notify(tx.conn(), from).await.map(|()| value)
            }
            done => done,
        };
        let done = tx.finish(done).await?;
        if news {
            self.hints().senders.of(hint).send();
        }
        Ok(done)
    }

    /// Everybody hears of it when the transaction commits, this process too: it ends out of sight.
    pub(crate) async fn announce(&self, conn: &mut PgConnection, hint: Hint) -> Result<()> {
        self.notify(conn, hint.as_str().to_owned()).await
    }

    async fn notify(&self, conn: &mut PgConnection, payload: String) -> Result<()> {
        let notify = self.query(NOTIFY);
        let notify = notify.bind(self.hints().channel.clone()).bind(payload);
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
            .field("listens", &self.listening.is_some())
            .finish_non_exhaustive()
    }
}
