//! A process is stopped with the only living token, and continued after its lease and another one's verdict.

use std::time::Duration;

use anyhow::{Context, ensure};
use examples::stage::{pause, rows};
use social_core::{
    model::{AccountStatus, NeedsReauth},
    store::Revision,
    time::{Clock, SystemClock},
};

use super::{
    order::{Kind, Order},
    scene::{Peer, Scene, fill},
    table::Line,
};

const LEASE: Duration = Duration::from_millis(1_200);

/// Tries of the other process, 20 ms apart.
const TRIES: usize = 500;

/// Its save is accepted and overrides the verdict; the other one's second verdict is not written.
pub(crate) async fn saves(scene: &Scene<'_>, rounds: u64) -> anyhow::Result<Line> {
    let (folder, stores) = scene.open().await?;
    fill(&stores, Kind::Accounts, rounds).await?;
    let since = SystemClock::default().elapsed();
    let mut line = Line {
        scene: "stopped past its lease and a verdict, saves".to_owned(),
        store: scene.store,
        wanted: rounds,
        ..Line::default()
    };
    for account in 0..rounds {
        let hold = Order::Hold {
            account,
            lease: LEASE,
        };
        let mut holder = Peer::start(folder.path()).await?;
        let mut other = Peer::start(folder.path()).await?;
        ensure!(holder.ask(&hold).await?.written, "the account is free");
        // The platform has answered; the process stands still before it can save.
        holder.stop().await?;
        let taken = take(&mut other, &hold).await?;
        line.wrong += u64::from(taken != 1);
        ensure!(other.ask(&Order::Judge).await?.written, "a verdict");
        let dead = AccountStatus::NeedsReauth(NeedsReauth::AnswerLost);
        let key = rows::key(account);
        let judged = stores.tokens.load(&key).await?.context("the account")?;
        ensure!(judged.value.status == dead, "the verdict is there");
        line.wrong += u64::from(judged.revision != Revision(1));
        let sealed = u8::try_from(account % 250)?;
        holder.tell(&Order::Save { sealed }).await?;
        holder.go_on().await?;
        line.done += u64::from(holder.report().await?.written);
        line.wrong += u64::from(other.ask(&Order::Judge).await?.written);
        let saved = stores.tokens.load(&key).await?.context("the account")?;
        let well = saved.value.status == AccountStatus::Connected
            && saved.revision == Revision(2)
            && saved.value.sealed == Some(vec![sealed; 64]);
        line.wrong += u64::from(!well);
        holder.kill().await?;
        other.kill().await?;
    }
    line.took = SystemClock::default().elapsed() - since;
    Ok(line)
}

/// Takes it as soon as its lease has lapsed; how many claims nobody ended before.
async fn take(other: &mut Peer, hold: &Order) -> anyhow::Result<u32> {
    for _ in 0..TRIES {
        let report = other.ask(hold).await?;
        if report.written {
            return report.unended.first().copied().context("a claim");
        }
        pause(Duration::from_millis(20)).await;
    }
    anyhow::bail!("the lease does not lapse")
}
