//! A machine whose clock is wrong must not take work away from the others, and a store's clock that was set must not end a
//! settle time early.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::WorkerContext;
use crate::{
    error::Result,
    store::InstallationStore,
    time::{Clock, Moment},
};

/// How often the clocks are compared.
const EACH: Duration = Duration::from_secs(60);
/// How often while nothing is claimed because of it.
const AGAIN: Duration = Duration::from_secs(5);
/// A wall clock that moved by so much more or less than time passed was set: it is compared at once.
const SET: Duration = Duration::from_secs(1);
/// From here on it is told.
const TOLD: Duration = Duration::from_secs(2);
/// For how long it is known what the store's clock said: longer than any settle time.
const KNOWN: usize = 120;

/// Compares this machine's wall clock with the store's, at the start and each minute. Above two seconds it warns; above
/// the tolerance, 60 s unless [set](super::SocialBuilder::clock_tolerance), nothing is to be claimed. A store without a
/// clock of its own is always right. Clones share what was seen.
#[derive(Clone)]
pub struct ClockGuard {
    store: Arc<dyn InstallationStore>,
    clock: Arc<dyn Clock>,
    tolerance: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    compared: Option<Compared>,
    told: Verdict,
    /// What the store's clock said, and what had elapsed here then, at most.
    known: VecDeque<(DateTime<Utc>, Duration)>,
}

#[derive(Clone, Copy)]
struct Compared {
    at: Moment,
    verdict: Verdict,
    /// By how much the clock here is ahead of the store's.
    ahead: TimeDelta,
}

/// What the store's clock said, when its answer was here, and by how much ours was ahead.
struct Asked {
    told: DateTime<Utc>,
    after: Moment,
    ahead: TimeDelta,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verdict {
    #[default]
    Right,
    Differs,
    Wrong,
}

impl ClockGuard {
    /// Compares `clock` with that of `store`.
    pub fn new(store: Arc<dyn InstallationStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            tolerance: Duration::from_secs(60),
            state: Arc::default(),
        }
    }

