//! Hints of other processes: they come promptly, once a call, and again after the connection was lost.

use std::time::Duration;

use social_core::{
    model::{IdempotencyKey, PostId},
    publish::Effect,
    store::{EventStore, NewPost, PostStore, StoredCheckpoint, Wakes},
    time::{Clock, SystemClock},
};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, Connection, PgPool, Row, postgres::PgListener};

use crate::{
    events::event,
    fixtures::{at, key},
    schemas::{Schemas, database_url, raw},
};

/// Far more than a hint takes, and a fraction of what is waited without one.
const PROMPT: Duration = Duration::from_secs(2);
/// Until something that happens by itself, within this time, has happened.
const TRIES: u32 = 200;
const TRY: Duration = Duration::from_millis(100);

async fn heard(wakes: &mut Wakes) -> bool {
    let clock = SystemClock::default();
    tokio::select! {
        biased;
        () = wakes.next() => true,
        () = clock.sleep(PROMPT) => false,
    }
}

/// What was heard before says nothing of what comes now.
async fn forget(wakes: &mut Wakes) {
    loop {
        tokio::select! {
            biased;
            () = wakes.next() => {}
            () = std::future::ready(()) => return,
        }
    }
}

/// The server's processes that listen for this schema.
async fn listeners(schema: &str) -> Vec<i32> {
    let mut conn = raw().await;
    let find = format!(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND query LIKE '%social.{schema}\"%'"
    );
    let rows = sqlx::query(AssertSqlSafe(find)).fetch_all(&mut conn).await;
    let pids = rows.unwrap().iter().map(|row| row.get(0)).collect();
    conn.close().await.unwrap();
    pids
}

/// Waits until they are as many as wanted, and other ones than before.
async fn until_listening(schema: &str, wanted: usize, before: &[i32]) -> Vec<i32> {
    for _ in 0..TRIES {
        let now = listeners(schema).await;
        if now.len() == wanted && now.iter().all(|pid| !before.contains(pid)) {
            return now;
        }
        SystemClock::default().sleep(TRY).await;
    }
    panic!("{wanted} listen")
}

fn post(number: u64, due: i64) -> NewPost {
    let id = uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid();
    let checkpoint = StoredCheckpoint::new("init", Effect::Repeatable, 1, vec![1]);
    let name = format!("key-{number}");
    let mut post = NewPost::new(
        PostId::from(id),
        key("a"),
        IdempotencyKey::from_stored(name),
        checkpoint,
        at(0),
    );
    post.due_at = at(due);
    post
}

