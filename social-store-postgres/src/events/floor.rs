//! From where a claim looks for events.
//!
//! Whoever keeps an old snapshot open, be it a backup of an hour, keeps the index entries of all that was handled since: a claim
//! that begins at the first of them walks over them all, 0.2 ms for each thousand. But a claim takes what is due first, so
//! nothing is left below what the last one took, apart from what comes late: stored, or given back, by another process for
//! a time that has passed. So most claims begin [just below](NEAR), one a second [a minute below](FAR), and one in [ten](AFRESH) at
//! the first entry. What this process does itself lowers the floor at once.
//!
//! An answer without events does not drop the floor: an idle worker looks each second, and each time would walk over all.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// How often a claim begins at the first entry.
const AFRESH: Duration = Duration::from_secs(10);

/// How often one begins a minute below.
const SECOND: Duration = Duration::from_secs(1);

/// Clocks differ, and transactions end in another order than they began.
const NEAR: TimeDelta = TimeDelta::seconds(2);
const FAR: TimeDelta = TimeDelta::seconds(60);

/// The floor of one store and its clones.
#[derive(Debug, Default)]
pub(crate) struct Floor(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Up to here everything was taken, or is in `late`.
    taken: Option<DateTime<Utc>>,
    /// The lowest that this process added since the last look at all.
    late: Option<DateTime<Utc>>,
    /// When the last look at all began.
    since: Option<Duration>,
    /// When the last one began that went far down.
    far_since: Duration,
}

impl Floor {
    /// Where a claim begins; nothing for the first entry. `elapsed` is the machine's.
    pub(super) fn begin(&self, elapsed: Duration) -> Option<DateTime<Utc>> {
        let mut known = self.known();
        if known.is_old(elapsed) {
            *known = Known {
                since: Some(elapsed),
                far_since: elapsed,
                ..Known::default()
            };
        }
        let mut below = NEAR;
        if elapsed.saturating_sub(known.far_since) >= SECOND {
            known.far_since = elapsed;
            below = FAR;
        }
        known.floor(below)
    }

    /// A claim has taken all that was due up to here, or as much as it wanted.
    pub(super) fn took(&self, up_to: DateTime<Utc>) {
        let mut known = self.known();
        known.taken = Some(up_to);
        known.late = known.late.filter(|late| known.is_below(*late));
    }

    /// Something is due since then.
    pub(super) fn lower(&self, due: DateTime<Utc>) {
        let mut known = self.known();
        if known.is_below(due) {
            known.late = Some(known.late.map_or(due, |late| late.min(due)));
        }
    }

    /// Where a look begins that takes nothing.
    pub(super) fn peek(&self, elapsed: Duration) -> Option<DateTime<Utc>> {
        let known = *self.known();
        match known.is_old(elapsed) {
            true => None,
            false => known.floor(NEAR),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_old(&self, elapsed: Duration) -> bool {
        let age = self.since.map(|since| elapsed.saturating_sub(since));
        age.is_none_or(|age| age >= AFRESH)
    }

    /// Whether no claim that begins near finds what is due then.
    fn is_below(&self, due: DateTime<Utc>) -> bool {
        let near = self.taken.and_then(|taken| taken.checked_sub_signed(NEAR));
        near.is_none_or(|near| due < near)
    }

    fn floor(&self, below: TimeDelta) -> Option<DateTime<Utc>> {
        let at = self.taken?.checked_sub_signed(below)?;
        Some(self.late.map_or(at, |late| at.min(late)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000_000 + seconds)
    }

    const fn after(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_floor_lies_just_below_what_was_taken() {
        let floor = Floor::default();
        assert_eq!(floor.begin(after(5_000)), None, "the first look");
        assert_eq!(floor.begin(after(5_100)), None, "nothing is known yet");
        floor.took(at(100));
        assert_eq!(floor.begin(after(5_200)), Some(at(98)));
        floor.took(at(200));
        assert_eq!(floor.begin(after(5_300)), Some(at(198)));
        assert_eq!(floor.peek(after(5_300)), Some(at(198)));
    }

    #[test]
    fn once_a_second_it_is_a_minute_below_and_once_in_ten_there_is_none() {
        let floor = Floor::default();
        floor.begin(after(5_000));
        floor.took(at(100));
        assert_eq!(floor.begin(after(5_999)), Some(at(98)));
        assert_eq!(floor.begin(after(6_000)), Some(at(40)));
        assert_eq!(floor.begin(after(6_001)), Some(at(98)));
        assert_eq!(floor.begin(after(7_000)), Some(at(40)));
        assert_eq!(floor.begin(after(14_999)), Some(at(40)));
        assert_eq!(floor.peek(after(15_000)), None);
        assert_eq!(floor.begin(after(15_000)), None, "ten seconds later");
        floor.took(at(100));
        assert_eq!(floor.begin(after(15_001)), Some(at(98)));
    }

    #[test]
    fn what_comes_late_lowers_it_until_the_next_look_at_all() {
        let floor = Floor::default();
        floor.begin(after(5_000));
        floor.lower(at(-500));
        floor.took(at(100));
        assert_eq!(floor.begin(after(5_001)), Some(at(-500)), "while it looked");
        floor.lower(at(70));
        assert_eq!(floor.begin(after(5_002)), Some(at(-500)));
        floor.took(at(101));
        assert_eq!(
            floor.begin(after(5_003)),
            Some(at(-500)),
            "it may wait for its turn"
        );
        assert_eq!(floor.begin(after(20_000)), None);
        floor.took(at(200));
        assert_eq!(floor.begin(after(20_001)), Some(at(198)));
        floor.lower(at(199));
        floor.took(at(300));
        assert_eq!(floor.begin(after(20_002)), Some(at(298)), "found meanwhile");
    }
}
