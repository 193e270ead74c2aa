//! Readers and writers of one process.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, ensure};
use examples::stage::{self, NOWHERE, Setup, Worker, say};
use social_core::Social;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

use super::hands::{self, Tally};

/// New rows of one writer are named from its number times this on.
const APART: u64 = 1 << 32;

/// How many read and write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) readers: u64,
    pub(crate) writers: u64,
}

/// Everybody.
pub(crate) const ALL: Size = Size {
    readers: 8,
    writers: 2,
};

/// Half of them, in each of two processes.
pub(crate) const HALF: Size = Size {
    readers: 4,
    writers: 1,
};

/// They run until they are asked for what came of it.
#[derive(Debug)]
pub(crate) struct Crew {
    tasks: JoinSet<Tally>,
    stop: Arc<AtomicBool>,
}

impl Crew {
    /// `number` tells crews apart, from 0.
    pub(crate) fn start(social: &Social, number: u64, size: Size, rows: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for reader in 0..size.readers {
            let (social, stop) = (social.clone(), Arc::clone(&stop));
            let seed = number * size.readers + reader;
            tasks.spawn(async move { hands::read(social, seed, rows, &stop).await });
        }
        for writer in 0..size.writers {
            let (social, stop) = (social.clone(), Arc::clone(&stop));
            let first = (1 + number * size.writers + writer) * APART;
            tasks.spawn(async move { hands::write(social, first, rows, &stop).await });
        }
        Self { tasks, stop }
    }

    pub(crate) async fn end(mut self) -> anyhow::Result<Tally> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        while let Some(tally) = self.tasks.join_next().await {
            all.add(tally?);
        }
        Ok(all)
    }
}

/// A process with a crew: every line makes it read its keys again, the end of the lines ends it.
pub(crate) async fn run(number: u64, rows: u64, folder: PathBuf) -> anyhow::Result<()> {
    let social = stage::social(&folder, NOWHERE, Setup::default()).await?;
    say("ready");
    let crew = Crew::start(&social, number, HALF, rows);
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while orders.next_line().await?.is_some_and(|line| line == RELOAD) {
        social.reload_keys().await?;
        say(RELOAD);
    }
    say(&serde_json::to_string(&crew.end().await?)?);
    Ok(social.close().await?)
}

const RELOAD: &str = "reload";
const END: &str = "end";

/// Crews wherever they are.
#[derive(Debug)]
pub(crate) enum Crews {
    Here(Crew, Social),
    There(Vec<Worker>),
}

impl Crews {
    /// In this process.
    pub(crate) fn here(social: &Social, rows: u64) -> Self {
        Self::Here(Crew::start(social, 0, ALL, rows), social.clone())
    }

    /// Two processes on the stage in `folder`.
    pub(crate) async fn there(folder: &Path, rows: u64) -> anyhow::Result<Self> {
        let folder = folder.to_str().context("a path that is text")?;
        let mut workers = Vec::new();
        for number in ["0", "1"] {
            let arguments = ["crew", number, &rows.to_string(), folder];
            workers.push(Worker::launch(&arguments, Stdio::inherit()).await?);
        }
        Ok(Self::There(workers))
    }

    /// Everybody reads the keys again, and has when this returns.
    pub(crate) async fn reload(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Here(_, social) => Ok(social.reload_keys().await?),
            Self::There(workers) => {
                for worker in workers {
                    worker.tell(RELOAD).await?;
                    ensure!(worker.line().await? == RELOAD, "another answer");
                }
                Ok(())
            }
        }
    }

    pub(crate) async fn end(self) -> anyhow::Result<Tally> {
        match self {
            Self::Here(crew, _) => crew.end().await,
            Self::There(workers) => {
                let mut all = Tally::default();
                for mut worker in workers {
                    worker.tell(END).await?;
                    all.add(serde_json::from_str(&worker.line().await?)?);
                }
                Ok(all)
            }
        }
    }
}
