//! What the tests store.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    model::{AccountKey, Connector, Platform},
    store::TokenRecord,
};

pub(crate) const PLATFORM: Platform = Platform::new("example");
pub(crate) const LEASE: Duration = Duration::from_secs(600);

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600 + seconds)
}

pub(crate) fn key(account: &str) -> AccountKey {
    AccountKey::new("owner", "app", PLATFORM, account)
}

pub(crate) fn token(account: &str) -> TokenRecord {
    let mut record = TokenRecord::new(key(account), Connector::new(PLATFORM, "web"), at(0));
    record.sealed = Some(vec![4, 5, 6]);
    record.refresh_due_at = Some(at(0));
    record
}
