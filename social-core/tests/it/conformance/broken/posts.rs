mod fault;
mod losses;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    ErrorKind, Result,
    conformance::{self, Instance, named},
    memory::MemoryStore,
    model::{AccountKey, AppKey, IdempotencyKey, MediaId, OwnerId, Platform, PostId, RemoteId},
    publish::{Note, Outcome},
    store::{
        Cancelled, ClaimPosts, HeldAccount, HeldFor, HistoryEntry, Incarnation, Incarnations,
        Installation, InstallationStore, InstanceName, LastWrites, NewPost, Next, PostClaim,
        PostEdit, PostFilter, PostRecord, PostState, PostStore, RecordStep, Recorded, Revision,
        StartStep, Started, Statistics, Submitted, Told,
    },
    vault::KeyId,
};

use super::{Faulty, caught, faults};
use fault::Fault;

#[derive(Debug)]
struct Broken {
    store: MemoryStore,
    fault: Fault,
    /// The last claim of each post.
    claims: Mutex<BTreeMap<PostId, PostClaim>>,
    submitted: Mutex<BTreeMap<PostId, NewPost>>,
}

impl Broken {
    fn new(store: MemoryStore, fault: Fault) -> Self {
        Self {
            store,
            fault,
            claims: Mutex::default(),
            submitted: Mutex::default(),
        }
    }

    fn last_claim(&self, id: PostId) -> Option<PostClaim> {
        self.claims.lock().unwrap().get(&id).cloned()
    }
}

/// The app of the cases.
fn conformance_app() -> AppKey {
    AppKey::new(Platform::new("example"), named("app"))
}

#[async_trait]
impl PostStore for Broken {
    async fn submit(&self, post: &NewPost) -> Result<Submitted> {
        let mut post = post.clone();
        match self.fault {
            Fault::ForgetsTheKey => {
                post.idempotency_key = IdempotencyKey::from_stored(post.id.to_string())
            }
            Fault::ForgetsTheFingerprint => post.fingerprint = [0; 32],
            Fault::HoldsNothing => post.hold_after_loss = None,
            Fault::BeginsInTheMiddle => post.checkpoint.links.clear(),
            Fault::BeginsWithNothing => post.checkpoint.sealed.push(1),
            Fault::HoldsForEver => {
                post.hold_after_loss = post.hold_after_loss.map(|_| Duration::MAX);
            }
            _ => {}
        }
        let first = || post.clone();
        self.submitted
            .lock()
            .unwrap()
            .entry(post.id)
            .or_insert_with(first);
        self.store.submit(&post).await
    }

