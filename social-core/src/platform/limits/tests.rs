use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    conformance::named,
    error::{Error, ErrorKind, LimitScope, Reason, Remedy, Result, words::Field},
    memory::MemoryStore,
    model::{AppKey, Platform, PostId},
    publish::is_booked,
    store::{Limit, Limits, Window},
    time::ManualClock,
    wish::LONGEST,
};

const MINUTE: Duration = Duration::from_secs(60);
const KEY: &str = "example/init/app/42";

struct Bench {
    clock: ManualClock,
    store: MemoryStore,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        Self { clock, store }
    }

    fn of(&self, post: Option<u128>) -> Bookings<'_> {
        let post = post.map(|post| PostId::from(uuid::Uuid::from_u128(post)));
        Bookings::of_post(&self.store, post)
    }

    async fn book(&self, post: u128) -> Result<()> {
        self.of(Some(post)).book(&[limit()], &spent()).await
    }

    async fn usage(&self) -> (u32, u32) {
        let usage = self.store.usage(&limit()).await.unwrap();
        (usage.used, usage.waiting)
    }
}

/// One a minute, counted once for each holder.
fn limit() -> Limit {
    Limit::new(KEY, Window::new(1, MINUTE))
}

fn spent() -> Spent {
    Spent::new(Reason::CallLimit, LimitScope::Endpoint, "spent")
        .by(Platform::new("example"), "Example")
        .of(1)
}

fn too_many(wait: Duration, scope: LimitScope) -> Error {
    Error::new(ErrorKind::RateLimited, "too many").with_remedy(Remedy::After { wait, scope })
}

fn key(scope: LimitScope) -> Option<String> {
    (scope == LimitScope::Endpoint).then(|| KEY.to_owned())
}

#[tokio::test]
async fn who_must_wait_is_told_for_how_long_and_keeps_a_place() {
    let bench = Bench::new();
    bench.book(1).await.unwrap();
    bench.clock.advance(MINUTE / 3);
    let error = bench.book(2).await.unwrap_err();
    assert!(is_booked(&error));
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.reason(), Some(Reason::CallLimit));
    assert_eq!(error.platform(), Some(&Platform::new("example")));
    assert_eq!(error.field(Field::Limit), Some("1"));
    let (wait, scope) = (MINUTE * 2 / 3, LimitScope::Endpoint);
    assert_eq!(error.remedy(), &Remedy::After { wait, scope });
    assert_eq!(bench.usage().await, (1, 1));
    bench.clock.advance(wait);
    bench.book(2).await.unwrap();
    assert_eq!(bench.usage().await, (1, 0));
}

#[tokio::test]
async fn calls_without_a_post_share_a_place() {
    let bench = Bench::new();
    bench.book(1).await.unwrap();
    for _ in 0..2 {
        let booked = bench.of(None).book(&[limit()], &spent()).await;
        assert!(is_booked(&booked.unwrap_err()));
    }
    assert_eq!(bench.usage().await, (1, 1));
}

#[tokio::test]
async fn each_call_without_a_post_counts() {
    let bench = Bench::new();
    let (any, spent) = (bench.of(None), spent());
    let two = || Limit::new(KEY, Window::new(2, MINUTE));
    any.book(&[two()], &spent).await.unwrap();
    let call = any.call(two(), &spent, async { Ok(()) });
    call.await.unwrap();
    assert_eq!(bench.usage().await, (2, 0));
    let never = async { panic!("it is not made") };
    let error = any.call::<()>(two(), &spent, never).await.unwrap_err();
    assert!(is_booked(&error));
}

#[tokio::test]
async fn each_call_of_a_post_counts() {
    let bench = Bench::new();
    let two = || Limit::new(KEY, Window::new(2, MINUTE));
    for used in 1..=2 {
        let call = async { Ok(()) };
        bench.of(Some(1)).call(two(), &spent(), call).await.unwrap();
        assert_eq!(bench.usage().await, (used, 0));
    }
}

#[tokio::test]
async fn a_check_gives_back_nothing_of_another() {
    let bench = Bench::new();
    bench.of(None).book(&[limit()], &spent()).await.unwrap();
    let waiting = bench.of(None).book(&[limit()], &spent()).await;
    assert!(is_booked(&waiting.unwrap_err()));
    bench.of(None).refund(&[KEY]).await;
    assert_eq!(bench.usage().await, (1, 1), "another check has it");
    assert!(bench.book(1).await.is_err());
}

