//! PostgreSQL is killed and restarted in the middle of a mixed load: what was acknowledged is there, and everybody goes
//! on by themselves. Data that begin another life are held.
//!
//! Four processes submit and settle posts, save refreshed tokens, insert and handle events and book limits, and say what
//! was acknowledged. Their server, with its default durability, is killed with all its processes, loses one of them, or
//! is restarted in an orderly way. Then workers meet a failover and a clone: they hold until an operator accepts. Then a
//! standby takes over that was behind: what was lost, and what becomes of its keys; and one for which every commit had
//! waited: nothing is lost, and nothing is out twice. With `--plant` acknowledged rows are removed behind everybody's back, and the proof must fail.

mod outage {
    pub(super) mod hand;
    pub(super) mod ledger;
    pub(super) mod lives;
    pub(super) mod load;
    pub(super) mod note;
    pub(super) mod standby;
    pub(super) mod table;
    pub(super) mod verify;
    pub(super) mod worker;
}

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use examples::stage::say;

use outage::{hand, lives, load, standby, worker};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    outages: usize,
    /// Posts around a failover that loses nothing.
    posts: usize,
    plant: bool,
}

const FULL: Counts = Counts {
    outages: 45,
    // Of one account six begin a minute.
    posts: 40,
    plant: false,
};
const SHORT: Counts = Counts {
    outages: 3,
    posts: 12,
    plant: false,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hand", number, folder] => hand::run(number.parse()?, PathBuf::from(folder)).await,
        ["worker", folder, sandbox] => worker::run(PathBuf::from(folder), sandbox).await,
        ["--full"] | [] => prove(FULL).await,
        ["--short"] => prove(SHORT).await,
        ["--plant"] => {
            let plant = Counts {
                plant: true,
                ..SHORT
            };
            prove(plant).await
        }
        _ => bail!("usage: prove-outage [--full | --short | --plant]"),
    }
}

async fn prove(counts: Counts) -> anyhow::Result<()> {
    let mut deviations = load::play(counts).await.context("load")?;
    if !counts.plant {
        deviations += lives::play().await.context("lives")?;
        deviations += standby::play(counts.posts).await.context("standby")?;
    }
    say(&format!("deviations: {deviations}"));
    ensure!(deviations == 0, "not as it must be");
    Ok(())
}
