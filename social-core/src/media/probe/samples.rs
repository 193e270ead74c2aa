//! Where the index says that the media lie, to tell whether they are all in the file.

use std::ops::Range;

/// Where in the index a track's tables are.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// Where each chunk starts in the file: `stco`, or `co64` with eight bytes each.
    pub(super) chunks: Option<(Range<usize>, usize)>,
    /// How many samples are in the chunks: `stsc`.
    pub(super) runs: Option<Range<usize>>,
    /// How long each sample is: `stsz`, or `stz2` with fewer bits each.
    pub(super) sizes: Option<(Range<usize>, Width)>,
}

/// Which of the two tables of sizes it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Few,
    Full,
}

impl Tables {
    /// The byte of the file behind the last one that belongs to a sample.
    ///
    /// Takes no longer than the tables are: counts without entries are multiplied.
    pub(super) fn end(&self, index: &[u8]) -> u64 {
        let Some((chunks, width)) = &self.chunks else {
            return 0;
        };
        let mut sizes = Sizes::of(index, self.sizes.clone());
        let mut runs = entries(index, self.runs.clone(), 12).peekable();
        let (mut per_chunk, mut end) = (0, 0_u64);
        for (number, offset) in (1..).zip(entries(index, Some(chunks.clone()), *width)) {
            while let Some(run) = runs.peek().filter(|run| unsigned(run, 0..4) <= number) {
                per_chunk = unsigned(run, 4..8);
                runs.next();
            }
            let bytes = sizes.take(per_chunk);
            if bytes > 0 {
                end = end.max(unsigned(offset, 0..*width).saturating_add(bytes));
            }
        }
        end
    }

    /// Whether the index names a sample.
    pub(super) fn is_empty(&self, index: &[u8]) -> bool {
        Sizes::of(index, self.sizes.clone()).left == 0
    }
}

/// The lengths of the samples, taken one after another.
struct Sizes<'a> {
    left: u64,
    /// The length of all, or nothing when each has its own.
    all: Option<u64>,
    table: &'a [u8],
    bits: usize,
    next: usize,
}

impl<'a> Sizes<'a> {
    fn of(index: &'a [u8], at: Option<(Range<usize>, Width)>) -> Self {
        let (at, width) = at.unwrap_or((0..0, Width::Full));
        let body = index.get(at).unwrap_or_default();
        let all = match width {
            Width::Full => Some(unsigned(body, 4..8)).filter(|size| *size > 0),
            Width::Few => None,
        };
        let bits = match width {
            Width::Full => 32,
            Width::Few => usize::from(body.get(7).copied().unwrap_or_default()),
        };
        Self {
            left: unsigned(body, 8..12),
            all,
            table: body.get(12..).unwrap_or_default(),
            bits,
            next: 0,
        }
    }

    /// How many bytes the next `count` samples have together.
    fn take(&mut self, count: u64) -> u64 {
        let count = count.min(self.left);
        self.left -= count;
        match self.all {
            // Sound of one byte a sample may be packed more tightly than that.
            Some(1) => count.min(1),
            Some(size) => size.saturating_mul(count),
            None => (0..count).map_while(|_| self.one()).sum(),
        }
    }

    fn one(&mut self) -> Option<u64> {
        let at = self.next * self.bits / 8;
        let size = match self.bits {
            4 => {
                let byte = *self.table.get(at)?;
                u64::from(if self.next.is_multiple_of(2) {
                    byte >> 4
                } else {
                    byte & 15
                })
            }
            8 | 16 | 32 => unsigned(self.table.get(at..at + self.bits / 8)?, 0..self.bits / 8),
            _ => return None,
        };
        self.next += 1;
        Some(size)
    }
}

/// The entries of a table of `width` bytes each, behind its count, as many as it says and has.
fn entries(index: &[u8], table: Option<Range<usize>>, width: usize) -> impl Iterator<Item = &[u8]> {
    let body = index.get(table.unwrap_or_default()).unwrap_or_default();
    let count = usize::try_from(unsigned(body, 4..8)).unwrap_or(usize::MAX);
    let entries = body.get(8..).unwrap_or_default();
    entries.chunks_exact(width).take(count)
}

/// The number in these bytes, the highest first; 0 where there are none.
pub(super) fn unsigned(bytes: &[u8], at: Range<usize>) -> u64 {
    let bytes = bytes.get(at).unwrap_or_default();
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version and flags, then numbers of four bytes.
    fn table(numbers: &[u32]) -> Vec<u8> {
        let numbers = numbers.iter().flat_map(|number| number.to_be_bytes());
        [0; 4].into_iter().chain(numbers).collect()
    }

    /// Where the media end by these tables.
    fn end(chunks: (&[u8], usize), runs: &[u32], sizes: (&[u8], Width)) -> u64 {
        let runs = table(runs);
        let index = [chunks.0, &runs, sizes.0].concat();
        let (first, second) = (chunks.0.len(), chunks.0.len() + runs.len());
        let tables = Tables {
            chunks: Some((0..first, chunks.1)),
            runs: Some(first..second),
            sizes: Some((second..index.len(), sizes.1)),
        };
        tables.end(&index)
    }

    #[test]
    fn the_last_byte_is_that_of_the_chunk_that_ends_last() {
        let sizes = table(&[0, 5, 10, 20, 30, 40, 50]);
        let sizes = (&sizes[..], Width::Full);
        let two = table(&[2, 1000, 400]);
        // Two samples in the first chunk, three in the second.
        let runs = [2, 1, 2, 1, 2, 3, 1];
        assert_eq!(end((&two, 4), &runs, sizes), 1030);
        let turned = table(&[2, 400, 1000]);
        assert_eq!(end((&turned, 4), &runs, sizes), 1120);
        let far = table(&[2, 0, 400, 1, 0]);
        assert_eq!(end((&far, 8), &runs, sizes), (1 << 32) + 120);
    }

    #[test]
    fn samples_of_one_length_and_of_few_bits_are_counted() {
        let one = table(&[1, 100]);
        let runs = [1, 1, u32::MAX, 1];
        let alike = table(&[7, 3]);
        assert_eq!(end((&one, 4), &runs, (&alike, Width::Full)), 121);
        let absurd = table(&[u32::MAX, u32::MAX]);
        let most = 100 + u64::from(u32::MAX) * u64::from(u32::MAX);
        assert_eq!(end((&one, 4), &runs, (&absurd, Width::Full)), most);
        let packed = table(&[1, 48_000]);
        assert_eq!(end((&one, 4), &runs, (&packed, Width::Full)), 101);
        let mut few = table(&[4, 3]);
        few.extend([0x12, 0x30]);
        assert_eq!(end((&one, 4), &runs, (&few, Width::Few)), 106);
        let mut few = table(&[16, 2]);
        few.extend([0, 9, 1, 0]);
        assert_eq!(end((&one, 4), &runs, (&few, Width::Few)), 365);
    }

    #[test]
    fn what_is_not_there_is_not_counted() {
        let one = table(&[9, 100]);
        let short = table(&[0, 9, 6]);
        assert_eq!(end((&one, 4), &[1, 1, 9, 1], (&short, Width::Full)), 106);
        assert_eq!(end((&one, 4), &[0], (&short, Width::Full)), 0);
        assert_eq!(Tables::default().end(&[]), 0);
        let cut = end((&one[..6], 4), &[1, 1], (&short[..9], Width::Full));
        assert_eq!(cut, 0);
        let bits = table(&[3, 9, 6]);
        assert_eq!(end((&one, 4), &[1, 1, 9, 1], (&bits, Width::Few)), 0);
    }
}
