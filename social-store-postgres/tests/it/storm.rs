//! Everything at once on one server: no deadlock, and each event takes effect once.
#![expect(
    clippy::print_stdout,
    reason = "what each sequence led to is told beside the verdict"
)]

mod lives;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use social_core::{
    conformance::named,
    error::{Error, ErrorKind},
    publish::{Exposure, Outcome},
    store::{
        ClaimEvents, ClaimPosts, EventFilter, EventState, EventStore, Next, PostStore, Purge,
        ReceivedEvent, RecordStep, Replay,
    },
    webhook::{EventSubject, VerifiedEvent},
};
use social_store_postgres::PgStore;

use crate::{
    fixtures::{PLATFORM, app, at, key, post, post_id},
    schemas::Schemas,
};

const ACCOUNTS: u64 = 4;
const POSTS: u64 = 60;
const EVENTS: u64 = 1_500;
const LEASE: Duration = Duration::from_secs(600);

#[derive(Default)]
struct Seen {
    errors: Mutex<BTreeMap<String, u64>>,
    applied: Mutex<BTreeMap<String, u64>>,
    order: Mutex<BTreeMap<u64, Vec<i64>>>,
    replayed: AtomicU64,
    handed: AtomicU64,
    done: AtomicBool,
}

impl Seen {
    fn error(&self, what: &str, error: &Error) {
        let text = format!(
            "{what}: {:?} {error} {:?}",
            error.kind(),
            std::error::Error::source(error).map(|e| e.to_string())
        );
        *self.errors.lock().unwrap().entry(text).or_default() += 1;
    }
    fn done(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }
}

fn event(number: u64) -> ReceivedEvent {
    // Some are about ids that no post has.
    let about = match number % 10 {
        0 => format!("nobody-{number}"),
        1..=3 => format!("post-{}", number % POSTS),
        _ => format!("container-{}", number % POSTS),
    };
    let event = VerifiedEvent::new(
        PLATFORM,
        named("app"),
        format!("event-{number}"),
        "kind",
        vec![0; 40],
    );
    ReceivedEvent::new(
        event.about(EventSubject::Post {
            remote_id: named(about),
        }),
        at(0),
    )
}

fn number_of(id: social_core::model::PostId) -> u64 {
    (1..=POSTS).find(|number| post_id(*number) == id).unwrap()
}

