//! Everything that can happen to a secret happens in a process that logs at TRACE and prints all it is given; then
//! every secret is searched in what the process left behind.
//!
//! The platform echoes secrets in its answers: as messages, codes, request ids, in fields of other types, as text. The
//! search must find planted secrets in every form, and nothing else. With `--plant` one is planted where it must not
//! be, and the proof must fail.
//!
//! Every setting of every program is tried as well, in every form in which it can be wrong.
//!
//! It happens on SQLite, whose file is searched, and on a PostgreSQL server that asks for a password and logs every
//! statement with its parameters, whose log and dumps are searched; with `--store NAME` on one of them.

mod leaks {
    pub(super) mod chapters;
    pub(super) mod echo;
    pub(super) mod left;
    pub(super) mod order;
    pub(super) mod settings;
    pub(super) mod shown;
    pub(super) mod story;
    pub(super) mod subject;
    pub(super) mod trail;
}

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use examples::stage::{Database, say};

use leaks::{story, subject, trail::Trail};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = Database::among(&mut arguments)?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["subject", aside, folder, sandbox] => {
            subject::run(PathBuf::from(aside), PathBuf::from(folder), sandbox).await
        }
        ["--full" | "--short"] | [] => prove(only, false).await,
        ["--plant"] => prove(only, true).await,
        _ => bail!("usage: prove-leaks [--full | --short | --plant] [--store sqlite | postgres]"),
    }
}

async fn prove(only: Option<Database>, plant: bool) -> anyhow::Result<()> {
    let mut found = Vec::new();
    let chosen = |database: &Database| only.is_none_or(|only| only == *database);
    for database in Database::ALL.into_iter().filter(chosen) {
        let mut trail = Trail::new(database);
        story::play(&mut trail, database, plant)
            .await
            .with_context(|| database.name())?;
        let here = trail.search()?;
        trail.print();
        here.iter().for_each(|finding| say(&finding.to_string()));
        found.extend(here);
    }
    say(&format!("found: {}", found.len()));
    ensure!(found.is_empty(), "a secret is where it must not be");
    Ok(())
}
