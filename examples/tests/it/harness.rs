//! What every test stands on.

pub(crate) mod client;
pub(crate) mod form;
pub(crate) mod page;
pub(crate) mod sandbox;
pub(crate) mod server;
pub(crate) mod webhook;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use social_core::time::{Clock as _, SystemClock};

pub(crate) use client::{Answer, Browser};
pub(crate) use form::Post;
pub(crate) use sandbox::SandboxSide;
pub(crate) use server::{Server, Setup};

/// A program of the examples, as cargo has built it: examples are built before tests run.
pub(crate) fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let folder = own.parent().and_then(Path::parent).expect("target/PROFILE");
    folder.join("examples").join(name)
}

/// Waits for a moment.
pub(crate) async fn pause(wait: Duration) {
    SystemClock::default().sleep(wait).await;
}

/// Asks until the answer is there, for a minute.
pub(crate) async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    for _ in 0..600 {
        if let Some(answer) = ask().await {
            return answer;
        }
        pause(Duration::from_millis(100)).await;
    }
    panic!("not within a minute: {what}");
}

/// Ends what takes longer than it may.
pub(crate) async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = T>) -> T {
    tokio::select! {
        output = work => output,
        () = pause(limit) => panic!("not within {limit:?}: {what}"),
    }
}

/// What no setting can be.
pub(crate) fn not_text() -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"SESAME\xff".to_vec())
}

/// A file of the fixtures.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    std::fs::read(path).expect("a fixture")
}

/// A video of about `size` bytes: a real one, with a box of nothing at its end.
pub(crate) fn video_of(size: usize) -> Vec<u8> {
    let mut video = fixture("clip.mp4");
    let rest = size.saturating_sub(video.len()).max(8);
    let length = u32::try_from(rest).expect("below 4 GB");
    video.extend_from_slice(&length.to_be_bytes());
    video.extend_from_slice(b"free");
    video.resize(video.len() + rest - 8, 0);
    video
}
