//! Every remote step of every way to post, and everything that can go wrong with it: no post is lost, made twice, or
//! called failed while it is there.
//!
//! For each step the connection is refused, accepted and dropped, or silent until the timeout, the platform answers 503,
//! 401 or 429, or the process is killed or stopped, before and after the platform did its work. It does the work and says that
//! it broke, or what nobody knows; it asks to be asked again at once. The last part of a file is stored, its sender killed,
//! and the part sent again is refused in every way, or its file is gone. At the end:
//!
//! - every post called published is at the platform, and everything there is called published or undecided;
//! - nothing called failed is there, and nothing is there twice; failed is only what lost its file before its last part came;
//! - undecided is only what the platform fetches itself, whose beginning was interrupted.

#[path = "tiktok-faults"]
mod parts {
    pub(super) mod faults;
    pub(super) mod lane;
    pub(super) mod table;
    pub(super) mod ways;
}

use std::{path::PathBuf, sync::Arc};

use anyhow::{bail, ensure};
use examples::stage::{self, Database, Ground};
use social_workers::PublishWorker;

use parts::{
    faults::Trouble,
    lane::{Job, Lane},
    table::Table,
    ways::Way,
};

/// They mostly wait.
const LANES: usize = 8;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let database = Database::among(&mut arguments)?.unwrap_or(Database::Sqlite);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", folder, sandbox] => work(PathBuf::from(folder), sandbox).await,
        ["--full"] | [] => prove(database, jobs(1)).await,
        ["--short"] => prove(database, jobs(6)).await,
        _ => bail!("usage: prove-tiktok-faults [--full | --short] [--store sqlite | postgres]"),
    }
}

/// The process that is killed: a publish worker and nothing else.
async fn work(folder: PathBuf, sandbox: &str) -> anyhow::Result<()> {
    let social = stage::social(&folder, sandbox, Lane::setup()).await?;
    stage::say("ready");
    let worker = PublishWorker::new(&social).settings(stage::hasty());
    worker.run(std::future::pending()).await
}

async fn prove(database: Database, jobs: Vec<Job>) -> anyhow::Result<()> {
    let ground = Arc::new(Ground::open(database).await?);
    let tables = stage::in_lanes(LANES, jobs, |number, jobs| {
        let ground = Arc::clone(&ground);
        async move {
            let mut table = Table::default();
            let mut lane = Lane::open(number, &ground).await?;
            while let Some(job) = jobs.take() {
                if let Err(error) = lane.play(job).await {
                    // What it left behind must not touch the next.
                    table.merge(lane.close().await);
                    table.not_played(job, &error);
                    lane = Lane::open(number, &ground).await?;
                }
            }
            table.merge(lane.close().await);
            Ok(table)
        }
    });
    let mut table = Table::default();
    for lane in tables.await? {
        table.merge(lane);
    }
    table.print();
    let deviations = table.deviations.len();
    ensure!(deviations == 0, "{deviations} deviations");
    Ok(())
}

/// Every step with every trouble; or, of those, one in so many.
fn jobs(one_in: usize) -> Vec<Job> {
    let mut jobs = Vec::new();
    for way in Way::ALL {
        for (step, moment) in way.moments().iter().enumerate() {
            for (number, trouble) in Trouble::ALL.into_iter().enumerate() {
                // One step further at each moment, so that every trouble has its share.
                let kept = (number + step + 2 * way as usize).is_multiple_of(one_in);
                if kept && trouble.befalls(way, *moment) {
                    jobs.push(Job { way, step, trouble });
                }
            }
        }
    }
    jobs
}
