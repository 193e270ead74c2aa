use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The least size of a chunk that both readings of TikTok's "5 MB" allow.
const CHUNK_MIN: u64 = 5_242_880;
/// Half of the largest file that is sent whole: with it every larger file has at least two chunks.
const CHUNK_MAX: u64 = 32_000_000;
/// The largest chunk that both readings of "64 MB" allow, and so the largest file that is sent whole.
const WHOLE_MAX: u64 = 64_000_000;
/// The largest file: 4 GiB.
pub(crate) const SIZE_MAX: u64 = 4 << 30;

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
        if size == 0 || size > SIZE_MAX {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(size: u64) -> ChunkPlan {
        ChunkPlan::new(size, ChunkLimits::default()).unwrap()
    }

    fn last(plan: ChunkPlan) -> u64 {
        let range = plan.chunk_at(plan.chunk * (plan.count - 1)).unwrap();
        range.end - range.start
    }

    #[test]
    fn plans_are_those_that_tiktok_takes() {
        for (size, chunk, count, last_chunk) in [
            (1, 1, 1, 1),
            (4_194_304, 4_194_304, 1, 4_194_304),
            (64_000_000, 64_000_000, 1, 64_000_000),
            (64_000_001, 10_000_000, 6, 14_000_001),
            (66_259_900, 10_000_000, 6, 16_259_900),
            (121_000_000, 10_000_000, 12, 11_000_000),
            (602_285_541, 10_000_000, 60, 12_285_541),
            (4_294_967_296, 10_000_000, 429, 14_967_296),
        ] {
            let plan = plan(size);
            assert_eq!(
                (plan.chunk, plan.count, last(plan)),
                (chunk, count, last_chunk),
                "{size}"
            );
        }
    }

    #[test]
    fn the_plans_that_tiktok_refused_do_not_come_back() {
        for (size, chunk, count) in [
            (66_259_900, 64_000_000, 1),
            (121_000_000, 67_108_864, 1),
            (65_000_000, 60_000_000, 2),
            (602_285_541, 67_108_864, 9),
        ] {
            let plan = plan(size);
            assert_ne!((plan.chunk, plan.count), (chunk, count));
        }
    }

    #[test]
    fn an_example_of_the_documentation() {
        let limits = ChunkLimits::new(5_242_880, 10_000_000);
        let plan = ChunkPlan::new(50_000_123, limits).unwrap();
        assert_eq!(
            (plan.chunk, plan.count, last(plan)),
            (10_000_000, 5, 10_000_123)
        );
    }

    #[test]
    fn what_cannot_be_sent_has_no_plan() {
        assert_eq!(ChunkPlan::new(0, ChunkLimits::default()), None);
        assert_eq!(ChunkPlan::new(SIZE_MAX + 1, ChunkLimits::default()), None);
        assert!(ChunkLimits::new(64_000_001, 10_000_000).check().is_err());
        assert!(ChunkLimits::new(64_000_000, 5_242_879).check().is_err());
        assert!(ChunkLimits::new(64_000_000, 32_000_001).check().is_err());
        assert!(ChunkLimits::default().check().is_ok());
    }

    #[test]
    fn both_readings_of_the_progress_lead_to_the_same_boundary() {
        let plan = plan(66_259_900);
        assert_eq!(plan.boundary_of(9_999_999), Some(10_000_000));
        assert_eq!(plan.boundary_of(10_000_000), Some(10_000_000));
        assert_eq!(plan.boundary_of(66_259_899), Some(66_259_900));
        assert_eq!(plan.boundary_of(66_259_900), Some(66_259_900));
        assert_eq!(plan.boundary_of(60_000_000), None);
        assert_eq!(plan.boundary_of(u64::MAX), None);
    }

    #[test]
    fn what_is_taken_of_a_chunk_leads_back_to_its_beginning() {
        let plan = plan(66_259_900);
        for (taken, begins) in [
            (0, 0),
            (9_999_999, 0),
            (10_000_000, 10_000_000),
            (50_000_000, 50_000_000),
            // The last chunk is longer than the others.
            (60_000_001, 50_000_000),
            (66_259_899, 50_000_000),
        ] {
            assert_eq!(plan.chunk_of(taken), begins, "{taken}");
        }
    }

    fn limits() -> impl Strategy<Value = ChunkLimits> {
        (0..=WHOLE_MAX, CHUNK_MIN..=CHUNK_MAX)
            .prop_map(|(whole_max, chunk)| ChunkLimits::new(whole_max, chunk))
    }

    proptest! {
        #[test]
        fn every_plan_satisfies_every_known_rule(size in 1..=SIZE_MAX, limits in limits()) {
            let plan = ChunkPlan::new(size, limits).unwrap();
            prop_assert!((1..=1000).contains(&plan.count));
            prop_assert_eq!(plan.count, size / plan.chunk);
            prop_assert!(plan.count > 1 || plan.chunk == size);
            prop_assert!(plan.chunk <= WHOLE_MAX);
            prop_assert!(plan.chunk >= CHUNK_MIN || plan.count == 1);
            prop_assert!(last(plan) <= 128_000_000);
            let mut offset = 0;
            let mut chunks = 0;
            while let Some(range) = plan.chunk_at(offset) {
                offset = range.end;
                chunks += 1;
            }
            prop_assert_eq!((offset, chunks), (size, plan.count));
        }

        #[test]
        fn no_offset_panics(size in 1..=SIZE_MAX, offset in any::<u64>()) {
            let plan = plan(size);
            let _ = (plan.chunk_at(offset), plan.boundary_of(offset));
            prop_assert!(plan.chunk_at(plan.chunk_of(offset)).is_some());
        }
    }
}
