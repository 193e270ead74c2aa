mod record;
mod step;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use record::{
    HistoryEntry, HistoryKind, NewPost, PostFilter, PostRecord, PostState, Statistics,
    StoredCheckpoint, Submitted,
};
pub use step::{
    Cancelled, ClaimPosts, Fence, Next, PostClaim, RecordStep, Recorded, StartStep, Started,
};

use crate::{
    error::Result,
    model::{AccountKey, Platform, PostId},
    publish::Outcome,
};

/// Keeps posts, and one lane per account.
///
/// The lane is the unit of claiming: it is ready when its account's first due post is, unless it is held. Served lanes
/// queue up behind the ready ones, so that an account with very many posts never starves the others. All writes of a
/// claim's holder compare the lane's fence: a holder whose lease was taken over writes nothing any more.
#[async_trait]
pub trait PostStore: Debug + Send + Sync + 'static {
    /// Keeps a post under its account's idempotency key, or answers the one that is already there. Makes the lane if the
    /// account has none.
    ///
    /// # Errors
    /// `Conflict` when the key stands for another content, `Storage` when the store fails.
    async fn submit(&self, post: &NewPost) -> Result<Submitted>;

    /// Claims ready lanes, longest ready first, each with its first due post (by due time, then id), and counts an
    /// attempt on it. Passes over posts whose checkpoint is newer than `which.versions` knows.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>>;

    /// Writes down, before a `Once` step, that it starts. Refuses when the owner has asked to cancel.
    ///
    /// # Errors
    /// `Conflict` when the claim was taken over, `Storage` when the store fails.
    async fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started>;

    /// Writes down what a step led to, with its line of history, clears the attempts, and ends the lease unless
    /// `step.keep_lease`.
    ///
    /// # Errors
    /// `Conflict` when the claim was taken over, `Storage` when the store fails.
    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded>;

    /// Renews the lease.
    ///
    /// # Errors
    /// `Conflict` when the claim was taken over, `Storage` when the store fails.
    async fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()>;

    /// Gives the claim back untouched, the post due again at `next_at`, and clears the attempts. A claim that was taken
    /// over is left alone.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()>;

    /// One post of this owner.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn load(&self, owner: &str, id: PostId) -> Result<Option<PostRecord>>;

    /// Posts of this owner, newest first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn list(&self, owner: &str, filter: &PostFilter) -> Result<Vec<PostRecord>>;

    /// What happened to a post of this owner, oldest first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn history(&self, owner: &str, id: PostId) -> Result<Vec<HistoryEntry>>;

    /// How many posts stand where, for an owner or one of the accounts.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn statistics(&self, owner: &str, account: Option<&AccountKey>) -> Result<Statistics>;

    /// The post with this id on the platform.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn find_remote(&self, platform: &Platform, remote_id: &str)
    -> Result<Option<PostRecord>>;

    /// Cancels a post of this owner: at once when no worker has begun it, otherwise by asking the worker. A post that
    /// has an outcome stays as it is.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, `Storage` when the store fails.
    async fn cancel(&self, owner: &str, id: PostId, now: DateTime<Utc>) -> Result<Cancelled>;

    /// Settles an `Undecided` post on the owner's word.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, `Conflict` when it is not undecided, `Storage` when the store fails.
    async fn settle(
        &self,
        owner: &str,
        id: PostId,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<()>;

    /// Stops claiming posts of an account until [`resume`](Self::resume): it has to be connected again.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn hold(&self, account: &AccountKey) -> Result<()>;

    /// Ends a hold.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn resume(&self, account: &AccountKey) -> Result<()>;

    /// Cancels every post of an account that has no outcome, as [`cancel`](Self::cancel) does, and says how many.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64>;

    /// Fails posts that no worker began before their time ran out, and says which.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn expire_missed(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<PostId>>;

    /// When the next lane is ready, leases aside.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>>;
}
