//! The process that refreshes is stopped or killed, or cannot save. Another one meets what it left.

use std::path::Path;

use anyhow::{Context, ensure};
use examples::stage::pause;
use social_core::model::{AccountStatus, NeedsReauth};

use super::{
    order::{GRACE, Order, Pace, Report},
    scene::{OVER, Peer, Scene},
    table::{Line, Row},
};

/// Callers of each process.
const FEW: usize = 5;

const SUSPECTED: &str = "GrantSuspected";
const ANSWER_LOST: &str = "RefreshAnswerLost";
const UNSAVED: &str = "TokensUnsaved";
const LOST: AccountStatus = AccountStatus::NeedsReauth(NeedsReauth::AnswerLost);

/// How a round must come out: refreshes by result, and groups of callers served and refused.
const fn wanted(successful: u64, rejected: u64, served: u64, refused: u64) -> Row {
    Row {
        rounds: 1,
        refreshes: successful + rejected,
        successful,
        rejected,
        served: served * FEW as u64,
        refused: refused * FEW as u64,
        connected: 1,
    }
}

/// And the one caller of the process that was stopped.
const fn with_one_more(row: Row) -> Row {
    Row {
        served: row.served + 1,
        ..row
    }
}

/// Stopped between the platform's answer and the save, continued after the lease.
pub(crate) async fn stopped(mut scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let name = "stopped before the save, goes on after its lease";
    let mut counted = Row::default();
    for _ in 0..rounds {
        let (mut holder, mut other) = stop_after_rotation(&mut scene).await?;
        let order = scene.order(FEW, 0);
        let meanwhile = other.ask(order).await?;
        refused_as(&meanwhile, SUSPECTED)?;
        holder.go_on().await?;
        let (late, after) = (holder.report().await?, other.ask(order).await?);
        same_token(&[&late, &after])?;
        counted.add(&scene.count(&[&meanwhile, &late, &after]).await?);
        holder.kill().await?;
        other.kill().await?;
    }
    Ok(Line {
        name,
        counted,
        round: with_one_more(wanted(1, 1, 1, 1)),
    })
}

/// As before, continued when the account is already thought dead: success overrides the verdict.
pub(crate) async fn stopped_past_verdict(mut scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let name = "stopped before the save, goes on after a verdict";
    let mut counted = Row::default();
    for _ in 0..rounds {
        let (mut holder, mut other) = stop_after_rotation(&mut scene).await?;
        let order = scene.order(FEW, 0);
        let first = other.ask(order).await?;
        refused_as(&first, SUSPECTED)?;
        let second = judged(&scene, &mut other).await?;
        holder.go_on().await?;
        let (late, after) = (holder.report().await?, other.ask(order).await?);
        same_token(&[&late, &after])?;
        counted.add(&scene.count(&[&first, &second, &late, &after]).await?);
        holder.kill().await?;
        other.kill().await?;
    }
    Ok(Line {
        name,
        counted,
        round: with_one_more(wanted(1, 2, 1, 2)),
    })
}

/// Killed before the platform did anything: the old token lives.
pub(crate) async fn killed_before(mut scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let name = "killed before the platform acted";
    let mut counted = Row::default();
    for _ in 0..rounds {
        scene.advance(OVER)?;
        let fault = scene.hold(false)?;
        let (mut holder, mut other) = pair(&scene).await?;
        let order = scene.order(FEW, 0);
        holder.tell(alone(&scene)).await?;
        scene.held(fault).await?;
        // The others wait for it already.
        other.tell(order).await?;
        holder.kill().await?;
        scene.abandoned(fault).await?;
        let after = other.report().await?;
        same_token(&[&after])?;
        counted.add(&scene.count(&[&after]).await?);
        other.kill().await?;
    }
    Ok(Line {
        name,
        counted,
        round: wanted(1, 0, 1, 0),
    })
}

/// Killed with the only living token: the account must be connected again, and says why.
pub(crate) async fn killed_after(mut scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let name = "killed after it rotated, connected again";
    let mut counted = Row::default();
    for _ in 0..rounds {
        scene.advance(OVER)?;
        let fault = scene.hold(true)?;
        let (mut holder, mut other) = pair(&scene).await?;
        let order = scene.order(FEW, 0);
        holder.tell(alone(&scene)).await?;
        scene.held(fault).await?;
        holder.kill().await?;
        scene.abandoned(fault).await?;
        let first = other.ask(order).await?;
        refused_as(&first, SUSPECTED)?;
        let second = judged(&scene, &mut other).await?;
        scene.connect_again().await?;
        let after = other.ask(order).await?;
        same_token(&[&after])?;
        counted.add(&scene.count(&[&first, &second, &after]).await?);
        other.kill().await?;
    }
    Ok(Line {
        name,
        counted,
        round: wanted(1, 2, 1, 2),
    })
}

