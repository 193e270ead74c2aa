//! Storing and reading 1 GiB in a media folder: speed, and how much memory it takes.
//!
//! The bytes come from memory in pieces of 64 KiB, as an upload brings them. Storing ends when the file is on the disk;
//! reading comes from the page cache. The folder is made where the first argument says, or in the current folder.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use social_core::{MediaDir, MediaStore};

const SIZE: u64 = 1 << 30;
const PIECE: usize = 64 * 1024;
const TURNS: usize = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let beside = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let folder = tempfile::tempdir_in(beside)?;
    let store = MediaDir::open(folder.path())?;
    let before = peak_memory()?;
    let (mut stored, mut read) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let piece = Bytes::from(vec![42; PIECE]);
        let pieces = (0..SIZE / PIECE as u64).map(move |_| Ok(piece.clone()));
        let start = now();
        let media = store
            .put(Box::pin(stream::iter(pieces)), Some(SIZE))
            .await?;
        stored.push(now().duration_since(start));

        let start = now();
        let bytes = store.read(&media.id, 0..SIZE).await?;
        let length = bytes.try_fold(0, |sum, piece| async move { Ok(sum + piece.len() as u64) });
        ensure!(length.await? == SIZE, "not all of it was read");
        read.push(now().duration_since(start));
        store.remove(&media.id).await?;
    }
    report("store", stored);
    report("read", read);
    line(&format!(
        "peak memory grew by {} KiB",
        peak_memory()? - before
    ));
    Ok(())
}

/// The most memory this process has held so far, in KiB.
fn peak_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let digits = peak.and_then(|text| text.split_whitespace().next());
    Ok(digits.context("no VmHWM in /proc/self/status")?.parse()?)
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let median = times[times.len() / 2].as_secs_f64();
    let speed = SIZE as f64 / 1e6 / median;
    line(&format!(
        "{name:<6} 1 GiB: {speed:>6.0} MB/s, median of {TURNS}"
    ));
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn line(text: &str) {
    println!("{text}");
}
