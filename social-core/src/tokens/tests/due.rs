use std::{sync::atomic::Ordering, time::Duration};

use super::{
    bench::Bench,
    platform::{Act, LIFETIME},
};
use crate::{
    error::{Error, ErrorKind},
    time::Clock,
};

#[tokio::test]
async fn nothing_is_due_before_the_window() {
    let bench = Bench::new().await;
    let tokens = bench.process();
    assert_eq!(tokens.refresh_due(10).await.unwrap().total(), 0);
    bench.clock.advance(LIFETIME * 4 / 5);
    assert_eq!(tokens.refresh_due(10).await.unwrap().refreshed, 1);
    assert_eq!(tokens.refresh_due(10).await.unwrap().total(), 0);
}

#[tokio::test]
async fn the_next_time_lies_in_the_first_quarter_of_the_window() {
    let bench = Bench::expired().await;
    bench.process().refresh_due(10).await.unwrap();
    let (record, _) = bench.record(0).await;
    let opens = bench.clock.now() + LIFETIME * 4 / 5;
    let due = record.refresh_due_at.unwrap();
    assert!(due > opens && due <= opens + LIFETIME / 20, "{due}");
    assert_eq!(due.timestamp_subsec_nanos() % 1_000, 0);
}

#[tokio::test]
async fn failures_of_some_end_nothing() {
    let bench = Bench::new().await;
    for account in 1..5 {
        bench.connect(account, "consent").await;
    }
    bench.clock.advance(LIFETIME);
    let down = Error::new(ErrorKind::Unavailable, "no connection");
    bench.platform.next(Act::Fail(down.clone()));
    bench.platform.next(Act::Panic);
    bench.platform.next(Act::Fail(down));
    bench.platform.next(Act::Dead);
    let report = bench.process().refresh_due(100).await.unwrap();
    assert_eq!(
        (report.failed, report.needs_reauth, report.refreshed),
        (3, 1, 1)
    );
    assert_eq!(report.total(), 5);
}

#[tokio::test]
async fn the_limit_and_the_concurrency_are_kept() {
    let bench = Bench::new().await;
    for account in 1..9 {
        bench.connect(account, "consent").await;
    }
    bench.clock.advance(LIFETIME);
    for _ in 0..9 {
        bench.platform.next(Act::Hold);
    }
    let tokens = bench.process_with(|config| config.settings.concurrency = 3);
    let worker = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.refresh_due(7).await }
    });
    bench.until(|| bench.platform.calls() == 3).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.platform.calls(), 3, "no more at once");
    for _ in 0..7 {
        bench.platform.go_on();
    }
    let report = worker.await.unwrap().unwrap();
    assert_eq!((report.total(), bench.platform.calls()), (7, 7));
}

#[tokio::test]
async fn two_workers_refresh_each_account_once() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    let (a, b) = tokio::join!(one.refresh_due(10), two.refresh_due(10));
    assert_eq!(a.unwrap().refreshed + b.unwrap().refreshed, 1);
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn a_refresh_goes_on_when_its_worker_is_dropped() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.store.held.store(1, Ordering::SeqCst);
    let worker = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.refresh_due(10).await }
    });
    bench
        .until(|| bench.store.held.load(Ordering::SeqCst) == 0)
        .await;
    worker.abort();
    bench.clock.advance(Duration::from_secs(1));
    bench.store.gate.add_permits(1);
    tokens.idle().await;
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
}
