//! Events that wait at a post while something else happens to it. For every store: mounted by path elsewhere too.
#![expect(
    clippy::print_stdout,
    reason = "what each sequence led to is told beside the verdict"
)]

use std::{sync::LazyLock, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    conformance::{Harness, named, told::Both},
    error::{Error, ErrorKind},
    model::{AccountKey, AppKey, IdempotencyKey, OwnerId, Platform, PostId},
    publish::{Effect, Outcome},
    store::{
        ClaimEvents, ClaimPosts, EventFilter, EventState, EventStore, HandedOver, NewPost, Next,
        PostClaim, PostStore, ReceivedEvent, RecordStep, StoredCheckpoint,
    },
    webhook::{EventSubject, VerifiedEvent},
};

const PLATFORM: Platform = Platform::new("example");
const LEASE: Duration = Duration::from_secs(600);
static OWNER: LazyLock<OwnerId> = LazyLock::new(|| named("owner"));

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600 + seconds)
}

fn id(number: u64) -> PostId {
    PostId::from(uuid::Builder::from_unix_timestamp_millis(number, &[7; 10]).into_uuid())
}

fn checkpoint(ids: &[&str]) -> StoredCheckpoint {
    let mut at = StoredCheckpoint::new("status", Effect::Repeatable, 1, vec![1, 2, 3]);
    at.remote_ids = ids.iter().map(named).collect();
    at
}

fn new(number: u64, ids: &[&str]) -> NewPost {
    let account = AccountKey::new(OWNER.clone(), named("app"), PLATFORM, named("42"));
    NewPost::new(
        id(number),
        account,
        IdempotencyKey::from_stored(format!("key-{number}")),
        checkpoint(ids),
        at(0),
    )
}

fn about(number: u64, remote_id: &str) -> ReceivedEvent {
    let event = VerifiedEvent::new(
        PLATFORM,
        named("app"),
        format!("event-{number}"),
        "published",
        vec![1],
    );
    ReceivedEvent::new(event.about(EventSubject::post(remote_id)), at(0))
}

async fn hand<S: Both>(store: &S, number: u64, remote_id: &str, second: i64) -> HandedOver {
    store.insert(&[about(number, remote_id)]).await.unwrap();
    let which = ClaimEvents::new(at(0), LEASE, 1);
    let claim = EventStore::claim(store, &which).await.unwrap().remove(0);
    store.hand_over(&claim, at(second)).await.unwrap()
}

async fn claims<S: Both>(store: &S, second: i64) -> Vec<PostClaim> {
    let which = ClaimPosts::new(
        at(second),
        LEASE,
        100,
        vec![(AppKey::new(PLATFORM, named("app")), 1)],
    );
    PostStore::claim(store, &which).await.unwrap()
}

async fn told<S: Both>(store: &S, claim: &PostClaim) -> Vec<String> {
    let told = store.told(claim, 100).await.unwrap().events.into_iter();
    told.filter_map(|told| told.event)
        .map(|event| event.id)
        .collect()
}

async fn listed<S: Both>(store: &S, state: EventState) -> Vec<String> {
    let records = EventStore::list(store, &EventFilter::new(state))
        .await
        .unwrap();
    records.into_iter().map(|record| record.event.id).collect()
}

/// Post 1, begun, with these ids, due again at a second.
async fn begun<S: Both>(store: &S, post: &NewPost, ids: &[&str], second: i64) {
    store.submit(post).await.unwrap();
    let claim = claims(store, 0).await.remove(0);
    let mut step = RecordStep::new(Next::At(at(second)), at(0));
    step.checkpoint = Some(checkpoint(ids));
    store.record(&claim, &step).await.unwrap();
}

/// The post is claimed, and is told the event, however it ended.
async fn is_told<S: Both>(store: &S, second: i64) {
    let post = PostStore::load(store, &OWNER, id(1))
        .await
        .unwrap()
        .unwrap();
    let seen = (
        post.state,
        post.next_at,
        listed(store, EventState::Handed).await,
    );
    let claims = claims(store, second).await;
    assert_eq!(
        claims.len(),
        1,
        "nobody will ever apply what was handed over: {seen:?}"
    );
    assert_eq!(told(store, &claims[0]).await, ["event-1"], "{seen:?}");
}

