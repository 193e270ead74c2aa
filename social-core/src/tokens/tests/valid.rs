use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use secrecy::ExposeSecret;

use super::{
    super::Tokens,
    bench::Bench,
    platform::{Act, LIFETIME},
};
use crate::{
    conformance::named,
    error::{Error, ErrorKind, LimitScope, Reason, Remedy},
    store::{Expect, Revision, TokenClaimed, TokenStore},
};

async fn access(tokens: &Tokens) -> String {
    let valid = tokens.valid(&Bench::key(0)).await.unwrap();
    valid.tokens.access.expose_secret().to_owned()
}

#[tokio::test]
async fn living_tokens_are_answered_without_a_call() {
    let bench = Bench::new().await;
    assert_eq!(access(&bench.process()).await, "access-0");
    assert_eq!(bench.platform.calls(), 0);
}

#[tokio::test]
async fn fifty_callers_in_two_processes_lead_to_one_refresh() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    let callers = (0..50).map(|i| access(if i % 2 == 0 { &one } else { &two }));
    let answers = bench.drive(join_all(callers)).await;
    assert!(answers.iter().all(|access| access == "access-1"));
    assert_eq!(bench.platform.calls(), 1);
    assert_eq!(bench.record(0).await.1, Revision(2));
}

#[tokio::test]
async fn callers_and_a_worker_lead_to_one_refresh() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    bench.platform.next(Act::Hold);
    let worker = tokio::spawn({
        let one = one.clone();
        async move { one.refresh_due(10).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    bench.platform.go_on();
    let callers = join_all((0..20).map(|i| access(if i % 2 == 0 { &one } else { &two })));
    let answers = bench.drive(callers).await;
    assert!(answers.iter().all(|access| access == "access-1"));
    assert_eq!(worker.await.unwrap().unwrap().refreshed, 1);
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn clocks_ten_minutes_apart_lead_to_one_refresh() {
    for ahead in [TimeDelta::minutes(10), TimeDelta::minutes(-10)] {
        let bench = Bench::expired().await;
        // Past its end by both clocks.
        bench.clock.advance(Duration::from_secs(900));
        let (one, two) = (bench.process(), bench.process_ahead(ahead));
        let callers = join_all((0..50).map(|i| access(if i % 2 == 0 { &one } else { &two })));
        let answers = bench.drive(callers).await;
        assert!(answers.iter().all(|access| access == "access-1"));
        assert_eq!(access(&one).await, "access-1");
        assert_eq!(access(&two).await, "access-1");
        assert_eq!(bench.platform.calls(), 1);
    }
}

#[tokio::test]
async fn a_refresh_goes_on_without_its_caller() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    bench.platform.go_on();
    tokens.idle().await;
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
}

#[tokio::test]
async fn a_token_that_ends_within_the_margin_is_refreshed() {
    let bench = Bench::new().await;
    bench.clock.advance(LIFETIME - Duration::from_secs(29));
    assert_eq!(access(&bench.process()).await, "access-1");
}

#[tokio::test]
async fn what_is_left_of_a_token_is_used_when_the_platform_is_down() {
    let bench = Bench::new().await;
    bench.clock.advance(LIFETIME - Duration::from_secs(20));
    bench.platform.next(Act::Fail(down()));
    let tokens = bench.process();
    assert_eq!(access(&tokens).await, "access-0");
    bench.clock.advance(Duration::from_secs(5));
    assert_eq!(access(&tokens).await, "access-0");
    assert_eq!(bench.platform.calls(), 1, "it backs off");
}

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "no connection")
}

#[tokio::test]
async fn errors_back_off_and_grow() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    let mut waits = Vec::new();
    for call in 1..=9 {
        bench.platform.next(Act::Fail(down()));
        let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
        assert!(error.is_transient());
        assert_eq!(bench.platform.calls(), call);
        let again = tokens.valid(&Bench::key(0)).await.unwrap_err();
        assert_eq!((again, bench.platform.calls()), (error, call), "held back");
        let due = bench.record(0).await.0.refresh_due_at.unwrap();
        let wait = (due - crate::time::Clock::now(&bench.clock))
            .to_std()
            .unwrap();
        waits.push(wait);
        bench.clock.advance(wait + Duration::from_millis(1));
    }
    assert!(waits[0] >= Duration::from_secs(10) && waits[0] <= Duration::from_micros(12_500_000));
    assert!(waits[1] >= Duration::from_secs(20) && waits[3] >= Duration::from_secs(80));
    assert!(waits[8] >= Duration::from_secs(600) && waits[8] <= Duration::from_secs(750));
    assert_eq!(access(&tokens).await, "access-1");
}

#[tokio::test]
async fn the_platforms_wait_is_kept() {
    let bench = Bench::expired().await;
    let wait = Duration::from_secs(3_000);
    let scope = LimitScope::App;
    bench
        .platform
        .next(Act::Fail(down().with_remedy(Remedy::After { wait, scope })));
    bench.process().valid(&Bench::key(0)).await.unwrap_err();
    let due = bench.record(0).await.0.refresh_due_at.unwrap();
    assert!(due >= crate::time::Clock::now(&bench.clock) + wait);
}

