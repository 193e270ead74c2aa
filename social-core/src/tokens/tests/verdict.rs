use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;

use super::{
    bench::{Bench, OWNER},
    platform::{Act, LIFETIME, ROUTE, app, token_set, token_set_of},
};
use crate::{
    conformance::named,
    error::{ErrorKind, Reason, Remedy},
    model::{AccountStatus, AppKey, NeedsReauth},
    store::{Expect, Revision, TokenStore},
    time::Clock,
    tokens::tokens_place,
};

const GRACE: Duration = Duration::from_secs(600);

fn needs(reason: NeedsReauth) -> AccountStatus {
    AccountStatus::NeedsReauth(reason)
}

#[tokio::test]
async fn a_proven_dead_grant_is_a_verdict_and_is_not_asked_again() {
    let bench = Bench::expired().await;
    bench.platform.next(Act::Dead);
    let tokens = bench.process();
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unauthorized, &Remedy::Reauthorize)
    );
    assert_eq!(error.reason(), Some(Reason::AccessRemoved));
    let (record, revision) = bench.record(0).await;
    assert_eq!(record.status, needs(NeedsReauth::Revoked));
    assert_eq!(revision, Revision(1), "a verdict does not advance it");
    let again = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(again.reason(), Some(Reason::AccessRemoved));
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_retried_once_with_the_same_token() {
    let bench = Bench::expired().await;
    bench.platform.next(Act::LoseRequest);
    assert!(bench.process().valid(&Bench::key(0)).await.is_ok());
    assert_eq!(bench.platform.calls(), 2);

    let bench = Bench::expired().await;
    bench.platform.next(Act::LoseAnswer);
    let error = bench.process().valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::RefreshAnswerLost));
    assert_eq!(
        bench.record(0).await.0.status,
        needs(NeedsReauth::AnswerLost)
    );
    assert_eq!(bench.platform.calls(), 2);
}

#[tokio::test]
async fn two_lost_answers_leave_the_outcome_unknown() {
    let bench = Bench::expired().await;
    bench.platform.next(Act::LoseAnswer);
    bench.platform.next(Act::LoseRequest);
    let tokens = bench.process();
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(bench.platform.calls(), 2);
    bench.clock.advance(Duration::from_secs(60));
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(
        error.reason(),
        Some(Reason::GrantSuspected),
        "an earlier attempt may have the token"
    );
}

/// One process has sent and is gone; nobody knows what came of it.
async fn after_an_unknown_attempt() -> Bench {
    let bench = Bench::expired().await;
    let lease = Duration::from_secs(30);
    bench.store.claim(&Bench::key(0), lease).await.unwrap();
    bench.clock.advance(Duration::from_secs(31));
    bench.platform.always_dead(true);
    bench
}

#[tokio::test]
async fn after_an_unknown_attempt_a_dead_grant_is_suspected_for_the_grace_time() {
    let bench = after_an_unknown_attempt().await;
    let tokens = bench.process();
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::GrantSuspected));
    let (record, _) = bench.record(0).await;
    assert_eq!(record.status, AccountStatus::Connected);
    let now = bench.clock.now();
    assert_eq!(
        (record.suspected_at, record.refresh_due_at),
        (Some(now), Some(now + GRACE))
    );

    bench.clock.advance(GRACE / 2);
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::GrantSuspected));
    assert_eq!(bench.platform.calls(), 1, "held back meanwhile");

    bench.clock.advance(GRACE / 2);
    let report = tokens.refresh_due(10).await.unwrap();
    assert_eq!(report.needs_reauth, 1);
    assert_eq!(
        bench.record(0).await.0.status,
        needs(NeedsReauth::AnswerLost)
    );
}

#[tokio::test]
async fn a_suspicion_ends_with_a_success() {
    let bench = after_an_unknown_attempt().await;
    let tokens = bench.process();
    tokens.valid(&Bench::key(0)).await.unwrap_err();
    bench.platform.always_dead(false);
    bench.clock.advance(GRACE);
    assert!(tokens.valid(&Bench::key(0)).await.is_ok());
    assert_eq!(bench.record(0).await.0.suspected_at, None);
}

#[tokio::test]
async fn another_process_does_not_shorten_the_grace_time_by_its_clock() {
    let bench = after_an_unknown_attempt().await;
    bench.process().valid(&Bench::key(0)).await.unwrap_err();
    let ahead = bench.process_ahead(TimeDelta::minutes(10));
    let report = ahead.refresh_due(10).await.unwrap();
    assert_eq!((report.suspected, report.needs_reauth), (1, 0));
    bench.clock.advance(GRACE);
    assert_eq!(ahead.refresh_due(10).await.unwrap().needs_reauth, 1);
}