/// The database takes no writes: the new token is spooled, the process killed and started again.
pub(crate) async fn unsaved(mut scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let name = "save fails, killed, spool replayed at start";
    let mut counted = Row::default();
    let spool = scene.folder.path().join("spool-holder");
    for _ in 0..rounds {
        scene.advance(OVER)?;
        let fault = scene.hold(true)?;
        let (mut holder, mut other) = pair(&scene).await?;
        let order = scene.order(FEW, 0);
        holder.tell(alone(&scene)).await?;
        scene.held(fault).await?;
        let shut = scene.shut().await?;
        scene.control().disarm(fault);
        let locked = holder.report().await?;
        refused_as(&locked, UNSAVED)?;
        ensure!(files(&spool)? == 1, "{} spooled saves", files(&spool)?);
        holder.kill().await?;
        // As if another kill had come in the middle of a save.
        std::fs::write(spool.join("another.tokens.part"), b"half")?;
        scene.reopen(shut).await?;
        let meanwhile = other.ask(order).await?;
        refused_as(&meanwhile, SUSPECTED)?;
        let mut again = scene.peer("holder", Pace::Hasty).await?;
        ensure!(files(&spool)? == 0, "the spool was not emptied");
        let (first, second) = (again.ask(order).await?, other.ask(order).await?);
        same_token(&[&first, &second])?;
        let reports = [&locked, &meanwhile, &first, &second];
        counted.add(&scene.count(&reports).await?);
        again.kill().await?;
        other.kill().await?;
    }
    Ok(Line {
        name,
        counted,
        round: wanted(1, 1, 2, 2),
    })
}

/// Told to end while the answer is on its way and nobody waits for it any more: it is saved before the process ends.
pub(crate) async fn ended(mut scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let name = "told to end before the answer came";
    let mut counted = Row::default();
    for _ in 0..rounds {
        scene.advance(OVER)?;
        let fault = scene.hold(true)?;
        let (mut holder, mut other) = pair(&scene).await?;
        let leaves = Order {
            leaves: true,
            ..alone(&scene)
        };
        holder.tell(leaves).await?;
        scene.held(fault).await?;
        let gone = holder.report().await?;
        ensure!(gone == Report::default(), "{gone:?}: they had left");
        let ending = holder.end();
        let answer = async {
            // Time enough for a process that does not wait.
            pause(std::time::Duration::from_millis(500)).await;
            scene.control().disarm(fault);
        };
        let (ended, ()) = tokio::join!(ending, answer);
        ended?;
        let after = other.ask(scene.order(FEW, 0)).await?;
        same_token(&[&after])?;
        counted.add(&scene.count(&[&after]).await?);
        other.kill().await?;
    }
    Ok(Line {
        name,
        counted,
        round: wanted(1, 0, 1, 0),
    })
}

/// Without a worker, which could be caught, or find the database locked, in the middle of a look for due accounts. A
/// process that stands still inside a write of SQLite stops every other, and that is not what is shown here.
fn alone(scene: &Scene) -> Order {
    Order {
        worker: false,
        ..scene.order(FEW, 0)
    }
}

async fn pair(scene: &Scene) -> anyhow::Result<(Peer, Peer)> {
    let holder = scene.peer("holder", Pace::Hasty).await?;
    Ok((holder, scene.peer("other", Pace::Hasty).await?))
}

/// Stops a process whose refresh the platform has carried out. The answer reaches it, and it stands still.
///
/// It has one caller, which has begun when its refresh is held. Of several, one could begin after the stop, and wait for a
/// connection longer than it may.
async fn stop_after_rotation(scene: &mut Scene) -> anyhow::Result<(Peer, Peer)> {
    scene.advance(OVER)?;
    let fault = scene.hold(true)?;
    let (mut holder, other) = pair(scene).await?;
    let order = Order {
        callers: 1,
        ..alone(scene)
    };
    holder.tell(order).await?;
    scene.held(fault).await?;
    holder.stop().await?;
    scene.control().disarm(fault);
    Ok((holder, other))
}

/// Waits for the grace time; the suspicion becomes a verdict.
async fn judged(scene: &Scene, other: &mut Peer) -> anyhow::Result<Report> {
    let status = scene.account().await?.status;
    ensure!(
        status == AccountStatus::Connected,
        "{status:?} before the grace time"
    );
    pause(GRACE + std::time::Duration::from_millis(500)).await;
    let report = other.ask(scene.order(FEW, 0)).await?;
    refused_as(&report, ANSWER_LOST)?;
    let status = scene.account().await?.status;
    ensure!(status == LOST, "{status:?} after the grace time");
    Ok(report)
}

fn refused_as(report: &Report, code: &str) -> anyhow::Result<()> {
    let all = report.refused.get(code).copied() == Some(FEW as u64);
    ensure!(all && report.served == 0, "{report:?}, not {code}");
    Ok(())
}

fn same_token(reports: &[&Report]) -> anyhow::Result<()> {
    let one = reports.first().map(|report| &report.tokens);
    let same = reports.iter().all(|report| Some(&report.tokens) == one);
    ensure!(same && one.is_some_and(|one| one.len() == 1), "{reports:?}");
    Ok(())
}

fn files(folder: &Path) -> anyhow::Result<usize> {
    let entries = std::fs::read_dir(folder).context("the spool")?;
    Ok(entries.count())
}
