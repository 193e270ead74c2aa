//! Everything that can happen to a secret happens in a process that logs at TRACE and prints all it is given; then
//! every secret is searched in what the process left behind.
//!
//! The platform echoes secrets in its answers: as messages, codes, request ids, in fields of other types, as text. The
//! search must find planted secrets in every form, and nothing else. With `--plant` one is planted where it must not
//! be, and the proof must fail.

mod leaks {
    pub(super) mod echo;
    pub(super) mod order;
    pub(super) mod shown;
    pub(super) mod story;
    pub(super) mod subject;
    pub(super) mod trail;
}

use std::path::PathBuf;

use anyhow::{bail, ensure};
use examples::stage::say;

use leaks::{story, subject, trail::Trail};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["subject", aside, folder, sandbox] => {
            subject::run(PathBuf::from(aside), PathBuf::from(folder), sandbox).await
        }
        ["--full" | "--short"] | [] => prove(false).await,
        ["--plant"] => prove(true).await,
        _ => bail!("usage: prove-leaks [--full | --short | --plant]"),
    }
}

async fn prove(plant: bool) -> anyhow::Result<()> {
    let mut trail = Trail::default();
    story::play(&mut trail, plant).await?;
    let found = trail.search()?;
    trail.print();
    found.iter().for_each(|finding| say(&finding.to_string()));
    say(&format!("found: {}", found.len()));
    ensure!(found.is_empty(), "a secret is where it must not be");
    Ok(())
}
