//! The rules of [`MediaStore`].

mod age;
mod durability;
mod files;
mod parts;
mod uploads;

pub use age::*;
pub use durability::*;
pub use files::*;
pub use parts::*;
pub use uploads::*;

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::fixtures::{CROWD, race, refused};
use crate::{
    error::{Error, ErrorKind, Result},
    media::{Arrived, ByteStream, Media, MediaStore, MediaStoreExt, UploadId},
    model::MediaId,
};

/// Bytes in which every place is recognised.
fn content(length: usize) -> Bytes {
    (0..length)
        .map(|at| u8::try_from((at / 251 + at) % 256).unwrap_or_default())
        .collect()
}

/// A file that is not of these bytes.
fn absent() -> MediaId {
    id_of(b"nobody stores this")
}

fn id_of(bytes: &[u8]) -> MediaId {
    MediaId::from_digest(Sha256::digest(bytes).into())
}

fn pieces(pieces: impl IntoIterator<Item = Result<Bytes>>) -> ByteStream {
    Box::pin(stream::iter(pieces.into_iter().collect::<Vec<_>>()))
}

fn part(bytes: impl Into<Bytes>) -> ByteStream {
    pieces([Ok(bytes.into())])
}

/// Comes whole, and then never ends.
fn endless(bytes: Bytes) -> ByteStream {
    Box::pin(stream::iter([Ok(bytes)]).chain(stream::pending()))
}

fn lost() -> Error {
    Error::new(ErrorKind::Unavailable, "the sender is gone")
}

async fn whole(store: &dyn MediaStore, media: &Media) -> Result<Vec<u8>> {
    read(store.read(&media.id, 0..media.size).await?).await
}

async fn read(mut stream: ByteStream) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(piece) = stream.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all)
}

/// A read or its stream, whichever fails.
async fn read_of(
    store: &dyn MediaStore,
    id: &MediaId,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>> {
    read(store.read(id, range).await?).await
}

/// An upload with these bytes.
async fn begun(store: &dyn MediaStore, bytes: Bytes) -> Result<UploadId> {
    let id = store.begin_upload(None).await?;
    let length = bytes.len() as u64;
    let told = store.upload_part(&id, 0, part(bytes)).await?;
    assert_eq!(told, length, "a part tells the new length");
    Ok(id)
}

/// Fails unless it is refused, with the length that the upload has.
#[track_caller]
fn stands_at<T: std::fmt::Debug>(answer: Result<T>, kind: ErrorKind, length: u64, rule: &str) {
    match answer {
        Err(error) if error.kind() == kind && Arrived::of(&error) == Some(length) => {}
        other => panic!("{rule}: expected {kind:?} at {length}, got {other:?}"),
    }
}

/// Later than every clock of a store.
fn far_future() -> DateTime<Utc> {
    DateTime::from_timestamp(32_503_680_000, 0).unwrap_or_default()
}
