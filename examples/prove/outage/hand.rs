//! A process that does everything at once, and says what was acknowledged.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use examples::stage::{self, pause, rows, say};
use social_core::{
    Error, ErrorKind, Stores,
    model::RemoteId,
    publish::Outcome,
    store::{
        Booking, ClaimDue, ClaimEvents, ClaimPosts, Expect, HistoryEntry, HistoryKind, Limit, Next,
        PostClaim, RecordStep, TokenClaim, Window,
    },
    time::{Clock, SystemClock},
};
use tokio::{io::AsyncReadExt, task::JoinSet};

use super::note::{Kind, Note};

/// Rows of one process are named from its number times this on.
const APART: u64 = 1 << 32;

/// Accounts, each with a lane.
pub(crate) const ACCOUNTS: u64 = 200;

/// Bookings under one key.
const TOGETHER: u64 = 50;

/// The lease of everything: what was claimed when the database went away is free again soon.
const LEASE: Duration = Duration::from_secs(3);

/// Between two calls of a task.
const REST: Duration = Duration::from_millis(5);

/// After a call that failed.
const LONGER: Duration = Duration::from_millis(100);

#[derive(Clone)]
struct Hand {
    stores: Stores,
    number: u64,
    stop: Arc<AtomicBool>,
}

/// Works until its standard input ends.
pub(crate) async fn run(number: u64, folder: PathBuf) -> anyhow::Result<()> {
    let stores = stage::stores(&folder, None).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let hand = Hand {
        stores,
        number,
        stop: Arc::clone(&stop),
    };
    say("ready");
    let mut tasks = JoinSet::new();
    tasks.spawn(hand.clone().submit());
    tasks.spawn(hand.clone().settle());
    tasks.spawn(hand.clone().save());
    tasks.spawn(hand.clone().insert());
    tasks.spawn(hand.clone().handle());
    tasks.spawn(hand.book());
    tokio::io::stdin().read_u8().await?;
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    note(&Note::Ended);
    Ok(())
}

pub(crate) fn limit(key: &str) -> Limit {
    Limit::new(key, Window::per_day(1_000))
}

fn note(note: &Note) {
    match serde_json::to_string(note) {
        Ok(line) => say(&line),
        Err(_) => say("\"unwritable\""),
    }
}

impl Hand {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Its numbers, one after the other, until it is told to stop.
    fn numbers(&self) -> impl Iterator<Item = u64> + use<> {
        let stop = Arc::clone(&self.stop);
        let first = (self.number + 1) * APART;
        (first..).take_while(move |_| !stop.load(Ordering::Relaxed))
    }

    /// Calls again until it is acknowledged: the same again is no second one.
    async fn until_acknowledged<T, F>(&self, kind: Kind, call: impl Fn() -> F + Send) -> T
    where
        F: Future<Output = Result<T, Error>> + Send,
        T: Send,
    {
        loop {
            match call().await {
                Ok(value) => return value,
                Err(error) => failed(kind, &error).await,
            }
        }
    }

    async fn submit(self) {
        for number in self.numbers() {
            let post = rows::post(number, number % ACCOUNTS);
            let submit = || async { self.stores.posts.submit(&post).await };
            self.until_acknowledged(Kind::Submit, submit).await;
            note(&Note::Submitted(number));
            pause(REST).await;
        }
    }

    async fn settle(self) {
        let versions = vec![(rows::app(), rows::VERSION)];
        while self.goes_on() {
            let which = ClaimPosts::new(now(), LEASE, 5, versions.clone());
            match self.stores.posts.claim(&which).await {
                Ok(claims) => {
                    for claim in claims {
                        self.publish(&claim).await;
                    }
                }
                Err(error) => failed(Kind::Settle, &error).await,
            }
            pause(REST).await;
        }
    }

