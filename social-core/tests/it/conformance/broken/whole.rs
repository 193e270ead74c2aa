//! A store of everything, whose sealed values have a fault.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Result,
    memory::MemoryStore,
    model::{AccountKey, Platform, PostId},
    publish::Outcome,
    store::*,
};
use uuid::Uuid;

use super::sealed::Fault;

#[derive(Debug)]
pub(super) struct Broken(pub(super) MemoryStore, pub(super) Fault);

/// Passes every method of a trait on to the store in memory.
macro_rules! passes_on {
    ($store:ident: $(fn $name:ident(&self $(, $arg:ident: $type:ty)* $(,)?) -> $answer:ty;)*) => {
        #[async_trait]
        impl $store for Broken {
            $(async fn $name(&self $(, $arg: $type)*) -> $answer {
                $store::$name(&self.0 $(, $arg)*).await
            })*
        }
    };
}

passes_on! { LoginStore:
    fn put(&self, login: &LoginRecord) -> Result<()>;
    fn peek(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>>;
    fn take(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>>;
    fn put_offer(&self, offer: &OfferRecord) -> Result<()>;
    fn offer(&self, owner: &str, id: Uuid, now: DateTime<Utc>) -> Result<Option<OfferRecord>>;
    fn remove_offer(&self, owner: &str, id: Uuid) -> Result<bool>;
    fn purge(&self, now: DateTime<Utc>) -> Result<u64>;
}

passes_on! { TokenStore:
    fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>>;
    fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>>;
    fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision>;
    fn remove(&self, key: &AccountKey) -> Result<bool>;
    fn list(&self, owner: &str) -> Result<Vec<TokenRecord>>;
    fn find(&self, platform: &Platform, id: &str) -> Result<Vec<AccountKey>>;
    fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed>;
    fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>>;
    fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool>;
    fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        known: bool,
    ) -> Result<()>;
    fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>>;
    fn next_due(&self) -> Result<Option<DateTime<Utc>>>;
}

passes_on! { PostStore:
    fn submit(&self, post: &NewPost) -> Result<Submitted>;
    fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>>;
    fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started>;
    fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded>;
    fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()>;
    fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()>;
    fn load(&self, owner: &str, id: PostId) -> Result<Option<PostRecord>>;
    fn list(&self, owner: &str, filter: &PostFilter) -> Result<Vec<PostRecord>>;
    fn history(&self, owner: &str, id: PostId) -> Result<Vec<HistoryEntry>>;
    fn edit(
        &self,
        owner: &str,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord>;
    fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64>;
    fn statistics(&self, owner: &str, account: Option<&AccountKey>) -> Result<Statistics>;
    fn find_remote(&self, platform: &Platform, app: &str, id: &str) -> Result<Option<PostRecord>>;
    fn cancel(&self, owner: &str, id: PostId, now: DateTime<Utc>) -> Result<Cancelled>;
    fn hasten(&self, owner: &str, id: PostId, now: DateTime<Utc>) -> Result<bool>;
    fn settle(
        &self,
        owner: &str,
        id: PostId,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<()>;
    fn hold(&self, account: &AccountKey) -> Result<()>;
    fn resume(&self, account: &AccountKey) -> Result<()>;
    fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64>;
    fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>>;
    fn expire_missed(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<PostRecord>>;
    fn mark_restored(&self, now: DateTime<Utc>, grace: Duration) -> Result<u64>;
    fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64>;
    fn held(&self, limit: u32) -> Result<Vec<PostRecord>>;
    fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord>;
    fn next_ready(&self) -> Result<Option<DateTime<Utc>>>;
}
