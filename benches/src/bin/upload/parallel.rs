//! Twenty uploads at once: the memory of one worker.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use examples::stage::{self, Worker, pause, say};
use social_workers::{PublishSettings, PublishWorker};

use crate::{SIZE, make_media, resident, sandbox::Standing, usual};

const UPLOADS: u32 = 20;
const MOST_GROWTH: u64 = 64 << 20;

/// The process that is measured: a worker that takes all of them at once.
pub(crate) async fn work(folder: &Path, sandbox: &str) -> Result<()> {
    let social = stage::social(folder, sandbox, usual()).await?;
    say("ready");
    let mut settings = PublishSettings::default();
    settings.concurrency = UPLOADS;
    PublishWorker::new(&social)
        .settings(settings)
        .run(std::future::pending())
        .await
}

pub(crate) async fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sandbox = Standing::start().await?;
    let social = stage::social(folder.path(), &sandbox.url, usual()).await?;
    let media = make_media(&social).await?;
    let mut accounts = Vec::new();
    for number in 1..=UPLOADS {
        accounts.push(stage::connect(&social, &format!("studio-account-{number}")).await?);
    }
    let worker = Worker::start(&["parallel"], folder.path(), &sandbox.url).await?;
    pause(Duration::from_millis(1_500)).await;
    let idle = resident(worker.id())?;
    for account in &accounts {
        let title = account.key.account.clone();
        stage::submit(&social, account, &media, title.as_str()).await?;
    }
    let (mut most, mut at_once) = (0, 0);
    for _ in 0..60_000 {
        most = most.max(resident(worker.id())?);
        let sent = sandbox.all_sent().await?;
        at_once = at_once.max(sent.iter().filter(|sent| (1..SIZE).contains(sent)).count());
        if sent.iter().filter(|sent| **sent == SIZE).count() == accounts.len() {
            break;
        }
        pause(Duration::from_millis(10)).await;
    }
    let growth = most.saturating_sub(idle);
    say(&format!(
        "{UPLOADS} uploads of 1 GiB by one worker, {at_once} under way at once: most memory over idle {:.1} MiB (idle {:.1})",
        growth as f64 / f64::from(1 << 20),
        idle as f64 / f64::from(1 << 20),
    ));
    worker.kill().await?;
    ensure!(
        at_once * 10 >= accounts.len() * 9,
        "only {at_once} were under way at once"
    );
    ensure!(growth <= MOST_GROWTH, "memory grew by {growth} bytes");
    Ok(())
}
