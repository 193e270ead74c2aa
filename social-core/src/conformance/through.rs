//! Stores that do something beside what another store does: those of tests that have a fault, go away, or answer late.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    model::{
        AccountId, AccountKey, AppKey, Connector, IdempotencyKey, MediaId, OwnerId, PostId,
        PrincipalId, RemoteId,
    },
    publish::{Note, Outcome},
    store::*,
};

/// Passes every method of [`EventStore`], [`LoginStore`], [`PostStore`] and [`TokenStore`] on to another store, as far as
/// that one implements them. What it should not pass on of another trait it implements itself.
pub trait Through: std::fmt::Debug + Send + Sync + 'static {
    /// The store behind it.
    type Store: Send + Sync + 'static;

    /// The store behind it.
    fn behind(&self) -> &Self::Store;

    /// Called before a method, as `PostStore::claim`, is passed on. An error is the method's answer, and nothing is passed on.
    fn before(&self, _method: &'static str) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Called when the store behind it has done what it should; the answer waits for this.
    fn after(&self, _method: &'static str) -> impl Future<Output = ()> + Send {
        async {}
    }
}

macro_rules! passes_on {
    (
        $store:ident($($wakes:ident)?):
        $(fn $name:ident(&self $(, $arg:ident: $type:ty)* $(,)?) -> $answer:ty;)*
    ) => {
        #[async_trait]
        impl<T: Through<Store: $store>> $store for T {
            $(async fn $name(&self $(, $arg: $type)*) -> $answer {
                let method = concat!(stringify!($store), "::", stringify!($name));
                self.before(method).await?;
                let answer = $store::$name(self.behind() $(, $arg)*).await;
                self.after(method).await;
                answer
            })*

            $(fn $wakes(&self) -> Wakes {
                $store::$wakes(self.behind())
            })?
        }
    };
}

passes_on! { EventStore(wakes):
    fn insert(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>>;
    fn claim(&self, which: &ClaimEvents) -> Result<Vec<EventClaim>>;
    fn renew(&self, claim: &EventClaim, lease: Duration) -> Result<bool>;
    fn complete(&self, claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>>;
    fn retry(
        &self,
        claim: &EventClaim,
        ready_at: DateTime<Utc>,
        cause: Option<&Error>,
    ) -> Result<bool>;
    fn defer(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool>;
    fn park(&self, claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool>;
    fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver>;
    fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64>;
    fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>>;
    fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64>;
    fn purge(&self, which: &Purge) -> Result<u64>;
    fn maintain(&self, done_before: Option<DateTime<Utc>>) -> Result<()>;
    fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog>;
    fn next_ready(&self) -> Result<Option<DateTime<Utc>>>;
}

passes_on! { LoginStore():
    fn put(&self, login: &LoginRecord) -> Result<()>;
    fn peek(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>>;
    fn take(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>>;
    fn put_offer(&self, offer: &OfferRecord) -> Result<()>;
    fn offer(&self, owner: &OwnerId, id: Uuid, now: DateTime<Utc>) -> Result<Option<OfferRecord>>;
    fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool>;
    fn purge(&self, now: DateTime<Utc>) -> Result<u64>;
}

passes_on! { TokenStore():
    fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>>;
    fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>>;
    fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision>;
    fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>>;
    fn remove(&self, key: &AccountKey) -> Result<bool>;
    fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>>;
    fn find(&self, app: &AppKey, id: &AccountId) -> Result<Vec<AccountKey>>;
    fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>>;
    fn next_number(&self) -> Result<i64>;
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
    fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>>;
    fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage>;
    fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>>;
}

passes_on! { PostStore(wakes):
    fn submit(&self, post: &NewPost) -> Result<Submitted>;
    fn submitted(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>>;
    fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>>;
    fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started>;
    fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded>;
    fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()>;
    fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()>;
    fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told>;
    fn load(&self, owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>>;
    fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>>;
    fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>>;
    fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord>;
    fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64>;
    fn statistics(&self, owner: &OwnerId, account: Option<&AccountKey>) -> Result<Statistics>;
    fn find_remote(&self, app: &AppKey, id: &RemoteId) -> Result<Option<PostRecord>>;
    fn cancel(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled>;
    fn hasten(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool>;
    fn settle(
        &self,
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome, notes: &[Note],
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()>;
    fn hold(&self, account: &AccountKey) -> Result<()>;
    fn resume(&self, account: &AccountKey) -> Result<()>;
    fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64>;
    fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>>;
    fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool>;
    fn expire_missed(
        &self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PostRecord>>;
    fn mark_restored(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64>;
    fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64>;
    fn held(&self, after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>>;
    fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord>;
    fn purge_history(&self, before: DateTime<Utc>, limit: u32) -> Result<u64>;
    fn needed_media(&self, media: &[MediaId], over_before: DateTime<Utc>) -> Result<Vec<MediaId>>;
    fn next_ready(&self, of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>>;
}
