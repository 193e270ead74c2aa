//! Accounts with one token set: one refresh, one verdict, and nobody is left behind with a set that was spent.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    super::Revocation,
    bench::{Bench, OWNER},
    platform::{Act, LIFETIME, PERSON, token_set},
};
use crate::{
    conformance::named,
    model::{AccountStatus, NeedsReauth},
    oauth::GrantScope,
    store::{Expect, TokenStore},
    time::Clock as _,
};

/// Three accounts with one set, whose access token has ended.
async fn three() -> Bench {
    let bench = Bench::of(GrantScope::OneTokenSet).await;
    for number in 0..3 {
        bench.join(number, &token_set(0, bench.clock.now())).await;
    }
    bench.clock.advance(LIFETIME);
    bench
}

/// That all of these have the living tokens, and the first alone is due.
async fn all_live(bench: &Bench, numbers: &[u32]) {
    for number in numbers {
        let (record, _) = bench.record(*number).await;
        assert_eq!(record.status, AccountStatus::Connected, "{number}");
        assert_eq!(bench.refresh_of(*number).await, bench.platform.living());
        let is_due = record.refresh_due_at.is_some();
        assert_eq!(is_due, *number == numbers[0], "{number}");
    }
}

#[tokio::test]
async fn one_refresh_is_for_all_whoever_asks() {
    let bench = three().await;
    let tokens = bench.process();
    let valid = tokens.valid(&Bench::key(2)).await.unwrap();
    assert_eq!(valid.account.key, Bench::key(2));
    all_live(&bench, &[0, 1, 2]).await;
    for number in 0..3 {
        tokens.valid(&Bench::key(number)).await.unwrap();
    }
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn one_of_them_is_due() {
    let bench = three().await;
    let report = bench.process().refresh_due(9).await.unwrap();
    assert_eq!((report.refreshed, report.total()), (1, 1));
    all_live(&bench, &[0, 1, 2]).await;
}

#[tokio::test]
async fn many_that_ask_for_several_lead_to_one_refresh() {
    let bench = three().await;
    let (one, two) = (bench.process(), bench.process());
    let keys = [0, 1, 2].map(Bench::key);
    let asked = async {
        tokio::join!(
            one.valid(&keys[2]),
            two.valid(&keys[1]),
            one.valid(&keys[0]),
            two.valid(&keys[2])
        )
    };
    let (a, b, c, d) = bench.drive(asked).await;
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok());
    assert_eq!(bench.platform.calls(), 1);
    all_live(&bench, &[0, 1, 2]).await;
}

#[tokio::test]
async fn a_verdict_is_for_all_and_comes_after_a_suspicion() {
    let bench = three().await;
    bench.platform.always_dead(true);
    let tokens = bench.process();
    let report = tokens.refresh_due(9).await.unwrap();
    assert_eq!((report.suspected, report.total()), (1, 1));
    assert!(tokens.valid(&Bench::key(1)).await.is_err());
    assert_eq!(bench.platform.calls(), 1, "it waits for them too");
    assert_eq!(bench.record(1).await.0.status, AccountStatus::Connected);
    bench.clock.advance(Duration::from_secs(601));
    let report = tokens.refresh_due(9).await.unwrap();
    assert_eq!((report.needs_reauth, report.total()), (1, 1));
    for number in 0..3 {
        let status = bench.record(number).await.0.status;
        assert_eq!(status, AccountStatus::NeedsReauth(NeedsReauth::Revoked));
    }
}

/// While the platform answers a fourth joins, and another is saved with the tokens that are spent.
#[tokio::test]
async fn who_joins_or_is_saved_meanwhile_gets_the_living_tokens() {
    let bench = three().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let refresh = tokio::spawn(async move { tokens.valid(&Bench::key(1)).await });
    bench.until(|| bench.platform.calls() == 1).await;

    let issued = bench.clock.now() - LIFETIME;
    let (mut head, revision) = bench.record(0).await;
    head.name = "another name".to_owned();
    let store = &bench.store.inner;
    let renamed = store.save(&head, Expect::Revision(revision)).await;
    renamed.unwrap();
    bench.join(3, &token_set(0, issued)).await;

    bench.platform.go_on();
    bench.drive(refresh).await.unwrap().unwrap();
    all_live(&bench, &[0, 1, 2, 3]).await;
    assert_eq!(bench.record(0).await.0.name, "another name");
    assert_eq!(bench.platform.calls(), 1);
}

/// The account that was claimed for all is gone when the answer comes.
#[tokio::test]
async fn the_others_get_the_tokens_when_the_claimed_one_is_disconnected() {
    let bench = three().await;
    let tokens = bench.process();
    bench.platform.next(Act::Hold);
    let refresh = tokio::spawn(async move { tokens.valid(&Bench::key(2)).await });
    bench.until(|| bench.platform.calls() == 1).await;
    let (mut head, revision) = bench.record(0).await;
    (head.status, head.sealed) = (AccountStatus::Disconnected, None);
    let store = &bench.store.inner;
    let ended = store.save(&head, Expect::Revision(revision)).await;
    ended.unwrap();
    bench.platform.go_on();
    bench.drive(refresh).await.unwrap().unwrap();
    all_live(&bench, &[1, 2]).await;
    assert!(bench.platform.revoked.lock().unwrap().is_empty());
    assert_eq!(bench.record(0).await.0.sealed, None);
}