#[tokio::test]
async fn a_rejected_token_is_refreshed_once() {
    let bench = Bench::new().await;
    let (one, two) = (bench.process(), bench.process());
    let seen = one.valid(&Bench::key(0)).await.unwrap();
    let refused = &seen;
    let callers = (0..20).map(|i| {
        let tokens = if i % 2 == 0 { &one } else { &two };
        async move { tokens.rejected(refused).await.unwrap() }
    });
    let answers = bench.drive(join_all(callers)).await;
    assert!(answers.iter().all(|valid| valid.revision == Revision(2)));
    assert_eq!(bench.platform.calls(), 1);
    let late = one.rejected(refused).await.unwrap();
    assert_eq!(late.tokens.access.expose_secret(), "access-1");
    assert_eq!(bench.platform.calls(), 1, "the newer revision is used");
}

#[tokio::test]
async fn a_claim_that_finds_a_newer_revision_sends_nothing() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    let seen = one.read(&Bench::key(0)).await.unwrap();
    two.valid(&Bench::key(0)).await.unwrap();
    let valid = one.refresh_from(&seen).await.unwrap();
    assert_eq!(valid.revision, Revision(2));
    assert_eq!(bench.platform.calls(), 1);
    let lease = Duration::from_secs(1);
    let claimed = bench.store.claim(&Bench::key(0), lease).await.unwrap();
    let TokenClaimed::Taken(claim) = claimed else {
        panic!("the claim was not given back")
    };
    assert_eq!(
        claim.unknown_attempts, 0,
        "and its attempt was taken off the count"
    );
    assert!(claim.record.refresh_due_at.is_some());
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    let lease = Duration::from_secs(30);
    let claimed = bench.store.claim(&Bench::key(0), lease).await.unwrap();
    let TokenClaimed::Taken(claim) = claimed else {
        panic!("held by nobody")
    };
    let since = crate::time::Clock::moment(&bench.clock);
    bench.clock.advance(Duration::from_secs(20));
    let attempt = tokens.attempt(&tokens.held(claim, since)).await;
    assert!(
        matches!(attempt, super::super::attempt::Attempt::Late),
        "{attempt:?}"
    );
    assert_eq!(bench.platform.calls(), 0);
    assert_eq!(access(&tokens).await, "access-1");
}

#[tokio::test]
async fn a_wait_for_another_holder_ends() {
    let bench = Bench::expired().await;
    let lease = Duration::from_secs(3_600);
    bench.store.claim(&Bench::key(0), lease).await.unwrap();
    let tokens = bench.process();
    let error = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::Timeout, Some(Reason::RefreshBusy))
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_provider_that_panics_or_hangs_wedges_nothing() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::Panic);
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    bench.platform.next(Act::LoseRequest);
    bench.platform.next(Act::LoseRequest);
    bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    bench.clock.advance(Duration::from_secs(60));
    bench.platform.next(Act::Hold);
    let error = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    bench.drive(tokens.idle()).await;
    assert_eq!(bench.platform.calls(), 4);
}

/// A process may publish without the login, beside one that has it.
#[tokio::test]
async fn who_has_no_login_leaves_the_refresh_to_others() {
    let bench = Bench::expired().await;
    let without = bench.process_with(|config| config.providers.clear());
    let before = bench.record(0).await;
    for _ in 0..2 {
        let error = without.valid(&Bench::key(0)).await.unwrap_err();
        assert_eq!(error.remedy(), &Remedy::Operator);
        assert!(error.to_string().contains("has no login"), "{error}");
    }
    assert_eq!(bench.record(0).await, before, "nothing was claimed");
    let report = bench.process().refresh_due(10).await.unwrap();
    assert_eq!(report.refreshed, 1, "at once");
    assert_eq!(access(&without).await, "access-1");
}

#[tokio::test]
async fn another_apps_account_and_a_strangers_are_refused() {
    let bench = Bench::expired().await;
    let tokens = bench.process_with(|config| config.providers.clear());
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unsupported, &Remedy::Operator)
    );
    // The route is known, but set up for another app.
    let (mut record, _) = bench.record(0).await;
    (record.key.app, record.app) = (named("app-2"), named("app-2"));
    bench.store.save(&record, Expect::Absent).await.unwrap();
    let plain = bench
        .process()
        .open(&bench.record(0).await.0)
        .await
        .unwrap();
    let (row, plain) = (record.key.row_id(), plain.to_plain().unwrap());
    let place = super::super::tokens_place(&row);
    record.sealed = Some(bench.vault.seal(&place, &plain).await.unwrap());
    let expect = Expect::Revision(Revision(1));
    bench.store.save(&record, expect).await.unwrap();
    let error = bench.process().valid(&record.key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let mut stranger = Bench::key(0);
    stranger.owner = named("owner-2");
    let error = bench.process().valid(&stranger).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(bench.platform.calls(), 0);
}
