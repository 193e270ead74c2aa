use std::{sync::atomic::Ordering, time::Duration};

use secrecy::ExposeSecret;

use super::{
    bench::Bench,
    platform::{Act, token_set},
};
use crate::{
    error::Reason,
    model::{AccountStatus, NeedsReauth},
    store::{Expect, Revision, TokenClaimed, TokenStore, Verdict},
    time::Clock,
};

#[tokio::test]
async fn a_holder_paused_past_its_lease_saves_the_living_token() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    bench.store.held.store(1, Ordering::SeqCst);
    let paused = tokio::spawn({
        let one = one.clone();
        async move { one.valid(&Bench::key(0)).await }
    });
    bench
        .until(|| bench.store.held.load(Ordering::SeqCst) == 0)
        .await;
    bench.clock.advance(Duration::from_secs(31));
    // The next holder has only the spent token: a suspicion, no verdict.
    let error = two.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::GrantSuspected));
    assert!(error.is_transient());
    bench.store.gate.add_permits(1);
    let valid = paused.await.unwrap().unwrap();
    assert_eq!(valid.tokens.access.expose_secret(), "access-1");
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    let (record, _) = bench.record(0).await;
    assert_eq!(
        (record.status, record.suspected_at),
        (AccountStatus::Connected, None)
    );
    assert_eq!(
        two.valid(&Bench::key(0)).await.unwrap().revision,
        Revision(2)
    );
}

#[tokio::test]
async fn success_overrides_a_verdict() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    bench.clock.advance(Duration::from_secs(31));
    let lease = Duration::from_secs(30);
    let TokenClaimed::Taken(claim) = bench.store.claim(&Bench::key(0), lease).await.unwrap() else {
        panic!("the lease has not lapsed")
    };
    let dead = Verdict::Dead(NeedsReauth::Revoked);
    assert!(bench.store.judge(&claim, dead).await.unwrap());
    bench.platform.go_on();
    caller.await.unwrap().unwrap();
    assert_eq!(bench.record(0).await.0.status, AccountStatus::Connected);
}

/// After a rollback: a word of the newer release came while the platform answered.
#[tokio::test]
async fn success_leaves_a_status_of_a_newer_release() {
    let bench = Bench::expired().await;
    bench.platform.next(Act::Hold);
    let tokens = bench.process();
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    bench.store.asleep.store(true, Ordering::SeqCst);
    bench.platform.go_on();
    let error = caller.await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NewerRelease));
    assert_eq!(
        bench.stored_refresh().await,
        bench.platform.living(),
        "its tokens are saved all the same"
    );
}

#[tokio::test]
async fn an_empty_token_never_overwrites_one() {
    for blank in [Act::Blank, Act::BlankRefresh] {
        let bench = Bench::expired().await;
        bench.platform.next(blank);
        let error = bench.process().valid(&Bench::key(0)).await.unwrap_err();
        // It was carried out, and the retry says so.
        assert_eq!(error.reason(), Some(Reason::RefreshAnswerLost));
        assert_eq!(bench.stored_refresh().await, "refresh-0");
        assert_eq!(bench.record(0).await.1, Revision(1));
    }
}

#[tokio::test]
async fn what_the_platform_leaves_out_stays() {
    let bench = Bench::expired().await;
    bench.platform.next(Act::KeepOld);
    let valid = bench.process().valid(&Bench::key(0)).await.unwrap();
    assert_eq!(valid.tokens.access.expose_secret(), "access-again");
    assert_eq!(valid.tokens.refresh.unwrap().expose_secret(), "refresh-0");
    assert!(valid.tokens.refresh_expires_at.is_some());
    assert_eq!(valid.tokens.companions["page"].expose_secret(), "page-0");
    assert!(valid.account.scopes.contains("write"));
}

#[tokio::test]
async fn a_failing_save_is_repeated() {
    let bench = Bench::expired().await;
    bench.store.failing.store(3, Ordering::SeqCst);
    let tokens = bench.process();
    let valid = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap();
    assert_eq!(valid.revision, Revision(2));
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn a_save_whose_acknowledgement_was_lost_is_recognized() {
    let bench = Bench::expired().await;
    bench.store.unacknowledged.store(1, Ordering::SeqCst);
    let tokens = bench.process();
    let valid = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap();
    assert_eq!(valid.revision, Revision(2), "it was not saved twice");
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
}

#[tokio::test]
async fn without_a_spool_the_save_goes_on() {
    let bench = Bench::expired().await;
    bench.store.failing.store(12, Ordering::SeqCst);
    let tokens = bench.process();
    let error = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    assert_eq!(
        error.reason(),
        Some(Reason::RefreshBusy),
        "the caller has lost patience"
    );
    bench.drive(tokens.idle()).await;
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
}

#[tokio::test]
async fn tokens_connected_again_meanwhile_stay() {
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
    bench.platform.go_on();
    let valid = caller.await.unwrap().unwrap();
    assert_eq!(valid.tokens.access.expose_secret(), "access-77");
    assert_eq!(bench.stored_refresh().await, "refresh-77");
}

#[tokio::test]
async fn tokens_sealed_again_meanwhile_are_followed() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    let same = tokens.open(&bench.record(0).await.0).await.unwrap();
    let expect = Expect::Revision(Revision(1));
    bench.put(0, "consent-0", &same, expect).await;
    bench.platform.go_on();
    assert_eq!(caller.await.unwrap().unwrap().revision, Revision(3));
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
}