#[tokio::test]
async fn a_booking_takes_and_gives_back_all_it_costs() {
    let bench = Bench::new();
    let day = Window::ending(10_000, 24 * 60 * MINUTE, 60 * MINUTE);
    let units = |units| Limit::of_calls(KEY, day).costing(units);
    let one = bench.of(Some(1));
    one.book(&[units(9_800)], &spent()).await.unwrap();
    let error = bench.of(Some(2)).look(&units(400), &spent()).await;
    let error = error.unwrap_err();
    assert!(matches!(error.remedy(), Remedy::After { wait, .. } if *wait == 60 * MINUTE));
    bench.of(Some(2)).look(&units(200), &spent()).await.unwrap();
    one.refund(&[KEY]).await;
    bench
        .of(Some(2))
        .book(&[units(400)], &spent())
        .await
        .unwrap();
    let error = one.book(&[units(10_001)], &spent()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_look_spends_nothing_and_takes_no_place() {
    let bench = Bench::new();
    let any = bench.of(None);
    any.look(&limit(), &spent()).await.unwrap();
    assert_eq!(bench.usage().await, (0, 0));
    bench.book(1).await.unwrap();
    let error = any.look(&limit(), &spent()).await.unwrap_err();
    assert!(matches!(error.remedy(), Remedy::After { wait, .. } if *wait == MINUTE));
    assert_eq!(bench.usage().await, (1, 0));
}

#[tokio::test]
async fn what_is_given_back_is_free_again() {
    let bench = Bench::new();
    bench.book(1).await.unwrap();
    bench.of(Some(1)).refund(&[KEY]).await;
    bench.book(2).await.unwrap();
}

#[tokio::test]
async fn everybody_waits_when_the_platform_says_that_a_limit_is_spent() {
    let bench = Bench::new();
    let said = too_many(3 * MINUTE, LimitScope::Endpoint);
    let answered = bench.of(Some(1)).heed(said.clone(), key).await;
    assert_eq!(answered, said, "the error is what it was");
    let error = bench.book(2).await.unwrap_err();
    assert!(matches!(error.remedy(), Remedy::After { wait, .. } if *wait == 3 * MINUTE));
}

#[tokio::test]
async fn only_the_platforms_word_about_a_limit_blocks_it() {
    let bench = Bench::new();
    let one = bench.of(Some(1));
    one.heed(too_many(MINUTE, LimitScope::App), key).await;
    one.heed(Error::new(ErrorKind::Unavailable, "down"), key)
        .await;
    one.heed(spent().error(MINUTE), key).await;
    assert!(bench.store.blocks(9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_wait_that_cannot_be_kept_is_made_one_that_can() {
    for (said, blocked) in [
        (Duration::ZERO, Duration::from_secs(1)),
        (Duration::MAX, LONGEST),
    ] {
        let bench = Bench::new();
        let error = too_many(said, LimitScope::Endpoint);
        bench.of(None).heed(error, key).await;
        let blocks = bench.store.blocks(9).await.unwrap();
        assert_eq!(blocks[0].left, blocked);
    }
}

#[tokio::test]
async fn a_call_is_booked_made_and_heeded() {
    let bench = Bench::new();
    let (any, spent) = (bench.of(None), spent());
    let limit = || Limit::of_calls(KEY, Window::new(2, MINUTE));
    let answer = any.call(limit(), &spent, async { Ok(7) }).await;
    assert_eq!(answer.unwrap(), 7);
    let refused = async { Err::<(), _>(too_many(MINUTE, LimitScope::Endpoint)) };
    let error = any.call(limit(), &spent, refused).await.unwrap_err();
    assert!(!is_booked(&error), "the platform's own word");
    bench.clock.advance(MINUTE / 2);
    let never = async { panic!("it is not made") };
    let error = any.call::<()>(limit(), &spent, never).await.unwrap_err();
    assert!(is_booked(&error));
}

#[test]
fn keys_name_platform_app_and_account() {
    let key = |owner| AccountKey::new(owner, named("app"), Platform::new("example"), named("42"));
    assert_eq!(account_key("init", &key(named("ann"))), KEY);
    assert_eq!(
        account_key("init", &key(named("bob"))),
        KEY,
        "whoever owns it here"
    );
    let app = AppKey::new(Platform::new("example"), named("an/app"));
    assert_eq!(app_key("users", &app), "example/users/an%2Fapp");
}
