//! Claims of due accounts.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use examples::stage::{self, Ground, rows};
use social_core::{Stores, store::ClaimDue};

use crate::{
    fill::{self, DUE},
    plan::{self, Plan},
    report::{Report, line, now, show},
};

/// How many are claimed at once.
const CLAIMED: u32 = 50;

/// How many others hold.
const HELD: u32 = 1_000;

/// Measured claims, after some that are not.
const TURNS: usize = 31;
const UNMEASURED: usize = 8;

/// Explained claims, after the measured ones.
const EXPLAINED: usize = 11;

const LEASE: Duration = Duration::from_secs(600);

/// A part of the statement that nothing else holds.
const MARK: &str = "unknown_attempts = unknown_attempts + 1";

/// Statements that last so many milliseconds are explained.
const EXPLAIN: &str = "auto_explain.log_min_duration";

/// What the server says of the claims.
#[derive(Debug)]
pub(crate) struct Explained {
    rows: u64,
    shape: String,
    /// Buffers for each claimed row, the median of several claims.
    buffers: f64,
}

pub(crate) async fn on_postgres(
    ground: &Ground,
    rows: u64,
    report: &mut Report,
) -> Result<Explained> {
    let folder = ground.folder().await?;
    // Makes the tables.
    stage::stores(folder.path(), None).await?;
    ground
        .execute(folder.path(), &fill::accounts_postgres(rows))
        .await?;
    ground.execute(folder.path(), "VACUUM (ANALYZE)").await?;
    // None of its own in the middle of a measurement.
    ground.execute(folder.path(), "CHECKPOINT").await?;
    let stores = stage::stores(folder.path(), None).await?;
    line(&format!(
        "  {rows} accounts, {} dead and expired, {DUE} due",
        rows / 5
    ));
    let times = measure(&stores, TURNS).await?;
    report.at_most("claim of 50 due accounts", &times, Duration::from_millis(5));
    show(
        "claim of 50 behind 1000 that others hold",
        &behind_held(&stores).await?,
    );

    let cluster = ground.cluster().context("a server")?;
    let before = cluster.logged()?.len();
    ground.set(folder.path(), EXPLAIN, "0").await?;
    let explained = stage::stores(folder.path(), None).await?;
    claims(&explained, EXPLAINED + UNMEASURED).await?;
    let log = cluster.logged()?;
    let plans = plan::plans(&log[before..], MARK);
    let plans = plans.get(UNMEASURED..).unwrap_or_default();
    ensure!(
        plans.len() == EXPLAINED,
        "{} plans of {EXPLAINED} claims",
        plans.len()
    );
    look(rows, plans, report)
}

fn look(rows: u64, plans: &[Plan], report: &mut Report) -> Result<Explained> {
    let last = plans.last().context("a plan")?;
    let ended = |node| {
        plans
            .iter()
            .map(|plan| plan.ended(node))
            .collect::<Result<Vec<_>>>()
    };
    let found = ended("Index Scan")?;
    report.at_most("of that, finding them", &found, Duration::from_millis(1));
    show(
        "finding and locking them, each lock written",
        &ended("LockRows")?,
    );
    let same = plans.iter().all(|plan| plan.shape() == last.shape());
    report.must(same, "the plan changes from claim to claim");
    let mut buffers: Vec<_> = plans.iter().map(Plan::buffers).collect::<Result<_>>()?;
    buffers.sort_unstable();
    let buffers = buffers[buffers.len() / 2] as f64 / f64::from(CLAIMED);
    line(&format!(
        "  buffers touched for each claimed row: {buffers:.1}"
    ));
    for text in last.shown() {
        line(&format!("    {text}"));
    }
    Ok(Explained {
        rows,
        shape: last.shape(),
        buffers,
    })
}

/// The plan must be the same, and the buffers not many more.
pub(crate) fn compare(few: &Explained, many: &Explained, report: &mut Report) {
    report.must(few.shape == many.shape, "another plan than among few");
    let ratio = many.buffers / few.buffers;
    line(&format!(
        "  buffers for each claimed row among {} accounts: {ratio:.2} times those among {}",
        many.rows, few.rows
    ));
    report.must(ratio <= 4.0 / 3.0, "over one third more buffers");
}

pub(crate) async fn on_sqlite(ground: &Ground, rows: u64) -> Result<()> {
    let folder = ground.folder().await?;
    let stores = stage::stores(folder.path(), None).await?;
    ground
        .execute(folder.path(), &fill::accounts_sqlite(rows))
        .await?;
    ground.execute(folder.path(), "ANALYZE").await?;
    line(&format!(
        "  {rows} accounts, {} dead and expired, {DUE} due",
        rows / 5
    ));
    let times = measure(&stores, TURNS).await?;
    show("claim of 50 due accounts", &times);
    show(
        "claim of 50 behind 1000 that others hold",
        &behind_held(&stores).await?,
    );
    Ok(())
}

async fn measure(stores: &Stores, turns: usize) -> Result<Vec<Duration>> {
    let times = claims(stores, UNMEASURED + turns).await?;
    Ok(times[UNMEASURED..].to_vec())
}

/// Claims while the first of all that is due is held.
async fn behind_held(stores: &Stores) -> Result<Vec<Duration>> {
    let which = ClaimDue::new(rows::at(0), LEASE, CLAIMED);
    let mut held = Vec::new();
    for _ in 0..HELD / CLAIMED {
        held.extend(stores.tokens.claim_due(&which).await?);
    }
    let times = claims(stores, EXPLAINED).await?;
    for claim in &held {
        let due = Some(rows::at(0));
        stores.tokens.release(claim, due, true).await?;
    }
    ensure!(held.len() == HELD as usize, "{} held", held.len());
    Ok(times)
}

/// Claims, and gives back what was claimed, to be due later, as after a refresh.
async fn claims(stores: &Stores, turns: usize) -> Result<Vec<Duration>> {
    let which = ClaimDue::new(rows::at(0), LEASE, CLAIMED);
    let later = rows::at(0) + TimeDelta::hours(2);
    let mut times = Vec::new();
    for _ in 0..turns {
        let start = now();
        let claims = stores.tokens.claim_due(&which).await?;
        times.push(now() - start);
        ensure!(claims.len() == CLAIMED as usize, "{} claimed", claims.len());
        for claim in &claims {
            stores.tokens.release(claim, Some(later), true).await?;
        }
    }
    Ok(times)
}
