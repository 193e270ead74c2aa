//! Local files as streams.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

use bytes::Bytes;
use futures_util::stream;
use tokio::task::{JoinError, spawn_blocking};

use super::ByteStream;
use crate::error::{Error, Result};

/// How much is read at once.
const BUFFER: u64 = 256 * 1024;

/// Runs what would block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.map_err(stopped)
}

pub(super) fn stopped(error: JoinError) -> Error {
    Error::storage("work on a file was stopped").with_source(error)
}

/// Opens a file and tells its size. Neither a link nor a pipe nor a device is followed: one leads elsewhere, the others
/// have no end.
pub(super) fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    // Before opening, because opening a pipe waits; after it, because the name may have changed hands.
    let named = fs::symlink_metadata(path)?;
    let refuse = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if named.is_symlink() {
        return refuse("it is a symbolic link; name the file itself");
    }
    if !named.is_file() {
        return refuse("it is not a regular file");
    }
    let file = File::open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return refuse("it is not a regular file");
    }
    Ok((file, facts.len()))
}

/// `range` of the file in pieces, exactly.
pub(super) fn stream(file: File, range: Range<u64>) -> ByteStream {
    Box::pin(stream::try_unfold(
        (file, range),
        |(mut file, range)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let end = range.end.min(range.start + BUFFER);
            let read = blocking(move || {
                let mut piece = vec![0; usize::try_from(end - range.start).unwrap_or_default()];
                file.seek(SeekFrom::Start(range.start))?;
                file.read_exact(&mut piece)?;
                Ok((Bytes::from(piece), (file, end..range.end)))
            });
            read.await?
                .map(Some)
                .map_err(|error: io::Error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        Error::storage("a file became shorter while it was read")
                    }
                    _ => {
                        Error::storage(format!("reading a file failed: {error}")).with_source(error)
                    }
                })
        },
    ))
}