    /// Claims while the clocks differ by no more than this.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Whether this machine's clock is too wrong to claim anything. Asks the store when a minute has passed or when the
    /// clock here was set. Logs each change once.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn is_held(&self) -> Result<bool> {
        let seen = self.state().compared;
        let verdict = match seen.filter(|seen| self.is_fresh(*seen)) {
            Some(seen) => seen.verdict,
            None => self.compare().await?,
        };
        Ok(verdict == Verdict::Wrong)
    }

    /// By how much the store's clock has moved too far since this process last knew it: it was set forward, and so much
    /// too early it says that a lease or a settle time is over. Looks back over two hours, or the life of the process.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn ran_ahead(&self) -> Result<Duration> {
        let before = self.clock.elapsed();
        let Some(now) = self.store.wall_clock().await? else {
            return Ok(Duration::ZERO);
        };
        let state = self.state();
        let moved = state.known.iter().map(|(told, elapsed)| {
            let moved = (now - *told).to_std().unwrap_or_default();
            moved.saturating_sub(before.saturating_sub(*elapsed))
        });
        Ok(moved.max().unwrap_or_default())
    }

    /// By how much this machine's clock is ahead of the store's, at least; less than nothing when it is behind. `None` where
    /// the store has no clock of its own.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn ahead(&self) -> Result<Option<TimeDelta>> {
        Ok(self.ask().await?.map(|asked| asked.ahead))
    }

    /// What both clocks agree has come: the earlier of the time here and the store's, as far as they were compared. By this
    /// it is told what came too late: a clock that is a little ahead must not give up what others still have time for.
    ///
    /// The comparison is the last one of [`is_held`](Self::is_held), at most a minute old in a worker: it is later than the
    /// store's time by what that was set back since. Whoever gives something up for it [compares
    /// afresh](Self::agreed_afresh).
    pub fn agreed(&self) -> DateTime<Utc> {
        let ahead = (self.state().compared).map_or(TimeDelta::zero(), |seen| seen.ahead);
        let now = self.clock.now();
        now.checked_sub_signed(ahead.max(TimeDelta::zero()))
            .unwrap_or(now)
    }

    /// As [`agreed`](Self::agreed), with the clocks compared now.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn agreed_afresh(&self) -> Result<DateTime<Utc>> {
        self.compare().await?;
        Ok(self.agreed())
    }

    /// Until when something may have come anywhere: the later of the time here and the store's, compared now, and the
    /// tolerance on top, since other machines may be as far off as is tolerated; at most an hour of that.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn latest(&self) -> Result<DateTime<Utc>> {
        let behind = -(self.ahead().await?)
            .unwrap_or_default()
            .min(TimeDelta::zero());
        let tolerance = self.tolerance.min(Duration::from_secs(3_600));
        let tolerance = TimeDelta::from_std(tolerance).unwrap_or_default();
        let now = self.clock.now();
        Ok(now.checked_add_signed(behind + tolerance).unwrap_or(now))
    }

    async fn ask(&self) -> Result<Option<Asked>> {
        let before = self.clock.moment();
        let told = self.store.wall_clock().await?;
        let after = self.clock.moment();
        let Some(told) = told else { return Ok(None) };
        // What it was while the question was on its way is not known.
        let ahead = match told {
            told if told < before.now => before.now - told,
            told if told > after.now => after.now - told,
            _ => TimeDelta::zero(),
        };
        Ok(Some(Asked { told, after, ahead }))
    }

    async fn compare(&self) -> Result<Verdict> {
        let asked = self.ask().await?;
        let ahead = (asked.as_ref()).map_or_else(TimeDelta::zero, |asked| asked.ahead);
        let at = (asked.as_ref()).map_or_else(|| self.clock.moment(), |asked| asked.after);
        let verdict = self.judge(ahead);
        let mut state = self.state();
        state.compared = Some(Compared { at, verdict, ahead });
        if let Some(asked) = asked {
            if state.known.len() >= KNOWN {
                state.known.pop_front();
            }
            state.known.push_back((asked.told, asked.after.elapsed));
        }
        if state.told != verdict {
            state.told = verdict;
            self.tell(verdict, ahead);
        }
        Ok(verdict)
    }

    fn judge(&self, ahead: TimeDelta) -> Verdict {
        let apart = ahead.abs().to_std().unwrap_or(Duration::MAX);
        match apart {
            apart if apart > self.tolerance => Verdict::Wrong,
            apart if apart > TOLD => Verdict::Differs,
            _ => Verdict::Right,
        }
    }

    fn tell(&self, verdict: Verdict, ahead: TimeDelta) {
        let seconds = ahead.abs().num_seconds();
        let direction = if ahead < TimeDelta::zero() {
            "behind"
        } else {
            "ahead of"
        };
        match verdict {
            Verdict::Right => tracing::info!("this machine's clock agrees with the database's"),
            Verdict::Differs => tracing::warn!(
                "this machine's clock is {seconds} s {direction} the database's, and what is due is begun earlier or later \
                 by as much: let both set their clocks by the network"
            ),
            Verdict::Wrong => tracing::error!(
                "this machine's clock is {seconds} s {direction} the database's: nothing is claimed here, others go on. Find \
                 out which of the two is wrong and let it set its clock by the network; work here then goes on by itself"
            ),
        }
    }

    fn is_fresh(&self, seen: Compared) -> bool {
        let lasts = match seen.verdict {
            Verdict::Wrong => AGAIN,
            _ => EACH,
        };
        let now = self.clock.moment();
        let passed = now.elapsed.saturating_sub(seen.at.elapsed);
        let wall = now.now - seen.at.now;
        let passed_there = TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
        let set = (wall - passed_there).abs().to_std().unwrap_or(SET);
        passed < lasts && set < SET
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ClockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockGuard")
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

impl WorkerContext {
    /// Compares this machine's clock with the store's.
    pub fn clock_guard(&self) -> &ClockGuard {
        &self.inner.clocks
    }

    /// Whether no worker of this process may claim anything now: the data are in a life that nobody accepted, or this
    /// machine's clock is too far from the store's. Workers ask it before every round.
    ///
    /// # Errors
    /// `Storage` when the store fails: then nobody knows, and nothing is to be claimed either.
    pub async fn is_held(&self) -> Result<bool> {
        Ok(self.inner.guard.is_held().await? || self.inner.clocks.is_held().await?)
    }
}
