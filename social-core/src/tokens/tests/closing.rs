//! The end of a process waits for what must not be cut off, and begins nothing new.

use std::time::Duration;

use futures_util::FutureExt;

use super::{
    bench::Bench,
    platform::{Act, token_set},
};
use crate::{
    error::Reason,
    store::{Expect, Revision},
    time::Clock,
};

const WITHIN: Duration = Duration::from_secs(75);

#[tokio::test]
async fn a_refresh_on_its_way_whose_caller_is_gone_is_saved_before_the_end() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    caller.abort();
    let tasks = tokens.inner.config.tasks.clone();
    let closing = tokio::spawn({
        let (tasks, clock) = (tasks.clone(), bench.clock.clone());
        async move { tasks.close(&clock, WITHIN).await }
    });
    bench.until(|| tasks.check().is_err()).await;
    assert!(!closing.is_finished(), "the answer is on its way");
    let refused = tokens.disconnect(&Bench::key(0)).await;
    assert_eq!(refused.unwrap_err().reason(), Some(Reason::ShuttingDown));
    bench.platform.go_on();
    closing.await.unwrap().unwrap();
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn nothing_is_begun_after_the_end() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    let tasks = tokens.inner.config.tasks.clone();
    let key = Bench::key(0);
    let seen = tokens.read(&key).await.unwrap();
    tasks.close(&bench.clock, WITHIN).await.unwrap();
    let refused = [
        tokens.valid(&key).await.unwrap_err(),
        tokens.rejected(&seen).await.unwrap_err(),
        tokens.refresh_due(10).await.unwrap_err(),
        tokens.disconnect(&key).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.reason(), Some(Reason::ShuttingDown));
    }
    assert_eq!(bench.platform.calls(), 0);
    // Nothing was left in hand: another process refreshes at once.
    bench.process().valid(&key).await.unwrap();
}

#[tokio::test]
async fn the_end_waits_for_no_lease_of_another_process() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    bench.platform.next(Act::Hold);
    tokio::spawn(async move { one.valid(&Bench::key(0)).await });
    bench.until(|| bench.platform.calls() == 1).await;
    let tasks = two.inner.config.tasks.clone();
    tokio::spawn(async move { two.valid(&Bench::key(0)).await });
    let begun = || format!("{tasks:?}").contains("the refresh of");
    bench.until(begun).await;
    let begun = bench.clock.elapsed();
    bench
        .drive(tasks.close(&bench.clock, WITHIN))
        .await
        .unwrap();
    let took = bench.clock.elapsed() - begun;
    assert!(
        took < Duration::from_secs(5),
        "{took:?}: it has sent nothing"
    );
}

#[tokio::test]
async fn a_refresh_of_an_earlier_revision_is_waited_for_too() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    let again = token_set(77, bench.clock.now());
    let expect = Expect::Revision(Revision(1));
    bench.put(0, "consent-1", &again, expect).await;
    // Another refresh of the same account comes and goes.
    let seen = tokens.read(&Bench::key(0)).await.unwrap();
    let later = tokens.rejected(&seen);
    bench.drive(later).await.unwrap_err();
    assert!(
        tokens.idle().now_or_never().is_none(),
        "the first is under way"
    );
    bench.platform.go_on();
    tokens.idle().await;
    caller.await.unwrap().unwrap_err();
}
