mod signals;

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use anyhow::{Context as _, bail, ensure};
use social_core::Social;
use social_tiktok::TikTok;
use social_workers::{PublishWorker, RefreshWorker, ResealWorker};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::{Host, Url};

use crate::{
    Found,
    database::Tables,
    say,
    settings::{Args, Run, private_folder},
};

/// Works until a signal.
pub(crate) async fn run(args: &Args, run: &Run) -> anyhow::Result<Found> {
    let ended = signals::stop()?;
    let stores = args.database()?.open(Tables::AsTheyAre).await?;
    let builder = args.social(stores)?;
    let spool = args.spool_dir(run);
    let _lock = lock(&spool)?;
    let social = builder.platform(tiktok(run)?).spool(&spool).build().await?;

    let stop = CancellationToken::new();
    let tasks = work(&social, &stop);
    say("working");
    ended.await;
    say("stopping: what was begun is ended first");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    say("stopped");
    Ok(Found::Well)
}

/// The workers. None of them ends by an error.
fn work(social: &Social, stop: &CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    let (publish, end) = (PublishWorker::new(social), stop.clone());
    tasks.spawn(async move { publish.run(end.cancelled_owned()).await });
    let (refresh, end) = (RefreshWorker::new(social), stop.clone());
    tasks.spawn(async move { refresh.run(end.cancelled_owned()).await });
    let (reseal, end) = (ResealWorker::new(social), stop.clone());
    tasks.spawn(async move { reseal.run(end.cancelled_owned()).await });
    tasks
}

fn tiktok(run: &Run) -> anyhow::Result<TikTok> {
    let mut builder = TikTok::builder()
        .client_key(&run.tiktok_client_key)
        .client_secret(run.tiktok_client_secret.clone());
    if let Some(url) = &run.tiktok_base_url {
        ensure!(
            is_loopback(url),
            "TIKTOK_BASE_URL is not a loopback address: it is for a sandbox on this machine; leave it unset for TikTok"
        );
        builder = builder.base_url(url.as_str());
    }
    Ok(builder.build()?)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Keeps a second process out of the spool while this is held.
fn lock(spool: &Path) -> anyhow::Result<File> {
    private_folder(spool)?;
    let path = spool.with_extension("lock");
    let file = File::create(&path).with_context(|| format!("the file {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another worker uses the spool {}: give each its own with SPOOL_DIR",
            spool.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the file {} cannot be locked", path.display()))
        }
    }
}
