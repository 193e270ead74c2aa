//! Which of two token sets is the later, whatever the clocks say; and what a save over the spent one leaves alone.

use std::{sync::atomic::Ordering, time::Duration};

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};

use super::{
    super::Revocation,
    bench::Bench,
    platform::{Act, LIFETIME, PERSON, token_set},
};
use crate::{
    conformance::named,
    model::{AccountStatus, NeedsReauth},
    oauth::GrantScope,
    store::{Expect, TokenOrder, TokenStore},
    time::Clock as _,
};

async fn sharing(count: u32) -> Bench {
    let bench = Bench::of(GrantScope::OneTokenSet).await;
    for number in 0..count {
        bench.join(number, &token_set(0, bench.clock.now())).await;
    }
    bench.clock.advance(LIFETIME);
    bench
}

/// Changes a record as somebody else would.
async fn change(bench: &Bench, number: u32, change: impl FnOnce(&mut crate::store::TokenRecord)) {
    let (mut record, revision) = bench.record(number).await;
    change(&mut record);
    let save = bench.store.inner.save(&record, Expect::Revision(revision));
    save.await.unwrap();
}

/// One row cannot be opened for a while; a machine whose clock is behind refreshes the others.
#[tokio::test]
async fn a_set_that_came_back_is_not_the_later_one_though_its_clock_was_ahead() {
    let bench = sharing(2).await;
    bench.process().valid(&Bench::key(1)).await.unwrap();
    let (whole, _) = bench.record(1).await;
    change(&bench, 1, |record| {
        record.sealed = Some(b"of a key that is missing".to_vec());
    })
    .await;
    let behind = bench.process_ahead(TimeDelta::seconds(-40));
    bench.clock.advance(Duration::from_secs(30));
    let seen = behind.valid(&Bench::key(0)).await.unwrap();
    let next = behind.rejected(&seen).await.unwrap();
    assert!(
        next.tokens.issued_at < seen.tokens.issued_at,
        "by its clock"
    );
    // The key is back.
    change(&bench, 1, |record| record.sealed = whole.sealed).await;
    bench.clock.advance(LIFETIME);
    bench.process().valid(&Bench::key(1)).await.unwrap();
    for number in 0..2 {
        assert_eq!(bench.refresh_of(number).await, bench.platform.living());
    }
    assert_eq!(bench.platform.calls(), 3, "the dead set is never sent");
}

/// A consent that left the refresh token alive comes while that is being spent.
#[tokio::test]
async fn a_refresh_token_that_a_consent_left_is_replaced_beside_its_access_token() {
    for scope in [GrantScope::Principal, GrantScope::OneTokenSet] {
        let bench = Bench::of(scope).await;
        for number in 0..2 {
            bench.join(number, &token_set(0, bench.clock.now())).await;
        }
        bench.clock.advance(LIFETIME);
        let tokens = bench.process();
        bench.platform.next(Act::Hold);
        let refresh = tokio::spawn({
            let tokens = tokens.clone();
            async move { tokens.valid(&Bench::key(0)).await }
        });
        bench.until(|| bench.platform.calls() == 1).await;
        let mut given = token_set(0, bench.clock.now());
        given.access = SecretString::from("of the consent");
        for number in 0..2 {
            let (record, _) = bench.record(number).await;
            // By then the spent token was found dead.
            let dead = AccountStatus::NeedsReauth(NeedsReauth::Revoked);
            let sealed = super::super::family::seal(&bench.vault, &record, &given).await;
            let sealed = sealed.unwrap();
            change(&bench, number, |record| {
                record.sealed = Some(sealed);
                record.expires_at = given.expires_at;
                record.order = TokenOrder::first(7);
                record.status = dead;
                record.grant_ends_at = Some(given.issued_at);
            })
            .await;
        }
        bench.platform.go_on();
        let _ = bench.drive(refresh).await.unwrap();
        let valid = tokens.valid(&Bench::key(0)).await.unwrap();
        assert_eq!(valid.tokens.access.expose_secret(), "of the consent");
        let both = 1 + u32::from(scope == GrantScope::OneTokenSet);
        for number in 0..both {
            let living = bench.platform.living();
            assert_eq!(bench.refresh_of(number).await, living, "{scope:?}");
            let (record, _) = bench.record(number).await;
            assert_eq!(record.order, TokenOrder::first(7).next());
            assert_eq!(
                record.status,
                AccountStatus::Connected,
                "success overrides it"
            );
            assert!(record.grant_ends_at > Some(given.issued_at));
        }
    }
}

/// Whose due time alone was moved has the tokens that it had: they are refreshed, not answered.
#[tokio::test]
async fn a_save_with_the_same_tokens_does_not_pass_for_a_refresh() {
    let bench = sharing(2).await;
    let tokens = bench.process();
    change(&bench, 0, |record| record.refresh_due_at = None).await;
    let valid = tokens.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(bench.platform.calls(), 1);
    assert_eq!(valid.tokens.access.expose_secret(), "access-1");
    // Refused, and saved under another name before anybody was told.
    change(&bench, 0, |record| record.name = "another".to_owned()).await;
    bench.clock.advance(LIFETIME / 2);
    let next = tokens.rejected(&valid).await.unwrap();
    assert_eq!(bench.platform.calls(), 2);
    assert_eq!(next.tokens.access.expose_secret(), "access-2");
}