#[tokio::test]
async fn a_restarted_process_trusts_an_old_suspicion() {
    let bench = after_an_unknown_attempt().await;
    bench.process().valid(&Bench::key(0)).await.unwrap_err();
    bench.clock.advance(2 * GRACE);
    assert_eq!(
        bench.process().refresh_due(10).await.unwrap().needs_reauth,
        1
    );
}

#[tokio::test]
async fn a_dead_grant_says_nothing_of_the_one_that_followed() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::HoldDead);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    // Connected again before the old grant's end is told.
    let again = token_set(9, bench.clock.now());
    let expect = Expect::Revision(Revision(1));
    bench.put(0, "consent-1", &again, expect).await;
    bench.platform.go_on();
    assert_eq!(caller.await.unwrap().unwrap().revision, Revision(2));
    let (record, _) = bench.record(0).await;
    assert_eq!(
        (record.status, record.suspected_at),
        (AccountStatus::Connected, None)
    );
}

#[tokio::test]
async fn a_grant_whose_time_ran_out_says_so() {
    let bench = Bench::expired().await;
    bench.clock.advance(100 * LIFETIME);
    bench.platform.always_dead(true);
    let error = bench.process().valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::AccessExpired));
    assert_eq!(
        bench.platform.calls(),
        1,
        "the platform decides, not this clock"
    );
}

#[tokio::test]
async fn without_a_refresh_token_an_ended_grant_has_expired_without_a_call() {
    let bench = Bench::new().await;
    let mut tokens = token_set(0, bench.clock.now());
    tokens.refresh = None;
    bench
        .put(0, "consent-0", &tokens, Expect::Revision(Revision(1)))
        .await;
    bench.clock.advance(LIFETIME);
    let error = bench.process().valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::AccessExpired));
    assert_eq!(bench.platform.calls(), 0);
}

#[tokio::test]
async fn when_many_turn_dead_at_once_verdicts_are_suspended() {
    let bench = Bench::new().await;
    for account in 1..20 {
        bench.connect(account, "consent").await;
    }
    bench.clock.advance(LIFETIME);
    bench.platform.always_dead(true);
    let tokens = bench.process_with(|config| config.settings.concurrency = 1);
    let report = tokens.refresh_due(100).await.unwrap();
    assert_eq!((report.needs_reauth, report.suspected), (4, 16));
    assert!(tokens.verdicts_suspended(&app()));
    // The next round comes after the grace time, and is held back as well.
    bench.clock.advance(GRACE);
    let report = tokens.refresh_due(100).await.unwrap();
    assert_eq!((report.needs_reauth, report.suspected), (0, 16));
    // The secret is put right.
    bench.platform.always_dead(false);
    bench.clock.advance(2 * GRACE + Duration::from_secs(1));
    assert!(!tokens.verdicts_suspended(&app()));
}

#[tokio::test]
async fn what_is_unusual_is_counted_for_each_app() {
    let bench = Bench::new().await;
    for account in 1..20 {
        bench.connect(account, "consent").await;
    }
    let beside = AppKey::new(app().platform, named("app-2"));
    let key = beside.account(OWNER.clone(), named("account-1"));
    let (mut record, _) = bench.record(1).await;
    let tokens = token_set_of(1, 0, bench.clock.now());
    let (row, plain) = (key.row_id(), tokens.to_plain().unwrap());
    (record.key, record.app) = (key.clone(), key.app.clone());
    record.sealed = Some(bench.vault.seal(&tokens_place(&row), &plain).await.unwrap());
    let store = &bench.store.inner;
    store.save(&record, Expect::Absent).await.unwrap();
    bench.clock.advance(LIFETIME);
    bench.platform.always_dead(true);
    let tokens = bench.process_with(|config| {
        config.settings.concurrency = 1;
        let provider = config.providers.values().next().map(Arc::clone).unwrap();
        config.providers.insert(beside.connector(ROUTE), provider);
    });
    let report = tokens.refresh_due(100).await.unwrap();
    assert_eq!((report.needs_reauth, report.suspected), (5, 16));
    assert!(tokens.verdicts_suspended(&app()));
    assert!(!tokens.verdicts_suspended(&beside));
    let stored = store.load(&key).await.unwrap().unwrap();
    assert!(matches!(stored.value.status, AccountStatus::NeedsReauth(_)));
}

#[tokio::test]
async fn what_came_by_a_login_that_is_not_here_is_left_to_who_has_it() {
    let bench = Bench::expired().await;
    let elsewhere = bench.process_with(|config| {
        let provider = config.providers.pop_first().unwrap().1;
        config.providers.insert(app().connector("mobile"), provider);
    });
    let (before, revision) = bench.record(0).await;
    assert_eq!(elsewhere.refresh_due(9).await.unwrap().total(), 0);
    assert_eq!(elsewhere.next_due().await.unwrap(), None);
    assert_eq!(bench.record(0).await, (before, revision), "untouched");
    assert_eq!(bench.process().refresh_due(9).await.unwrap().refreshed, 1);
}
