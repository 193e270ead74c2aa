//! A store of its own for each scene, rows in it, and processes on it.

use std::{path::Path, process::Stdio};

use anyhow::{Context, ensure};
use examples::stage::{self, Ground, Worker, rows};
use futures_util::{StreamExt, TryStreamExt, stream};
use social_core::{Stores, store::Expect};
use tempfile::TempDir;

use super::order::{Kind, Order, Report};

/// How many rows are written at the same time.
const AT_ONCE: usize = 32;

/// How many events are inserted at a time.
pub(crate) const BATCH: usize = 50;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    ground: &'a Ground,
    pub(crate) store: &'static str,
}

/// A process with the store open.
#[derive(Debug)]
pub(crate) struct Peer(Worker);

impl<'a> Scene<'a> {
    pub(crate) fn new(ground: &'a Ground, store: &'static str) -> Self {
        Self { ground, store }
    }

    /// A new store, and where it is.
    pub(crate) async fn open(&self) -> anyhow::Result<(TempDir, Stores)> {
        let folder = self.ground.folder().await?;
        let stores = stage::stores(folder.path(), None).await?;
        Ok((folder, stores))
    }
}

/// Fills a store with rows 0 to `count`.
pub(crate) async fn fill(stores: &Stores, kind: Kind, count: u64) -> anyhow::Result<()> {
    match kind {
        Kind::Accounts => {
            let save = |number| async move {
                let record = rows::account(number);
                stores.tokens.save(&record, Expect::Absent).await.map(drop)
            };
            let saves = stream::iter(0..count).map(save);
            saves.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
        Kind::Lanes => {
            let submit = |number| async move {
                let post = rows::post(number, number);
                stores.posts.submit(&post).await.map(drop)
            };
            let submits = stream::iter(0..count).map(submit);
            submits
                .buffer_unordered(AT_ONCE)
                .try_collect::<()>()
                .await?;
        }
        Kind::Events => {
            let events: Vec<_> = (0..count).map(rows::event).collect();
            for batch in events.chunks(BATCH) {
                let new = stores.events.insert(batch).await?;
                ensure!(new.iter().all(|new| *new), "an event was there already");
            }
        }
    }
    Ok(())
}

impl Peer {
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_str().context("a path that is text")?;
        Ok(Self(
            Worker::launch(&["peer", folder], Stdio::inherit()).await?,
        ))
    }

    /// So many of them.
    pub(crate) async fn several(count: usize, folder: &Path) -> anyhow::Result<Vec<Self>> {
        let mut peers = Vec::new();
        for _ in 0..count {
            peers.push(Self::start(folder).await?);
        }
        Ok(peers)
    }

    pub(crate) async fn tell(&mut self, order: &Order) -> anyhow::Result<()> {
        self.0.tell(&serde_json::to_string(order)?).await
    }

    /// Ends what goes on until the next line.
    pub(crate) async fn enough(&mut self) -> anyhow::Result<()> {
        self.0.tell("").await
    }

    pub(crate) async fn report(&mut self) -> anyhow::Result<Report> {
        Ok(serde_json::from_str(&self.0.line().await?)?)
    }

    pub(crate) async fn ask(&mut self, order: &Order) -> anyhow::Result<Report> {
        self.tell(order).await?;
        self.report().await
    }

    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        self.0.stop().await
    }

    pub(crate) async fn go_on(&self) -> anyhow::Result<()> {
        self.0.go_on().await
    }

    pub(crate) async fn kill(self) -> anyhow::Result<()> {
        self.0.kill().await
    }
}

/// Gives all of them the same order at once; what they report, together.
pub(crate) async fn all(peers: &mut [Peer], order: &Order) -> anyhow::Result<Report> {
    for peer in peers.iter_mut() {
        peer.tell(order).await?;
    }
    let mut together = Report::default();
    for peer in peers {
        together.add(peer.report().await?);
    }
    Ok(together)
}