/// A row whose status only a newer release knows is claimed by nobody here.
#[tokio::test]
async fn the_first_that_is_connected_is_due_after_a_refresh() {
    let bench = sharing(3).await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let refresh = tokio::spawn(async move { tokens.valid(&Bench::key(1)).await });
    bench.until(|| bench.platform.calls() == 1).await;
    *bench.store.unknown.lock().unwrap() = Some(Bench::key(0));
    bench.platform.go_on();
    bench.drive(refresh).await.unwrap().unwrap();
    let (unknown, _) = bench.record(0).await;
    assert_eq!(unknown.refresh_due_at, None, "of a newer release");
    assert_eq!(bench.refresh_of(0).await, bench.platform.living());
    assert!(bench.record(1).await.0.refresh_due_at.is_some());
    assert_eq!(bench.record(2).await.0.refresh_due_at, None);
}

/// One of them is saved between the look at it and its verdict, with the same tokens.
#[tokio::test]
async fn a_verdict_reaches_who_was_saved_meanwhile() {
    let bench = sharing(2).await;
    bench.platform.always_dead(true);
    let tokens = bench.process();
    tokens.refresh_due(9).await.unwrap();
    bench.clock.advance(Duration::from_secs(601));
    bench.store.renamed.store(1, Ordering::SeqCst);
    let report = tokens.refresh_due(9).await.unwrap();
    assert_eq!(report.needs_reauth, 1);
    for number in 0..2 {
        let status = bench.record(number).await.0.status;
        assert_eq!(status, AccountStatus::NeedsReauth(NeedsReauth::Revoked));
    }
}

/// The grant has ended; that the row was saved meanwhile does not make a failure of it.
#[tokio::test]
async fn a_grant_is_revoked_once() {
    let bench = Bench::new().await;
    let tokens = bench.process();
    bench.store.held.store(1, Ordering::SeqCst);
    let ending = tokio::spawn(async move { tokens.disconnect(&Bench::key(0)).await });
    bench
        .until(|| bench.store.held.load(Ordering::SeqCst) == 0)
        .await;
    change(&bench, 0, |record| record.name = "another".to_owned()).await;
    *bench.platform.revoke_fails.lock().unwrap() = true;
    bench.store.gate.add_permits(1);
    let done = ending.await.unwrap().unwrap();
    assert!(matches!(done.revocation, Revocation::Revoked), "{done:?}");
    assert_eq!(bench.platform.revoked.lock().unwrap().len(), 1);
}

/// Accepted while the platform was told of the end: the answer says what was done, and it is soon found out whether the other lives.
#[tokio::test]
async fn who_joins_while_a_grant_is_ended_is_looked_at_soon() {
    for scope in [GrantScope::Principal, GrantScope::OneTokenSet] {
        let bench = Bench::of(scope).await;
        bench.join(1, &token_set(0, bench.clock.now())).await;
        let tokens = bench.process();
        bench.store.held.store(1, Ordering::SeqCst);
        let ending = tokio::spawn({
            let tokens = tokens.clone();
            async move { tokens.disconnect(&Bench::key(1)).await }
        });
        bench
            .until(|| bench.store.held.load(Ordering::SeqCst) == 0)
            .await;
        bench.join(0, &token_set(0, bench.clock.now())).await;
        change(&bench, 0, |record| record.refresh_due_at = None).await;
        if scope == GrantScope::OneTokenSet {
            change(&bench, 1, |record| record.name = "joined by".to_owned()).await;
        }
        let (_, before) = bench.record(0).await;
        bench.store.gate.add_permits(1);
        let done = bench.drive(ending).await.unwrap().unwrap();
        let revoked = matches!(done.revocation, Revocation::Revoked);
        assert!(revoked, "{scope:?}: {:?}", done.revocation);
        let (after, revision) = bench.record(0).await;
        let due = after.refresh_due_at;
        assert_eq!(due, Some(bench.clock.now()), "{scope:?}");
        if scope == GrantScope::Principal {
            assert_eq!(revision, before, "its tokens are not written again");
        }
    }
}

/// Whose key is away may be due all the same: another process may have the key.
#[tokio::test]
async fn who_is_left_is_due_though_nobody_here_can_open_it() {
    let bench = sharing(2).await;
    change(&bench, 1, |record| {
        record.sealed = Some(b"of a key that is missing".to_vec());
    })
    .await;
    let tokens = bench.process();
    let done = tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert!(matches!(done.revocation, Revocation::Shared));
    let (left, _) = bench.record(1).await;
    assert!(left.refresh_due_at.is_some());
    assert_eq!(left.sealed.unwrap(), b"of a key that is missing");
}

/// Where others keep the grant alive nothing has ended.
#[tokio::test]
async fn a_disconnection_that_ended_no_grant_has_no_number() {
    let bench = sharing(2).await;
    let tokens = bench.process();
    tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert_eq!(bench.record(0).await.0.order, TokenOrder::default());
}

/// Nobody takes an offer from before for one from after: the end of access has a number too.
#[tokio::test]
async fn an_end_has_a_number_above_every_consent_before_it() {
    let bench = sharing(1).await;
    let before = bench.store.inner.next_number().await.unwrap();
    let tokens = bench.process();
    let done = tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert_eq!(done.account.principal, Some(named(PERSON)));
    let (ended, _) = bench.record(0).await;
    assert!(ended.order.consent > before);
    let after = bench.store.inner.next_number().await.unwrap();
    assert!(ended.order.consent < after);
}
