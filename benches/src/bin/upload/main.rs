//! Publishing 1 GiB: the worker's memory and speed, beside a bare loop that sends the same chunks.
//!
//! The sandbox, the worker and the bare loop are processes of their own. They take turns; the file is the same. Fails
//! when the worker's memory grows by more than 16 MiB over idle, or when it is slower than 70 % of the bare loop. Then 20
//! such uploads at once by one worker, whose memory grows by at most 64 MiB; `--parallel` measures only these.

mod bare;
mod parallel;
mod sandbox;

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use examples::stage::{self, Setup, Worker, pause, say};
use social_core::{
    Social,
    model::{Account, MediaId},
    time::{Clock, SystemClock},
};
use social_workers::PublishWorker;
use tokio::io::AsyncWriteExt;

use sandbox::Standing;

const SIZE: u64 = 1 << 30;
const TURNS: usize = 5;
const MOST_GROWTH: u64 = 16 << 20;
const LEAST_SPEED: f64 = 0.70;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", folder, sandbox] => work(Path::new(folder), sandbox).await,
        ["bare", token, title, folder, sandbox] => bare::send(token, title, folder, sandbox).await,
        ["parallel", folder, sandbox] => parallel::work(Path::new(folder), sandbox).await,
        ["--parallel"] => parallel::measure().await,
        _ => {
            measure().await?;
            parallel::measure().await
        }
    }
}

/// The process that is measured: a publish worker with its usual settings.
async fn work(folder: &Path, sandbox: &str) -> Result<()> {
    let social = stage::social(folder, sandbox, usual()).await?;
    say("ready");
    PublishWorker::new(&social)
        .run(std::future::pending())
        .await
}

fn usual() -> Setup {
    Setup {
        chunk: None,
        ..Setup::default()
    }
}

async fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sandbox = Standing::start().await?;
    let social = stage::social(folder.path(), &sandbox.url, usual()).await?;
    let account = stage::connect(&social, "studio-account").await?;
    let file = folder.path().join("bare.mp4");
    let media = make_file(&social, &file).await?;

    let (mut bare, mut ours, mut growth) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let title = format!("bare {turn}");
        let token = sandbox.token().await?;
        let arguments = ["bare", &token, &title];
        let _bare = Worker::start(&arguments, folder.path(), &sandbox.url).await?;
        bare.push(sandbox.time_of(&title, SIZE).await?);

        let title = format!("worker {turn}");
        let (time, grown) =
            publish(&social, &account, &media, &title, folder.path(), &sandbox).await?;
        ours.push(time);
        growth.push(grown);
    }
    report(bare, ours, growth)
}

/// One post by a fresh worker: the time its bytes took, and how much its memory grew.
async fn publish(
    social: &Social,
    account: &Account,
    media: &MediaId,
    title: &str,
    folder: &Path,
    sandbox: &Standing,
) -> Result<(Duration, u64)> {
    let worker = Worker::start(&["worker"], folder, &sandbox.url).await?;
    pause(Duration::from_millis(1_500)).await;
    let idle = resident(worker.id())?;
    let post = stage::submit(social, account, media, title).await?;
    let (time, most) = sandbox.time_and_memory(title, SIZE, worker.id()).await?;
    let status = social.wait(&post.owner, post.id, |_| {}).await?;
    ensure!(
        status.to_string().starts_with("published"),
        "the post ended as {status}"
    );
    let most = most.max(resident(worker.id())?);
    worker.kill().await?;
    Ok((time, most.saturating_sub(idle)))
}

/// Resident memory in bytes.
fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("VmRSS")?;
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .context("a figure")?
        .parse()?;
    Ok(kib * 1_024)
}

/// The same bytes in the media store and in a file.
async fn make_file(social: &Social, file: &Path) -> Result<MediaId> {
    let mut out = tokio::io::BufWriter::new(tokio::fs::File::create(file).await?);
    for piece in stage::long_clip(SIZE)? {
        out.write_all(&piece).await?;
    }
    out.flush().await?;
    make_media(social).await
}

async fn make_media(social: &Social) -> Result<MediaId> {
    let stream = futures_util::stream::iter(stage::long_clip(SIZE)?.map(Ok));
    Ok(social.media().put(Box::pin(stream), Some(SIZE)).await?.id)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn report(bare: Vec<Duration>, ours: Vec<Duration>, growth: Vec<u64>) -> Result<()> {
    let rate = |time: Duration| SIZE as f64 / time.as_secs_f64() / 1e6;
    for turn in 0..TURNS {
        say(&format!(
            "turn {turn}: bare {:.0} MB/s, worker {:.0} MB/s, worker's memory +{:.1} MiB",
            rate(bare[turn]),
            rate(ours[turn]),
            growth[turn] as f64 / f64::from(1 << 20),
        ));
    }
    let most = growth.iter().copied().max().unwrap_or_default();
    let (bare, ours) = (median(bare), median(ours));
    let ratio = bare.as_secs_f64() / ours.as_secs_f64();
    say(&format!(
        "median of {TURNS}: bare {:.0} MB/s, worker {:.0} MB/s, {:.0} %; most memory over idle {:.1} MiB",
        rate(bare),
        rate(ours),
        ratio * 100.0,
        most as f64 / f64::from(1 << 20),
    ));
    ensure!(most <= MOST_GROWTH, "memory grew by {most} bytes");
    ensure!(
        ratio >= LEAST_SPEED,
        "at least {:.0} % of the bare loop is asked",
        LEAST_SPEED * 100.0
    );
    Ok(())
}

/// The clock that measures.
fn elapsed() -> Duration {
    SystemClock::default().elapsed()
}
