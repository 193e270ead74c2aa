//! Kills and stops the publishing process at every step: every post is there once.
//!
//! For each remote step the sandbox holds the call, before or after it did its work. The worker, a process of its own,
//! is then killed, or stopped past its lease while another takes over, and continued. Further kills come at random
//! moments. At the end the posts in the sandbox are compared with the posts that were asked for.
//!
//! With `--store postgres` all of it on a PostgreSQL server of its own.

mod crash {
    pub(super) mod lane;
    pub(super) mod steps;
    pub(super) mod table;
}

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail, ensure};
use examples::stage::{self, Database, Ground, Setup};
use social_workers::PublishWorker;

use crash::{
    lane::{Job, Lane},
    steps::STEPS,
    table::Table,
};

/// How often each thing is done.
#[derive(Clone, Copy, Debug)]
struct Counts {
    kills_per_step: usize,
    stops_per_step: usize,
    random_kills: usize,
    lanes: usize,
}

const FULL: Counts = Counts {
    kills_per_step: 15,
    stops_per_step: 5,
    random_kills: 60,
    lanes: 4,
};
const SHORT: Counts = Counts {
    kills_per_step: 1,
    stops_per_step: 0,
    random_kills: 4,
    lanes: 3,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let database = Database::among(&mut arguments)?.unwrap_or(Database::Sqlite);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", folder, sandbox] => work(PathBuf::from(folder), sandbox).await,
        ["--full"] | [] => prove(database, FULL).await,
        ["--short"] => prove(database, SHORT).await,
        _ => bail!("usage: prove-crash [--full | --short] [--store sqlite | postgres]"),
    }
}

/// The process that is killed: a publish worker and nothing else.
async fn work(folder: PathBuf, sandbox: &str) -> anyhow::Result<()> {
    let social = stage::social(&folder, sandbox, Setup::default()).await?;
    stage::say("ready");
    let worker = PublishWorker::new(&social).settings(stage::hasty());
    worker.run(std::future::pending()).await
}

async fn prove(database: Database, counts: Counts) -> anyhow::Result<()> {
    let ground = Arc::new(Ground::open(database).await?);
    let tables = stage::in_lanes(counts.lanes, jobs(counts), |number, jobs| {
        let ground = Arc::clone(&ground);
        async move {
            let mut lane = Lane::open(number, &ground).await?;
            while let Some(job) = jobs.take() {
                lane.play(job).await.with_context(|| format!("{job:?}"))?;
            }
            lane.close().await
        }
    });
    let mut table = Table::default();
    for lane in tables.await? {
        table.merge(lane);
    }
    table.print();
    ensure!(table.is_clean(), "a post is missing or there twice");
    Ok(())
}

/// Every job, in an order that mixes the steps.
fn jobs(counts: Counts) -> Vec<Job> {
    let mut jobs = Vec::new();
    for round in 0..counts.kills_per_step.max(counts.stops_per_step) {
        for step in 0..STEPS.len() {
            if round < counts.kills_per_step {
                jobs.push(Job::Kill(step));
            }
            if round < counts.stops_per_step {
                jobs.push(Job::Stop(step));
            }
        }
    }
    if counts.stops_per_step == 0 {
        jobs.extend((0..STEPS.len()).step_by(3).map(Job::Stop));
    }
    jobs.extend((0..counts.random_kills).map(Job::Random));
    jobs
}
