use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    error::{Error, Result},
    hub::ClockGuard,
    memory::MemoryStore,
    store::{Incarnation, Incarnations, Installation, InstallationStore, LastWrites},
    time::{Clock, ManualClock},
    vault::{KeyId, tests::logs},
};

const SECOND: Duration = Duration::from_secs(1);

/// A server with a clock of its own.
#[derive(Debug)]
struct Server {
    store: MemoryStore,
    clock: ManualClock,
    asked: AtomicU32,
    /// How long its answer takes, on the clock of who asks.
    slow: Option<(ManualClock, Duration)>,
}

#[async_trait]
impl InstallationStore for Server {
    async fn installation(&self) -> Result<Installation> {
        self.store.installation().await
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        self.store.put_key_check(check, replaces).await
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        self.store.count_seals(key, seals).await
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        Err(Error::storage("nobody asks"))
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some((clock, by)) = &self.slow {
            clock.advance(*by);
        }
        Ok(Some(self.clock.now()))
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        self.store.accept_incarnation(seen, last).await
    }
}

struct Bench {
    here: ManualClock,
    there: ManualClock,
    server: Arc<Server>,
    guard: ClockGuard,
}

impl Bench {
    fn new(slow: Option<Duration>) -> Self {
        let (here, there) = (ManualClock::default(), ManualClock::default());
        let server = Arc::new(Server {
            store: MemoryStore::new(Arc::new(there.clone())),
            clock: there.clone(),
            asked: AtomicU32::new(0),
            slow: slow.map(|by| (here.clone(), by)),
        });
        let guard = ClockGuard::new(Arc::clone(&server) as _, Arc::new(here.clone()));
        Self {
            here,
            there,
            server,
            guard,
        }
    }

    async fn is_held(&self) -> bool {
        self.guard.is_held().await.unwrap()
    }

    fn pass(&self, seconds: u32) {
        self.here.advance(SECOND * seconds);
        self.there.advance(SECOND * seconds);
    }
}

#[tokio::test]
async fn above_two_seconds_it_is_told_and_above_sixty_nothing_is_claimed() {
    let bench = Bench::new(None);
    let (heard, _subscribed) = logs::hear();
    let lines = [
        "3 s ahead of the database's, and what is due",
        "61 s ahead of the database's: nothing is claimed",
        "61 s behind the database's: nothing is claimed",
        "agrees with the database's",
    ];
    // Told are changes, each once.
    let steps = [
        (2, false, [0, 0, 0, 0]),
        (1, false, [1, 0, 0, 0]),
        (57, false, [1, 0, 0, 0]),
        (1, true, [1, 1, 0, 0]),
        (-61, false, [1, 1, 0, 1]),
        (-61, true, [1, 1, 1, 1]),
        (61, false, [1, 1, 1, 2]),
    ];
    for (by, held, told) in steps {
        bench.here.jump(TimeDelta::seconds(by));
        assert_eq!(bench.is_held().await, held, "{by}");
        assert_eq!(lines.map(|line| heard.count(line)), told, "{by}");
    }
}

#[tokio::test]
async fn the_server_is_asked_each_minute_and_when_the_clock_here_was_set() {
    let bench = Bench::new(None);
    let asked = || bench.server.asked.load(Ordering::Relaxed);
    for (seconds, times) in [(0, 1), (59, 1), (1, 2), (30, 2)] {
        bench.pass(seconds);
        bench.is_held().await;
        assert_eq!(asked(), times, "{seconds}");
    }
    bench.here.jump(TimeDelta::seconds(-100));
    assert!(bench.is_held().await, "noticed at once");
    assert_eq!(asked(), 3);
    bench.pass(4);
    assert!(bench.is_held().await);
    assert_eq!(asked(), 3);
    bench.here.jump(TimeDelta::seconds(100));
    assert!(!bench.is_held().await, "it goes on by itself");
}

#[tokio::test]
async fn the_way_of_an_answer_is_no_difference() {
    let bench = Bench::new(Some(SECOND * 100));
    assert!(!bench.is_held().await);
    bench.here.jump(TimeDelta::seconds(-262));
    assert!(bench.is_held().await, "behind at both ends");
    bench.here.jump(TimeDelta::seconds(-100));
    let ahead = bench.guard.ahead().await.unwrap();
    assert_eq!(ahead, Some(TimeDelta::seconds(-62)), "at least");
}

#[tokio::test]
async fn a_server_whose_clock_was_set_forward_is_known_by_how_much() {
    let bench = Bench::new(None);
    bench.is_held().await;
    for minutes in 1..=5 {
        bench.pass(60);
        bench.is_held().await;
        assert_eq!(
            bench.guard.ran_ahead().await.unwrap(),
            Duration::ZERO,
            "{minutes}"
        );
    }
    bench.there.jump(TimeDelta::seconds(50));
    assert_eq!(bench.guard.ran_ahead().await.unwrap(), SECOND * 50);
    bench.pass(60);
    bench.is_held().await;
    assert_eq!(bench.guard.ran_ahead().await.unwrap(), SECOND * 50, "still");
    bench.there.jump(TimeDelta::seconds(-500));
    assert_eq!(
        bench.guard.ran_ahead().await.unwrap(),
        Duration::ZERO,
        "it was set back"
    );
    for _ in 0..130 {
        bench.pass(60);
        bench.is_held().await;
    }
    bench.there.jump(TimeDelta::seconds(20));
    assert_eq!(
        bench.guard.ran_ahead().await.unwrap(),
        SECOND * 20,
        "what was is forgotten"
    );
}

#[tokio::test]
async fn a_store_without_a_clock_of_its_own_is_right() {
    let clock = ManualClock::default();
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let guard = ClockGuard::new(Arc::new(store), Arc::new(clock.clone()));
    clock.jump(TimeDelta::days(3));
    assert!(!guard.is_held().await.unwrap());
    assert_eq!(guard.ran_ahead().await.unwrap(), Duration::ZERO);
    assert_eq!(guard.ahead().await.unwrap(), None);
}
