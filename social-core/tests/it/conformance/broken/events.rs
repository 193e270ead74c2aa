use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    Error, ErrorKind, Result, conformance,
    memory::MemoryStore,
    store::{
        Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventState, EventStore,
        HandedOver, Purge, ReceivedEvent, Replay,
    },
    webhook::EventSubject,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Takes an event that was sent again for a new one once the first has ended.
    ForgetsWhatEnded,
    /// Forgets what an event is about, and with it the order.
    ForgetsSubjects,
    /// Takes an event that another app was sent under the same id for a known one.
    ForgetsApps,
    /// Takes what a newer release stored for something that it knows.
    GuessesSubjects,
    /// Knows ids for ever.
    NeverTurns,
    /// Looks which events are new, and keeps them a moment later.
    InsertsInTwoSteps,
    /// Keeps the events of a batch one by one.
    InsertsOneByOne,
    /// Keeps bodies as text.
    ReadsBodiesAsText,
    /// Lets a second claim in.
    ForgetsLeases,
    /// Writes for who was overtaken.
    IgnoresEpochs,
    /// Says yes to a renewal, and renews nothing.
    ForgetsRenewals,
    /// Counts as a failure that nobody here could handle it.
    CountsDeferrals,
    /// Clears all attempts when an event is given back that was not begun.
    ForgetsAttempts,
    /// Counts the attempt of a claim under which nothing was begun.
    CountsWhatWasNotBegun,
    /// Leaves what nobody handles where it is.
    ForgetsWhoDeferred,
    /// Counts no failure.
    ForgetsFailures,
    /// Shows events in the order they came.
    ListsOldestFirst,
    /// Replays whatever the kind.
    ReplaysEveryKind,
    /// Removes what ended at the given moment too.
    PurgesTooMuch,
    /// Sets aside what nobody has looked at.
    SetsAsideWhatWaits,
    /// Tells nobody of new events.
    NeverWakes,
}

#[derive(Debug)]
struct Broken {
    store: MemoryStore,
    fault: Fault,
    claims: Mutex<Vec<EventClaim>>,
}

impl Broken {
    fn new(store: MemoryStore, fault: Fault) -> Self {
        Self {
            store,
            fault,
            claims: Mutex::default(),
        }
    }

    /// The last claim of the same event.
    fn present(&self, claim: &EventClaim) -> EventClaim {
        if self.fault != Fault::IgnoresEpochs {
            return claim.clone();
        }
        let claims = self.claims.lock().unwrap();
        let mut same = claims.iter().rev();
        let last = same.find(|other| other.record.number == claim.record.number);
        last.unwrap_or(claim).clone()
    }

