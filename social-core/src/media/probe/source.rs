//! A stored file read by position, and its index found in it.

use std::ops::Range;

use futures_util::StreamExt;

use super::{MAX_INDEX, broken, facts::four_characters};
use crate::{
    error::{Error, Result},
    media::MediaStore,
    model::MediaId,
};

/// No file needs this many boxes before its index.
const MAX_BOXES: usize = 1000;

pub(super) struct Source<'a> {
    store: &'a dyn MediaStore,
    id: &'a MediaId,
    size: u64,
}

/// What the search for an index ended with.
pub(super) enum Found {
    /// The whole box, its header included.
    Index(Vec<u8>),
    /// It is there and not read.
    TooLarge(String),
}

impl<'a> Source<'a> {
    pub(super) async fn open(store: &'a dyn MediaStore, id: &'a MediaId) -> Result<Self> {
        let size = store.stat(id).await?.size;
        Ok(Self { store, id, size })
    }

    /// All its bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The first `length` bytes, or all of a shorter file.
    pub(super) async fn head(&self, length: u64) -> Result<Vec<u8>> {
        self.read(0..length.min(self.size)).await
    }

    /// Walks the boxes of the file to its index.
    pub(super) async fn index(&self) -> Result<Found> {
        let mut at = 0;
        for _ in 0..MAX_BOXES {
            let head = self.read(at..self.size.min(at.saturating_add(16))).await?;
            let Some((name, size)) = header(&head, self.size - at)? else {
                return Err(broken(format!(
                    "the file has no index (moov box) in its {} bytes: the recording or the upload was not complete",
                    self.size
                )));
            };
            if size > self.size - at {
                return Err(broken(format!(
                    "the box {} at byte {at} is {size} bytes long, and the file ends after {}: it is not complete",
                    four_characters(name),
                    self.size - at
                )));
            }
            if &name == b"moov" {
                return if size > MAX_INDEX {
                    Ok(Found::TooLarge(format!(
                        "the index has {size} bytes, and at most {MAX_INDEX} are read"
                    )))
                } else {
                    Ok(Found::Index(self.read(at..at + size).await?))
                };
            }
            at += size;
        }
        Err(broken(format!(
            "the first {MAX_BOXES} boxes of the file hold no index (moov box)"
        )))
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut stream = self.store.read(self.id, range).await?;
        let mut bytes = Vec::with_capacity(length);
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk?);
            if bytes.len() > length {
                break;
            }
        }
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(Error::storage(format!(
                "the media store gave {} bytes of the {length} asked for",
                bytes.len()
            )))
        }
    }
}

/// Name and whole size of the box that begins with `head`; none at the end of the file.
pub(super) fn header(head: &[u8], left: u64) -> Result<Option<([u8; 4], u64)>> {
    let [a, b, c, d, e, f, g, h, wide @ ..] = head else {
        return Ok(None);
    };
    let name = [*e, *f, *g, *h];
    let (size, least) = match (u32::from_be_bytes([*a, *b, *c, *d]), wide.first_chunk()) {
        (0, _) => (left, 8),
        (1, Some(size)) => (u64::from_be_bytes(*size), 16),
        (1, None) => (0, 16),
        (size, _) => (u64::from(size), 8),
    };
    if size < least {
        return Err(broken(format!(
            "the box {} claims {size} bytes, fewer than its own header",
            four_characters(name)
        )));
    }
    Ok(Some((name, size)))
}
