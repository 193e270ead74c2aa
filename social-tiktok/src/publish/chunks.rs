use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::rules::VIDEO_BYTES_MAX;

/// The least size of a chunk that both readings of TikTok's "5 MB" allow.
const CHUNK_MIN: u64 = 5_242_880;
/// Half of the largest file that is sent whole: with it every larger file has at least two chunks.
const CHUNK_MAX: u64 = 32_000_000;
/// The largest chunk that both readings of "64 MB" allow, and so the largest file that is sent whole.
const WHOLE_MAX: u64 = 64_000_000;

/// How files are cut. <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>
///
/// TikTok writes MB and does not say whether it means 10^6 or 2^20 bytes; the defaults satisfy both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkLimits {
    /// Files up to this size are sent in one chunk; at most 64,000,000 bytes.
    pub whole_max: u64,
    /// The size of every chunk but the last, which takes the remainder; 5,242,880 to 32,000,000 bytes.
    pub chunk: u64,
}

impl Default for ChunkLimits {
    /// One chunk up to 64,000,000 bytes, then chunks of 10,000,000.
    fn default() -> Self {
        Self {
            whole_max: WHOLE_MAX,
            chunk: 10_000_000,
        }
    }
}

impl ChunkLimits {
    /// Joins the two.
    pub fn new(whole_max: u64, chunk: u64) -> Self {
        Self { whole_max, chunk }
    }

    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.whole_max > WHOLE_MAX {
            return Err("a file of more than 64,000,000 bytes is not sent in one chunk");
        }
        if !(CHUNK_MIN..=CHUNK_MAX).contains(&self.chunk) {
            return Err("a chunk has 5,242,880 to 32,000,000 bytes");
        }
        Ok(())
    }
}

/// How one file is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChunkPlan {
    /// All bytes.
    pub size: u64,
    /// Bytes of every chunk but the last.
    pub chunk: u64,
    /// How many chunks.
    pub count: u64,
}

impl ChunkPlan {
    /// Cuts a file; nothing when it is empty or larger than 4 GiB.
    ///
    /// One chunk is as large as the file. Of several, the last takes the remainder: the count is the whole part of the
    /// division, never more.
    pub fn new(size: u64, limits: ChunkLimits) -> Option<Self> {
        if size == 0 || size > VIDEO_BYTES_MAX {
            return None;
        }
        // One chunk must be exactly the file, so a file of less than two chunks is cut in half or not at all.
        let chunk = limits.chunk.min(size / 2);
        if size <= limits.whole_max || chunk < CHUNK_MIN {
            return Some(Self {
                size,
                chunk: size,
                count: 1,
            });
        }
        Some(Self {
            size,
            chunk,
            count: size / chunk,
        })
    }

    /// The chunk that begins at `offset`; nothing when none does.
    pub fn chunk_at(&self, offset: u64) -> Option<Range<u64>> {
        let index = offset.checked_div(self.chunk)?;
        if !offset.is_multiple_of(self.chunk) || index >= self.count {
            return None;
        }
        let end = if index + 1 == self.count {
            self.size
        } else {
            offset + self.chunk
        };
        Some(offset..end)
    }

    /// Where the chunk begins that holds this offset. Chunks are taken whole: what is counted of one will be sent again.
    pub(crate) fn chunk_of(&self, offset: u64) -> u64 {
        let index = offset.checked_div(self.chunk).unwrap_or_default();
        index.min(self.count.saturating_sub(1)) * self.chunk
    }

    /// Whether a chunk begins here, or the file ends.
    pub fn is_boundary(&self, offset: u64) -> bool {
        offset == self.size || self.chunk_at(offset).is_some()
    }

    /// The boundary that a `Content-Range` of `bytes 0-END/TOTAL` speaks of. Whether END is a count or the last offset is
    /// not documented; only one of the two readings can be a boundary.
    pub fn boundary_of(&self, end: u64) -> Option<u64> {
        let next = end.checked_add(1);
        [Some(end), next]
            .into_iter()
            .flatten()
            .find(|offset| self.is_boundary(*offset))
    }
}

#[cfg(test)]
mod tests;
