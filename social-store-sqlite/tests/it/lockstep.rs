//! The same calls to this store and to the one in memory: every answer is the same.

use std::{sync::Arc, time::Duration};

use social_core::{
    error::{Error, ErrorKind, Result},
    memory::MemoryStore,
    model::{AccountKey, Platform},
    publish::{Effect, Outcome, PostLink},
    store::{
        ClaimPosts, HistoryEntry, HistoryKind, NewPost, Next, PostClaim, PostFilter, PostState,
        PostStore, RecordStep, StartStep, StoredCheckpoint,
    },
    time::ManualClock,
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{PLATFORM, at, post_id};

/// Small steps of a linear congruential generator: the same sequence for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }
}

struct Pair {
    dice: Dice,
    memory: MemoryStore,
    sqlite: SqliteStore,
    clock: ManualClock,
    now: i64,
    posts: u64,
    claims: Vec<(PostClaim, PostClaim)>,
}

/// What can be compared of an answer.
fn shown<T: std::fmt::Debug>(answer: &Result<T>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Calls both and compares.
macro_rules! both {
    ($pair:ident.$method:ident($($argument:expr),*)) => {{
        let left = PostStore::$method(&$pair.memory $(, $argument)*).await;
        let right = PostStore::$method(&$pair.sqlite $(, $argument)*).await;
        assert_eq!(shown(&left), shown(&right), stringify!($method));
        right
    }};
}

impl Pair {
    fn account(&mut self) -> AccountKey {
        let number = self.dice.below(6);
        let owner = format!("owner-{}", number % 2);
        let platform = if number == 5 {
            Platform::new("other")
        } else {
            PLATFORM
        };
        AccountKey::new(owner, "app", platform, format!("account-{number}"))
    }

    fn checkpoint(&mut self) -> StoredCheckpoint {
        let effect = if self.dice.one_in(2) {
            Effect::Repeatable
        } else {
            Effect::Once {
                settle: Duration::from_secs(30),
            }
        };
        let number = self.dice.below(1 << 40);
        let remote = self.dice.one_in(3).then(|| format!("remote-{number}"));
        let version = u16::try_from(1 + self.dice.below(3)).unwrap();
        StoredCheckpoint::new(
            format!("step-{}", number % 7),
            effect,
            remote,
            version,
            vec![1],
        )
    }

    fn outcome(&mut self) -> Outcome {
        match self.dice.below(5) {
            0 => Outcome::AwaitingUser,
            1 => Outcome::Cancelled,
            2 => Outcome::Failed(Error::new(ErrorKind::Rejected, "refused").with_code("spam")),
            3 => Outcome::Published(vec![PostLink::new("1", None)]),
            _ => Outcome::Undecided,
        }
    }

    fn soon(&mut self) -> i64 {
        self.now + i64::try_from(self.dice.below(90)).unwrap() - 30
    }

    fn line(&mut self, kind: HistoryKind) -> HistoryEntry {
        let mut line = HistoryEntry::new(at(self.now), kind, "step");
        line.detail = self.dice.one_in(2).then(|| "detail".to_owned());
        line
    }

    async fn submit(&mut self) {
        let number = if self.dice.one_in(5) {
            self.dice.below(self.posts + 1)
        } else {
            self.posts
        };
        let (account, checkpoint) = (self.account(), self.checkpoint());
        let name = format!("key-{number}");
        let mut post = NewPost::new(post_id(number), account, name, checkpoint, at(self.now));
        post.checkpoint.remote_id = None;
        post.title = format!("Title {}", number % 10);
        post.fingerprint = [u8::from(self.dice.one_in(4)); 32];
        post.due_at = at(self.soon());
        post.expires_at = self.dice.one_in(3).then(|| at(self.now + 60));
        self.posts = self.posts.max(number + 1);
        let _ = both!(self.submit(&post));
    }

    async fn claim(&mut self) {
        let mut versions = vec![(PLATFORM, u16::try_from(self.dice.below(4)).unwrap())];
        if self.dice.one_in(2) {
            versions.push((Platform::new("other"), 2));
        }
        let limit = u32::try_from(self.dice.below(4)).unwrap();
        let lease = Duration::from_secs(60 + self.dice.below(100_000));
        let which = ClaimPosts::new(at(self.now), lease, limit, versions);
        let left = PostStore::claim(&self.memory, &which).await.unwrap();
        let right = PostStore::claim(&self.sqlite, &which).await.unwrap();
        assert_eq!(left.len(), right.len());
        for pair in left.into_iter().zip(right) {
            let (memory, sqlite) = &pair;
            assert_eq!((&memory.post, memory.fence), (&sqlite.post, sqlite.fence));
            match (memory.settles_in, sqlite.settles_in) {
                // One clock stands still and the other runs.
                (Some(left), Some(right)) => {
                    assert!(left.abs_diff(right) < Duration::from_secs(60))
                }
                (left, right) => assert_eq!(left, right),
            }
            self.claims.push(pair);
        }
    }

    async fn work(&mut self) {
        if self.claims.is_empty() {
            return;
        }
        let count = u64::try_from(self.claims.len()).unwrap();
        let chosen = usize::try_from(self.dice.below(count)).unwrap();
        let claim = self.claims[chosen].1.clone();
        match self.dice.below(6) {
            0 => {
                let step = StartStep::new(
                    Duration::from_secs(self.dice.below(4_000)),
                    self.line(HistoryKind::Started),
                );
                let _ = both!(self.start(&claim, &step));
            }
            1 => {
                let _ = both!(self.renew(&claim, Duration::from_secs(100_000)));
            }
            2 => {
                let next = at(self.soon());
                let _ = both!(self.release(&claim, next));
            }
            _ => {
                let step = self.step();
                let _ = both!(self.record(&claim, &step));
            }
        }
        if self.dice.one_in(2) {
            self.claims.remove(chosen);
        }
    }

    fn step(&mut self) -> RecordStep {
        let next = match self.dice.below(8) {
            0..4 => Next::At(at(self.soon())),
            4 => Next::Hold(at(self.soon())),
            _ => {
                let watch = self.dice.one_in(2).then(|| at(self.soon()));
                Next::Settle(self.outcome(), watch)
            }
        };
        let mut step = RecordStep::new(next, at(self.now));
        step.checkpoint = self.dice.one_in(2).then(|| self.checkpoint());
        step.still_started = self.dice.one_in(3);
        step.cause = self
            .dice
            .one_in(4)
            .then(|| Error::new(ErrorKind::Timeout, "slow"));
        step.failures = u32::try_from(self.dice.below(5)).unwrap();
        step.progress = self.dice.one_in(3).then(|| (self.dice.below(9), 9));
        step.history = vec![
            self.line(HistoryKind::Advanced),
            self.line(HistoryKind::Settled),
        ];
        step.keep_lease = self.dice.one_in(3);
        step
    }

    async fn decide(&mut self) {
        let (account, now) = (self.account(), at(self.now));
        let id = post_id(self.dice.below(self.posts + 1));
        match self.dice.below(12) {
            0..5 => {
                let _ = both!(self.cancel(&account.owner, id, now));
            }
            5..8 => {
                let outcome = self.outcome();
                let _ = both!(self.settle(&account.owner, id, &outcome, now));
            }
            8 => {
                let _ = both!(self.hold(&account));
            }
            9 | 10 => {
                let _ = both!(self.resume(&account));
            }
            _ if self.dice.one_in(20) => {
                let _ = both!(self.cancel_account(&account, now));
            }
            _ => {
                let limit = u32::try_from(self.dice.below(3)).unwrap();
                let _ = both!(self.expire_missed(now, limit));
            }
        }
    }

    async fn look(&mut self) {
        let account = self.account();
        let id = post_id(self.dice.below(self.posts + 1));
        let _ = both!(self.load(&account.owner, id));
        let _ = both!(self.history(&account.owner, id));
        let _ = both!(self.next_ready());
        let _ = both!(self.statistics(&account.owner, None));
        let _ = both!(self.statistics(&account.owner, Some(&account)));
        let mut filter = PostFilter::default();
        filter.limit = u32::try_from(self.dice.below(8)).unwrap();
        filter.before = self.dice.one_in(2).then_some(id);
        filter.title = self
            .dice
            .one_in(3)
            .then(|| format!("TITLE {}", id_digit(&mut self.dice)));
        if self.dice.one_in(2) {
            filter.states = vec![PostState::Queued, PostState::Published, PostState::Queued];
        }
        filter.account = self.dice.one_in(2).then_some(account.clone());
        let _ = both!(self.list(&account.owner, &filter));
        let load = PostStore::load(&self.memory, &account.owner, id)
            .await
            .unwrap();
        if let Some(remote) = load.and_then(|post| post.checkpoint.remote_id) {
            let _ = both!(self.find_remote(&account.platform, &remote));
        }
    }

    async fn pass_time(&mut self) {
        self.now += i64::try_from(self.dice.below(20)).unwrap();
        if self.dice.one_in(3) {
            let by = Duration::from_secs(50_000);
            self.clock.advance(by);
            self.sqlite.advance_clock(by);
        }
    }
}

fn id_digit(dice: &mut Dice) -> u64 {
    dice.below(10)
}

#[tokio::test]
async fn every_answer_is_that_of_the_store_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..5_u64 {
        let sqlite = SqliteStore::open(folder.path().join(format!("{seed}.db")))
            .await
            .unwrap();
        let clock = ManualClock::default();
        let mut pair = Pair {
            dice: Dice(seed),
            memory: MemoryStore::new(Arc::new(clock.clone())),
            sqlite,
            clock,
            now: 0,
            posts: 0,
            claims: Vec::new(),
        };
        for _ in 0..2_000 {
            match pair.dice.below(12) {
                0 | 1 => pair.submit().await,
                2..5 => pair.claim().await,
                5..9 => pair.work().await,
                9 => pair.decide().await,
                10 => pair.look().await,
                _ => pair.pass_time().await,
            }
        }
    }
}
