use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    error::Result,
    store::{Block, Booking, Counting, Limit, Limits, Room, Usage, Window},
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
    /// Nobody, when the platform counted it.
    holder: Option<String>,
    /// When it was granted, or is promised.
    at: Duration,
    granted: bool,
    units: u32,
    /// By the window it was booked in.
    lapses_at: Duration,
}

impl Entry {
    fn is_of(&self, holder: &str) -> bool {
        self.holder.as_deref() == Some(holder)
    }

    /// When it leaves the window.
    fn ends_at(&self, window: Window) -> Duration {
        match window.left {
            Some(_) => self.lapses_at,
            None => self.at.saturating_add(window.per),
        }
    }

    /// Whether it still is in the window.
    fn counts(&self, window: Window, now: Duration) -> bool {
        self.ends_at(window) > now
    }
}

impl Key {
    /// Whether `holder` still has what it was granted once.
    fn has(&self, limit: &Limit, holder: &str, now: Duration) -> bool {
        limit.counting == Counting::OncePerHolder
            && self.bookings.iter().any(|booking| {
                booking.granted && booking.is_of(holder) && booking.counts(limit.window, now)
            })
    }

    /// The holder's place in the queue, unless it lapsed.
    fn place(&mut self, holder: &str, window: Window, now: Duration) -> Option<&mut Entry> {
        let mut places = self.bookings.iter_mut();
        places.find(|place| !place.granted && place.is_of(holder) && place.counts(window, now))
    }

    /// What is left to the one with this number in the queue.
    fn room(&self, limit: &Limit, number: u64, now: Duration) -> Room {
        let window = limit.window;
        let spare = u64::from(window.limit.saturating_sub(limit.cost));
        let ahead = self.bookings.iter().filter(|booking| {
            booking.counts(window, now) && (booking.granted || booking.number < number)
        });
        let mut ahead: Vec<_> = ahead.collect();
        ahead.sort_unstable_by_key(|booking| Reverse(booking.ends_at(window)));
        let mut units = 0;
        let last = ahead.iter().find(|booking| {
            units += u64::from(booking.units);
            units > spare
        });
        let queued = last.map_or(now, |booking| booking.ends_at(window));
        let turn = now.saturating_add(window.left.unwrap_or_default());
        let of_this = ahead
            .iter()
            .filter(|booking| booking.granted || booking.at.saturating_add(window.eve()) < turn);
        let units: u64 = of_this.map(|booking| u64::from(booking.units)).sum();
        let blocked = self.blocked_until.saturating_sub(now);
        Room::new(window, queued.saturating_sub(now), units <= spare, blocked)
    }
}

impl Rows {
    fn book(&mut self, limits: &[Limit], holder: &str, now: Duration) -> Booking {
        let mut rooms = Vec::new();
        let mut wanted = Vec::new();
        for limit in limits {
            let key = self.keys.entry(limit.key.clone()).or_default();
            if key.has(limit, holder, now) {
                continue;
            }
            let place = key.place(holder, limit.window, now);
            let number = place.map_or(u64::MAX, |place| place.number);
            rooms.push(key.room(limit, number, now));
            wanted.push(limit);
        }
        let wait = Room::of_all(&rooms);
        let at = now.saturating_add(wait);
        let granted = wait.is_zero();
        for limit in wanted {
            let lapses_at = now.saturating_add(limit.window.ends_after(wait));
            let key = self.keys.entry(limit.key.clone()).or_default();
            if let Some(place) = key.place(holder, limit.window, now) {
                (place.at, place.granted, place.lapses_at) = (at, granted, lapses_at);
                place.units = limit.cost;
                continue;
            }
            // A place that lapsed is lost: who comes back then, comes last.
            key.bookings
                .retain(|place| place.granted || !place.is_of(holder));
            key.bookings.push(Entry {
                number: self.next,
                holder: Some(holder.to_owned()),
                at,
                granted,
                units: limit.cost,
                lapses_at,
            });
            self.next += 1;
        }
        if granted {
            Booking::Granted
        } else {
            Booking::Wait(wait)
        }
    }

    fn refund(&mut self, key: &str, holder: &str) {
        let Some(key) = self.keys.get_mut(key) else {
            return;
        };
        key.bookings
            .retain(|booking| booking.granted || !booking.is_of(holder));
        let mine = key.bookings.iter().enumerate();
        let mine = mine.filter(|(_, booking)| booking.is_of(holder));
        if let Some((latest, _)) = mine.max_by_key(|(_, booking)| (booking.at, booking.number)) {
            key.bookings.remove(latest);
        }
    }

    fn observe(&mut self, limit: &Limit, used: u32, now: Duration) {
        let left = limit.window.left.unwrap_or(limit.window.per);
        let key = self.keys.entry(limit.key.clone()).or_default();
        let missing = used.saturating_sub(key.used(limit.window, now));
        if missing == 0 || left.is_zero() {
            return;
        }
        key.bookings.push(Entry {
            number: self.next,
            holder: None,
            at: now,
            granted: true,
            units: missing,
            lapses_at: now.saturating_add(left),
        });
        self.next += 1;
    }

    fn unblock(&mut self, key: &str, now: Duration) -> bool {
        let key = self.keys.get_mut(key);
        let Some(key) = key.filter(|key| key.blocked_until > now) else {
            return false;
        };
        key.blocked_until = now;
        true
    }

    fn blocks(&self, limit: u32, now: Duration) -> Vec<Block> {
        let left = |(name, key): (&String, &Key)| {
            let left = key.blocked_until.checked_sub(now)?;
            (!left.is_zero()).then(|| Block::new(name, left))
        };
        let mut blocks: Vec<_> = self.keys.iter().filter_map(left).collect();
        blocks.sort_by_key(|block| Reverse(block.left));
        blocks.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        blocks
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
        let used = granted.filter(|booking| booking.counts(window, now));
        let units: u64 = used.map(|booking| u64::from(booking.units)).sum();
        u32::try_from(units).unwrap_or(u32::MAX)
    }
}

#[async_trait]
impl Limits for MemoryStore {
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking> {
        limits.iter().try_for_each(Limit::check)?;
        let now = self.clock.elapsed();
        Ok(self.tables().limits.book(limits, holder, now))
    }

    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()> {
        let rows = &mut self.tables().limits;
        keys.iter().for_each(|key| rows.refund(key, holder));
        Ok(())
    }

    async fn observe(&self, limit: &Limit, used: u32) -> Result<()> {
        limit.check()?;
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

    async fn unblock(&self, key: &str) -> Result<bool> {
        let now = self.clock.elapsed();
        Ok(self.tables().limits.unblock(key, now))
    }

    async fn blocks(&self, limit: u32) -> Result<Vec<Block>> {
        let now = self.clock.elapsed();
        Ok(self.tables().limits.blocks(limit, now))
    }

    async fn usage(&self, limit: &Limit) -> Result<Usage> {
        limit.check()?;
        let now = self.clock.elapsed();
        let rows = &mut self.tables().limits;
        let key = rows.keys.entry(limit.key.clone()).or_default();
        let wait = Room::of_all(&[key.room(limit, u64::MAX, now)]);
        let waiting = key.bookings.iter().filter(|booking| !booking.granted);
        let waiting = waiting.filter(|place| place.counts(limit.window, now));
        let waiting = u32::try_from(waiting.count()).unwrap_or(u32::MAX);
        Ok(Usage::new(key.used(limit.window, now), waiting, wait))
    }

    async fn purge(&self, limit: u32) -> Result<u64> {
        let now = self.clock.elapsed();
        Ok(self.tables().limits.purge(limit, now))
    }
}
