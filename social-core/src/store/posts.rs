mod edit;
mod held;
mod record;
mod step;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use edit::{PostContent, PostEdit};
pub use held::{HeldAccount, HeldFor};
pub use record::{
    HistoryEntry, HistoryKind, NewPost, PostFilter, PostRecord, PostState, Statistics,
    StoredCheckpoint, Submitted,
};
pub use step::{
    Cancelled, ClaimPosts, Fence, Next, PostClaim, RecordStep, Recorded, StartStep, Started, Told,
    ToldEvent,
};

use super::{Revision, Wakes};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AppKey, IdempotencyKey, MediaId, OwnerId, PostId, RemoteId},
    publish::{Note, Outcome},
};

/// Keeps posts, and one lane per account.
///
/// The lane is the unit of claiming: it is ready when its account's first due post is, unless it is held. Served lanes
/// queue up behind the ready ones, so that an account with very many posts never starves the others: a lane is ready no
/// earlier than the `now` of its last claim or record (or the store's own wall clock, if `now` is ahead of it, so that a
/// worker whose clock is ahead takes no lane away from the others), and of lanes ready since the same moment the one with the lower
/// fence comes first, then the one with the lower [row id](AccountKey::row_id). All writes of a claim's holder compare
/// the lane's fence: a holder whose lease was taken over writes nothing any more. A lease that lapsed and that nobody
/// took over still holds.
///
/// An account is its [row](AccountKey::row_id): lanes, idempotency keys and the methods that take an account do not tell
/// owners apart, so that a post is not sent again when its account changes hands.
#[async_trait]
pub trait PostStore: Debug + Send + Sync + 'static {
    /// Keeps a post under its account's idempotency key, or answers the one that is already there, whatever its state.
    /// Makes the lane if the account has none. The history begins with a line `Submitted`. A new one whose
    /// [key is doubted](NewPost::hold_after_loss) is kept held, with a line `Held`: nobody claims it before an operator
    /// [releases](Self::release_held) it; it can be edited and cancelled as any that is queued, and is not missed before: it may
    /// be out already.
    ///
    /// # Errors
    /// `Conflict` when the key stands for another content or the id for another post; where it stands for no post yet, `Invalid` when
    /// the [first checkpoint](StoredCheckpoint::check_first) has posts or nothing that is sealed; `Storage` when the store fails.
    async fn submit(&self, post: &NewPost) -> Result<Submitted>;

    /// The post that an account's idempotency key stands for, whatever its state: what [`submit`](Self::submit) of this content
    /// answers, without a submission.
    ///
    /// # Errors
    /// `Conflict` when the key stands for another content, `Storage` when the store fails.
    async fn submitted(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>>;

    /// Claims ready lanes, longest ready first, each with its first due post (by due time, then id), and counts an
    /// attempt on it. Passes over lanes that somebody holds and posts whose app or checkpoint `which.versions`
    /// does not know; they take no place of `which.limit`. A `Queued` post becomes `Working`, begun at `which.now`; one
    /// with an outcome, which is only looked at again, keeps its state.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>>;

    /// Writes down, before a `Once` step, that it starts, and when. Refuses when the owner has asked to cancel.
    ///
    /// # Errors
    /// `Conflict` when the claim was given back or taken over, when an earlier start still has no known outcome, or when
    /// the post has an outcome; `Storage` when the store fails.
    async fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started>;

    /// Writes down what a step led to, with its lines of history, clears the attempts, and ends the lease. With
    /// `step.keep_lease` the lease goes on, and its attempt still counts. A start is forgotten unless
    /// `step.still_started`; when it was stays. The time of the first outcome stays. A [hold](Next::Hold) is not put on the
    /// lane while another post of it is due that the owner has asked to cancel, or any is to be told something: for that no
    /// connection is needed. A post that [this holder does not read](PostClaim::reads) stands in no hold's way.
    ///
    /// # Errors
    /// `Conflict` when the claim was given back or taken over: nothing was written; with the reason `RemoteIdTaken` when
    /// another post of the app has one of the checkpoint's ids. `Invalid` for an outcome that says that nothing is there, when
    /// the checkpoint [has links](StoredCheckpoint::check_outcome), the one that is recorded or else the one that is kept: nothing
    /// was written. `Storage` when the store fails.
    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded>;

    /// Renews the lease: it ends `lease` from now.
    ///
    /// # Errors
    /// `Conflict` when the claim was given back or taken over, `Storage` when the store fails.
    async fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()>;

    /// Gives the claim back, the post due again at `next_at`, and clears the attempts. All else stays: a post once begun
    /// is `Working`, and a start stays written down. A claim that was given back or taken over is left alone.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()>;

    /// What [events](super::EventStore::hand_over) tell the claimed post and no record has [applied](RecordStep::applied)
    /// yet, at most `limit`, in the order of their numbers. Nothing when the claim does not hold any more.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told>;

    /// One post of this owner.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn load(&self, owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>>;

    /// Posts of this owner, newest (by id) first.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>>;

    /// What happened to a post of this owner in the order it was written; nothing when it is not this owner's.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>>;

    /// Changes a `Queued` post of this owner, with a line `Edited`, and answers it at its next revision. What the
    /// idempotency key stands for stays what was first submitted.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, `Conflict` when it was edited since `expect`, a worker has begun it, or it
    /// has an outcome; `Invalid` as for [`submit`](Self::submit), `Storage` when the store fails.
    async fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord>;

    /// How many posts of an account a worker began at or after `since` that are on their way or wait for the person:
    /// those `Working` or `AwaitingUser`. Platforms limit how many may be pending.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64>;

    /// How many posts stand where, for an owner or one of the accounts.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn statistics(&self, owner: &OwnerId, account: Option<&AccountKey>)
    -> Result<Statistics>;

    /// The post among whose checkpoint's ids this one is. No two posts of an app have an id in common.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn find_remote(&self, app: &AppKey, remote_id: &RemoteId) -> Result<Option<PostRecord>>;

    /// Cancels a post of this owner: at once when it is `Queued`, otherwise by asking the worker, for whom the post is due
    /// by `now` (or the store's own wall clock, if `now` is ahead of it: no worker may have to wait for the caller's clock) and a
    /// hold of its lane ends. Either way the request is marked, with a line `CancelRequested`, followed by
    /// `Settled` when it is done at once. Asking again changes nothing more. A post that has an outcome stays as it is.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, `Storage` when the store fails.
    async fn cancel(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled>;

    /// Makes a post of this owner due by `now`, as [`cancel`](Self::cancel) does, that a worker has begun, also one with an outcome that nobody looks at any
    /// more: word came, for example in a webhook, that there is something to see. `false`, and nothing changes, for one that
    /// no worker has begun. While a worker has it, what the worker records decides when it is due next.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, `Storage` when the store fails.
    async fn hasten(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool>;

    /// Settles an `Undecided` post on somebody's word, with a line `Settled` that names whose it is, if it is a person's, and has
    /// the notes. They take the place of those of the question. It is not looked at again: a claim on it ends.
    ///
    /// # Errors
    /// `NotFound` when it is not this owner's, `Conflict` when it is not undecided, `Invalid` when the outcome says
    /// [less than what is there](StoredCheckpoint::check_word), `Storage` when the store fails.
    async fn settle(
        &self,
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome,
        notes: &[Note],
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()>;

    /// Stops claiming posts of an account, also of later ones, until [`resume`](Self::resume): it is not connected. Who
    /// holds its lane now goes on.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn hold(&self, account: &AccountKey) -> Result<()>;

    /// Ends a hold.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn resume(&self, account: &AccountKey) -> Result<()>;

    /// Held accounts that have posts with a time at which something is to be done, by [row id](AccountKey::row_id), from
    /// behind `after` on. A hold is no fact of its own: whether one still stands follows from the account's connection, and
    /// who works on posts looks at that again and again.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>>;

    /// Whether a post of an account is due, at `now`, on which there is something to do without a connection: its owner has asked to
    /// cancel it, or an [event](Self::told) waits to be told. Of those that a worker [reads](PostRecord::is_read_by) whose newest
    /// form of checkpoint is `newest`: a hold that another worker has put on the lane keeps them waiting.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool>;

    /// Cancels every post of an account that has no outcome, as [`cancel`](Self::cancel) does, and says how many. A hold
    /// ends: to stop what was begun, a worker must be able to claim it.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64>;

    /// Fails posts whose `expires_at` is before `now` (and before the store's own wall clock, if it has one: a caller whose clock
    /// is ahead gives nothing up that others still have time for), with [`PostRecord::missed`] and a line `Settled` that carries it, and
    /// answers them; of more than `limit` those that ran out first. Those that are `Queued`, and those that wait, `Working`,
    /// while nothing of them can be a post: nobody has them, their exposure is `Nothing` and they have no links, no `Once` step
    /// was started, and the data were not restored since they were begun; these only of the `served` apps, since whoever gives one
    /// up gives back what it has booked, which its publisher names. What
    /// the owner has asked to cancel is left to that, and what is kept held to the operator's word. A hold of the account does
    /// not stand in the way.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn expire_missed(
        &self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PostRecord>>;

    /// After a restore, clone or failover: every post without outcome that a worker had begun, or that was due by `due_by`, may
    /// have been sent since in the other copy of the data. Each is treated as if a `Once` step of it had been started that
    /// settles `grace` from now on the store's clock, or later if one was that settles later: it is `Working`, begun when it
    /// was due, and not after `now`, unless it was begun before, due at `now`, marked as [restored](PostRecord::restored_at), with a line `Restored`
    /// unless it is marked and nothing was written to it since, and every claim ends, also those that were given in the life before
    /// and are not in these data. Where no start was ever written down, the time at which the post was begun counts as that of the
    /// start. What is kept held stays so. Says how many there were; marking them again changes no time of a start.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn mark_restored(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64>;

    /// After writes may have been lost: keeps every queued post held for an operator's word, with a line `Held`, and says how
    /// many. Its owner may have moved it to an earlier time in what was lost, and it be out.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64>;

    /// Posts of everybody that are kept held for an operator's word, oldest (by id) first, from behind `after` on, at most
    /// `limit`.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn held(&self, after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>>;

    /// Lets a post go that is kept held, on an operator's word, with a line `Released`: it is due when it would have been.
    ///
    /// # Errors
    /// `NotFound` when no post that is kept held has this id, `Storage` when the store fails.
    async fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord>;

    /// Removes lines of history that were written before `before`, of posts that ended before it and that nobody looks at any
    /// more, at most `limit`, and says how many. What the post says of itself stays.
    ///
    /// # Errors
    /// `Unsupported` when the store does not do that, as one that does not say more; `Storage` when it fails.
    async fn purge_history(&self, _before: DateTime<Utc>, _limit: u32) -> Result<u64> {
        let message = "this store keeps every line of history";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Which of these files posts still need: those that have no outcome, that are still looked at, or that ended at `over_before`
    /// or later. In any order, each once.
    ///
    /// # Errors
    /// `Unsupported` when the store does not know, as one that does not say more: then no file is removed by age. `Storage` when
    /// it fails.
    async fn needed_media(
        &self,
        _media: &[MediaId],
        _over_before: DateTime<Utc>,
    ) -> Result<Vec<MediaId>> {
        let message = "this store does not know which media its posts need";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Hears of posts that are submitted or changed by their owners, also in other processes where the store can tell.
    /// Never, unless a store says more.
    fn wakes(&self) -> Wakes {
        Wakes::never()
    }

    /// When the next lane that is not held is ready, leases aside. Of an app and the newest form of checkpoint that is read of it:
    /// when the next has a post that [`claim`](Self::claim) hands out for these, as if there were no others in it. Where none is
    /// named: of any app, with whatever waits there.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn next_ready(&self, of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>>;
}
