//! Many callers in several processes meet an expired token, and processes are stopped and killed in the middle of a
//! refresh: the platform sees one refresh, and no account is lost that could be kept.
//!
//! Callers and refresh workers are processes of their own. A caller asks for valid tokens and uses them on the
//! platform; a refusal there it answers as an application does. What the sandbox counts is compared with what must
//! have happened, round by round.
//!
//! With `--store postgres` all of it on a PostgreSQL server of its own.

mod tokens {
    pub(super) mod crowd;
    pub(super) mod holder;
    pub(super) mod order;
    pub(super) mod peer;
    pub(super) mod scene;
    pub(super) mod table;
}

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail, ensure};
use examples::stage::{Database, Ground, say};
use futures_util::{StreamExt, stream};

use tokens::{crowd, holder, order::Pace, peer, scene::Scene, table::Table};

/// What is played, each with its rounds in the full and in the short proof.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scenario {
    Expired,
    Rejected,
    Clocks,
    Stopped,
    StoppedPastVerdict,
    KilledBefore,
    KilledAfter,
    Unsaved,
    Ended,
}

const SCENARIOS: [(Scenario, u64, u64); 9] = [
    (Scenario::Expired, 50, 3),
    (Scenario::Rejected, 50, 3),
    (Scenario::Clocks, 48, 4),
    (Scenario::Stopped, 15, 1),
    (Scenario::StoppedPastVerdict, 15, 1),
    (Scenario::KilledBefore, 15, 1),
    (Scenario::KilledAfter, 15, 1),
    (Scenario::Unsaved, 15, 1),
    (Scenario::Ended, 15, 1),
];

/// How many scenarios run at the same time.
const LANES: usize = 2;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let database = Database::among(&mut arguments)?.unwrap_or(Database::Sqlite);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["peer", name, pace, folder, sandbox] => {
            peer::run(name, Pace::named(pace)?, PathBuf::from(folder), sandbox).await
        }
        ["--full"] | [] => prove(database, |(_, full, _)| full).await,
        ["--short"] => prove(database, |(_, _, short)| short).await,
        _ => bail!("usage: prove-tokens [--full | --short] [--store sqlite | postgres]"),
    }
}

async fn prove(database: Database, rounds: fn((Scenario, u64, u64)) -> u64) -> anyhow::Result<()> {
    let ground = Arc::new(Ground::open(database).await?);
    let running = SCENARIOS.into_iter().enumerate().map(|(order, entry)| {
        let (rounds, ground) = (rounds(entry), Arc::clone(&ground));
        async move { (order, tokio::spawn(play(entry.0, rounds, ground)).await) }
    });
    let mut running = stream::iter(running).buffer_unordered(LANES);
    let mut table = Table::default();
    let mut failures = Vec::new();
    while let Some((order, played)) = running.next().await {
        match played.context("a scenario broke off").and_then(|row| row) {
            Ok(row) => table.add(order, row),
            Err(error) => failures.push(format!("{:?}: {error:#}", SCENARIOS[order].0)),
        }
    }
    table.print();
    failures.iter().for_each(|failure| say(failure));
    let deviations = failures.len() + table.deviations();
    say(&format!("deviations: {deviations}"));
    ensure!(deviations == 0, "not as it must be");
    Ok(())
}

async fn play(
    scenario: Scenario,
    rounds: u64,
    ground: Arc<Ground>,
) -> anyhow::Result<tokens::table::Line> {
    let scene = Scene::open(&ground).await?;
    match scenario {
        Scenario::Expired => crowd::expired(scene, rounds).await,
        Scenario::Rejected => crowd::rejected(scene, rounds).await,
        Scenario::Clocks => crowd::clocks(scene, rounds).await,
        Scenario::Stopped => holder::stopped(scene, rounds).await,
        Scenario::StoppedPastVerdict => holder::stopped_past_verdict(scene, rounds).await,
        Scenario::KilledBefore => holder::killed_before(scene, rounds).await,
        Scenario::KilledAfter => holder::killed_after(scene, rounds).await,
        Scenario::Unsaved => holder::unsaved(scene, rounds).await,
        Scenario::Ended => holder::ended(scene, rounds).await,
    }
}
