//! A database that was copied at any moment of a post and restored beside the living one: one post a request.
//!
//! Posts go to a made-up platform in three steps: a container, which is no post, a look whether it is ready, and a publish, which
//! happens once and which the platform would carry out twice. The data are copied while a step is held at the platform; an
//! operator accepts the copy, and a worker goes on with it, beside the living one or after that was killed. SQLite and a PostgreSQL
//! server with its default durability go through the same; with `--store NAME` one of them.

#[path = "restored"]
mod restored {
    pub(super) mod platform;
    pub(super) mod scene;
    pub(super) mod table;
}

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use examples::stage::{Database, Ground, say};

use restored::{
    scene::{self, Moment},
    table::Table,
};

/// How often each moment is played.
const FULL: u32 = 5;
const SHORT: u32 = 1;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = Database::among(&mut arguments)?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", folder] => scene::work(PathBuf::from(folder)).await,
        ["--full"] | [] => prove(FULL, only).await,
        ["--short"] => prove(SHORT, only).await,
        _ => bail!("usage: prove-restored [--full | --short] [--store sqlite | postgres]"),
    }
}

async fn prove(times: u32, only: Option<Database>) -> anyhow::Result<()> {
    let mut table = Table::default();
    let chosen = |database: &Database| only.is_none_or(|only| only == *database);
    for database in Database::ALL.into_iter().filter(chosen) {
        let ground = Ground::open(database).await?;
        for moment in Moment::ALL {
            for goes_on in [true, false] {
                for _ in 0..times {
                    let played = scene::play(&ground, moment, goes_on).await;
                    let played = played.with_context(|| moment.name())?;
                    table.add(database.name(), moment.name(), goes_on, played);
                }
            }
        }
    }
    table.print();
    let deviations = table.deviations();
    say(&format!("deviations: {deviations}"));
    ensure!(deviations == 0, "not as it must be");
    Ok(())
}
