//! Many tasks on few lanes: nothing deadlocks, and each lane knows when its first post is due.

use std::sync::Arc;

use social_core::{
    conformance::{Harness, named},
    error::{ErrorKind, Result},
    publish::Outcome,
    random::{Random, SeededRandom},
    store::{
        ClaimPosts, Next, PostContent, PostEdit, PostStore, RecordStep, Revision, StoredCheckpoint,
    },
};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, Row};
use tokio::task::JoinSet;

use crate::{
    fixtures::{LEASE, app, at, key, post, post_id},
    schemas::{Schemas, raw},
};

const TASKS: u64 = 32;
const ROUNDS: u64 = 60;

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes) % end
    }

    fn second(&self) -> i64 {
        i64::try_from(self.below(40)).unwrap() - 20
    }
}

/// Conflicts and absences are answers; anything else is not.
fn expected<T>(answer: Result<T>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => None,
        Err(error) => panic!("{error:?}"),
    }
}

async fn work(store: &PgStore, dice: &Dice) {
    let limit = u32::try_from(1 + dice.below(3)).unwrap();
    let which = ClaimPosts::new(at(dice.second()), LEASE, limit, vec![(app(), 1)]);
    for claim in store.claim(&which).await.unwrap() {
        let next = match dice.below(4) {
            0 => Next::Settle(Outcome::Undecided, None),
            1 => Next::Settle(Outcome::AwaitingUser, Some(at(dice.second()))),
            _ => Next::At(at(dice.second())),
        };
        if dice.below(4) == 0 {
            store.release(&claim, at(dice.second())).await.unwrap();
        } else {
            let mut step = RecordStep::new(next, which.now);
            let next = claim.post.checkpoint.next;
            let mut checkpoint = StoredCheckpoint::new("status", next, 1, vec![1]);
            let id = |number| format!("remote-{number}");
            checkpoint.remote_ids =
                vec![named(id(dice.below(500))), named(id(500 + dice.below(500)))];
            step.checkpoint = (dice.below(3) == 0).then_some(checkpoint);
            expected(store.record(&claim, &step).await);
        }
    }
}

async fn decide(store: &PgStore, dice: &Dice, account: &str) {
    let id = post_id(dice.below(TASKS * ROUNDS));
    let now = at(dice.second());
    match dice.below(12) {
        0..=3 => drop(expected(store.cancel(&named("owner"), id, now).await)),
        4..=6 => {
            let checkpoint = post(1, account).checkpoint;
            let mut edit = PostEdit::new(at(dice.second()), Some(at(dice.second())));
            edit.content = Some(PostContent::new("edited", vec![1], checkpoint));
            drop(expected(
                store
                    .edit(&named("owner"), id, Revision(1), &edit, now)
                    .await,
            ));
        }
        7 => drop(expected(
            store
                .settle(&named("owner"), id, &Outcome::Cancelled, &[], None, now)
                .await,
        )),
        8 => drop(store.cancel_account(&key(account), now).await.unwrap()),
        9 => drop(store.expire_missed(&[app()], now, 20).await.unwrap()),
        10 if dice.below(4) == 0 => drop(store.mark_restored(now, now, LEASE).await.unwrap()),
        10 => store.hold(&key(account)).await.unwrap(),
        _ => store.resume(&key(account)).await.unwrap(),
    }
}

async fn take_part(store: Arc<PgStore>, task: u64) {
    let dice = Dice(SeededRandom::new(task));
    for round in 0..ROUNDS {
        let account = format!("account-{}", dice.below(4));
        match dice.below(8) {
            0..=2 => {
                let mut new = post(task * ROUNDS + round, &account);
                new.due_at = at(dice.second());
                new.expires_at = (dice.below(3) == 0).then(|| at(dice.second()));
                drop(expected(store.submit(&new).await));
            }
            3..=5 => work(&store, &dice).await,
            _ => decide(&store, &dice, &account).await,
        }
    }
}

/// A deadlock would be an error with the SQLSTATE 40P01, which no task expects; PostgreSQL counts them besides.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_do_everything_on_few_lanes_never_deadlock() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let (builder, url) = schemas.builder(&name);
    let store = Arc::new(builder.max_connections(16).connect(&url).await.unwrap());
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(take_part(Arc::clone(&store), task));
    }
    tasks.join_all().await;

    let wrong = AssertSqlSafe(format!(
        "SELECT count(*) FROM {name}.lanes l WHERE l.first_at IS DISTINCT FROM
            (SELECT min(p.next_at) FROM {name}.posts p WHERE p.lane = l.id)"
    ));
    let row = sqlx::query(wrong)
        .fetch_one(&mut raw().await)
        .await
        .unwrap();
    let wrong: i64 = row.try_get(0).unwrap();
    assert_eq!(
        wrong, 0,
        "lanes that do not know when their first post is due"
    );
    for number in 0..4 {
        store
            .resume(&key(&format!("account-{number}")))
            .await
            .unwrap();
    }
    let statistics = store.statistics(&named("owner"), None).await.unwrap();
    assert!(
        statistics.total > 100 && statistics.processing > 0,
        "{statistics:?}"
    );
}

/// Submissions race with claims and records of the one lane: what is due is always found.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lane_loses_no_post_to_a_race() {
    let schemas = Schemas::direct();
    let store = schemas.store().await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut done = 0;
            for round in 0..10 {
                let number = task * 10 + round;
                store.submit(&post(number, "a")).await.unwrap();
                done += publish_one(&store).await;
            }
            done
        });
    }
    let mut done: u64 = tasks.join_all().await.into_iter().sum();
    // What is left was submitted while others worked.
    while publish_one(&store).await == 1 {
        done += 1;
    }
    assert_eq!(done, TASKS * 10, "each post is claimed and settled once");
    assert_eq!(store.next_ready(None).await.unwrap(), None);
}

async fn publish_one(store: &PgStore) -> u64 {
    let which = ClaimPosts::new(at(0), LEASE, 1, vec![(app(), 1)]);
    let mut claims = store.claim(&which).await.unwrap();
    let Some(claim) = claims.pop() else { return 0 };
    let published = Next::Settle(Outcome::Published(Vec::new()), None);
    let step = RecordStep::new(published, at(0));
    store.record(&claim, &step).await.unwrap();
    1
}
