//! Uploads a file of 4 GiB by a worker that is killed 20 times: few bytes are sent twice.
//!
//! A relay between worker and sandbox counts every byte that was sent. The worker, a process of its own, is killed at
//! moments spread over the file. At the end there is one post, its bytes are the file's, and what was sent beyond the
//! file is less than a chunk for each kill.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use examples::stage::{self, Relay, Setup, Worker, pause, say, within};
use social_core::{Social, media::Media, store::PostState};
use social_sandbox::{Sandbox, Settings};
use social_workers::PublishWorker;

/// How much is sent, and how often the process is killed.
#[derive(Clone, Copy, Debug)]
struct Counts {
    size: u64,
    kills: u64,
    /// The usual size of chunks when `None`.
    chunk: Option<u64>,
    /// The most that may be sent beyond the file, in thousandths of it.
    beyond: u64,
}

const FULL: Counts = Counts {
    size: 4 << 30,
    kills: 20,
    chunk: None,
    beyond: 50,
};
const SHORT: Counts = Counts {
    size: 96 << 20,
    kills: 3,
    chunk: Some(stage::CHUNK),
    // Three chunks of 5 MiB.
    beyond: 160,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", chunk, folder, sandbox] => work(chunk, PathBuf::from(folder), sandbox).await,
        ["--full"] | [] => prove(FULL).await,
        ["--short"] => prove(SHORT).await,
        _ => bail!("usage: prove-resume [--full | --short]"),
    }
}

/// The process that is killed.
async fn work(chunk: &str, folder: PathBuf, sandbox: &str) -> anyhow::Result<()> {
    let social = stage::social(&folder, sandbox, setup(chunk.parse().ok())).await?;
    stage::say("ready");
    let worker = PublishWorker::new(&social).settings(stage::hasty());
    worker.run(std::future::pending()).await
}

fn setup(chunk: Option<u64>) -> Setup {
    Setup {
        chunk,
        ..Setup::default()
    }
}

async fn prove(counts: Counts) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut settings = Settings::default();
    settings.processing_millis = 0;
    let sandbox = Sandbox::builder().settings(settings).start().await?;
    let relay = Relay::start(sandbox.url()).await?;
    let url = relay.url();
    let social = stage::social(folder.path(), &url, setup(counts.chunk)).await?;
    let account = stage::connect(&social, "studio-account").await?;
    let media = store(&social, counts.size).await?;
    let post = stage::submit(&social, &account, &media.id, "a long film").await?;

    let before = relay.sent();
    for kill in 0..counts.kills {
        // Spread over the file, and not always at the same place of a chunk.
        let at = counts.size * (kill * 2 + 1) / (counts.kills * 2 + 1) + kill * 377_777;
        let worker = worker(counts, folder.path(), &url).await?;
        sent_so_far(&relay, before + at).await?;
        worker.kill().await?;
    }
    let last = worker(counts, folder.path(), &url).await?;
    let status = within(
        Duration::from_secs(600),
        social.wait(&post.owner, post.id, |_| {}),
    );
    let status = status.await.context("never settled")??;
    last.kill().await?;
    ensure!(
        status.state == PostState::Published,
        "the post ended as {status}"
    );
    report(counts, relay.sent() - before, &sandbox, &media)
}

async fn worker(counts: Counts, folder: &Path, url: &str) -> anyhow::Result<Worker> {
    let chunk = counts.chunk.map_or_else(String::new, |n| n.to_string());
    Worker::start(&["worker", &chunk], folder, url).await
}

async fn store(social: &Social, size: u64) -> anyhow::Result<Media> {
    let pieces = futures_util::stream::iter(stage::long_clip(size)?.map(Ok));
    Ok(social.media().put(Box::pin(pieces), Some(size)).await?)
}

/// Waits until so much was sent.
async fn sent_so_far(relay: &Relay, bytes: u64) -> anyhow::Result<()> {
    for _ in 0..120_000 {
        if relay.sent() >= bytes {
            return Ok(());
        }
        pause(Duration::from_millis(1)).await;
    }
    bail!("the worker sends no more after {} bytes", relay.sent())
}

fn report(counts: Counts, sent: u64, sandbox: &Sandbox, media: &Media) -> anyhow::Result<()> {
    let begun = sandbox.control().publishes().len();
    let posts = sandbox.control().posts();
    let beyond = sent.saturating_sub(counts.size);
    say(&format!(
        "{:>14} {:>14} {:>8} {:>6} {:>6} {:>6}",
        "bytes", "sent", "beyond", "kills", "begun", "posts"
    ));
    say(&format!(
        "{:>14} {sent:>14} {:>6.2} % {:>6} {begun:>6} {:>6}",
        counts.size,
        beyond as f64 * 100.0 / counts.size as f64,
        counts.kills,
        posts.len(),
    ));
    let [post] = &posts[..] else {
        bail!("{} posts", posts.len());
    };
    ensure!(post.size == counts.size, "a post of {} bytes", post.size);
    ensure!(
        post.sha256.as_deref() == Some(media.id.as_str()),
        "the bytes are not those of the file"
    );
    ensure!(
        beyond * 1_000 <= counts.size * counts.beyond,
        "{beyond} bytes were sent beyond the file"
    );
    say("deviations: 0");
    Ok(())
}
