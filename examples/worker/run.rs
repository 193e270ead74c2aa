use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use examples::signals;
use social_core::Social;
use social_tiktok::TikTok;
use social_workers::{
    MaintenanceWorker, PublishWorker, RefreshWorker, ResealWorker, SubscriptionWorker,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Found,
    database::Tables,
    say,
    settings::{App, Run, Settings, private_folder},
};

/// Works until a signal.
pub(crate) async fn run(settings: &Settings, run: &Run) -> anyhow::Result<Found> {
    let ended = signals::stop()?;
    let app = run.app()?;
    let stores = settings.stores(Tables::AsTheyAre).await?;
    let builder = settings.social(stores)?;
    let spool = run.spool_dir(settings);
    let _lock = lock(&spool)?;
    let social = builder.platform(tiktok(app)?).spool(&spool).build().await?;

    let stop = CancellationToken::new();
    let tasks = work(&social, &stop);
    say("working");
    ended.await;
    say("stopping: what was begun is ended first");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    social.close().await?;
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
    let (maintenance, end) = (MaintenanceWorker::new(social), stop.clone());
    tasks.spawn(async move { maintenance.run(end.cancelled_owned()).await });
    let (reseal, end) = (ResealWorker::new(social), stop.clone());
    tasks.spawn(async move { reseal.run(end.cancelled_owned()).await });
    // Where no platform has to be asked for events, as TikTok has not, it does nothing.
    let (subscriptions, end) = (SubscriptionWorker::new(social), stop.clone());
    tasks.spawn(async move { subscriptions.run(end.cancelled_owned()).await });
    tasks
}

fn tiktok(app: App) -> anyhow::Result<TikTok> {
    let mut builder = TikTok::builder()
        .client_key(app.key)
        .client_secret(app.secret);
    if let Some(url) = app.sandbox {
        builder = builder.base_url(url);
    }
    Ok(builder.build()?)
}

/// Keeps a second process out of the spool while this is held. The lock lies beside the folder, under its whole name:
/// `worker.1` and `worker.2` are two.
fn lock(spool: &Path) -> anyhow::Result<File> {
    private_folder(spool)?;
    let mut path = spool
        .canonicalize()
        .with_context(|| format!("the folder {}", spool.display()))?
        .into_os_string();
    path.push(".lock");
    let path = PathBuf::from(path);
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
