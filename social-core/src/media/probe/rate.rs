//! How many frames a second, out of how long the samples of a track last.

use std::collections::BTreeMap;

use super::{FrameRate, Pace};

/// More different lengths than any recording has. Beyond them it varies, whatever else follows.
const MAX_LENGTHS: usize = 4096;

/// How many samples of each length a track has.
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths {
    of: BTreeMap<u32, u64>,
    count: u64,
    ticks: u64,
    is_too_many: bool,
    /// Samples of one length follow each other: they are entered together.
    last: (u32, u64),
}

impl Lengths {
    pub(super) fn add(&mut self, length: u32, count: u64) {
        self.count = self.count.saturating_add(count);
        self.ticks = self
            .ticks
            .saturating_add(u64::from(length).saturating_mul(count));
        if self.last.0 == length {
            self.last.1 = self.last.1.saturating_add(count);
        } else {
            self.enter();
            self.last = (length, count);
        }
    }

    fn enter(&mut self) {
        let (length, count) = std::mem::take(&mut self.last);
        let room = self.of.len() < MAX_LENGTHS || self.of.contains_key(&length);
        if count > 0 && room {
            let sum = self.of.entry(length).or_default();
            *sum = sum.saturating_add(count);
        }
        self.is_too_many |= !room;
    }

    /// How long all samples last together.
    pub(super) fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Of so many ticks in a second; nothing without samples, or without time.
    pub(super) fn rate(mut self, scale: u64) -> Option<FrameRate> {
        self.enter();
        if self.count == 0 || self.ticks == 0 || scale == 0 {
            return None;
        }
        let mean = self.count as f64 * scale as f64 / self.ticks as f64;
        let usual = self.median().filter(|length| *length > 0);
        let Some(length) = usual.filter(|_| !self.is_too_many) else {
            return Some(FrameRate::new(mean, mean, Pace::Varies));
        };
        let usual = scale as f64 / f64::from(length);
        let alike = (mean - usual).abs() <= usual / 20.0;
        let pace = if alike && self.is_even(length) {
            Pace::Constant
        } else {
            Pace::Varies
        };
        Some(FrameRate::new(mean, usual, pace))
    }

    /// The length that half of the samples do not exceed.
    fn median(&self) -> Option<u32> {
        let mut seen = 0_u64;
        self.of.iter().find_map(|(length, count)| {
            seen = seen.saturating_add(*count);
            (seen >= self.count.div_ceil(2)).then_some(*length)
        })
    }

    /// Whether but a few samples, such as the last or a dropped one, last as long as most. Times are rounded to ticks, which
    /// may be few.
    fn is_even(&self, usual: u32) -> bool {
        let rounding = u32::from(usual >= 3);
        let near = |length: u32| length.abs_diff(usual) <= (usual / 5).max(rounding);
        let other = self.of.iter().filter(|(length, _)| !near(**length));
        let odd = other.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        odd <= (self.count / 20).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(runs: &[(u32, u64)], scale: u64) -> Option<FrameRate> {
        let mut lengths = Lengths::default();
        for (length, count) in runs {
            lengths.add(*length, *count);
        }
        lengths.rate(scale)
    }

    fn pace(runs: &[(u32, u64)], scale: u64) -> Pace {
        of(runs, scale).unwrap().pace
    }

    #[test]
    fn rounding_an_odd_last_frame_and_a_few_dropped_ones_leave_it_constant() {
        let even = of(&[(512, 30)], 15_360).unwrap();
        assert_eq!(
            (even.mean, even.usual, even.pace),
            (30.0, 30.0, Pace::Constant)
        );
        // 30 a second in thousandths, and in ninetieths.
        assert_eq!(pace(&[(33, 20), (34, 10), (33, 20)], 1000), Pace::Constant);
        assert_eq!(pace(&[(3, 50), (4, 9), (3, 50)], 100), Pace::Constant);
        assert_eq!(pace(&[(20, 300), (1, 1)], 600), Pace::Constant);
        assert_eq!(pace(&[(40, 297), (80, 3)], 600), Pace::Constant);
    }

    #[test]
    fn a_mean_that_is_nobodys_rate_is_told_as_varying() {
        let still = of(&[(1000, 59), (242_000, 1), (1000, 59)], 60_000).unwrap();
        assert_eq!(still.pace, Pace::Varies);
        assert_eq!(still.usual, 60.0);
        assert!((19.0..21.0).contains(&still.mean), "{still:?}");
        assert_eq!(pace(&[(1, 50), (2, 50)], 30), Pace::Varies);
        assert_eq!(pace(&[(10, 5), (60, 90), (110, 5)], 1000), Pace::Varies);
        assert_eq!(pace(&[(0, 60), (9, 40)], 600), Pace::Varies);
        let many: Vec<_> = (0..5000).map(|length| (1000 + length % 4999, 1)).collect();
        assert_eq!(pace(&many, 90_000), Pace::Varies);
    }

    #[test]
    fn nothing_has_no_rate_and_absurd_sums_are_survived() {
        assert_eq!(of(&[], 600), None);
        assert_eq!(of(&[(0, 9)], 600), None);
        assert_eq!(of(&[(9, 9)], 0), None);
        let huge = of(&[(u32::MAX, u64::MAX), (1, u64::MAX)], u64::MAX).unwrap();
        assert!(huge.mean.is_finite() && huge.usual.is_finite());
    }
}