/// One claimed post, as its worker would.
async fn work(store: &PgStore, seen: &Seen, claim: social_core::store::PostClaim, round: u64) {
    let number = number_of(claim.post.id);
    let told = match store.told(&claim, 3).await {
        Ok(told) => told,
        Err(error) => return seen.error("told", &error),
    };
    let mut next = Next::At(at(0));
    if claim.post.outcome.is_some() {
        next = Next::Settle(claim.post.outcome.clone().unwrap(), told.due_at);
    } else if round.is_multiple_of(7) {
        next = Next::Hold(at(0), None);
    } else if round.is_multiple_of(5) && !claim.post.checkpoint.remote_ids.is_empty() {
        next = Next::Settle(Outcome::Undecided, None);
    }
    let mut step = RecordStep::new(next, at(1));
    let mut checkpoint = claim.post.checkpoint.clone();
    let ids = match round % 3 {
        0 => vec![format!("container-{}", number % POSTS)],
        1 => vec![
            format!("post-{}", number % POSTS),
            format!("container-{}", number % POSTS),
        ],
        _ => vec![
            format!("container-{}", number % POSTS),
            format!("post-{}", number % POSTS),
        ],
    };
    checkpoint.remote_ids = ids.iter().map(named).collect();
    checkpoint.exposure = Exposure::PostMayExist;
    step.checkpoint = Some(checkpoint);
    step.applied = told.events.iter().map(|told| told.number).collect();
    match store.record(&claim, &step).await {
        Ok(_) => {
            let mut applied = seen.applied.lock().unwrap();
            for told in &told.events {
                let id = told.event.as_ref().unwrap().id.clone();
                *applied.entry(id).or_default() += 1;
            }
            seen.order
                .lock()
                .unwrap()
                .entry(number)
                .or_default()
                .extend(step.applied);
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {}
        Err(error) => seen.error("record", &error),
    }
}

async fn posts(store: Arc<PgStore>, seen: Arc<Seen>, seed: u64) {
    let mut round = seed;
    while !seen.done() {
        round += 1;
        let which = ClaimPosts::new(at(10), LEASE, 2, vec![(app(), 1)]);
        match PostStore::claim(&*store, &which).await {
            Ok(claims) => {
                for claim in claims {
                    work(&store, &seen, claim, round).await;
                }
            }
            Err(error) => seen.error("claim", &error),
        }
        tokio::task::yield_now().await;
    }
}

async fn events(store: Arc<PgStore>, seen: Arc<Seen>) {
    while !seen.done() {
        match EventStore::claim(&*store, &ClaimEvents::new(at(10), LEASE, 5)).await {
            Ok(claims) => {
                for claim in claims {
                    match store.hand_over(&claim, at(10)).await {
                        Ok(_) => _ = seen.handed.fetch_add(1, Ordering::SeqCst),
                        Err(error) => seen.error("hand_over", &error),
                    }
                }
            }
            Err(error) => seen.error("events.claim", &error),
        }
        tokio::task::yield_now().await;
    }
}

async fn owners(store: Arc<PgStore>, seen: Arc<Seen>, seed: u64) {
    let mut round = seed;
    while !seen.done() {
        round += 1;
        let id = post_id(round % POSTS + 1);
        let result = match round % 8 {
            0 => store.cancel(&named("owner"), id, at(5)).await.map(drop),
            1 | 2 => store.hasten(&named("owner"), id, at(5)).await.map(drop),
            3 => store.expire_missed(&[app()], at(10), 10).await.map(drop),
            4 => store.resume(&key(&format!("{}", round % ACCOUNTS))).await,
            5 => store.held_accounts("", 10).await.map(drop),
            6 => store
                .mark_restored(at(5), at(10), Duration::ZERO)
                .await
                .map(drop),
            _ => store.purge_history(at(0), 10).await.map(drop),
        };
        if let Err(error) = result
            && error.kind() != ErrorKind::Conflict
        {
            seen.error("owner", &error);
        }
        tokio::task::yield_now().await;
    }
}

async fn operators(store: Arc<PgStore>, seen: Arc<Seen>, seed: u64) {
    let mut round = seed;
    while !seen.done() {
        round += 1;
        let result = match round % 5 {
            0 => store.set_aside(at(3), at(3), 5).await,
            1 => {
                store
                    .replay(&Replay::new(EventState::Unmatched, 5), at(5))
                    .await
            }
            2 => store.purge(&Purge::new(EventState::Dead, at(100), 5)).await,
            3 => store.maintain(None).await.map(|()| 0),
            _ => EventStore::backlog(&*store, at(10)).await.map(|_| 0),
        };
        match result {
            Ok(count) if round % 5 == 1 => _ = seen.replayed.fetch_add(count, Ordering::SeqCst),
            Ok(_) => {}
            Err(error) => seen.error("operator", &error),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_at_once_ends_without_a_deadlock_and_each_event_once() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = Arc::new(schemas.connect(&name).await);
    for number in 1..=POSTS {
        let mut post = post(number, &format!("{}", number % ACCOUNTS));
        post.expires_at = (number % 9 == 0).then(|| at(9));
        store.submit(&post).await.unwrap();
    }
    // What is begun is not cancelled at once.
    for claim in PostStore::claim(
        &*store,
        &ClaimPosts::new(at(0), LEASE, 100, vec![(app(), 1)]),
    )
    .await
    .unwrap()
    {
        store
            .record(&claim, &RecordStep::new(Next::At(at(0)), at(0)))
            .await
            .unwrap();
    }
    let seen = Arc::new(Seen::default());
    let mut tasks = Vec::new();
    for seed in 0..3 {
        tasks.push(tokio::spawn(posts(
            Arc::clone(&store),
            Arc::clone(&seen),
            seed,
        )));
        tasks.push(tokio::spawn(events(Arc::clone(&store), Arc::clone(&seen))));
        tasks.push(tokio::spawn(owners(
            Arc::clone(&store),
            Arc::clone(&seen),
            seed * 31,
        )));
    }
    tasks.push(tokio::spawn(operators(
        Arc::clone(&store),
        Arc::clone(&seen),
        0,
    )));
    tasks.push(tokio::spawn(operators(
        Arc::clone(&store),
        Arc::clone(&seen),
        3,
    )));
    for number in 0..EVENTS {
        store.insert(&[event(number)]).await.unwrap();
    }
    // Until nothing waits any more.
    for _ in 0..3_000 {
        let backlog = EventStore::backlog(&*store, at(10)).await.unwrap();
        if backlog.ready + backlog.later + (backlog.handed - backlog.unmatched) == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    seen.done.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    // Nobody disturbs any more: what is handed to posts must end now.
    for account in 0..ACCOUNTS {
        store.resume(&key(&account.to_string())).await.unwrap();
    }
    let mut handed = Vec::new();
    for round in 0..200 {
        let mut filter = EventFilter::new(EventState::Waiting);
        filter.limit = 1000;
        for claim in EventStore::claim(&*store, &ClaimEvents::new(at(10), LEASE, 50))
            .await
            .unwrap()
        {
            store.hand_over(&claim, at(10)).await.unwrap();
        }
        let claims = PostStore::claim(
            &*store,
            &ClaimPosts::new(at(10), LEASE, 10, vec![(app(), 1)]),
        )
        .await
        .unwrap();
        for claim in claims {
            let told = store.told(&claim, 100).await.unwrap();
            let outcome = claim.post.outcome.clone().unwrap_or(Outcome::Undecided);
            let mut step = RecordStep::new(Next::Settle(outcome, None), at(10));
            step.applied = told.events.iter().map(|told| told.number).collect();
            store.record(&claim, &step).await.unwrap();
            let mut applied = seen.applied.lock().unwrap();
            for told in &told.events {
                *applied
                    .entry(told.event.as_ref().unwrap().id.clone())
                    .or_default() += 1;
            }
        }
        filter.state = EventState::Handed;
        filter.limit = 5000;
        handed = EventStore::list(&*store, &filter).await.unwrap();
        if round > 100 && handed.is_empty() {
            break;
        }
    }
    let backlog = EventStore::backlog(&*store, at(10)).await.unwrap();
    let mut stuck = Vec::new();
    for record in &handed {
        let EventSubject::Post { remote_id } = &record.event.subject else {
            continue;
        };
        if let Some(post) = store.find_remote(&app(), remote_id).await.unwrap() {
            stuck.push((
                record.event.id.clone(),
                remote_id.clone(),
                post.state,
                post.next_at,
            ));
        }
    }
    let applied = seen.applied.lock().unwrap().clone();
    let twice: Vec<_> = applied.iter().filter(|(_, times)| **times > 1).collect();
    let errors = seen.errors.lock().unwrap().clone();
    println!(
        "applied {} of {EVENTS}, handed over {}, replayed {}, backlog {backlog:?}",
        applied.len(),
        seen.handed.load(Ordering::SeqCst),
        seen.replayed.load(Ordering::SeqCst)
    );
    println!(
        "twice {twice:?}\nerrors {errors:#?}\nstuck at posts {}: {:?}",
        stuck.len(),
        stuck.first()
    );
    let unordered = seen.order.lock().unwrap().clone();
    let unordered = unordered
        .values()
        .filter(|numbers| !numbers.is_sorted())
        .count();
    println!("posts with events out of order (an id may come late): {unordered}");
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(twice.is_empty(), "{twice:?}");
    assert!(
        stuck.is_empty(),
        "handed to posts and never due: {}",
        stuck.len()
    );
}

/// Two posts whose first checkpoints have the same ids, the other way round.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn planned_ids_in_opposite_orders_end_without_a_deadlock() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = Arc::new(schemas.connect(&name).await);
    let mut tasks = Vec::new();
    let errors = Arc::new(Mutex::new(BTreeMap::<String, u64>::new()));
    for worker in 0..4_u64 {
        let (store, errors) = (Arc::clone(&store), Arc::clone(&errors));
        tasks.push(tokio::spawn(async move {
            for round in 0..150_u64 {
                let mut post = post(round * 10 + worker + 1, &format!("{worker}"));
                let mut ids: Vec<_> = (0..40).map(|id| format!("{round}-{id}")).collect();
                if worker % 2 == 1 {
                    ids.reverse();
                }
                post.checkpoint.remote_ids = ids.iter().map(named).collect();
                if let Err(error) = store.submit(&post).await {
                    let said = format!("{:?} {:?} {error}", error.kind(), error.code());
                    *errors.lock().unwrap().entry(said).or_default() += 1;
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let errors = errors.lock().unwrap().clone();
    println!("{errors:#?}");
    assert!(
        errors.keys().all(|said| said.starts_with("Conflict")),
        "{errors:#?}"
    );
}

/// A partition that is over but for an event that waits for its post, or at it, is kept.
#[tokio::test]
async fn a_partition_with_an_event_that_is_handed_is_not_dropped() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.insert(&[event(4), event(0)]).await.unwrap();
    for claim in EventStore::claim(&store, &ClaimEvents::new(at(10), LEASE, 5))
        .await
        .unwrap()
    {
        println!("{:?}", store.hand_over(&claim, at(10)).await.unwrap());
    }
    crate::schemas::run(format!(
        "SELECT setval('{name}.webhook_event_numbers', {})",
        5_i64 << 25
    ))
    .await;
    store.maintain(Some(at(1_000_000_000))).await.unwrap();
    let handed = EventStore::list(&store, &EventFilter::new(EventState::Handed))
        .await
        .unwrap();
    println!("handed after the upkeep: {}", handed.len());
    assert_eq!(handed.len(), 2);
    // One gets its post, and is told with its body.
    store.submit(&post(1, "1")).await.unwrap();
    let claim = PostStore::claim(&store, &ClaimPosts::new(at(10), LEASE, 1, vec![(app(), 1)]))
        .await
        .unwrap()
        .remove(0);
    let mut step = RecordStep::new(Next::At(at(100)), at(10));
    let mut checkpoint = claim.post.checkpoint.clone();
    checkpoint.remote_ids = vec![named("container-4")];
    step.checkpoint = Some(checkpoint);
    step.keep_lease = true;
    store.record(&claim, &step).await.unwrap();
    store.maintain(Some(at(1_000_000_000))).await.unwrap();
    let told = store.told(&claim, 10).await.unwrap();
    println!(
        "told {}, with body {}",
        told.events.len(),
        told.events[0].event.is_some()
    );
    assert!(told.events[0].event.is_some());
    let mut step = RecordStep::new(Next::At(at(100)), at(11));
    step.applied = vec![told.events[0].number];
    store.record(&claim, &step).await.unwrap();
    assert_eq!(store.set_aside(at(100), at(101), 10).await.unwrap(), 1);
    store.maintain(Some(at(50))).await.unwrap();
    let aside = EventStore::list(&store, &EventFilter::new(EventState::Unmatched))
        .await
        .unwrap()
        .len();
    println!("set aside and kept: {aside}");
    assert_eq!(aside, 1);
}

/// When a post would have been looked at is remembered in one column: damaged, it keeps no event from being told.
#[tokio::test]
async fn a_damaged_memory_of_the_watch_keeps_no_event_back() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.submit(&post(1, "1")).await.unwrap();
    let which = ClaimPosts::new(at(10), LEASE, 1, vec![(app(), 1)]);
    let claim = PostStore::claim(&store, &which).await.unwrap().remove(0);
    let mut step = RecordStep::new(Next::At(at(100)), at(10));
    let mut checkpoint = claim.post.checkpoint.clone();
    checkpoint.remote_ids = vec![named("container-4")];
    step.checkpoint = Some(checkpoint);
    store.record(&claim, &step).await.unwrap();
    store.insert(&[event(4)]).await.unwrap();
    let claim = EventStore::claim(&store, &ClaimEvents::new(at(10), LEASE, 1))
        .await
        .unwrap()
        .remove(0);
    store.hand_over(&claim, at(11)).await.unwrap();
    crate::schemas::run(format!(
        "UPDATE {name}.posts SET due_untold = '290000-01-01'"
    ))
    .await;
    let which = ClaimPosts::new(at(20), LEASE, 1, vec![(app(), 1)]);
    let claim = PostStore::claim(&store, &which).await.unwrap().remove(0);
    let told = store.told(&claim, 10).await;
    println!("{told:?}");
    assert_eq!(told.map(|told| told.events.len()).ok(), Some(1));
}
