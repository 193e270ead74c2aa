//! Rows written per second, by several tasks at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use examples::stage::{self, Ground, rows};
use social_core::{Stores, store::ReceivedEvent};
use tokio::task::JoinSet;

use crate::report::{line, now};

/// Tasks that write at the same time.
const TASKS: usize = 16;

/// Accounts that posts are submitted for.
const ACCOUNTS: u64 = 1_000;

/// How long one turn lasts.
const TURN: Duration = Duration::from_secs(3);

/// Turns, of which the median counts.
const TURNS: usize = 5;

/// Hides the server's `pg_notify` behind one that does nothing: the same calls, and no hint.
const MUTE: &str = "CREATE SCHEMA mute;
    CREATE FUNCTION mute.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT';";

pub(crate) async fn on_postgres(ground: &Ground) -> Result<()> {
    let folder = ground.folder().await?;
    let loud = stage::stores(folder.path(), None).await?;
    ground.execute(folder.path(), MUTE).await?;
    ground
        .set(folder.path(), "search_path", "mute, pg_catalog")
        .await?;
    let muted = stage::stores(folder.path(), None).await?;
    let (mut with, mut without) = (Rates::default(), Rates::default());
    let numbers = Arc::default();
    for _ in 0..TURNS {
        with.turn(&loud, &numbers).await?;
        without.turn(&muted, &numbers).await?;
    }
    with.show("");
    without.show(" without NOTIFY");
    Ok(())
}

pub(crate) async fn on_sqlite(ground: &Ground) -> Result<()> {
    let folder = ground.folder().await?;
    let stores = stage::stores(folder.path(), None).await?;
    let (mut rates, numbers) = (Rates::default(), Arc::default());
    for _ in 0..TURNS {
        rates.turn(&stores, &numbers).await?;
    }
    rates.show("");
    Ok(())
}

/// Rows per second of each turn.
#[derive(Debug, Default)]
struct Rates {
    submits: Vec<f64>,
    single: Vec<f64>,
    batches: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Submit,
    Events(u64),
}

impl Rates {
    async fn turn(&mut self, stores: &Stores, numbers: &Arc<AtomicU64>) -> Result<()> {
        self.submits
            .push(rate(stores, Work::Submit, numbers).await?);
        self.single
            .push(rate(stores, Work::Events(1), numbers).await?);
        self.batches
            .push(rate(stores, Work::Events(50), numbers).await?);
        Ok(())
    }

    fn show(&mut self, how: &str) {
        for (what, rates) in [
            ("posts submitted", &mut self.submits),
            ("events inserted one by one", &mut self.single),
            ("events inserted 50 at a time", &mut self.batches),
        ] {
            rates.sort_by(f64::total_cmp);
            let median = rates[rates.len() / 2];
            let what = format!("{what}{how}");
            line(&format!(
                "  {what:<52} {median:>8.0} a second, median of {TURNS}; {TASKS} tasks"
            ));
        }
    }
}

/// Works for a while.
async fn rate(stores: &Stores, work: Work, numbers: &Arc<AtomicU64>) -> Result<f64> {
    let start = now();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (stores, numbers) = (stores.clone(), Arc::clone(numbers));
        tasks.spawn(async move {
            let mut written = 0;
            while now() - start < TURN {
                written += write(&stores, work, &numbers).await?;
            }
            anyhow::Ok(written)
        });
    }
    let mut written = 0;
    while let Some(task) = tasks.join_next().await {
        written += task??;
    }
    Ok(written as f64 / (now() - start).as_secs_f64())
}

async fn write(stores: &Stores, work: Work, numbers: &AtomicU64) -> Result<u64> {
    match work {
        Work::Submit => {
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let post = rows::post(number, number % ACCOUNTS);
            stores.posts.submit(&post).await?;
            Ok(1)
        }
        Work::Events(count) => {
            let first = numbers.fetch_add(count, Ordering::Relaxed);
            let events: Vec<ReceivedEvent> = (first..first + count).map(rows::event).collect();
            let new = stores.events.insert(&events).await?;
            Ok(new.iter().filter(|new| **new).count() as u64)
        }
    }
}
