//! Rows to fill a store with, each named by a number. Nothing in them is sealed.

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    model::{AccountId, AccountKey, AppId, AppKey, IdempotencyKey, OwnerId, Platform, PostId},
    publish::Effect,
    store::{NewPost, ReceivedEvent, StoredCheckpoint, TokenRecord},
    webhook::VerifiedEvent,
};

/// The platform of every row.
pub const PLATFORM: Platform = Platform::new("example");

/// The owner of every row.
pub fn owner() -> OwnerId {
    OwnerId::from_stored("owner")
}

/// The newest form of checkpoint among the rows.
pub const VERSION: u16 = 1;

/// 2026-01-01 and so many seconds: a time that does not pass.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600 + seconds)
}

/// The app of all rows.
pub fn app() -> AppKey {
    AppKey::new(PLATFORM, AppId::from_stored("app"))
}

/// The key of an account.
pub fn key(number: u64) -> AccountKey {
    app().account(owner(), AccountId::from_stored(format!("account-{number}")))
}

/// A connected account whose refresh has been due since before [`at(0)`](at), longest the one with the lowest number.
pub fn account(number: u64) -> TokenRecord {
    let mut record = TokenRecord::new(key(number), "web", at(-86_400));
    record.consent = format!("consent-{number}");
    record.name = format!("Account {number}");
    record.sealed = Some(vec![7; 200]);
    record.expires_at = Some(at(600));
    let before = TimeDelta::milliseconds(i64::try_from(number).unwrap_or(i64::MAX));
    record.refresh_due_at = Some(at(-3_600) + before);
    record
}

/// A post of `account`, due at [`at(0)`](at).
pub fn post(number: u64, account: u64) -> NewPost {
    let checkpoint = StoredCheckpoint::new("init", Effect::Repeatable, VERSION, vec![7; 60]);
    let name = format!("post-{number}");
    let mut post = NewPost::new(
        post_id(number),
        key(account),
        IdempotencyKey::from_stored(&name),
        checkpoint,
        at(0),
    );
    post.caption = name;
    post.request = vec![7; 300];
    post
}

/// The id of a post.
pub fn post_id(number: u64) -> PostId {
    let id = uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid();
    PostId::from(id)
}

/// An event that came at [`at(0)`](at).
pub fn event(number: u64) -> ReceivedEvent {
    let (id, body) = (
        format!("event-{number}"),
        format!(r#"{{"event":"changed","number":{number}}}"#),
    );
    let event = VerifiedEvent::new(PLATFORM, app().app, id, "changed", body.into_bytes());
    ReceivedEvent::new(event, at(0))
}