pub(crate) async fn a_post_that_missed_its_time_is_told(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    let mut post = new(1, &[]);
    post.expires_at = Some(at(10));
    begun(store, &post, &["1"], 100).await;
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::ToPost);
    let served = [post.account.app_key()];
    let missed = store.expire_missed(&served, at(20), 100).await.unwrap();
    println!("missed {} posts while an event waited", missed.len());
    is_told(store, 30).await;
}

pub(crate) async fn a_post_that_a_person_settles_is_told(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 0).await;
    let claim = claims(store, 0).await.remove(0);
    let step = RecordStep::new(Next::Settle(Outcome::Undecided, None), at(0));
    store.record(&claim, &step).await.unwrap();
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::ToPost);
    let failed = Outcome::Failed(Error::new(ErrorKind::Rejected, "somebody says so"));
    store
        .settle(&OWNER, id(1), &failed, &[], None, at(6))
        .await
        .unwrap();
    is_told(store, 30).await;
}

pub(crate) async fn a_refused_post_is_told_what_came_meanwhile(
    harness: &impl Harness<Store: Both>,
) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 0).await;
    let claim = claims(store, 0).await.remove(0);
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::ToPost);
    let step = RecordStep::new(Next::Hold(at(6), None), at(6));
    store.record(&claim, &step).await.unwrap();
    println!("held: {}", store.held_accounts("", 10).await.unwrap().len());
    is_told(store, 30).await;
}

/// An id that is planned by the client, as a record's key.
pub(crate) async fn an_event_begins_no_scheduled_post(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    let mut post = new(1, &["1"]);
    post.due_at = at(7 * 86_400);
    store.submit(&post).await.unwrap();
    println!("{:?}", hand(store, 1, "1", 5).await);
    let claims = claims(store, 30).await;
    let begun: Vec<_> = claims
        .iter()
        .map(|claim| (claim.post.state, claim.post.began_at))
        .collect();
    assert!(
        begun.is_empty(),
        "a post of next week was begun for an event: {begun:?}"
    );
}

pub(crate) async fn an_event_lets_no_held_post_go(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    store.submit(&new(1, &["1"])).await.unwrap();
    assert_eq!(store.hold_queued(at(1)).await.unwrap(), 1);
    println!("{:?}", hand(store, 1, "1", 5).await);
    let claims = claims(store, 30).await;
    let held = claims
        .first()
        .map(|claim| (claim.post.state, claim.post.held_due_at));
    assert!(
        claims.is_empty(),
        "kept held for an operator, and claimed: {held:?}"
    );
}

pub(crate) async fn a_planned_id_is_told_what_came_before(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    assert_eq!(hand(store, 1, "1", 0).await, HandedOver::Unmatched);
    begun(store, &new(1, &["1"]), &["1"], 1000).await;
    let aside = store
        .set_aside(at(7 * 86_400), at(7 * 86_400), 100)
        .await
        .unwrap();
    println!(
        "set aside: {aside}; handed: {:?}",
        listed(store, EventState::Handed).await
    );
    is_told(store, 2000).await;
}

pub(crate) async fn an_id_that_comes_back_is_told(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 0).await;
    let claim = claims(store, 0).await.remove(0);
    let step = |ids: &[&str], keep_lease| {
        let mut step = RecordStep::new(Next::At(at(1000)), at(0));
        (step.checkpoint, step.keep_lease) = (Some(checkpoint(ids)), keep_lease);
        step
    };
    store.record(&claim, &step(&["2"], true)).await.unwrap();
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::Unmatched);
    store
        .record(&claim, &step(&["1", "2"], false))
        .await
        .unwrap();
    is_told(store, 2000).await;
}