#[tokio::test]
async fn whoever_is_left_is_due_and_the_last_one_is_revoked() {
    let bench = three().await;
    let tokens = bench.process();
    for (gone, left) in [(0, 1), (1, 2)] {
        let done = tokens.disconnect(&Bench::key(gone)).await.unwrap();
        assert!(matches!(done.revocation, Revocation::Shared));
        assert!(bench.record(left).await.0.refresh_due_at.is_some());
    }
    let report = tokens.refresh_due(9).await.unwrap();
    assert_eq!((report.refreshed, report.total()), (1, 1));
    let done = tokens.disconnect(&Bench::key(2)).await.unwrap();
    assert!(matches!(done.revocation, Revocation::Revoked));
    assert_eq!(*bench.platform.revoked.lock().unwrap(), ["access-1"]);
}

#[tokio::test]
async fn what_waits_in_the_spool_is_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let bench = three().await;
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder.path());
    let failed = bench.drive(tokens.valid(&Bench::key(1))).await;
    assert!(failed.is_err());
    bench.store.failing.store(0, Ordering::SeqCst);
    // The one that it was refreshed for is gone by then, and another is the first.
    let (mut head, revision) = bench.record(0).await;
    (head.status, head.sealed) = (AccountStatus::Disconnected, None);
    let store = &bench.store.inner;
    let ended = store.save(&head, Expect::Revision(revision)).await;
    ended.unwrap();
    let report = tokens.replay_spool().await.unwrap();
    assert_eq!((report.saved, report.dropped, report.kept), (1, 0, 0));
    all_live(&bench, &[1, 2]).await;
    assert_eq!(bench.platform.calls(), 1);
}

/// Two that were the first at the same moment do not know of each other: each is due, and one has an older set.
#[tokio::test]
async fn who_differ_are_put_in_order_before_anything_is_sent() {
    let bench = Bench::of(GrantScope::OneTokenSet).await;
    bench.platform.carried_out(5);
    bench.join(0, &token_set(4, bench.clock.now())).await;
    bench.clock.advance(Duration::from_secs(60));
    bench.join(1, &token_set(5, bench.clock.now())).await;
    let (mut second, revision) = bench.record(1).await;
    second.refresh_due_at = second.expires_at;
    let store = &bench.store.inner;
    let due = store.save(&second, Expect::Revision(revision)).await;
    due.unwrap();
    bench.clock.advance(LIFETIME);
    let tokens = bench.process();
    for _ in 0..3 {
        tokens.refresh_due(9).await.unwrap();
    }
    all_live(&bench, &[0, 1]).await;
    assert_eq!(bench.platform.calls(), 1, "the older set is never sent");
}

#[tokio::test]
async fn a_person_counts_once_in_a_mass_death() {
    let bench = Bench::of(GrantScope::Principal).await;
    for number in 0..9 {
        bench.join(number, &token_set(0, bench.clock.now())).await;
        let (mut record, revision) = bench.record(number).await;
        record.refresh_due_at = record.expires_at;
        let save = bench.store.inner.save(&record, Expect::Revision(revision));
        save.await.unwrap();
    }
    bench.clock.advance(LIFETIME);
    bench.platform.always_dead(true);
    let tokens = bench.process();
    let report = tokens.refresh_due(9).await.unwrap();
    assert_eq!(report.needs_reauth, 9, "one person has left");
    let (record, _) = bench.record(0).await;
    assert!(!tokens.verdicts_suspended(&record.app_key()));
}

#[tokio::test]
async fn what_ends_with_an_account_is_told_by_the_scope() {
    for scope in [GrantScope::Account, GrantScope::Principal] {
        let bench = Bench::of(scope).await;
        // Of one person, by two logins, one of them of another owner of the service.
        for number in 0..2 {
            bench.join(number, &token_set(0, bench.clock.now())).await;
        }
        let (mut other, revision) = bench.record(1).await;
        other.consent = "another".to_owned();
        other.key = other.key.with_owner(named("owner-2"));
        let store = &bench.store.inner;
        let moved = store.save(&other, Expect::Revision(revision)).await;
        moved.unwrap();
        let tokens = bench.process();
        let first = tokens.disconnect(&Bench::key(0)).await.unwrap();
        let spared = matches!(first.revocation, Revocation::Shared);
        assert_eq!(spared, scope == GrantScope::Principal, "{scope:?}");
        let last = tokens.disconnect(&other.key).await.unwrap();
        assert!(matches!(last.revocation, Revocation::Revoked));
        assert_eq!(first.account.principal.as_ref().unwrap(), PERSON);
        assert_eq!(first.account.key.owner, *OWNER);
    }
}