    /// What became of a record that failed, whoever claims the post next finds out.
    async fn publish(&self, claim: &PostClaim) {
        let now = now();
        let next = Next::Settle(Outcome::Published(Vec::new()), None);
        let mut step = RecordStep::new(next, now);
        let mut checkpoint = claim.post.checkpoint.clone();
        let remote = format!("remote of {}", claim.post.caption);
        checkpoint.remote_ids = vec![RemoteId::from_stored(&remote)];
        step.checkpoint = Some(checkpoint);
        step.history
            .push(HistoryEntry::new(now, HistoryKind::Settled, "done"));
        match self.stores.posts.record(claim, &step).await {
            Ok(_) => note(&Note::Settled {
                post: claim.post.id.to_string(),
                remote,
            }),
            Err(error) => failed(Kind::Settle, &error).await,
        }
    }

    async fn save(self) {
        while self.goes_on() {
            let which = ClaimDue::new(now(), LEASE, 5);
            match self.stores.tokens.claim_due(&which).await {
                Ok(claims) => {
                    for claim in claims {
                        if let Err(error) = self.refresh(&claim).await {
                            failed(Kind::Save, &error).await;
                        }
                    }
                }
                Err(error) => failed(Kind::Save, &error).await,
            }
            pause(REST).await;
        }
    }

    async fn refresh(&self, claim: &TokenClaim) -> Result<(), Error> {
        let mut record = claim.record.clone();
        record.name = format!("claim {} of process {}", claim.epoch.0, self.number);
        // Due again at once.
        let tokens = &self.stores.tokens;
        let revision = tokens
            .save(&record, Expect::Revision(claim.revision))
            .await?;
        note(&Note::Saved {
            account: record.key.account.into(),
            revision: revision.0,
            name: record.name,
        });
        tokens.release(claim, None, true).await
    }

    async fn insert(self) {
        for number in self.numbers() {
            let first = number * 5 - (self.number + 1) * APART * 4;
            let events: Vec<_> = (first..first + 5).map(rows::event).collect();
            let insert = || async { self.stores.events.insert(&events).await };
            self.until_acknowledged(Kind::Insert, insert).await;
            let ids = events.iter().map(|event| event.event.id.clone());
            note(&Note::Inserted(ids.collect()));
            pause(REST).await;
        }
    }

    async fn handle(self) {
        while self.goes_on() {
            if let Err(error) = self.handle_some().await {
                failed(Kind::Handle, &error).await;
            }
            pause(REST).await;
        }
    }

    async fn handle_some(&self) -> Result<(), Error> {
        let events = &self.stores.events;
        let claims = events.claim(&ClaimEvents::new(now(), LEASE, 20)).await?;
        let written = events.complete(&claims, now()).await?;
        let done: Vec<_> = (claims.iter().zip(written))
            .filter(|(_, written)| *written)
            .map(|(claim, _)| claim.record.event.id.clone())
            .collect();
        if !done.is_empty() {
            note(&Note::Handled(done));
        }
        Ok(())
    }

    async fn book(self) {
        for number in self.numbers() {
            let key = format!("outage/{}", number / TOGETHER);
            let (limits, holder) = ([limit(&key)], format!("holder {number}"));
            let book = || async { self.stores.limits.book(&limits, &holder).await };
            match self.until_acknowledged(Kind::Book, book).await {
                Booking::Granted => note(&Note::Booked(key)),
                Booking::Wait(_) => note(&Note::Unexpected("a booking waits".to_owned())),
            }
            pause(REST).await;
        }
    }
}

/// Says so, and waits a little. What was claimed before an outage may be somebody else's after it.
async fn failed(kind: Kind, error: &Error) {
    match error.kind() {
        ErrorKind::Storage | ErrorKind::Unavailable | ErrorKind::Conflict => {
            note(&Note::Failed(kind));
        }
        other => note(&Note::Unexpected(format!("{kind}: {other:?}: {error}"))),
    }
    pause(LONGER).await;
}

fn now() -> chrono::DateTime<chrono::Utc> {
    SystemClock::default().now()
}