/// A post gives an id up; what was handed over of it must not keep it due for ever.
pub(crate) async fn what_an_id_given_up_left_is_nobodys(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 0).await;
    let claim = claims(store, 0).await.remove(0);
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::ToPost);
    let mut step = RecordStep::new(Next::At(at(1000)), at(6));
    step.checkpoint = Some(checkpoint(&[]));
    store.record(&claim, &step).await.unwrap();
    let claims = claims(store, 30).await;
    println!(
        "claims before its time: {}; handed: {:?}",
        claims.len(),
        listed(store, EventState::Handed).await
    );
    assert!(
        claims.is_empty(),
        "due for an event of an id that it gave up, though its worker reads none without ids"
    );
}

/// Somebody asks to look now while what an event told is being written down.
pub(crate) async fn a_look_now_outlives_an_event(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 0).await;
    let claim = claims(store, 0).await.remove(0);
    let published = || Outcome::Published(vec![]);
    let step = RecordStep::new(Next::Settle(published(), Some(at(1000))), at(0));
    store.record(&claim, &step).await.unwrap();
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::ToPost);
    let claim = claims(store, 6).await.remove(0);
    let told = store.told(&claim, 100).await.unwrap();
    assert_eq!(told.due_at, Some(at(1000)));
    assert!(store.hasten(&OWNER, id(1), at(7)).await.unwrap());
    let mut step = RecordStep::new(Next::Settle(published(), told.due_at), at(8));
    step.applied = told.events.iter().map(|told| told.number).collect();
    step.due_as_untold = true;
    store.record(&claim, &step).await.unwrap();
    let claims = claims(store, 30).await;
    assert_eq!(
        claims.len(),
        1,
        "a person asked to look now, and nobody will before second 1000"
    );
}

/// The watch, and a look now before the claim, are remembered.
pub(crate) async fn a_watch_outlives_an_event(harness: &impl Harness<Store: Both>) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 0).await;
    let claim = claims(store, 0).await.remove(0);
    let step = RecordStep::new(Next::Settle(Outcome::AwaitingUser, Some(at(1000))), at(0));
    store.record(&claim, &step).await.unwrap();
    hand(store, 1, "1", 5).await;
    hand(store, 2, "1", 6).await;
    let claim = claims(store, 7).await.remove(0);
    let told = store.told(&claim, 1).await.unwrap();
    assert_eq!((told.events.len(), told.due_at), (1, Some(at(1000))));
    store.hasten(&OWNER, id(1), at(20)).await.unwrap();
    let told = store.told(&claim, 1).await.unwrap();
    println!("after hasten: due_at {:?}", told.due_at);
    assert!(told.due_at <= Some(at(20)));
}

/// Another post of the lane, which the store made due on its own clock: that of the worker lags.
pub(crate) async fn a_hold_asks_no_clock_whether_another_is_to_be_told(
    harness: &impl Harness<Store: Both>,
) {
    let store = &*harness.store().await;
    begun(store, &new(1, &[]), &["1"], 1000).await;
    store.submit(&new(2, &[])).await.unwrap();
    let claim = claims(store, 10).await.remove(0);
    assert_eq!(claim.post.id, id(2));
    assert_eq!(hand(store, 1, "1", 12).await, HandedOver::ToPost);
    let step = RecordStep::new(Next::Hold(at(2000), None), at(10));
    store.record(&claim, &step).await.unwrap();
    println!("held: {}", store.held_accounts("", 10).await.unwrap().len());
    is_told(store, 30).await;
}

/// Polls so often, and drops.
async fn dropped<F: Future>(call: F, polls: usize) -> Option<F::Output> {
    let mut call = std::pin::pin!(call);
    for _ in 0..polls {
        let waker =
            std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context)));
        if let std::task::Poll::Ready(output) = waker.await {
            return Some(output);
        }
        // Lets what it waits for happen.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    None
}

