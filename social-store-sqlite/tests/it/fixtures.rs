//! What the tests store.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    conformance::named,
    model::{AccountKey, AppKey, IdempotencyKey, Platform, PostId},
    publish::Effect,
    store::{
        ClaimPosts, NewPost, PostRecord, PostStore, ReceivedEvent, StoredCheckpoint, TokenRecord,
    },
    webhook::VerifiedEvent,
};
use social_store_sqlite::SqliteStore;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::time::Duration;

pub(crate) const PLATFORM: Platform = Platform::new("example");
pub(crate) const LEASE: Duration = Duration::from_secs(600);

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600 + seconds)
}

pub(crate) fn app() -> AppKey {
    AppKey::new(PLATFORM, named("app"))
}

pub(crate) fn key(account: &str) -> AccountKey {
    AccountKey::new(named("owner"), named("app"), PLATFORM, named(account))
}

pub(crate) fn post_id(number: u64) -> PostId {
    PostId::from(uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid())
}

pub(crate) fn post(number: u64, account: &str) -> NewPost {
    let checkpoint = StoredCheckpoint::new("init", Effect::Repeatable, 1, vec![1, 2, 3]);
    let name = format!("key-{number}");
    NewPost::new(
        post_id(number),
        key(account),
        IdempotencyKey::from_stored(name),
        checkpoint,
        at(0),
    )
}

pub(crate) async fn kept(store: &SqliteStore, number: u64) -> PostRecord {
    let post = PostStore::load(store, &named("owner"), post_id(number)).await;
    post.unwrap().unwrap()
}

/// Came so many seconds after the beginning.
pub(crate) fn event(number: u32) -> ReceivedEvent {
    let (id, came) = (format!("event-{number}"), at(i64::from(number)));
    let event = VerifiedEvent::new(PLATFORM, named("app"), id, "kind", vec![1, 2, 3]);
    ReceivedEvent::new(event, came)
}

pub(crate) fn token(account: &str) -> TokenRecord {
    let mut record = TokenRecord::new(key(account), "web", at(0));
    record.sealed = Some(vec![4, 5, 6]);
    record.refresh_due_at = Some(at(0));
    record
}

pub(crate) fn claim(limit: u32) -> ClaimPosts {
    ClaimPosts::new(at(0), LEASE, limit, vec![(app(), 1)])
}

/// A connection that knows nothing of the store.
pub(crate) async fn raw(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options.create_if_missing(true).connect().await.unwrap()
}

/// Changes the file behind the store's back.
pub(crate) async fn tamper(path: &Path, sql: &'static str) {
    let mut conn = raw(path).await;
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}
