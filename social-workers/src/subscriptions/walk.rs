//! How far each app's accounts were walked through. In the memory of this process: whoever begins anew walks past what is not
//! due.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    model::{Account, AppKey},
    store::{AccountPage, AccountPlace},
};

pub(super) type Place = AccountPlace;

/// How far the clocks of processes, and the writing down of a connection after its time was read, are believed to be apart.
const APART: TimeDelta = TimeDelta::minutes(2);

#[derive(Debug, Default)]
pub(super) struct Walks(BTreeMap<AppKey, Walk>);

/// Times are of the clock that nobody sets.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Where the walk through all accounts goes on; at the beginning when nothing.
    place: Option<Place>,
    begun: Option<Duration>,
    /// Where the look for accounts that were connected lately goes on.
    lately: Option<Place>,
    /// The walk through all rests until then.
    rests_until: Duration,
    /// The platform, or the app, is in trouble until then.
    stopped_until: Duration,
}

/// What was seen of a page.
#[derive(Debug, Default)]
pub(super) struct Seen {
    last: Option<Place>,
    stopped_for: Option<Duration>,
}

/// How long a walk rests once it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    now: Duration,
    least: Duration,
    most: Duration,
}

impl Walks {
    pub(super) fn of(&mut self, app: &AppKey) -> &mut Walk {
        self.0.entry(app.clone()).or_default()
    }

    /// Whether a walk has another batch to look at now.
    pub(super) fn is_on_its_way(&self, elapsed: Duration) -> bool {
        let mut walks = self.0.values();
        walks.any(|walk| walk.place.is_some() && !walk.is_stopped(elapsed))
    }
}

impl Walk {
    fn is_stopped(&self, elapsed: Duration) -> bool {
        elapsed < self.stopped_until
    }

    /// After which place to look for accounts that were connected lately. Earlier ones are met by the walk.
    pub(super) fn lately(&mut self, now: DateTime<Utc>, elapsed: Duration) -> Option<Place> {
        if self.is_stopped(elapsed) {
            return None;
        }
        let since = || Place::since(now.checked_sub_signed(APART).unwrap_or(now));
        Some(self.lately.get_or_insert_with(since).clone())
    }

    /// After which place the walk goes on; nothing while it rests.
    pub(super) fn next(&mut self, elapsed: Duration) -> Option<Place> {
        if self.is_stopped(elapsed) || (self.place.is_none() && elapsed < self.rests_until) {
            return None;
        }
        self.begun.get_or_insert(elapsed);
        Some(self.place.clone().unwrap_or_else(beginning))
    }

    /// At the end of what there is, what is written down late, or by a clock that is behind, is looked for again.
    pub(super) fn went_lately(&mut self, seen: Seen, page: AccountPage, rest: Rest) {
        if self.stops(&seen, rest) {
            self.lately = seen.last.or(self.lately.take());
        } else if page.next.is_some() {
            self.lately = page.next;
        } else if let Some(last) = seen.last {
            let since = last.connected_at.checked_sub_signed(APART);
            self.lately = since.map(Place::since);
        }
    }

    pub(super) fn went(&mut self, seen: Seen, page: AccountPage, rest: Rest) {
        if self.stops(&seen, rest) {
            self.place = seen.last.or(self.place.take());
            return;
        }
        self.place = page.next;
        if self.place.is_none() {
            let took = rest
                .now
                .saturating_sub(self.begun.take().unwrap_or(rest.now));
            self.rests_until = rest.now.saturating_add(rest.after(took));
        }
    }

    fn stops(&mut self, seen: &Seen, rest: Rest) -> bool {
        let Some(wait) = seen.stopped_for else {
            return false;
        };
        self.stopped_until = rest.now.saturating_add(wait);
        // A wait for the platform is no part of how long a walk takes.
        self.begun = None;
        true
    }
}