async fn without_listening(schema: &str) -> PgStore {
    let builder = PgStore::builder().schema(schema).without_listening();
    builder.connect(&database_url()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_pools_hear_of_events_and_posts() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let hears = schemas.connect(&name).await;
    let writes = without_listening(&name).await;
    let (mut events, mut posts) = (EventStore::wakes(&hears), PostStore::wakes(&hears));
    until_listening(&name, 1, &[]).await;
    for round in 0..20 {
        forget(&mut events).await;
        writes.insert(&[event(format!("{round}"))]).await.unwrap();
        assert!(heard(&mut events).await, "an event, round {round}");
        forget(&mut posts).await;
        writes.submit(&post(round, 0)).await.unwrap();
        assert!(heard(&mut posts).await, "a post, round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_made_again() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let hears = schemas.connect(&name).await;
    let writes = without_listening(&name).await;
    let mut wakes = EventStore::wakes(&hears);
    let mut listening = until_listening(&name, 1, &[]).await;
    for round in 0..3 {
        forget(&mut wakes).await;
        let mut conn = raw().await;
        let kill = sqlx::query("SELECT pg_terminate_backend($1)").bind(listening[0]);
        kill.execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        listening = until_listening(&name, 1, &listening).await;
        assert!(heard(&mut wakes).await, "something may have been missed");
        forget(&mut wakes).await;
        writes.insert(&[event(format!("{round}"))]).await.unwrap();
        assert!(heard(&mut wakes).await, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_listens_as_long_as_it_lives() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let clone = store.clone();
    let mut wakes = EventStore::wakes(&clone);
    let first = until_listening(&name, 1, &[]).await;
    drop(store);
    forget(&mut wakes).await;
    clone.insert(&[event("a")]).await.unwrap();
    assert!(heard(&mut wakes).await);
    assert_eq!(listeners(&name).await, first, "the clone goes on");
    drop(clone);
    until_listening(&name, 0, &[]).await;

    let closed = schemas.connect(&name).await;
    until_listening(&name, 1, &first).await;
    closed.close().await;
    until_listening(&name, 0, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_listens_through_a_pooler_but_at_a_direct_address() {
    let schemas = Schemas::pooled();
    let name = schemas.name().await;
    let pooled = schemas.connect(&name).await;
    let (builder, url) = schemas.builder(&name);
    let direct = builder.listen(database_url()).connect(&url).await.unwrap();
    let (mut here, mut there) = (EventStore::wakes(&pooled), EventStore::wakes(&direct));
    until_listening(&name, 1, &[]).await;
    for round in 0..5 {
        forget(&mut there).await;
        pooled.insert(&[event(format!("{round}"))]).await.unwrap();
        assert!(
            heard(&mut here).await,
            "the process itself needs no listening"
        );
        assert!(
            heard(&mut there).await,
            "a hint passes the pooler, round {round}"
        );
    }
    drop(direct);
    until_listening(&name, 0, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_gives_one_hint_and_none_for_what_is_due_later() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut listener = PgListener::connect(&database_url()).await.unwrap();
    listener.listen(&format!("social.{name}")).await.unwrap();
    let mut next = async || {
        let heard = listener.recv().await.unwrap();
        let (what, _) = heard.payload().split_once(' ').unwrap();
        what.to_owned()
    };
    let batch: Vec<_> = (0..100).map(|n| event(format!("{n}"))).collect();
    store.insert(&batch).await.unwrap();
    assert_eq!(next().await, "events");
    store.insert(&batch).await.unwrap();
    store.submit(&post(1, 0)).await.unwrap();
    assert_eq!(next().await, "posts", "none of those events was new");
    let week = 7 * 86_400;
    store.submit(&post(2, week)).await.unwrap();
    store.insert(&[event("one")]).await.unwrap();
    assert_eq!(next().await, "events", "a post is due in a week");
    store.submit(&post(1, 0)).await.unwrap();
    store.insert(&[event("two")]).await.unwrap();
    assert_eq!(next().await, "events", "a post was known");
    PostStore::resume(&store, &key("a")).await.unwrap();
    assert_eq!(next().await, "posts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_of_the_callers_transaction_is_heard_of_when_it_commits() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let (store, other) = (schemas.connect(&name).await, schemas.connect(&name).await);
    let (mut here, mut there) = (PostStore::wakes(&store), PostStore::wakes(&other));
    until_listening(&name, 2, &[]).await;
    let pool = PgPool::connect(&database_url()).await.unwrap();
    for round in 0..5 {
        let mut tx = pool.begin().await.unwrap();
        store.submit_in(&mut tx, &post(round, 0)).await.unwrap();
        forget(&mut here).await;
        forget(&mut there).await;
        tx.commit().await.unwrap();
        assert!(heard(&mut here).await, "in this process, round {round}");
        assert!(heard(&mut there).await, "in others, round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_cannot_be_reached_does_not_stop_the_store() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let (builder, url) = schemas.builder(&name);
    let nowhere = "postgres://somebody:SECRET@127.0.0.1:1/none";
    let builder = builder.listen(nowhere);
    assert!(!format!("{builder:?}").contains("SECRET"));
    let store = builder.connect(&url).await.unwrap();
    let mut wakes = EventStore::wakes(&store);
    store.insert(&[event("a")]).await.unwrap();
    assert!(heard(&mut wakes).await);

    let (builder, url) = schemas.builder(&name);
    let refused = builder.listen("nonsense SECRET").connect(&url).await;
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), social_core::error::ErrorKind::Invalid);
    assert!(!format!("{error:?} {error}").contains("SECRET"));
}
