use std::{sync::Arc, time::Duration};

use social_core::time::Clock;
use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

use super::{Hint, Senders};
use crate::error::failed;

/// The first wait after a connection was lost; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long a quiet connection is believed, and how long it may take to prove that it lives: one that was cut without a
/// word would be quiet forever.
const QUIET: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(20);

/// Hears what other processes tell, on a connection of its own that is made again whenever it is lost.
pub(super) struct Listener {
    pub(super) server: PgConnectOptions,
    pub(super) channel: String,
    /// Marks what this process was told already.
    pub(super) origin: String,
    pub(super) senders: Senders,
    pub(super) clock: Arc<dyn Clock>,
}

/// Why listening ended.
enum Lost {
    Refused(sqlx::Error),
    Silent,
}

impl Listener {
    /// Never ends by itself: without this connection the store is slower to hear, nothing else.
    pub(super) async fn run(self) {
        let mut wait = FIRST_WAIT;
        let mut told = false;
        loop {
            match self.connect().await {
                Ok(mut connection) => {
                    // Of what came while nobody listened nothing will be heard.
                    for hint in Hint::ALL {
                        self.senders.of(hint).send();
                    }
                    tracing::debug!(channel = self.channel, "listening for new work");
                    (wait, told) = (FIRST_WAIT, false);
                    self.hear(&mut connection).await;
                }
                Err(lost) => {
                    if !told {
                        lost.report();
                    }
                    told = true;
                }
            }
            self.clock.sleep(wait).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
    }

    async fn connect(&self) -> Result<PgListener, Lost> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(ANSWER)
            .connect_lazy_with(self.server.clone());
        let connect = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            listener.listen(&self.channel).await?;
            Ok(listener)
        };
        match self.within(ANSWER, connect).await {
            Some(connected) => connected.map_err(Lost::Refused),
            None => Err(Lost::Silent),
        }
    }

    /// Passes on what it hears until the connection is lost.
    async fn hear(&self, connection: &mut PgListener) {
        loop {
            match self.within(QUIET, connection.try_recv()).await {
                Some(Ok(Some(heard))) => self.pass_on(heard.payload()),
                Some(Ok(None) | Err(_)) => return,
                None => {
                    let lives = self.within(ANSWER, connection.execute("SELECT 1")).await;
                    if !matches!(lives, Some(Ok(_))) {
                        return;
                    }
                }
            }
        }
    }

    fn pass_on(&self, payload: &str) {
        let (what, origin) = payload.split_once(' ').unwrap_or((payload, ""));
        if origin == self.origin {
            return;
        }
        // A newer version may know of more.
        if let Some(hint) = Hint::ALL.into_iter().find(|hint| hint.as_str() == what) {
            self.senders.of(hint).send();
        }
    }

    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.clock.sleep(limit) => None,
        }
    }
}

impl Lost {
    fn report(self) {
        const MEANWHILE: &str = "new work of other processes is found by looking now and then until the server can be listened to";
        match self {
            Self::Refused(error) => tracing::warn!(error = %failed(error), "{MEANWHILE}"),
            Self::Silent => tracing::warn!(error = "no answer", "{MEANWHILE}"),
        }
    }
}