    async fn submitted(
        &self,
        account: &AccountKey,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<PostRecord>> {
        let found = self.store.submitted(account, key, fingerprint).await;
        match (found, self.fault) {
            (Ok(Some(post)), Fault::FindsNoneThatIsOver) if post.outcome.is_some() => Ok(None),
            (Err(_), Fault::ForgetsTheFingerprint) => Ok(None),
            (answer, _) => answer,
        }
    }

    async fn claim(&self, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
        if self.fault == Fault::ForgetsLeases {
            let claims = self.claims.lock().unwrap().clone();
            for claim in claims.values() {
                self.store.release(claim, which.now).await?;
            }
        }
        let mut claims = self.store.claim(which).await?;
        if self.fault == Fault::ClaimsAsSubmitted {
            let submitted = self.submitted.lock().unwrap();
            for post in claims.iter_mut().map(|claim| &mut claim.post) {
                let first = &submitted[&post.id];
                post.caption.clone_from(&first.caption);
                post.request.clone_from(&first.request);
            }
        }
        if self.fault == Fault::SettlesNow {
            claims = (claims.into_iter())
                .map(|claim| claim.settled_for(Duration::ZERO))
                .collect();
        }
        if self.fault == Fault::ReadyForAnybody {
            claims = (claims.into_iter())
                .map(|claim| claim.reading(u16::MAX))
                .collect();
        }
        let mut last = self.claims.lock().unwrap();
        last.extend(claims.iter().map(|claim| (claim.post.id, claim.clone())));
        Ok(claims)
    }

    async fn start(&self, claim: &PostClaim, step: &StartStep) -> Result<Started> {
        match (self.store.start(claim, step).await, self.fault) {
            (Err(error), Fault::StartsTwice) if error.kind() == ErrorKind::Conflict => {
                Ok(Started::Started)
            }
            (Ok(Started::Cancelled), Fault::StartsTheCancelled) => Ok(Started::Started),
            (answer, _) => answer,
        }
    }

    async fn record(&self, claim: &PostClaim, step: &RecordStep) -> Result<Recorded> {
        let (mut claim, mut step) = (claim.clone(), step.clone());
        match self.fault {
            Fault::IgnoresTheFence => claim = self.last_claim(claim.post.id).unwrap_or(claim),
            Fault::LosesTheStart => step.still_started = false,
            Fault::ForgetsFairness => step.now = DateTime::UNIX_EPOCH,
            Fault::ForgetsSinceWhen => step.failing_since = None,
            Fault::ForgetsWhatIsThere => {
                step.checkpoint.iter_mut().for_each(|at| at.links.clear());
            }
            Fault::ForgetsNotes => step.notes = None,
            Fault::ForgetsOldNotes => step.notes = step.notes.or_else(|| Some(Vec::new())),
            Fault::HoldsAtOnce if matches!(step.next, Next::Hold(..)) => {
                let recorded = self.store.record(&claim, &step).await?;
                self.store.hold(&claim.post.account).await?;
                return Ok(recorded);
            }
            _ => {}
        }
        match self.store.record(&claim, &step).await {
            Err(error)
                if error.kind() == ErrorKind::Invalid && self.fault == Fault::FailsWhatIsThere =>
            {
                let mut gone = claim.post.checkpoint.clone();
                gone.links.clear();
                step.checkpoint = Some(gone);
                self.store.record(&claim, &step).await
            }
            Err(error) if error.kind() == ErrorKind::Conflict => match self.fault {
                Fault::RecordsWithoutAClaim if error.reason().is_none() => Ok(Recorded::new(false)),
                Fault::SharesRemoteIds if error.reason().is_some() => {
                    step.checkpoint = None;
                    self.store.record(&claim, &step).await
                }
                _ => Err(error),
            },
            answer => answer,
        }
    }

    async fn renew(&self, claim: &PostClaim, lease: Duration) -> Result<()> {
        self.store.renew(claim, lease).await
    }

    async fn release(&self, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()> {
        self.store.release(claim, next_at).await
    }

    async fn told(&self, claim: &PostClaim, limit: u32) -> Result<Told> {
        self.store.told(claim, limit).await
    }

    async fn load(&self, owner: &OwnerId, id: PostId) -> Result<Option<PostRecord>> {
        let mut found = self.store.load(owner, id).await?;
        if let Some(post) = &mut found
            && self.fault == Fault::ForgetsTheMark
            && !post.started
        {
            post.restored_at = None;
        }
        Ok(found)
    }

    async fn list(&self, owner: &OwnerId, filter: &PostFilter) -> Result<Vec<PostRecord>> {
        self.store.list(owner, filter).await
    }

    async fn history(&self, owner: &OwnerId, id: PostId) -> Result<Vec<HistoryEntry>> {
        self.store.history(owner, id).await
    }

    async fn statistics(
        &self,
        owner: &OwnerId,
        account: Option<&AccountKey>,
    ) -> Result<Statistics> {
        self.store.statistics(owner, account).await
    }

    async fn find_remote(&self, app: &AppKey, id: &RemoteId) -> Result<Option<PostRecord>> {
        let found = self.store.find_remote(app, id).await?;
        let is_first = |post: &PostRecord| {
            let ids = &post.checkpoint.remote_ids;
            ids.first().is_some_and(|first| first == id)
        };
        Ok(match self.fault {
            Fault::KnowsTheFirstId => found.filter(is_first),
            _ => found,
        })
    }

    async fn cancel(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<Cancelled> {
        match self.store.cancel(owner, id, now).await? {
            Cancelled::Requested if self.fault == Fault::CancelsWhatIsBegun => Ok(Cancelled::Done),
            Cancelled::Requested if self.fault == Fault::CancelsWhatIsThere => {
                let post = self.store.load(owner, id).await?;
                let there = post.is_some_and(|post| !post.checkpoint.links.is_empty());
                Ok(match there {
                    true => Cancelled::Done,
                    false => Cancelled::Requested,
                })
            }
            answer => Ok(answer),
        }
    }

    async fn hasten(&self, owner: &OwnerId, id: PostId, now: DateTime<Utc>) -> Result<bool> {
        match self.fault {
            Fault::HastensNothing => {
                let post = self.store.load(owner, id).await?;
                Ok(post.is_some_and(|post| post.next_at.is_some()))
            }
            Fault::PutsOff => {
                self.store
                    .hasten(owner, id, now + TimeDelta::hours(1))
                    .await
            }
            _ => self.store.hasten(owner, id, now).await,
        }
    }

    async fn settle(
        &self,
        owner: &OwnerId,
        id: PostId,
        outcome: &Outcome,
        notes: &[Note],
        by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (mut outcome, mut notes) = (outcome.clone(), notes.to_vec());
        let there = self.store.load(owner, id).await?;
        match (self.fault, there, &mut outcome) {
            (Fault::KeepsTheQuestion, Some(post), _) => {
                notes.splice(0..0, post.notes);
            }
            (Fault::MendsTheWord, Some(post), Outcome::Published(has)) => {
                let links = post.checkpoint.links.into_iter();
                let missing: Vec<_> = links.filter(|link| !has.contains(link)).collect();
                has.extend(missing);
            }
            _ => {}
        }
        self.store
            .settle(owner, id, &outcome, &notes, by, now)
            .await
    }

    async fn edit(
        &self,
        owner: &OwnerId,
        id: PostId,
        expect: Revision,
        edit: &PostEdit,
        now: DateTime<Utc>,
    ) -> Result<PostRecord> {
        let present = self.store.load(owner, id).await?;
        match (present, self.fault) {
            (Some(post), Fault::EditsBlindly) => {
                self.store.edit(owner, id, post.revision, edit, now).await
            }
            (Some(post), Fault::ReleasesWithAnEdit) if post.held_due_at.is_some() => {
                self.store.edit(owner, id, expect, edit, now).await?;
                self.store.release_held(id, now).await
            }
            (_, Fault::EditsWithoutMedia) => {
                let mut edit = edit.clone();
                edit.content.iter_mut().for_each(|it| it.media.clear());
                self.store.edit(owner, id, expect, &edit, now).await
            }
            (Some(post), Fault::EditsWhatIsBegun) if post.state != PostState::Queued => Ok(post),
            _ => self.store.edit(owner, id, expect, edit, now).await,
        }
    }

    async fn pending(&self, account: &AccountKey, since: DateTime<Utc>) -> Result<u64> {
        let since = match self.fault {
            Fault::CountsAllPending => DateTime::UNIX_EPOCH,
            _ => since,
        };
        self.store.pending(account, since).await
    }

    async fn hold_queued(&self, now: DateTime<Utc>) -> Result<u64> {
        match self.fault {
            Fault::HoldsNoneQueued => Ok(0),
            _ => self.store.hold_queued(now).await,
        }
    }

    async fn mark_restored(
        &self,
        now: DateTime<Utc>,
        due_by: DateTime<Utc>,
        grace: Duration,
    ) -> Result<u64> {
        match self.fault {
            Fault::MarksTooMuch => {
                let due_by = due_by + TimeDelta::hours(1);
                self.store.mark_restored(now, due_by, grace).await
            }
            Fault::MarksNothing => Ok(0),
            _ => self.store.mark_restored(now, due_by, grace).await,
        }
    }

    async fn hold(&self, account: &AccountKey) -> Result<()> {
        match self.fault {
            Fault::ForgetsHolds => Ok(()),
            _ => self.store.hold(account).await,
        }
    }

    async fn resume(&self, account: &AccountKey) -> Result<()> {
        self.store.resume(account).await
    }

    async fn held_accounts(&self, after: &str, limit: u32) -> Result<Vec<HeldAccount>> {
        let mut held = self.store.held_accounts(after, limit).await?;
        match self.fault {
            Fault::ListsNoHolds => held.clear(),
            Fault::ForgetsWhatWasRefused => {
                held.iter_mut().for_each(|held| held.held_for = None);
            }
            Fault::HoldsForTokensAlone => {
                let tokens = Some(HeldFor::Tokens(Revision(3)));
                held.iter_mut().for_each(|held| held.held_for = tokens);
            }
            _ => {}
        }
        Ok(held)
    }

    async fn needs_no_connection(
        &self,
        account: &AccountKey,
        newest: u16,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        self.store.needs_no_connection(account, newest, now).await
    }

    async fn cancel_account(&self, account: &AccountKey, now: DateTime<Utc>) -> Result<u64> {
        self.store.cancel_account(account, now).await
    }

    async fn expire_missed(
        &self,
        served: &[AppKey],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PostRecord>> {
        if self.fault == Fault::MissesForOthers {
            let every = [
                conformance_app(),
                served.first().cloned().unwrap_or_else(conformance_app),
            ];
            return self.store.expire_missed(&every, now, limit).await;
        }
        if self.fault == Fault::ForgetsTheTime && !self.claims.lock().unwrap().is_empty() {
            return Ok(Vec::new());
        }
        if self.fault == Fault::MissesWhatIsThere {
            let claims = self.claims.lock().unwrap().clone();
            for claim in claims.into_values() {
                let owner = claim.post.account.owner.clone();
                let post = self.store.load(&owner, claim.post.id).await?;
                if let Some(post) = post.filter(|post| !post.checkpoint.links.is_empty()) {
                    return Ok(vec![post]);
                }
            }
        }
        self.store.expire_missed(served, now, limit).await
    }

    async fn held(&self, after: Option<PostId>, limit: u32) -> Result<Vec<PostRecord>> {
        match self.fault {
            Fault::ListsAllThatAreHeld => self.store.held(after, u32::MAX).await,
            Fault::ListsTheFirstHeldAgain => self.store.held(None, limit).await,
            _ => self.store.held(after, limit).await,
        }
    }

    async fn release_held(&self, id: PostId, now: DateTime<Utc>) -> Result<PostRecord> {
        match (self.store.release_held(id, now).await, self.fault) {
            (Err(_), Fault::ReleasesAnything) => self
                .store
                .load(&named("owner"), id)
                .await
                .map(Option::unwrap),
            (answer, _) => answer,
        }
    }

    async fn needed_media(
        &self,
        media: &[MediaId],
        over_before: DateTime<Utc>,
    ) -> Result<Vec<MediaId>> {
        let needed = self.store.needed_media(media, over_before).await?;
        let is_told = self.fault != Fault::NeedsNoMedia;
        Ok(needed.into_iter().filter(|_| is_told).collect())
    }

    async fn next_ready(&self, of: Option<(&AppKey, u16)>) -> Result<Option<DateTime<Utc>>> {
        match (self.fault, of) {
            (Fault::ReadyForAnybody, Some((app, _))) => {
                self.store.next_ready(Some((app, u16::MAX))).await
            }
            _ => self.store.next_ready(of).await,
        }
    }
}

super::faults! { posts:
    who_was_overtaken_records_nothing finds |store| Broken::new(store, Fault::IgnoresTheFence),
        "who was overtaken records nothing";
    the_same_key_with_another_content_is_a_conflict
        finds |store| Broken::new(store, Fault::ForgetsTheFingerprint),
        "the same key with another content is a conflict";
    the_same_key_and_content_is_the_same_post
        finds |store| Broken::new(store, Fault::ForgetsTheKey),
        "the same key and content is the same post";
    of_many_submissions_under_one_key_one_is_new
        finds |store| Broken::new(store, Fault::ForgetsTheKey),
        "one of many submissions is new";
    a_record_keeps_a_start_of_unknown_outcome
        finds |store| Broken::new(store, Fault::LosesTheStart),
        "a start of unknown outcome stays written down";
    a_start_while_another_is_open_is_a_conflict
        finds |store| Broken::new(store, Fault::StartsTwice),
        "a start while another is open is a conflict";
    a_start_after_a_cancellation_writes_nothing
        finds |store| Broken::new(store, Fault::StartsTheCancelled), "Cancelled";
    an_account_with_very_many_posts_never_starves_the_others
        finds |store| Broken::new(store, Fault::ForgetsFairness),
        "every account is served in the first 21 turns";
    a_lane_has_one_holder finds |store| Broken::new(store, Fault::ForgetsLeases),
        "the lane is held";
    a_hold_stops_claims_until_resumed finds |store| Broken::new(store, Fault::ForgetsHolds),
        "it is held";
    a_hold_waits_for_what_is_to_be_stopped
        finds |store| Broken::new(store, Fault::HoldsAtOnce), "one lane is ready";
    what_a_worker_cannot_read_is_not_ready_for_it
        finds |store| Broken::new(store, Fault::ReadyForAnybody), "nothing is ready for it";
    a_post_that_a_worker_cannot_read_stands_in_no_holds_way
        finds |store| Broken::new(store, Fault::ReadyForAnybody), "it is held";
    a_key_is_looked_up_without_a_submission
        finds |store| Broken::new(store, Fault::FindsNoneThatIsOver), "also over";
    nothing_begins_without_what_is_sealed
        finds |store| Broken::new(store, Fault::BeginsWithNothing),
        "there is nothing to begin with";
    a_word_leaves_out_nothing_that_is_there
        finds |store| Broken::new(store, Fault::MendsTheWord), "more of it is there";
    lists_who_is_held finds |store| Broken::new(store, Fault::ForgetsWhatWasRefused), "left == right";
    a_hold_knows_what_was_refused
        finds |store| Broken::new(store, Fault::HoldsForTokensAlone), "as it was recorded";
    what_waits_is_missed_by_who_serves_its_app
        finds |store| Broken::new(store, Fault::MissesForOthers), "its bookings are for others";
    what_waits_is_missed_too finds |store| Broken::new(store, Fault::ForgetsTheTime),
        "no outcome is open";
    a_record_writes_what_the_step_led_to
        finds |store| Broken::new(store, Fault::ForgetsSinceWhen), "left == right";
    a_working_post_is_asked_to_stop
        finds |store| Broken::new(store, Fault::CancelsWhatIsBegun), "Requested";
    a_post_that_waits_is_hastened finds |store| Broken::new(store, Fault::HastensNothing),
        "left == right";
    a_post_that_is_watched_is_hastened finds |store| Broken::new(store, Fault::PutsOff),
        "one lane is ready";
    an_edit_needs_the_last_revision finds |store| Broken::new(store, Fault::EditsBlindly),
        "an edit needs the last revision";
    of_many_edits_of_one_revision_one_is_written
        finds |store| Broken::new(store, Fault::EditsBlindly), "one of 32 edits is written";
    a_post_that_was_begun_is_not_edited
        finds |store| Broken::new(store, Fault::EditsWhatIsBegun), "it is held";
    an_edited_post_is_claimed_as_edited
        finds |store| Broken::new(store, Fault::ClaimsAsSubmitted), "as edited";
    an_edit_and_a_claim_never_pass_each_other
        finds |store| Broken::new(store, Fault::ClaimsAsSubmitted), "claimed as edited";
    what_is_pending_counts_from_when_it_was_begun
        finds |store| Broken::new(store, Fault::CountsAllPending), "begun before";
    what_was_due_is_asked_about_first finds |store| Broken::new(store, Fault::MarksTooMuch),
        "left == right";
    what_was_begun_is_asked_about_first finds |store| Broken::new(store, Fault::MarksNothing),
        "left == right";
    a_mark_outlives_what_is_learned finds |store| Broken::new(store, Fault::ForgetsTheMark),
        "left == right";
    settling_ends_a_claim finds |store| Broken::new(store, Fault::RecordsWithoutAClaim),
        "settling ends a claim";
    finds_by_the_platforms_id finds |store| Broken::new(store, Fault::KnowsTheFirstId), "v~2";
    an_id_of_the_platform_names_one_post
        finds |store| Broken::new(store, Fault::SharesRemoteIds), "the error says so";
    a_start_settles_on_the_stores_clock
        finds |store| Broken::new(store, Fault::SettlesNow), "says how long ago";
    what_is_there_is_kept finds |store| Broken::new(store, Fault::ForgetsWhatIsThere),
        "left == right";
    what_is_noted_is_kept finds |store| Broken::new(store, Fault::ForgetsNotes), "left == right";
    what_is_there_has_not_failed finds |store| Broken::new(store, Fault::FailsWhatIsThere),
        "what is there has not failed";
    what_is_there_is_not_cancelled
        finds |store| Broken::new(store, Fault::CancelsWhatIsThere), "Requested";
    what_is_there_is_not_missed
        finds |store| Broken::new(store, Fault::MissesWhatIsThere), "part of it is there";
    nothing_is_there_before_the_first_step
        finds |store| Broken::new(store, Fault::BeginsInTheMiddle),
        "nothing is there before the first step";
    an_answer_brings_its_own_notes
        finds |store| Broken::new(store, Fault::KeepsTheQuestion), "left == right";
}
