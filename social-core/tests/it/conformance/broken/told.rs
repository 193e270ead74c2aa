use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    Error, Result,
    conformance::named,
    memory::MemoryStore,
    model::{AccountKey, AppKey, IdempotencyKey, OwnerId, PostId, RemoteId},
    publish::{Note, Outcome},
    store::*,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Applies nothing: it is told again.
    AppliesNothing,
    /// A post is not due because of an event.
    ForgetsToWake,
    /// What no post has the id of yet is forgotten.
    ForgetsWhatIsUnmatched,
    /// Says when the post is due with the event.
    ForgetsWhenItWasDue,
    /// A hold stays.
    KeepsTheHold,
    /// A post is due at no time where none was known without the event.
    LosesWhatHadNoTime,
    /// Says that every post needs its connection.
    NeedsEveryConnection,
    /// Leaves it in the queue.
    LeavesItToClaims,
    /// Takes every post for one that the worker reads.
    ReadsEverything,
    /// Knows no limit.
    SetsAllAside,
    /// Sets aside what has come by now.
    SetsAsideTooEarly,
    /// Tells who was overtaken.
    TellsAnybody,
    /// Tells the newest first.
    TellsBackwards,
}

#[derive(Debug)]
struct Broken {
    store: MemoryStore,
    fault: Fault,
    /// The last claim and what it was told.
    last: Mutex<Option<(PostClaim, Told)>>,
}

