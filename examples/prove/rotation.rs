//! Keys rotate while 8 readers and 2 writers run: no read fails, no write is lost, and the old key can be dropped.
//!
//! A new key is put in front of the key file, everything is sealed again under it, the old key is taken away; several
//! times in a row. Readers and writers load values, open them, look whether they are what they must be, and write new
//! ones, through the same stores. On memory they are tasks of one process; on SQLite and PostgreSQL two processes of
//! their own, which hear of a new key by themselves; with `--store NAME` on one of them. With `--plant` the old key is dropped before anything is sealed
//! again, and the proof must fail.

mod rotation {
    pub(super) mod crew;
    pub(super) mod hands;
    pub(super) mod keys;
    pub(super) mod scene;
    pub(super) mod table;
    pub(super) mod values;
}

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use examples::stage::{Database, say};

use rotation::{crew, scene, table::Table};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Rows of each kind before anything rotates.
    rows: u64,
    rotations: u64,
}

const FULL: Counts = Counts {
    rows: 2_000,
    rotations: 10,
};
const SHORT: Counts = Counts {
    rows: 60,
    rotations: 3,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = Database::among(&mut arguments)?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["crew", number, rows, folder] => {
            crew::run(number.parse()?, rows.parse()?, PathBuf::from(folder)).await
        }
        ["--full"] | [] => prove(FULL, only, false).await,
        ["--short"] => prove(SHORT, only, false).await,
        ["--plant"] => prove(SHORT, only, true).await,
        _ => {
            bail!("usage: prove-rotation [--full | --short | --plant] [--store sqlite | postgres]")
        }
    }
}

async fn prove(counts: Counts, only: Option<Database>, plant: bool) -> anyhow::Result<()> {
    let mut table = Table::default();
    if only.is_none() {
        let line = scene::on_memory(counts, plant).await;
        table.add(line.context("memory")?);
    }
    let chosen = |database: &Database| only.is_none_or(|only| only == *database);
    for database in Database::ALL.into_iter().filter(chosen) {
        let line = scene::on(database, counts, plant).await;
        table.add(line.with_context(|| database.name())?);
    }
    table.print();
    let deviations = table.deviations();
    say(&format!("deviations: {deviations}"));
    ensure!(deviations == 0, "not as it must be");
    Ok(())
}
