//! Lockstep: random operations on a store and on [`MemoryStore`], whose answers must be the same.
//!
//! It finds what no case thought of. A failure names seed and operation; the same seed gives the same operations.

mod events;
mod limits;
mod logins;
mod posts;
mod sealed;
mod tokens;

use std::{fmt::Debug, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::{
    Harness,
    fixtures::{at, micros},
    sealed::Sealing,
};
use crate::{
    error::Result,
    memory::MemoryStore,
    random::{Random, SeededRandom},
    store::{EventStore, Limits, LoginStore, PostStore, TokenStore},
    time::ManualClock,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Compares the accounts of a store to those of the model.
pub async fn tokens(
    harness: &impl Harness<Store: TokenStore>,
    seed: u64,
    operations: u32,
) -> Result<()> {
    let pair = Pair::new(harness).await;
    let (mut kept, mut expected) = (tokens::Seen::default(), tokens::Seen::default());
    for turn in Turn::all(seed, operations) {
        let operation = tokens::draw(&turn);
        if let Some(hours) = turn.hours {
            pair.advance(hours).await;
        }
        let model = tokens::apply(&pair.model, &operation, &mut expected).await;
        let store = tokens::apply(&*pair.store, &operation, &mut kept).await;
        turn.compare(&operation, &store, &model);
    }
    Ok(())
}

/// Compares the logins and offers of a store to those of the model.
pub async fn logins(
    harness: &impl Harness<Store: LoginStore>,
    seed: u64,
    operations: u32,
) -> Result<()> {
    let pair = Pair::new(harness).await;
    for turn in Turn::all(seed, operations) {
        let operation = logins::draw(&turn);
        let model = logins::apply(&pair.model, &operation).await;
        let store = logins::apply(&*pair.store, &operation).await;
        turn.compare(&operation, &store, &model);
    }
    Ok(())
}

/// Compares the posts of a store to those of the model.
pub async fn posts(
    harness: &impl Harness<Store: PostStore>,
    seed: u64,
    operations: u32,
) -> Result<()> {
    let pair = Pair::new(harness).await;
    let (mut kept, mut expected) = (Vec::new(), Vec::new());
    for turn in Turn::all(seed, operations) {
        let operation = posts::draw(&turn);
        if let Some(hours) = turn.hours {
            pair.advance(hours).await;
        }
        let model = posts::apply(&pair.model, &operation, &mut expected).await;
        let store = posts::apply(&*pair.store, &operation, &mut kept).await;
        turn.compare(&operation, &store, &model);
    }
    Ok(())
}

/// Compares the events of a store to those of the model.
pub async fn events(
    harness: &impl Harness<Store: EventStore>,
    seed: u64,
    operations: u32,
) -> Result<()> {
    let pair = Pair::new(harness).await;
    let (mut kept, mut expected) = (Vec::new(), Vec::new());
    for turn in Turn::all(seed, operations) {
        let operation = events::draw(&turn);
        if let Some(hours) = turn.hours {
            pair.advance(hours).await;
        }
        let model = events::apply(&pair.model, &operation, &mut expected).await;
        let store = events::apply(&*pair.store, &operation, &mut kept).await;
        turn.compare(&operation, &store, &model);
    }
    Ok(())
}

/// Compares what a store grants and promises to what the model does.
pub async fn limits(
    harness: &impl Harness<Store: Limits>,
    seed: u64,
    operations: u32,
) -> Result<()> {
    let pair = Pair::new(harness).await;
    for turn in Turn::all(seed, operations) {
        let operation = limits::draw(&turn);
        if let Some(hours) = turn.hours {
            pair.advance(hours).await;
        }
        let model = limits::apply(&pair.model, &operation).await;
        let store = limits::apply(&*pair.store, &operation).await;
        turn.compare(&operation, &store, &model);
    }
    Ok(())
}

/// Compares what is sealed in a store, and what a reseal leaves of its rows and claims, to the model.
pub async fn sealed(
    harness: &impl Harness<Store: Sealing>,
    seed: u64,
    operations: u32,
) -> Result<()> {
    let pair = Pair::new(harness).await;
    let (mut kept, mut expected) = (sealed::Seen::default(), sealed::Seen::default());
    for turn in Turn::all(seed, operations) {
        let operation = sealed::draw(&turn);
        if let Some(hours) = turn.hours {
            pair.advance(hours).await;
        }
        let model = sealed::apply(&pair.model, &operation, &mut expected).await;
        let store = sealed::apply(&*pair.store, &operation, &mut kept).await;
        turn.compare(&operation, &store, &model);
    }
    Ok(())
}

/// The store and its model, on clocks that move together.
struct Pair<'a, H: Harness> {
    harness: &'a H,
    store: Arc<H::Store>,
    clock: ManualClock,
    model: MemoryStore,
}

impl<'a, H: Harness> Pair<'a, H> {
    async fn new(harness: &'a H) -> Self {
        let clock = ManualClock::default();
        Self {
            harness,
            store: harness.store().await,
            model: MemoryStore::new(Arc::new(clock.clone())),
            clock,
        }
    }

    async fn advance(&self, hours: u32) {
        self.clock.advance(hours * HOUR);
        self.harness.advance(hours * HOUR).await;
    }
}

/// One operation's share of chance.
struct Turn {
    seed: u64,
    number: u32,
    random: SeededRandom,
    /// Whole hours by which the stores' clock moves on first. Leases and settle times are hours and a half: whether one
    /// has lapsed never hangs on the minutes that a run takes.
    hours: Option<u32>,
}

impl Turn {
    fn all(seed: u64, operations: u32) -> impl Iterator<Item = Self> {
        (0..operations).map(move |number| {
            let random = SeededRandom::new(seed.rotate_left(32) ^ u64::from(number));
            let mut turn = Self {
                seed,
                number,
                random,
                hours: None,
            };
            turn.hours = turn.chance(8).then(|| turn.below(3) + 1);
            turn
        })
    }

    /// Evenly from 0 to below `end`, as far as a test cares.
    fn below(&self, end: u32) -> u32 {
        let mut bytes = [0; 4];
        self.random
            .fill(&mut bytes)
            .expect("seeded randomness never fails");
        u32::from_le_bytes(bytes) % end
    }

    /// Once in so many.
    fn chance(&self, in_so_many: u32) -> bool {
        self.below(in_so_many) == 0
    }

    fn pick<T: Clone>(&self, from: &[T]) -> T {
        let end = u32::try_from(from.len()).expect("a short list");
        from[self.below(end) as usize].clone()
    }

    /// The present of this operation, a whole second.
    fn now(&self) -> DateTime<Utc> {
        at(i64::from(self.number))
    }

    /// A time around the present that no other operation draws, and that is no whole second.
    fn time(&self) -> DateTime<Utc> {
        let second = i64::from(self.number) - 30 + i64::from(self.below(120));
        at(second) + micros(i64::from(self.number % 999_999) + 1)
    }

    /// Hours and a half.
    fn span(&self) -> Duration {
        self.below(4) * HOUR + HOUR / 2
    }

    fn compare(&self, operation: &impl Debug, store: &str, model: &str) {
        assert!(
            store == model,
            "seed {}, operation {}, {operation:?}\n store: {store}\n model: {model}",
            self.seed,
            self.number,
        );
    }
}

/// Of errors only the kind is compared.
fn shown<T: Debug>(answer: Result<T>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Whether it has passed, and the whole hours that are left: a store's clock may run by itself.
fn left(time: Duration) -> (bool, u64) {
    (time.is_zero(), time.as_secs() / HOUR.as_secs())
}