/// Nobody was connected before that.
fn beginning() -> Place {
    Place::since(DateTime::UNIX_EPOCH)
}

impl Seen {
    pub(super) fn account(&mut self, account: &Account) {
        self.last = Some(Place::after(
            account.connected_at,
            account.key.account.clone(),
        ));
    }

    pub(super) fn stopped(&mut self, wait: Duration) {
        self.stopped_for = Some(wait);
    }
}

impl Rest {
    pub(super) fn new(now: Duration, least: Duration) -> Self {
        Self {
            now,
            least,
            most: least,
        }
    }

    pub(super) fn up_to(mut self, most: Duration) -> Self {
        self.most = self.least.max(most);
        self
    }

    /// Four fifths of the time a process walks past nothing.
    fn after(self, took: Duration) -> Duration {
        took.saturating_mul(4).clamp(self.least, self.most)
    }
}

#[cfg(test)]
mod tests {
    use social_core::model::{AppKey, Platform};

    use social_core::conformance::named;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn place(second: i64) -> Place {
        Place::since(at(second))
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn rest(now: Duration) -> Rest {
        Rest::new(now, 15 * MINUTE).up_to(144 * MINUTE)
    }

    #[test]
    fn a_walk_rests_by_how_long_it_took() {
        for (took, expected) in [(0, 15), (10, 40), (83, 144)] {
            let mut walk = Walk::default();
            assert_eq!(walk.next(Duration::ZERO), Some(beginning()), "it begins");
            let middle = AccountPage::new(Vec::new(), Some(place(1)));
            walk.went(Seen::default(), middle, rest(MINUTE));
            assert_eq!(walk.next(MINUTE), Some(place(1)), "it goes on");
            let end = took * MINUTE;
            walk.went(Seen::default(), AccountPage::default(), rest(end));
            let until = end + expected * MINUTE;
            assert_eq!(walk.next(until - MINUTE / 60), None, "after {took} min");
            assert_eq!(walk.next(until), Some(beginning()), "it begins anew");
        }
    }

    #[test]
    fn in_trouble_a_walk_waits_where_it_is() {
        let mut walks = Walks::default();
        let app = AppKey::new(Platform::new("example"), named("app"));
        let walk = walks.of(&app);
        walk.next(Duration::ZERO);
        let seen = Seen {
            last: Some(place(7)),
            stopped_for: Some(MINUTE),
        };
        let page = AccountPage::new(Vec::new(), Some(place(9)));
        walk.went(seen, page, rest(Duration::ZERO));
        assert_eq!(walk.next(MINUTE / 2), None);
        assert_eq!(walk.lately(at(0), MINUTE / 2), None);
        assert_eq!(walk.next(MINUTE), Some(place(7)), "after who was asked");
        walk.went(Seen::default(), AccountPage::default(), rest(MINUTE));
        assert_eq!(
            walk.next(16 * MINUTE),
            Some(beginning()),
            "the wait is no walk"
        );
        let seen = Seen {
            last: Some(place(7)),
            stopped_for: Some(MINUTE),
        };
        walk.went(seen, AccountPage::default(), rest(Duration::ZERO));
        assert!(!walks.is_on_its_way(MINUTE / 2));
        assert!(walks.is_on_its_way(MINUTE));
    }

    #[test]
    fn who_was_connected_lately_is_looked_for_again() {
        let mut walk = Walk::default();
        let zero = Duration::ZERO;
        assert_eq!(walk.lately(at(0), zero), Some(place(-120)));
        let more = AccountPage::new(Vec::new(), Some(place(5)));
        walk.went_lately(Seen::default(), more, rest(zero));
        assert_eq!(walk.lately(at(99), zero), Some(place(5)));
        let seen = Seen {
            last: Some(place(50)),
            stopped_for: None,
        };
        walk.went_lately(seen, AccountPage::default(), rest(zero));
        assert_eq!(walk.lately(at(99), zero), Some(place(-70)));
    }
}
