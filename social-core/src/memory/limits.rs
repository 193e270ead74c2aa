use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    error::Result,
    store::{Booking, Counting, Limit, Limits, Usage, Window},
};

/// By key.
#[derive(Default)]
pub(super) struct Rows {
    keys: BTreeMap<String, Key>,
    /// Numbers the bookings in the order in which they were asked for.
    next: u64,
}

#[derive(Default)]
struct Key {
    blocked_until: Duration,
    bookings: Vec<Entry>,
}

struct Entry {
    number: u64,
    holder: String,
    /// When it was granted, or is promised.
    at: Duration,
    granted: bool,
    lapses_at: Duration,
}

impl Key {
    /// Whether `holder` still has what it was granted once.
    fn has(&self, limit: &Limit, holder: &str, now: Duration) -> bool {
        limit.counting == Counting::OncePerHolder
            && self.bookings.iter().any(|booking| {
                booking.granted && booking.holder == holder && booking.at + limit.window.per > now
            })
    }

    fn place(&mut self, holder: &str) -> Option<&mut Entry> {
        let mut places = self.bookings.iter_mut();
        places.find(|booking| !booking.granted && booking.holder == holder)
    }

    /// The earliest time for the one with this number in the queue.
    fn earliest(&self, window: Window, number: u64, now: Duration) -> Duration {
        if window.limit == 0 {
            return now + window.per;
        }
        let ahead = self.bookings.iter().filter(|booking| {
            booking.at + window.per > now && (booking.granted || booking.number < number)
        });
        let mut times: Vec<_> = ahead.map(|booking| booking.at).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let regained = times.get(limit - 1).map_or(now, |at| *at + window.per);
        regained.max(self.blocked_until).max(now)
    }
}

impl Rows {
    fn book(&mut self, limits: &[Limit], holder: &str, now: Duration) -> Booking {
        let mut at = now;
        let mut wanted = Vec::new();
        for limit in limits {
            let key = self.keys.entry(limit.key.clone()).or_default();
            if key.has(limit, holder, now) {
                continue;
            }
            let number = key.place(holder).map_or(u64::MAX, |place| place.number);
            at = at.max(key.earliest(limit.window, number, now));
            wanted.push(limit);
        }
        let granted = at == now;
        for limit in wanted {
            let lapses_at = at + limit.window.per;
            let key = self.keys.entry(limit.key.clone()).or_default();
            if let Some(place) = key.place(holder) {
                (place.at, place.granted, place.lapses_at) = (at, granted, lapses_at);
                continue;
            }
            key.bookings.push(Entry {
                number: self.next,
                holder: holder.to_owned(),
                at,
                granted,
                lapses_at,
            });
            self.next += 1;
        }
        if granted {
            Booking::Granted
        } else {
            Booking::Wait(at - now)
        }
    }

    fn refund(&mut self, key: &str, holder: &str) {
        let Some(key) = self.keys.get_mut(key) else {
            return;
        };
        key.bookings
            .retain(|booking| booking.granted || booking.holder != holder);
        let mine = key.bookings.iter().enumerate();
        let mine = mine.filter(|(_, booking)| booking.holder == holder);
        if let Some((latest, _)) = mine.max_by_key(|(_, booking)| (booking.at, booking.number)) {
            key.bookings.remove(latest);
        }
    }

    fn observe(&mut self, limit: &Limit, used: u32, now: Duration) {
        let key = self.keys.entry(limit.key.clone()).or_default();
        for _ in key.used(limit.window, now)..used {
            key.bookings.push(Entry {
                number: self.next,
                holder: String::new(),
                at: now,
                granted: true,
                lapses_at: now + limit.window.per,
            });
            self.next += 1;
        }
    }

    fn purge(&mut self, limit: u32, now: Duration) -> u64 {
        let mut left = limit;
        for key in self.keys.values_mut() {
            key.bookings.retain(|booking| {
                let gone = booking.lapses_at <= now && left > 0;
                left -= u32::from(gone);
                !gone
            });
        }
        self.keys.retain(|_, key| {
            let gone = key.bookings.is_empty() && key.blocked_until <= now;
            !gone
        });
        u64::from(limit - left)
    }
}

impl Key {
    fn used(&self, window: Window, now: Duration) -> u32 {
        let granted = self.bookings.iter().filter(|booking| booking.granted);
        let used = granted.filter(|booking| booking.at + window.per > now);
        u32::try_from(used.count()).unwrap_or(u32::MAX)
    }
}

#[async_trait]
impl Limits for MemoryStore {
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking> {
        let now = self.clock.elapsed();
        Ok(self.tables().limits.book(limits, holder, now))
    }

    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()> {
        let rows = &mut self.tables().limits;
        keys.iter().for_each(|key| rows.refund(key, holder));
        Ok(())
    }

    async fn observe(&self, limit: &Limit, used: u32) -> Result<()> {
        let now = self.clock.elapsed();
        self.tables().limits.observe(limit, used, now);
        Ok(())
    }

    async fn block(&self, key: &str, wait: Duration) -> Result<()> {
        let until = self.clock.elapsed().saturating_add(wait);
        let rows = &mut self.tables().limits;
        let key = rows.keys.entry(key.to_owned()).or_default();
        key.blocked_until = key.blocked_until.max(until);
        Ok(())
    }

    async fn usage(&self, limit: &Limit) -> Result<Usage> {
        let now = self.clock.elapsed();
        let rows = &mut self.tables().limits;
        let key = rows.keys.entry(limit.key.clone()).or_default();
        let wait = key.earliest(limit.window, u64::MAX, now) - now;
        let waiting = key.bookings.iter().filter(|booking| !booking.granted);
        let waiting = waiting.filter(|booking| booking.lapses_at > now).count();
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        Ok(Usage::new(key.used(limit.window, now), waiting, wait))
    }

    async fn purge(&self, limit: u32) -> Result<u64> {
        let now = self.clock.elapsed();
        Ok(self.tables().limits.purge(limit, now))
    }
}