/// Whoever hands over is dropped at any moment: the event waits, or its post is due.
pub(crate) async fn a_dropped_hand_over_loses_nothing(harness: &impl Harness<Store: Both>) {
    const FAR: i64 = 1_000_000;
    let store = &*harness.store().await;
    let mut seen = (0, 0);
    begun(store, &new(1, &[]), &["1"], FAR).await;
    for polls in 0..40_u64 {
        // Lanes queue up: each claim is later than the one before.
        let second = 100 + i64::try_from(polls).unwrap() * 100;
        store.insert(&[about(polls, "1")]).await.unwrap();
        let claims = EventStore::claim(store, &ClaimEvents::new(at(0), LEASE, 10))
            .await
            .unwrap();
        let mine = claims
            .iter()
            .find(|claim| claim.record.event.id == format!("event-{polls}"))
            .unwrap();
        let done = dropped(store.hand_over(mine, at(second)), polls as usize).await;
        // The next process.
        harness.advance(LEASE * 2).await;
        let waiting = EventStore::claim(store, &ClaimEvents::new(at(0), LEASE, 10))
            .await
            .unwrap();
        for claim in &waiting {
            seen.0 += 1;
            assert!(done.is_none(), "it said so, and the event waits");
            store.hand_over(claim, at(second + 1)).await.unwrap();
        }
        let claim = self::claims(store, second + 20).await;
        assert_eq!(claim.len(), 1, "due after {polls} polls");
        let told = store.told(&claim[0], 100).await.unwrap();
        assert_eq!(told.events.len(), 1, "after {polls} polls");
        // The record is dropped too.
        let mut step = RecordStep::new(Next::At(at(FAR)), at(second + 21));
        step.applied = told.events.iter().map(|told| told.number).collect();
        let recorded = dropped(store.record(&claim[0], &step), polls as usize).await;
        harness.advance(LEASE * 2).await;
        let claim = self::claims(store, second + 30).await;
        let ended = listed(store, EventState::Done)
            .await
            .contains(&format!("event-{polls}"));
        assert_eq!(
            claim.len(),
            usize::from(!ended),
            "due exactly while the event waits, after {polls} polls"
        );
        assert!(ended || recorded.is_none(), "it said so");
        for claim in claim {
            seen.1 += 1;
            assert_eq!(store.told(&claim, 100).await.unwrap().events.len(), 1);
            store.record(&claim, &step).await.unwrap();
        }
        assert!(listed(store, EventState::Handed).await.is_empty());
    }
    println!(
        "dropped before it happened: {} hand-overs, {} records",
        seen.0, seen.1
    );
}

/// A post of a newer release is due for an event: nobody claims it here, and the lane's others go on.
pub(crate) async fn a_newer_post_that_is_to_be_told_starves_nobody(
    harness: &impl Harness<Store: Both>,
) {
    let store = &*harness.store().await;
    store.submit(&new(1, &[])).await.unwrap();
    let claim = claims(store, 0).await.remove(0);
    let mut step = RecordStep::new(Next::At(at(1000)), at(0));
    let mut newer = checkpoint(&["1"]);
    newer.version = 2;
    step.checkpoint = Some(newer);
    store.record(&claim, &step).await.unwrap();
    assert_eq!(hand(store, 1, "1", 5).await, HandedOver::ToPost);
    store.submit(&new(2, &[])).await.unwrap();
    let claims = claims(store, 30).await;
    println!(
        "claimed {:?}",
        claims
            .iter()
            .map(|claim| claim.post.idempotency_key.clone())
            .collect::<Vec<_>>()
    );
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].post.id, id(2));
}

macro_rules! waiting_events {
    ($harness:expr) => {
        waiting_events!($harness; a_post_that_missed_its_time_is_told a_post_that_a_person_settles_is_told
            a_refused_post_is_told_what_came_meanwhile an_event_begins_no_scheduled_post an_event_lets_no_held_post_go
            a_planned_id_is_told_what_came_before an_id_that_comes_back_is_told what_an_id_given_up_left_is_nobodys
            a_look_now_outlives_an_event a_watch_outlives_an_event a_hold_asks_no_clock_whether_another_is_to_be_told
            a_dropped_hand_over_loses_nothing a_newer_post_that_is_to_be_told_starves_nobody);
    };
    ($harness:expr; $($rule:ident)*) => {
        $(#[tokio::test]
        async fn $rule() {
            crate::waiting_events::$rule(&$harness).await;
        })*
    };
}
pub(crate) use waiting_events;

mod mounted {
    crate::waiting_events::waiting_events!(crate::mount());
}
