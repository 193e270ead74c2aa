//! A platform that says how often it wants to be asked, and what no platform can mean.

use std::time::Duration;

use super::{
    bench::Bench,
    platform::{Act, LIFETIME},
};
use crate::{
    error::{Error, ErrorKind, LimitScope, Remedy},
    time::Clock,
};

const SECOND: Duration = Duration::from_secs(1);

fn asks(wait: Duration) -> Error {
    Error::new(ErrorKind::RateLimited, "too many").with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Endpoint,
    })
}

/// Tokens that end at once, or sooner than they can be used, are not refreshed in a circle.
#[tokio::test]
async fn an_account_is_not_refreshed_again_before_the_least_distance() {
    for lives in [Duration::ZERO, SECOND, 20 * SECOND] {
        let bench = Bench::expired().await;
        *bench.platform.lives.lock().unwrap() = Some(lives);
        let (worker, caller, other) = (bench.process(), bench.process(), bench.process());
        let (mut used, mut before) = (0, 0);
        for _ in 0..600 {
            worker.refresh_due(10).await.unwrap();
            for process in [&caller, &other] {
                if process.valid(&Bench::key(0)).await.is_ok() {
                    used += 1;
                }
            }
            let calls = bench.platform.calls();
            assert!(calls - before <= 1, "twice in a second");
            before = calls;
            bench.clock.advance(SECOND);
        }
        let calls = bench.platform.calls();
        assert!(
            (5..=11).contains(&calls),
            "{lives:?}: {calls} in ten minutes"
        );
        assert_eq!(used, 1_200, "what was given a moment ago is tried");
        assert_eq!(bench.stored_refresh().await, bench.platform.living());
    }
}

/// The platform refuses what it gave a moment ago: it is asked for another one, and then not at once again.
#[tokio::test]
async fn tokens_that_are_refused_at_once_are_not_refreshed_in_a_circle() {
    let bench = Bench::new().await;
    let tokens = bench.process();
    let key = Bench::key(0);
    let mut refused = 0;
    for _ in 0..300 {
        let seen = tokens.valid(&key).await.unwrap();
        match tokens.rejected(&seen).await {
            Ok(_) => {}
            Err(error) => {
                let Remedy::After { wait, .. } = error.remedy() else {
                    panic!("{error:?}")
                };
                assert!(!wait.is_zero() && *wait <= 2 * SECOND, "{wait:?}");
                refused += 1;
            }
        }
        bench.clock.advance(SECOND);
    }
    let calls = bench.platform.calls();
    assert!((100..=151).contains(&calls), "{calls} in five minutes");
    assert_eq!(refused, 300 - calls);
}

/// What was connected a moment ago may be refreshed once: nobody has refreshed it yet.
#[tokio::test]
async fn a_new_connection_may_be_refreshed_at_once() {
    let bench = Bench::new().await;
    let tokens = bench.process();
    let key = Bench::key(0);
    let seen = tokens.valid(&key).await.unwrap();
    let next = tokens.rejected(&seen).await.unwrap();
    assert_ne!(next.revision, seen.revision);
}

#[tokio::test]
async fn a_wait_of_nothing_is_the_usual_backoff() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    for _ in 0..100 {
        bench.platform.next(Act::Fail(asks(Duration::ZERO)));
    }
    for _ in 0..600 {
        tokens.refresh_due(10).await.unwrap();
        bench.clock.advance(SECOND);
    }
    // 10 s, 20 s, 40 s and so on.
    let calls = bench.platform.calls();
    assert!((3..=7).contains(&calls), "{calls} in ten minutes");
}

#[tokio::test]
async fn a_wait_of_ages_is_an_hour() {
    for wait in [
        LIFETIME * 1_000,
        Duration::from_secs(1_000_000_000_000),
        Duration::MAX,
    ] {
        let bench = Bench::expired().await;
        bench.platform.next(Act::Fail(asks(wait)));
        let tokens = bench.process();
        assert_eq!(tokens.refresh_due(10).await.unwrap().failed, 1);
        let due = bench.record(0).await.0.refresh_due_at.unwrap();
        let hour = chrono::TimeDelta::hours(1);
        assert!(due <= bench.clock.now() + hour, "{wait:?}: {due}");
        let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        bench.clock.advance(3_600 * SECOND);
        tokens.valid(&Bench::key(0)).await.unwrap();
        assert_eq!(bench.platform.calls(), 2);
    }
}
