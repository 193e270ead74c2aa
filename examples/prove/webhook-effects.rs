//! Every event about a post takes effect once, in whatever order it comes, before or after its post, while workers are killed.
//!
//! Events about posts of a made-up platform are sent in random order, each twice, between the submissions of their posts.
//! Three processes, each with a worker of events and one of posts, are killed at random and started again. In the end each
//! post must stand where a model says that its events lead, and have counted each of them once; no event is a dead letter,
//! and each post was sent once. SQLite and a PostgreSQL server with its default durability go through the same; with `--store
//! NAME` one of them.

#[path = "webhook-effects"]
mod webhook_effects {
    pub(super) mod crew;
    pub(super) mod platform;
    pub(super) mod stream;
    pub(super) mod table;
    pub(super) mod verify;
}

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use examples::stage::{Database, Ground, say};

use webhook_effects::{crew, table::Table, verify};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) posts: u64,
    /// Events about each of them.
    pub(crate) events: u64,
    /// At least so many kills.
    pub(crate) kills: u64,
}

const FULL: Counts = Counts {
    posts: 500,
    events: 20,
    kills: 60,
};
const SHORT: Counts = Counts {
    posts: 25,
    events: 12,
    kills: 4,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = Database::among(&mut arguments)?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", folder] => crew::work(PathBuf::from(folder)).await,
        ["--full"] | [] => prove(FULL, only).await,
        ["--short"] => prove(SHORT, only).await,
        _ => bail!("usage: prove-webhook-effects [--full | --short] [--store sqlite | postgres]"),
    }
}

async fn prove(counts: Counts, only: Option<Database>) -> anyhow::Result<()> {
    let mut table = Table::default();
    let chosen = |database: &Database| only.is_none_or(|only| only == *database);
    for database in Database::ALL.into_iter().filter(chosen) {
        let ground = Ground::open(database).await?;
        let line = verify::play(&ground, database.name(), counts).await;
        table.add(line.with_context(|| database.name())?);
    }
    table.print();
    let deviations = table.deviations();
    say(&format!("deviations: {deviations}"));
    ensure!(deviations == 0, "not as it must be");
    Ok(())
}
