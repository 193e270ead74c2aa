//! What is due is claimed once, by whichever process; what a killed one held, after its lease.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::ensure;
use examples::stage::pause;
use social_core::time::{Clock, SystemClock};

use super::{
    order::{Kind, Order, Report},
    scene::{Peer, Scene, all, fill},
    table::Line,
};

const PROCESSES: usize = 4;

/// Longer than a scene lasts.
const LONG: Duration = Duration::from_secs(3_600);

/// The lease of who is killed.
const SHORT: Duration = Duration::from_secs(3);

/// So long after the lease everything must be in other hands.
const BOUND: Duration = Duration::from_secs(5);

/// Four processes claim everything at once.
pub(crate) async fn shared(scene: &Scene<'_>, kind: Kind, rows: u64) -> anyhow::Result<Line> {
    let (folder, stores) = scene.open().await?;
    fill(&stores, kind, rows).await?;
    let mut peers = Peer::several(PROCESSES, folder.path()).await?;
    let since = SystemClock::default().elapsed();
    let report = all(&mut peers, &Order::ClaimAll { kind, lease: LONG }).await?;
    let took = SystemClock::default().elapsed() - since;
    let (done, twice) = count(&report);
    let second = all(&mut peers, &Order::ClaimAll { kind, lease: LONG }).await?;
    Ok(Line {
        scene: format!("{PROCESSES} processes claim due {}", name(kind)),
        store: scene.store,
        wanted: rows,
        done,
        twice: twice + second.names.len() as u64,
        wrong: report.wrong + unended(&report, 0),
        took,
        ..Line::default()
    })
}

/// A process is killed while it holds everything; another one takes it up.
pub(crate) async fn killed(scene: &Scene<'_>, kind: Kind, rows: u64) -> anyhow::Result<Line> {
    let (folder, stores) = scene.open().await?;
    fill(&stores, kind, rows).await?;
    let mut holder = Peer::start(folder.path()).await?;
    let mut other = Peer::start(folder.path()).await?;
    let clock = SystemClock::default();
    // The lease begins after this moment, so it does not end before this moment and its length.
    let begun = clock.elapsed();
    let limit = u32::try_from(rows)?;
    let claim = |lease| Order::Claim { kind, lease, limit };
    let held = holder.ask(&claim(SHORT)).await?;
    ensure!(held.names.len() as u64 == rows, "the holder holds all");
    let lapsed = clock.elapsed() + SHORT;
    holder.kill().await?;
    let mut line = Line {
        scene: format!("killed with {} in its hands", name(kind)),
        store: scene.store,
        wanted: rows,
        ..Line::default()
    };
    let mut taken = Report::default();
    while line.done < rows && clock.elapsed() < lapsed + BOUND {
        let report = other.ask(&claim(LONG)).await?;
        if clock.elapsed() < begun + SHORT {
            line.early += report.names.len() as u64;
        }
        taken.add(report);
        (line.done, line.twice) = count(&taken);
        pause(Duration::from_millis(20)).await;
    }
    line.took = clock.elapsed() - begun;
    line.wrong = taken.wrong + unended(&taken, 1);
    line.note = format!("lease {} s", SHORT.as_secs());
    Ok(line)
}

/// How many different rows, and how many more than once.
fn count(report: &Report) -> (u64, u64) {
    let mut times = BTreeMap::<&str, u64>::new();
    for name in &report.names {
        *times.entry(name).or_default() += 1;
    }
    let different = times.keys().collect::<BTreeSet<_>>().len() as u64;
    (different, report.names.len() as u64 - different)
}

/// How many rows do not remember so many claims that nobody ended.
fn unended(report: &Report, claims: u32) -> u64 {
    let wrong = report.unended.iter().filter(|count| **count != claims);
    wrong.count() as u64
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Accounts => "accounts",
        Kind::Lanes => "lanes",
        Kind::Events => "events",
    }
}
