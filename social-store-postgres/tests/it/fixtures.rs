//! What the tests store.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    conformance::named,
    model::{AccountKey, AppKey, IdempotencyKey, Platform, PostId},
    publish::Effect,
    store::{ClaimPosts, NewPost, StoredCheckpoint, TokenRecord},
};

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

pub(crate) fn token(account: &str) -> TokenRecord {
    let mut record = TokenRecord::new(key(account), "web", at(0));
    record.sealed = Some(vec![4, 5, 6]);
    record.refresh_due_at = Some(at(0));
    record
}

pub(crate) fn post_id(number: u64) -> PostId {
    PostId::from(uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid())
}

/// A post that is due at the present.
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

pub(crate) fn claim(limit: u32) -> ClaimPosts {
    ClaimPosts::new(at(0), LEASE, limit, vec![(app(), 1)])
}
