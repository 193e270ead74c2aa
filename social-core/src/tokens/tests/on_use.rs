//! Tokens that are refreshed when they are used.

use std::time::Duration;

use futures_util::future::join_all;
use secrecy::ExposeSecret;

use super::{
    bench::Bench,
    platform::{Act, LIFETIME},
};
use crate::{
    error::{Error, ErrorKind},
    store::TokenStore,
    time::Clock,
};

/// For how long they may go unused.
const UNUSED: Duration = Duration::from_secs(50 * 7_200);

/// With an account that was just refreshed.
async fn refreshed() -> Bench {
    let bench = Bench::expired().await;
    *bench.platform.unused.lock().unwrap() = Some(UNUSED);
    bench.process().valid(&Bench::key(0)).await.unwrap();
    assert_eq!(bench.platform.calls(), 1);
    bench
}

#[tokio::test]
async fn what_nobody_uses_is_refreshed_at_the_latest_then() {
    let bench = refreshed().await;
    let tokens = bench.process();
    let due = bench.store.next_due(None).await.unwrap().unwrap();
    let latest = bench.clock.now() + UNUSED;
    assert!(due > latest - UNUSED / 10 && due <= latest, "{due}");
    for _ in 0..44 {
        bench.clock.advance(LIFETIME);
        assert_eq!(tokens.refresh_due(10).await.unwrap().total(), 0, "unused");
    }
    bench.clock.advance(6 * LIFETIME);
    assert_eq!(tokens.refresh_due(10).await.unwrap().refreshed, 1);
    assert_eq!(tokens.refresh_due(10).await.unwrap().total(), 0);
    let next = bench.store.next_due(None).await.unwrap().unwrap();
    assert!(next > bench.clock.now() + UNUSED * 9 / 10, "{next}");
}

#[tokio::test]
async fn what_is_used_after_its_end_is_refreshed_once() {
    let bench = refreshed().await;
    let (one, two) = (bench.process(), bench.process());
    bench.clock.advance(LIFETIME / 2);
    one.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(bench.platform.calls(), 1, "it has not ended");
    bench.clock.advance(9 * LIFETIME);
    let callers = (0..20).map(|i| {
        let tokens = if i % 2 == 0 { &one } else { &two };
        async move { tokens.valid(&Bench::key(0)).await.unwrap() }
    });
    let answers = bench.drive(join_all(callers)).await;
    for valid in answers {
        assert_eq!(valid.tokens.access.expose_secret(), "access-2");
    }
    assert_eq!(bench.platform.calls(), 2);
    let next = bench.store.next_due(None).await.unwrap().unwrap();
    assert!(next > bench.clock.now() + UNUSED * 9 / 10, "from then on");
}

/// Somebody waits for them: that they are not used again meanwhile does not put it off.
#[tokio::test]
async fn what_could_not_be_refreshed_when_it_was_used_is_due_soon() {
    let bench = refreshed().await;
    let tokens = bench.process();
    bench.clock.advance(2 * LIFETIME);
    let down = Error::new(ErrorKind::Unavailable, "no connection");
    bench.platform.next(Act::Fail(down));
    tokens.valid(&Bench::key(0)).await.unwrap_err();
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(tokens.refresh_due(10).await.unwrap().refreshed, 1);
}
