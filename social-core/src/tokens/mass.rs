//! Many accounts of one app that turn dead at once look like a wrong client secret, not like many people who left.

use std::{
    collections::{HashMap, VecDeque},
    sync::PoisonError,
    time::Duration,
};

use super::{TokenSettings, Tokens};
use crate::{model::AppKey, store::TokenRecord};

/// The latest answer of each of an app's accounts, or persons, tried within the window.
#[derive(Debug)]
pub(super) struct MassDeath {
    count: usize,
    share: f64,
    window: Duration,
    /// An alarm outlasts the next round of attempts, which comes after the grace time.
    hold: Duration,
    latest: HashMap<String, (Duration, bool)>,
    order: VecDeque<(Duration, String)>,
    dead: usize,
    until: Option<Duration>,
    /// Whether the alarm was told.
    alarmed: bool,
}

impl MassDeath {
    pub(super) fn new(settings: &TokenSettings) -> Self {
        Self {
            count: usize::try_from(settings.mass_count).unwrap_or(usize::MAX),
            share: settings.mass_share,
            window: settings.mass_window,
            hold: settings.grace + settings.mass_window,
            latest: HashMap::new(),
            order: VecDeque::new(),
            dead: 0,
            until: None,
            alarmed: false,
        }
    }

    /// Notes what the platform said of an account, and whether verdicts are suspended now.
    pub(super) fn note(&mut self, row: &str, dead: bool, now: Duration) -> bool {
        self.forget_before(now.saturating_sub(self.window));
        self.remove(row);
        self.latest.insert(row.to_owned(), (now, dead));
        self.order.push_back((now, row.to_owned()));
        self.dead += usize::from(dead);
        #[expect(clippy::cast_precision_loss, reason = "a share needs no exact count")]
        let unusual = self.dead as f64 > self.share * self.latest.len() as f64;
        if dead && self.dead >= self.count && unusual {
            self.until = Some(now + self.hold);
        }
        self.is_alarmed(now)
    }

    pub(super) fn is_alarmed(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    fn forget_before(&mut self, start: Duration) {
        while let Some((at, row)) = self.order.front().filter(|(at, _)| *at < start).cloned() {
            self.order.pop_front();
            if self.latest.get(&row).is_some_and(|latest| latest.0 == at) {
                self.remove(&row);
            }
        }
    }

    fn remove(&mut self, row: &str) {
        if let Some((_, dead)) = self.latest.remove(row) {
            self.dead -= usize::from(dead);
        }
    }
}

impl Tokens {
    /// Whether verdicts on accounts of this app are suspended, because an unusual share of them turned dead at once in this
    /// process. Usually the app's secret is wrong.
    pub fn verdicts_suspended(&self, app: &AppKey) -> bool {
        let now = self.inner.config.clock.elapsed();
        let mass = self.inner.mass.lock();
        let mass = mass.unwrap_or_else(PoisonError::into_inner);
        mass.get(app).is_some_and(|mass| mass.is_alarmed(now))
    }

    /// Notes what the platform said of an account, raises its app's alarm once, and says whether verdicts are suspended.
    /// The accounts of one person count once, where the platform tells who consented: they die together when that person leaves.
    pub(super) fn note_answer(&self, record: &TokenRecord, dead: bool) -> bool {
        let now = self.inner.config.clock.elapsed();
        let app = record.app_key();
        // No row begins so.
        let whose = (record.principal.as_ref()).map(|person| format!("of {person}"));
        let whose = whose.unwrap_or_else(|| record.key.row_id());
        let mut mass = self
            .inner
            .mass
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let new = || MassDeath::new(&self.inner.config.settings);
        let mass = mass.entry(app.clone()).or_insert_with(new);
        let suspended = mass.note(&whose, dead, now);
        let before = std::mem::replace(&mut mass.alarmed, suspended);
        if suspended && !before {
            tracing::error!(
                %app,
                dead = mass.dead,
                tried = mass.latest.len(),
                "an unusual share of accounts or persons turned dead at once: verdicts are suspended. Check the platform \
                 app's id and secret"
            );
        } else if before && !suspended {
            tracing::info!(%app, "verdicts on dead accounts are no longer suspended");
        }
        suspended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(60 * n)
    }

    #[test]
    fn needs_both_the_count_and_the_share() {
        let mut few = MassDeath::new(&TokenSettings::default());
        assert!((0..4).all(|i| !few.note(&i.to_string(), true, minutes(1))));
        assert!(few.note("4", true, minutes(1)), "five of five");

        let mut many = MassDeath::new(&TokenSettings::default());
        for i in 0..20 {
            assert!(!many.note(&format!("well {i}"), false, minutes(1)));
        }
        assert!(
            (0..5).all(|i| !many.note(&i.to_string(), true, minutes(1))),
            "5 of 25 is 20 %"
        );
        assert!(many.note("5", true, minutes(1)), "6 of 26 is more");
    }

    #[test]
    fn counts_accounts_once_and_only_within_the_window() {
        let mut mass = MassDeath::new(&TokenSettings::default());
        assert!((0..9).all(|_| !mass.note("one", true, minutes(1))));
        assert!((0..4).all(|i| !mass.note(&i.to_string(), true, minutes(12))));
        assert!(mass.note("4", true, minutes(12)));
        assert!(mass.is_alarmed(minutes(31)), "outlasts the grace time");
        assert!(!mass.is_alarmed(minutes(32)));
    }
}