impl Broken {
    fn new(store: MemoryStore, fault: Fault) -> Self {
        Self {
            store,
            fault,
            last: Mutex::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

/// Implements a trait: some methods as they are written, the others by the store behind.
macro_rules! broken {
    (
        $store:ident { $($own:tt)* }
        $(fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $answer:ty;)*
    ) => {
        #[async_trait]
        impl $store for Broken {
            $($own)*

            $(async fn $name(&self $(, $arg: $type)*) -> $answer {
                $store::$name(&self.store $(, $arg)*).await
            })*
        }
    };
}

broken! { EventStore {
    async fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver> {
        if self.has(Fault::LeavesItToClaims) {
            let ready_at = claim.record.ready_at;
            EventStore::retry(&self.store, claim, ready_at, None).await?;
            return Ok(HandedOver::Unmatched);
        }
        let now = match self.has(Fault::ForgetsToWake) {
            true => now + TimeDelta::days(365),
            false => now,
        };
        let handed = self.store.hand_over(claim, now).await?;
        if handed == HandedOver::Unmatched && self.has(Fault::ForgetsWhatIsUnmatched) {
            self.store.set_aside(DateTime::<Utc>::MAX_UTC, now, u32::MAX).await?;
        }
        if handed == HandedOver::ToPost && self.has(Fault::KeepsTheHold) {
            let account = claim.record.event.account.clone();
            let account = account.unwrap_or_else(|| named("account-001"));
            let event = &claim.record.event;
            let key = AccountKey::new(named("owner"), event.app.clone(), event.platform.clone(), account);
            self.store.hold(&key).await?;
        }
        Ok(handed)
    }

    async fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64> {
        let early = TimeDelta::days(i64::from(self.has(Fault::SetsAsideTooEarly)));
        let limit = if self.has(Fault::SetsAllAside) { u32::MAX } else { limit };
        self.store.set_aside(came_before + early, now, limit).await
    }
}
    fn insert(events: &[ReceivedEvent]) -> Result<Vec<bool>>;
    fn claim(which: &ClaimEvents) -> Result<Vec<EventClaim>>;
    fn renew(claim: &EventClaim, lease: Duration) -> Result<bool>;
    fn complete(claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>>;
    fn retry(claim: &EventClaim, ready_at: DateTime<Utc>, cause: Option<&Error>) -> Result<bool>;
    fn park(claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool>;
    fn defer(claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool>;
    fn list(filter: &EventFilter) -> Result<Vec<EventRecord>>;
    fn replay(which: &Replay, now: DateTime<Utc>) -> Result<u64>;
    fn purge(which: &Purge) -> Result<u64>;
    fn maintain(done_before: Option<DateTime<Utc>>) -> Result<()>;
    fn backlog(now: DateTime<Utc>) -> Result<Backlog>;
    fn next_ready() -> Result<Option<DateTime<Utc>>>;
}

broken! { PostStore {
    async fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told> {
        let mut told = self.store.told(claim, limit).await?;
        match self.fault {
            Fault::TellsBackwards => told.events.reverse(),
            Fault::ForgetsWhenItWasDue => told.due_at = None,
            Fault::TellsAnybody => {
                let mut last = self.last.lock().unwrap();
                match &*last {
                    Some((_, earlier)) if told.events.is_empty() => told = earlier.clone(),
                    _ => *last = Some((claim.clone(), told.clone())),
                }
            }
            _ => {}
        }
        Ok(told)
    }

    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded> {
        let (mut claim, mut step) = (claim.clone(), step.clone());
        if self.has(Fault::AppliesNothing) {
            step.applied.clear();
        }
        if self.has(Fault::ReadsEverything) {
            claim = claim.reading(u16::MAX);
        }
        if self.has(Fault::LosesWhatHadNoTime) && step.due_as_untold {
            let told = self.store.told(&claim, 1).await?;
            step.due_as_untold = told.due_at.is_some();
            step.next = match step.next {
                Next::At(_) if told.due_at.is_none() => Next::At(DateTime::<Utc>::MAX_UTC),
                next => next,
            };
        }
        self.store.record(&claim, &step).await
    }

    async fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let newest = if self.has(Fault::ReadsEverything) { u16::MAX } else { newest };
        let needs_none = self.store.needs_no_connection(account, newest, now).await?;
        Ok(needs_none && !self.has(Fault::NeedsEveryConnection))
    }
}
    fn submit(post: &NewPost) -> Result<Submitted>;
    fn submitted(account: &AccountKey, key: &IdempotencyKey, fingerprint: &[u8; 32]) -> Result<Option<PostRecord>>;
    fn claim(which: &ClaimPosts) -> Result<Vec<PostClaim>>;
    fn start(claim: &PostClaim, step: &StartStep) -> Result<Started>;
    fn renew(claim: &PostClaim, lease: Duration) -> Result<()>;
    fn release(claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()>;
    fn load(owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>>;
    fn list(owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>>;
    fn history(owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>>;
    fn edit(
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord>;
    fn pending(account: &AccountKey, since: DateTime<Utc>) -> Result<u64>;
    fn statistics(owner: &OwnerId, account: Option<&AccountKey>) -> Result<Statistics>;
    fn find_remote(app: &AppKey, id: &RemoteId) -> Result<Option<PostRecord>>;
    fn cancel(owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled>;
    fn hasten(owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool>;
    fn settle(
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome, notes: &[Note],
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()>;
    fn hold(account: &AccountKey) -> Result<()>;
    fn resume(account: &AccountKey) -> Result<()>;
    fn cancel_account(account: &AccountKey, now: DateTime<Utc>) -> Result<u64>;
    fn held_accounts(after: &str, limit: u32) -> Result<Vec<HeldAccount>>;
    fn expire_missed(served: &[AppKey], now: DateTime<Utc>, limit: u32) -> Result<Vec<PostRecord>>;
    fn mark_restored(
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64>;
    fn hold_queued(now: DateTime<Utc>) -> Result<u64>;
    fn held(after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>>;
    fn release_held(id: PostId, now: DateTime<Utc>) -> Result<PostRecord>;
    fn next_ready(of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>>;
}

super::faults! { told:
    an_event_goes_to_its_post finds |store| Broken::new(store, Fault::LeavesItToClaims),
        "the post is there";
    a_post_that_is_over_is_told_too finds |store| Broken::new(store, Fault::ForgetsWhenItWasDue),
        "when it would have been looked at";
    a_hold_ends_for_what_an_event_tells finds |store| Broken::new(store, Fault::KeepsTheHold),
        "one post is due";
    what_is_for_a_newer_worker_stands_in_no_holds_way
        finds |store| Broken::new(store, Fault::ReadsEverything), "it is held";
    what_came_before_a_post_began_keeps_it_due
        finds |store| Broken::new(store, Fault::LosesWhatHadNoTime), "when it is due";
    what_needs_no_connection_is_known
        finds |store| Broken::new(store, Fault::ReadsEverything), "it is for a newer worker";
    events_are_told_in_the_order_they_came finds |store| Broken::new(store, Fault::TellsBackwards),
        "about each of its ids";
    a_record_ends_what_it_applies finds |store| Broken::new(store, Fault::AppliesNothing),
        "left: []";
    what_is_not_applied_makes_the_post_due_again
        finds |store| Broken::new(store, Fault::ForgetsToWake), "one post is due";
    who_was_overtaken_applies_nothing finds |store| Broken::new(store, Fault::TellsAnybody),
        "it is another's";
    what_came_before_its_post_is_told_when_the_id_is_recorded
        finds |store| Broken::new(store, Fault::ForgetsWhatIsUnmatched), "one post is due";
    what_no_post_came_for_is_set_aside finds |store| Broken::new(store, Fault::SetsAllAside),
        "the limit";
}

#[tokio::test]
async fn what_has_come_by_now_is_not_set_aside() {
    let case = async {
        let harness = super::Faulty::new(|store| Broken::new(store, Fault::SetsAsideTooEarly));
        social_core::conformance::told::what_no_post_came_for_is_set_aside(&harness).await
    };
    super::caught(case, "left: 2").await;
}

#[tokio::test]
async fn what_needs_no_connection_is_not_left_to_it() {
    let case = async {
        let harness = super::Faulty::new(|store| Broken::new(store, Fault::NeedsEveryConnection));
        social_core::conformance::told::what_needs_no_connection_is_known(&harness).await
    };
    super::caught(case, "it is to be told something").await;
}
