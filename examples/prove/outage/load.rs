//! The load, and the outages in the middle of it.

use std::{
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use examples::stage::{self, Cluster, Stop, Worker, pause, put_on_postgres, rows, say};
use social_core::{
    Stores,
    store::Expect,
    time::{Clock, SystemClock},
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    hand::ACCOUNTS,
    ledger::Ledger,
    note::Note,
    table::{Outages, Table},
    verify,
};
use crate::Counts;

const PROCESSES: u64 = 4;

/// The name of the database.
const DATABASE: &str = "load";

/// Within this time after the server takes connections again every task must have been acknowledged something.
const BOUND: Duration = Duration::from_secs(20);

struct Load {
    cluster: Cluster,
    folder: TempDir,
    ledger: Arc<Mutex<Ledger>>,
    /// Closed when the processes are to end.
    ends: Vec<mpsc::Sender<()>>,
    listening: JoinSet<()>,
}

/// Plays it; how many lines are not as they must be.
pub(crate) async fn play(counts: Counts) -> anyhow::Result<usize> {
    let mut load = Load::open().await?;
    let mut table = Table::default();
    for number in 0..counts.outages {
        // Not in step with anything: a little longer each time.
        let millis = 400 + u64::try_from(number)? * 137 % 900;
        pause(Duration::from_millis(millis)).await;
        let how = [Stop::Kill, Stop::Fast, Stop::KillBackend][number % 3];
        let down = Duration::from_millis(u64::try_from(number)? * 211 % 1_200);
        let recovered = load.outage(how, down).await?;
        table.outage(how, recovered);
    }
    let (cluster, folder, ledger) = load.end().await?;
    if counts.plant {
        plant(&cluster).await?;
    }
    let stores = stage::stores(folder.path(), None).await?;
    table.held(&ledger, &verify::look(&stores, &ledger).await?);
    table.print();
    Ok(table.deviations())
}

impl Load {
    async fn open() -> anyhow::Result<Self> {
        let cluster = Cluster::start().await?;
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            let value = cluster.setting(setting).await?;
            say(&format!("{setting} = {value}"));
            ensure!(value == "on", "the server is not as durable as usual");
        }
        let folder = TempDir::new()?;
        put_on_postgres(folder.path(), &cluster.database(DATABASE).await?)?;
        let stores = stage::stores(folder.path(), None).await?;
        fill(&stores).await?;
        let mut load = Self {
            cluster,
            folder,
            ledger: Arc::default(),
            ends: Vec::new(),
            listening: JoinSet::new(),
        };
        for number in 0..PROCESSES {
            load.process(number).await?;
        }
        load.everybody_since(SystemClock::default().elapsed())
            .await
            .context("at first")?;
        Ok(load)
    }

    async fn process(&mut self, number: u64) -> anyhow::Result<()> {
        let folder = self.folder.path().to_str().context("a path that is text")?;
        let arguments = ["hand", &number.to_string(), folder];
        let worker = Worker::launch(&arguments, Stdio::inherit()).await?;
        let (end, ends) = mpsc::channel(1);
        self.ends.push(end);
        let ledger = Arc::clone(&self.ledger);
        self.listening.spawn(listen(number, worker, ledger, ends));
        Ok(())
    }

    /// One outage; how long after it the last task was acknowledged something.
    async fn outage(&mut self, how: Stop, down: Duration) -> anyhow::Result<Duration> {
        self.cluster.stop(how).await?;
        if how != Stop::KillBackend {
            pause(down).await;
            self.cluster.run().await?;
        }
        let up = SystemClock::default().elapsed();
        let at = self
            .everybody_since(up)
            .await
            .with_context(|| format!("{how:?}"))?;
        Ok(at - up)
    }

    async fn everybody_since(&self, since: Duration) -> anyhow::Result<Duration> {
        lock(&self.ledger).listen_anew();
        loop {
            if let Some(at) = lock(&self.ledger).all_since(since, PROCESSES) {
                return Ok(at);
            }
            if SystemClock::default().elapsed() > since + BOUND {
                bail!("not everybody goes on after {} s", BOUND.as_secs());
            }
            pause(Duration::from_millis(10)).await;
        }
    }

    /// Lets everybody finish what they do.
    async fn end(mut self) -> anyhow::Result<(Cluster, TempDir, Ledger)> {
        self.ends.clear();
        while let Some(heard) = self.listening.join_next().await {
            heard?;
        }
        let ledger = lock(&self.ledger).clone();
        Ok((self.cluster, self.folder, ledger))
    }
}

/// Enters what a process says until it ends.
async fn listen(
    number: u64,
    mut worker: Worker,
    ledger: Arc<Mutex<Ledger>>,
    mut ends: mpsc::Receiver<()>,
) {
    let mut asked = false;
    loop {
        let line = tokio::select! {
            line = worker.line() => line,
            _ = ends.recv(), if !asked => {
                asked = true;
                let _ = worker.tell("end").await;
                continue;
            }
        };
        let heard = line.and_then(|line| Ok(serde_json::from_str(&line)?));
        match heard {
            Ok(Note::Ended) if asked => return,
            Ok(note) => lock(&ledger).enter(number, note),
            Err(error) => {
                let ended = format!("process {number}: {error:#}");
                lock(&ledger).ended.push(ended);
                return;
            }
        }
    }
}

fn lock(ledger: &Mutex<Ledger>) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn fill(stores: &Stores) -> anyhow::Result<()> {
    for number in 0..ACCOUNTS {
        let account = rows::account(number);
        stores.tokens.save(&account, Expect::Absent).await?;
    }
    Ok(())
}

/// Removes a row of each kind.
async fn plant(cluster: &Cluster) -> anyhow::Result<()> {
    let remove = |table: &str| {
        format!("DELETE FROM social.{table} WHERE ctid = (SELECT min(ctid) FROM social.{table});")
    };
    let removed = ["posts", "webhook_events", "accounts"]
        .map(remove)
        .join("\n");
    cluster.execute(DATABASE, &removed).await
}

impl Table {
    fn outage(&mut self, how: Stop, recovered: Duration) {
        let name = match how {
            Stop::Fast => "restarted in an orderly way",
            Stop::Kill => "killed with all its processes",
            Stop::KillBackend => "one of its processes killed",
        };
        self.outages(name).add(recovered);
    }
}

impl Outages {
    fn add(&mut self, recovered: Duration) {
        self.count += 1;
        self.longest = self.longest.max(recovered);
    }
}
