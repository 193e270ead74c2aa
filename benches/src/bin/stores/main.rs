//! Claims among a million rows, and rows written per second: PostgreSQL with its default durability, SQLite beside it.
//!
//! Of a million accounts a fifth are dead and expired; claims of 50 due ones are measured, and the plan and the buffers
//! of the store's own statement, as the server's `auto_explain` reports them, are compared with those among 10,000. Half
//! of a million posts belong to one of 10,000 accounts; claims of lanes are measured, and whom they serve is counted.
//! Tables are filled by statements of their own, then everything goes through the store's traits. `--rows N` takes another
//! number than a million; `--events` measures events alone, from their insertion to their end. Fails when a figure is not as it must be.

mod due;
mod events;
mod fill;
mod lanes;
mod plan;
mod rates;
mod report;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail, ensure};
use examples::stage::{Cluster, Database, Ground};
use report::{Report, line};

/// Settings of the server beside the default ones: the tables of a million rows fit into its memory; it can explain what
/// it does, and does not until it is asked.
const SETTINGS: [&str; 6] = [
    "shared_buffers=1GB",
    "session_preload_libraries=auto_explain",
    "auto_explain.log_analyze=on",
    "auto_explain.log_buffers=on",
    "auto_explain.log_parameter_max_length=0",
    "log_line_prefix=",
];

/// Rows of the small table that the large one is compared with.
const FEW: u64 = 10_000;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rows = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 1_000_000,
        ["--events"] => return events_alone().await,
        ["--rows", rows] => rows.parse().context("--rows needs a number")?,
        _ => bail!("usage: stores [--rows N | --events]"),
    };
    ensure!(rows >= 5 * FEW, "at least {} rows", 5 * FEW);
    let mut report = Report::default();
    on_postgres(rows, &mut report).await.context("postgres")?;
    let ground = Ground::open(Database::Sqlite).await?;
    line("sqlite:");
    due::on_sqlite(&ground, rows).await?;
    lanes::on_sqlite(&ground, rows, &mut report).await?;
    rates::on_sqlite(&ground).await?;
    report.end()
}

async fn events_alone() -> Result<()> {
    let cluster = Cluster::start_with(None, &SETTINGS).await?;
    let mut report = Report::default();
    events::on_postgres(&Ground::on(Some(cluster)), &mut report).await?;
    report.end()
}

async fn on_postgres(rows: u64, report: &mut Report) -> Result<()> {
    let cluster = Cluster::start_with(None, &SETTINGS).await?;
    for setting in [
        "server_version",
        "fsync",
        "synchronous_commit",
        "shared_buffers",
    ] {
        line(&format!("{setting} = {}", cluster.setting(setting).await?));
    }
    line("postgres:");
    let ground = Ground::on(Some(cluster));
    let few = due::on_postgres(&ground, FEW, report).await?;
    let many = due::on_postgres(&ground, rows, report).await?;
    due::compare(&few, &many, report);
    lanes::on_postgres(&ground, rows, report).await?;
    events::on_postgres(&ground, report).await?;
    rates::on_postgres(&ground).await
}
