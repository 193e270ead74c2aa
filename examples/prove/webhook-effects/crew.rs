//! The processes: a worker of events and one of posts each.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use examples::stage::{self, Worker, owner, say};
use secrecy::ExposeSecret;
use social_core::{LocalKeyRing, MediaDir, Social, Stores, model::Account};
use social_workers::{EventSettings, EventWorker, PlatformEvents, PublishWorker};
use tokio::io::AsyncReadExt;
use url::Url;

use super::{
    platform::{connector, kit},
    stream::below,
};

const PROCESSES: usize = 3;

/// The installation in a folder.
pub(crate) async fn open(stores: Stores, folder: &Path) -> anyhow::Result<Social> {
    let spool = format!("spool-{}", std::process::id());
    let builder = Social::builder()
        .stores(stores)
        .keys(LocalKeyRing::file(folder.join("social.key")))
        .media(MediaDir::open(folder.join("media"))?)
        .spool(folder.join(spool))
        .platform(kit(folder));
    builder.build().await.context("the installation")
}

/// Connects every account of the platform.
pub(crate) async fn connect(social: &Social) -> anyhow::Result<Vec<Account>> {
    let redirect: Url = "http://127.0.0.1:8080/callback".parse()?;
    let (connector, owner) = (connector(), owner());
    let start = social.begin_login(&owner, &connector, None, &redirect);
    let start = start.await?;
    let state = start.url.expose_secret().split_once("state=");
    let (_, state) = state.context("a state")?;
    let query = format!("state={state}&code=1");
    let finish = social.finish_login(&owner, &connector, &redirect, Some(&start.browser), &query);
    let offer = finish.await?;
    let all: Vec<_> = offer
        .accounts
        .iter()
        .map(|one| one.account.clone())
        .collect();
    Ok(social.accept_offer(&owner, offer.id, &all).await?)
}

/// One process, until its standard input ends.
pub(crate) async fn work(folder: PathBuf) -> anyhow::Result<()> {
    let stores = stage::stores(&folder, Some(Duration::from_secs(45))).await?;
    let social = open(stores, &folder).await?;
    let mut settings = EventSettings::default();
    settings.lease = Duration::from_millis(1_500);
    settings.idle = Duration::from_millis(100);
    let events = EventWorker::new(&social, PlatformEvents::new(&social)).settings(settings);
    let posts = PublishWorker::new(&social).settings(stage::hasty());
    say("ready");
    let ended = Arc::new(tokio::sync::Notify::new());
    let (first, second) = (Arc::clone(&ended), Arc::clone(&ended));
    let until = async {
        let mut end = Vec::new();
        let _ = tokio::io::stdin().read_to_end(&mut end).await;
        ended.notify_waiters();
        ended.notify_one();
    };
    tokio::join!(
        until,
        events.run(async move { first.notified().await }),
        posts.run(async move { second.notified().await })
    );
    Ok(social.close().await?)
}

/// The processes that are there.
#[derive(Debug)]
pub(crate) struct Crew {
    folder: String,
    workers: Vec<Worker>,
    pub(crate) kills: u64,
}

impl Crew {
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_str().context("a path that is text")?.to_owned();
        let mut workers = Vec::new();
        for _ in 0..PROCESSES {
            workers.push(launch(&folder).await?);
        }
        Ok(Self {
            folder,
            workers,
            kills: 0,
        })
    }

    /// Kills one of them in the middle of what it does, and starts another.
    pub(crate) async fn kill_one(&mut self) -> anyhow::Result<()> {
        let one = self.workers.swap_remove(below(self.workers.len()));
        one.kill().await?;
        self.workers.push(launch(&self.folder).await?);
        self.kills += 1;
        Ok(())
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        for worker in self.workers {
            worker.kill().await?;
        }
        Ok(())
    }
}

async fn launch(folder: &str) -> anyhow::Result<Worker> {
    Worker::launch(&["worker", folder], Stdio::null()).await
}