    async fn forget_attempts(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool> {
        let none = Error::new(ErrorKind::Unavailable, "nothing");
        self.store.retry(claim, ready_at, Some(&none)).await
    }

    async fn is_kept(&self, kept: &ReceivedEvent, states: &[EventState]) -> Result<bool> {
        for state in states {
            let mut all = EventFilter::new(*state);
            all.limit = 10_000;
            let records = self.store.list(&all).await?;
            if records
                .iter()
                .any(|record| record.event.id == kept.event.id)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps the events as this fault makes them.
    async fn insert_changed(
        &self,
        events: &[ReceivedEvent],
        change: impl Fn(&mut ReceivedEvent),
    ) -> Result<Vec<bool>> {
        let mut events = events.to_vec();
        events.iter_mut().for_each(change);
        self.store.insert(&events).await
    }

    /// What ended is sent again under another name.
    async fn insert_ended_again(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
        let mut events = events.to_vec();
        for kept in &mut events {
            let ended = [EventState::Dead, EventState::Done];
            if self.is_kept(kept, &ended).await? {
                kept.event.id.push_str(" again");
            }
        }
        self.store.insert(&events).await
    }

    async fn insert_of_any_app(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
        let mut new = Vec::new();
        for kept in events {
            let known = self.is_kept(kept, &EventState::ALL).await?;
            new.push(!known && self.store.insert(std::slice::from_ref(kept)).await? == [true]);
        }
        Ok(new)
    }
}

#[async_trait]
impl EventStore for Broken {
    async fn insert(&self, events: &[ReceivedEvent]) -> Result<Vec<bool>> {
        match self.fault {
            Fault::ForgetsWhatEnded => self.insert_ended_again(events).await,
            Fault::ForgetsApps => self.insert_of_any_app(events).await,
            Fault::ForgetsSubjects => {
                let other = |kept: &mut ReceivedEvent| kept.event.subject = EventSubject::Other;
                self.insert_changed(events, other).await
            }
            Fault::GuessesSubjects => {
                let known = |kept: &mut ReceivedEvent| {
                    if !kept.event.subject.is_known() {
                        kept.event.subject = EventSubject::Other;
                    }
                };
                self.insert_changed(events, known).await
            }
            Fault::InsertsInTwoSteps => {
                let mut new = Vec::new();
                for event in events {
                    new.push(!self.is_kept(event, &EventState::ALL).await?);
                }
                tokio::task::yield_now().await;
                self.store.insert(events).await?;
                Ok(new)
            }
            Fault::InsertsOneByOne => {
                let mut new = Vec::new();
                for event in events {
                    new.extend(self.store.insert(std::slice::from_ref(event)).await?);
                    tokio::task::yield_now().await;
                }
                Ok(new)
            }
            Fault::ReadsBodiesAsText => {
                let text = |kept: &mut ReceivedEvent| {
                    let body = &mut kept.event.body;
                    *body = String::from_utf8_lossy(body).into_owned().into();
                };
                self.insert_changed(events, text).await
            }
            _ => self.store.insert(events).await,
        }
    }

    async fn claim(&self, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
        if self.fault == Fault::ForgetsLeases {
            let claims = self.claims.lock().unwrap().clone();
            for claim in claims {
                self.store.retry(&claim, which.now, None).await?;
            }
        }
        let claims = self.store.claim(which).await?;
        self.claims.lock().unwrap().extend(claims.iter().cloned());
        Ok(claims)
    }

    async fn renew(&self, claim: &EventClaim, lease: Duration) -> Result<bool> {
        if self.fault == Fault::ForgetsRenewals {
            return Ok(true);
        }
        self.store.renew(&self.present(claim), lease).await
    }

    async fn complete(&self, claims: &[EventClaim], now: DateTime<Utc>) -> Result<Vec<bool>> {
        let claims: Vec<_> = claims.iter().map(|claim| self.present(claim)).collect();
        self.store.complete(&claims, now).await
    }

    async fn retry(
        &self,
        claim: &EventClaim,
        ready_at: DateTime<Utc>,
        cause: Option<&Error>,
    ) -> Result<bool> {
        let claim = self.present(claim);
        if cause.is_none() {
            match self.fault {
                Fault::ForgetsAttempts => return self.forget_attempts(&claim, ready_at).await,
                // Left to its lease, which ends now.
                Fault::CountsWhatWasNotBegun => {
                    return self.store.renew(&claim, Duration::ZERO).await;
                }
                _ => {}
            }
        }
        let cause = cause.filter(|_| self.fault != Fault::ForgetsFailures);
        self.store.retry(&claim, ready_at, cause).await
    }

    async fn park(&self, claim: &EventClaim, now: DateTime<Utc>, cause: &Error) -> Result<bool> {
        self.store.park(&self.present(claim), now, cause).await
    }

    async fn defer(&self, claim: &EventClaim, ready_at: DateTime<Utc>) -> Result<bool> {
        let claim = self.present(claim);
        let cause = Error::new(ErrorKind::NotFound, "not here");
        match self.fault {
            Fault::CountsDeferrals => self.store.retry(&claim, ready_at, Some(&cause)).await,
            Fault::ForgetsWhoDeferred => self.store.retry(&claim, ready_at, None).await,
            _ => self.store.defer(&claim, ready_at).await,
        }
    }

    async fn hand_over(&self, claim: &EventClaim, now: DateTime<Utc>) -> Result<HandedOver> {
        self.store.hand_over(&self.present(claim), now).await
    }

    async fn set_aside(
        &self,
        came_before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64> {
        if self.fault == Fault::SetsAsideWhatWaits {
            let all = ClaimEvents::new(DateTime::<Utc>::MAX_UTC, Duration::from_secs(1), limit);
            for claim in self.store.claim(&all).await? {
                self.store.defer(&claim, claim.record.ready_at).await?;
            }
        }
        self.store.set_aside(came_before, now, limit).await
    }

    async fn list(&self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        let mut records = self.store.list(filter).await?;
        if self.fault == Fault::ListsOldestFirst {
            records.reverse();
        }
        Ok(records)
    }

    async fn replay(&self, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
        let mut which = which.clone();
        which.kind = which.kind.filter(|_| self.fault != Fault::ReplaysEveryKind);
        self.store.replay(&which, now).await
    }

    async fn purge(&self, which: &Purge) -> Result<u64> {
        let mut which = *which;
        if self.fault == Fault::PurgesTooMuch {
            which.before += TimeDelta::microseconds(1);
        }
        self.store.purge(&which).await
    }

    async fn maintain(&self, done_before: Option<DateTime<Utc>>) -> Result<()> {
        if self.fault == Fault::NeverTurns {
            return Ok(());
        }
        self.store.maintain(done_before).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog> {
        self.store.backlog(now).await
    }

    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        self.store.next_ready().await
    }
}

super::faults! { events:
    an_event_that_ended_is_not_new finds |store| Broken::new(store, Fault::ForgetsWhatEnded),
        "they were sent before";
    the_same_id_for_another_app_is_another_event
        finds |store| Broken::new(store, Fault::ForgetsApps), "nobody sent these before";
    events_about_one_thing_are_claimed_one_by_one
        finds |store| Broken::new(store, Fault::ForgetsSubjects), "one event is ready";
    keeps_what_an_event_is_about finds |store| Broken::new(store, Fault::ForgetsSubjects),
        "left == right";
    leaves_what_a_newer_release_knows finds |store| Broken::new(store, Fault::GuessesSubjects),
        "counted apart";
    an_id_is_new_again_after_two_windows finds |store| Broken::new(store, Fault::NeverTurns),
        "after the next window";
    of_many_inserters_one_hears_that_an_event_is_new
        finds |store| Broken::new(store, Fault::InsertsInTwoSteps), "one of 32 hears yes";
    keeps_bodies_byte_by_byte finds |store| Broken::new(store, Fault::ReadsBodiesAsText),
        "left == right";
    a_lease_ends_exactly_when_it_says finds |store| Broken::new(store, Fault::ForgetsLeases),
        "`now` ends no lease";
    who_was_overtaken_completes_nothing finds |store| Broken::new(store, Fault::IgnoresEpochs),
        "who was overtaken completes nothing";
    who_was_overtaken_parks_nothing finds |store| Broken::new(store, Fault::IgnoresEpochs),
        "who was overtaken parks nothing";
    who_was_overtaken_renews_nothing finds |store| Broken::new(store, Fault::IgnoresEpochs),
        "who was overtaken renews nothing";
    a_renewed_lease_lasts_from_now finds |store| Broken::new(store, Fault::ForgetsRenewals),
        "a minute is left";
    what_was_not_begun_counts_no_attempt
        finds |store| Broken::new(store, Fault::ForgetsAttempts), "as it was found";
    what_is_for_another_process_counts_no_failure
        finds |store| Broken::new(store, Fault::CountsDeferrals), "as if nobody had looked";
    what_no_process_handles_is_set_aside
        finds |store| Broken::new(store, Fault::ForgetsWhoDeferred), "nobody handles it";
    who_was_overtaken_defers_nothing finds |store| Broken::new(store, Fault::IgnoresEpochs),
        "who was overtaken defers nothing";
    a_retry_with_a_cause_counts_a_failure
        finds |store| Broken::new(store, Fault::ForgetsFailures), "left == right";
    lists_newest_first_by_pages finds |store| Broken::new(store, Fault::ListsOldestFirst),
        "fifty";
    replays_by_kind finds |store| Broken::new(store, Fault::ReplaysEveryKind),
        "one of two is asked for";
    purges_what_ended_before finds |store| Broken::new(store, Fault::PurgesTooMuch),
        "not before";
}

super::faults! { cancel:
    a_dropped_insertion_keeps_all_or_none
        finds |store| Broken::new(store, Fault::InsertsOneByOne), "then done whole";
}

#[tokio::test]
async fn what_nobody_has_looked_at_is_left_too() {
    let case = async {
        let make = |store| Broken::new(store, Fault::SetsAsideWhatWaits);
        let harness = super::Faulty::new(make);
        conformance::events::what_no_process_handles_is_set_aside(&harness).await
    };
    super::caught(case, "what came first").await;
}

#[tokio::test]
async fn what_was_not_begun_is_not_counted_either() {
    let case = async {
        let make = |store| Broken::new(store, Fault::CountsWhatWasNotBegun);
        let harness = super::Faulty::new(make);
        conformance::events::what_was_not_begun_counts_no_attempt(&harness).await
    };
    super::caught(case, "as it was found").await;
}

/// The wait is bounded, and its time passes by itself here.
#[tokio::test(start_paused = true)]
async fn an_insertion_is_heard_of() {
    let case = async {
        let harness = super::Faulty::new(|store| Broken::new(store, Fault::NeverWakes));
        conformance::events::an_insertion_is_heard_of(&harness).await
    };
    super::caught(case, "an insertion is heard of").await;
}

/// Random operations find these faults too, and say how to repeat them.
#[tokio::test]
async fn lockstep_finds_faults() {
    let faults: [fn(MemoryStore) -> Broken; 15] = [
        |store| Broken::new(store, Fault::ForgetsWhatEnded),
        |store| Broken::new(store, Fault::ForgetsSubjects),
        |store| Broken::new(store, Fault::ForgetsApps),
        |store| Broken::new(store, Fault::GuessesSubjects),
        |store| Broken::new(store, Fault::NeverTurns),
        |store| Broken::new(store, Fault::ReadsBodiesAsText),
        |store| Broken::new(store, Fault::ForgetsLeases),
        |store| Broken::new(store, Fault::IgnoresEpochs),
        |store| Broken::new(store, Fault::ForgetsRenewals),
        |store| Broken::new(store, Fault::ForgetsAttempts),
        |store| Broken::new(store, Fault::CountsWhatWasNotBegun),
        |store| Broken::new(store, Fault::ForgetsFailures),
        |store| Broken::new(store, Fault::ListsOldestFirst),
        |store| Broken::new(store, Fault::ReplaysEveryKind),
        |store| Broken::new(store, Fault::InsertsInTwoSteps),
    ];
    for make in faults {
        let run = async move {
            let harness = super::Faulty::new(make);
            conformance::model::events(&harness, 1, 4_000).await
        };
        super::caught(run, "seed 1, operation ").await;
    }
}
