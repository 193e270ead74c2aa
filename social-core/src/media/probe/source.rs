//! A file read by position: stored here, or the first bytes of one that is elsewhere.

use std::ops::Range;

use futures_util::StreamExt;

use crate::{
    error::{Error, Result},
    media::MediaStore,
    model::MediaId,
};

/// How much is read at once where little is wanted, and where much lies close together.
const SMALL: u64 = 8 * 1024;
const LARGE: u64 = 256 * 1024;

pub(super) struct Source<'a> {
    place: Place<'a>,
    size: Option<u64>,
    /// What was read last of a stored file.
    window: Range<u64>,
    bytes: Vec<u8>,
    reads: usize,
}

enum Place<'a> {
    Elsewhere(&'a [u8]),
    Store(&'a dyn MediaStore, &'a MediaId),
}

impl<'a> Source<'a> {
    /// A stored file.
    pub(super) async fn open(store: &'a dyn MediaStore, id: &'a MediaId) -> Result<Self> {
        Ok(Self::sized(store, id, store.stat(id).await?.size))
    }

    /// A stored file whose size is known.
    pub(super) fn sized(store: &'a dyn MediaStore, id: &'a MediaId, size: u64) -> Self {
        Self::new(Place::Store(store, id), Some(size))
    }

    /// The first bytes of a file that is elsewhere, and its size if that is known.
    pub(super) fn of_head(head: &'a [u8], size: Option<u64>) -> Self {
        Self::new(Place::Elsewhere(head), size)
    }

    fn new(place: Place<'a>, size: Option<u64>) -> Self {
        Self {
            place,
            size,
            window: 0..0,
            bytes: Vec::new(),
            reads: 0,
        }
    }

    /// All its bytes.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// How often the store was asked.
    pub(super) fn reads(&self) -> usize {
        self.reads
    }

    /// How many bytes lie at `at` and behind it.
    pub(super) fn left(&self, at: u64) -> Option<u64> {
        self.size.map(|size| size.saturating_sub(at))
    }

    /// Whether the file ends before `length` bytes from `at`, as opposed to what was fetched of it.
    pub(super) fn ends_within(&self, at: u64, length: u64) -> bool {
        self.left(at).is_some_and(|left| left < length)
    }

    /// `length` bytes at `at`, and fewer where the file or what was fetched of it ends.
    pub(super) async fn peek(&mut self, at: u64, length: u64) -> Result<&[u8]> {
        let end = at.saturating_add(length);
        match self.place {
            Place::Elsewhere(head) => Ok(part(head, at, end)),
            Place::Store(..) => {
                let size = self.size.unwrap_or_default();
                let (at, end) = (at.min(size), end.min(size));
                if at == end {
                    return Ok(&[]);
                }
                if at < self.window.start || end > self.window.end {
                    self.fill(at, end, size).await?;
                }
                let start = self.window.start;
                Ok(part(&self.bytes, at - start, end - start))
            }
        }
    }

    /// All of `range`; nothing when it is not all in the file, or in what was fetched of it.
    pub(super) async fn take(&mut self, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        let length = range.end.saturating_sub(range.start);
        let bytes = match self.place {
            Place::Store(..) if self.ends_within(range.start, length) => return Ok(None),
            Place::Store(store, id) if length > SMALL => {
                self.reads += 1;
                read(store, id, range).await?
            }
            _ => self.peek(range.start, length).await?.to_vec(),
        };
        Ok((bytes.len() as u64 == length).then_some(bytes))
    }

    /// Reads at least `at` to `end` into the window: more where the last one ended nearby, so that a file of many small
    /// parts takes no more reads than a few for each megabyte.
    async fn fill(&mut self, at: u64, end: u64, size: u64) -> Result<()> {
        let Place::Store(store, id) = self.place else {
            return Ok(());
        };
        let nearby = self.window.end > 0 && at.abs_diff(self.window.end) < LARGE;
        let much = if nearby { LARGE } else { SMALL };
        let window = at..end.max(at.saturating_add(much)).min(size);
        self.reads += 1;
        self.bytes = read(store, id, window.clone()).await?;
        self.window = window;
        Ok(())
    }
}

/// From `at` to `end`, as far as there is something.
fn part(bytes: &[u8], at: u64, end: u64) -> &[u8] {
    let place = |at: u64| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
    bytes.get(place(at)..place(end)).unwrap_or_default()
}

async fn read(store: &dyn MediaStore, id: &MediaId, range: Range<u64>) -> Result<Vec<u8>> {
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let mut stream = store.read(id, range).await?;
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
