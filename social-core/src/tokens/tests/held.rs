//! Data that have begun another life.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use secrecy::ExposeSecret;

use super::{
    super::Tokens,
    bench::Bench,
    platform::{Act, LIFETIME, token_set},
    store::Flaky,
};
use crate::{
    error::{ErrorKind, Reason, Remedy},
    hub::IncarnationGuard,
    memory::MemoryStore,
    model::AccountStatus,
    store::{Expect, InstallationStore, LastWrites, Revision, TokenClaimed, TokenStore},
    time::Clock,
};

fn guarded(bench: &Bench, folder: Option<&std::path::Path>) -> Tokens {
    let store: Arc<dyn InstallationStore> = Arc::clone(&bench.store.inner) as _;
    bench.process_with(|config| {
        config.guard = Some(IncarnationGuard::new(store));
        config.spool = folder.map(Into::into);
    })
}

async fn accept(bench: &Bench) {
    let store = &bench.store.inner;
    let seen = store.incarnations().await.unwrap().present;
    store
        .accept_incarnation(&seen, LastWrites::Kept)
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_refreshed_until_it_is_accepted() {
    let bench = Bench::expired().await;
    let tokens = guarded(&bench, None);
    bench.store.inner.reincarnate();
    let seen = tokens.read(&Bench::key(0)).await.unwrap();
    for _ in 0..3 {
        let report = tokens.refresh_due(10).await.unwrap();
        assert!(report.held && report.total() == 0, "{report:?}");
        for error in [
            tokens.valid(&Bench::key(0)).await.unwrap_err(),
            tokens.rejected(&seen).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert_eq!(error.remedy(), &Remedy::Operator);
            assert_eq!(error.reason(), Some(Reason::RestoredNotAccepted));
            assert!(error.message().contains("accept"), "{error}");
        }
        bench.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(bench.platform.calls(), 0);
    let (record, _) = bench.record(0).await;
    assert_eq!(record.status, AccountStatus::Connected, "no verdict");
    accept(&bench).await;
    let valid = tokens.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(valid.tokens.access.expose_secret(), "access-1", "at once");
    assert!(!tokens.refresh_due(10).await.unwrap().held);
}

#[tokio::test]
async fn nothing_was_claimed_meanwhile() {
    let bench = Bench::expired().await;
    let tokens = guarded(&bench, None);
    bench.store.inner.reincarnate();
    tokens.refresh_due(10).await.unwrap();
    tokens.valid(&Bench::key(0)).await.unwrap_err();
    let claimed = bench.store.claim(&Bench::key(0), LIFETIME).await.unwrap();
    let TokenClaimed::Taken(claim) = claimed else {
        panic!("somebody holds it")
    };
    assert_eq!((claim.epoch.0, claim.unknown_attempts), (1, 0));
}

#[tokio::test]
async fn a_token_that_is_still_good_is_answered() {
    let bench = Bench::new().await;
    let tokens = guarded(&bench, None);
    bench.store.inner.reincarnate();
    tokens.valid(&Bench::key(0)).await.unwrap();
    // Within the margin it would be refreshed; now what is left of it has to do.
    bench.clock.advance(LIFETIME - Duration::from_secs(5));
    tokens.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(bench.platform.calls(), 0);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_change_is_saved() {
    let bench = Bench::expired().await;
    let tokens = guarded(&bench, None);
    bench.platform.next(Act::Hold);
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.valid(&Bench::key(0)).await }
    });
    bench.until(|| bench.platform.calls() == 1).await;
    bench.store.inner.reincarnate();
    bench.platform.go_on();
    caller.await.unwrap().unwrap();
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
}

/// An account at its third revision, the tokens of its fourth in a spool, and the data restored to the first.
async fn restored(folder: &std::path::Path) -> Bench {
    let mut bench = Bench::new().await;
    let tokens = guarded(&bench, Some(folder));
    let (backup, _) = bench.record(0).await;
    for _ in 1..=2 {
        let seen = tokens.read(&Bench::key(0)).await.unwrap();
        tokens.rejected(&seen).await.unwrap();
        bench.clock.advance(LIFETIME / 2);
    }
    let seen = tokens.read(&Bench::key(0)).await.unwrap();
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    let work = tokens.rejected(&seen);
    bench.drive(work).await.unwrap_err();
    let memory = Arc::new(MemoryStore::new(Arc::new(bench.clock.clone())));
    memory.save(&backup, Expect::Absent).await.unwrap();
    memory.reincarnate();
    bench.store = Arc::new(Flaky::new(memory));
    bench
}

#[tokio::test]
async fn the_spool_waits_and_then_outlives_what_was_restored() {
    let folder = tempfile::tempdir().unwrap();
    let bench = restored(folder.path()).await;
    let tokens = guarded(&bench, Some(folder.path()));
    let report = tokens.replay_spool().await.unwrap();
    assert_eq!((report.saved, report.dropped, report.kept), (0, 0, 1));
    assert_eq!(tokens.spooled().await.unwrap(), 1);
    assert_ne!(bench.stored_refresh().await, bench.platform.living());
    accept(&bench).await;
    bench.clock.advance(LIFETIME);
    let calls = bench.platform.calls();
    tokens.refresh_due(10).await.unwrap();
    assert_eq!(tokens.spooled().await.unwrap(), 0);
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    assert!(
        bench.platform.calls() <= calls + 1,
        "the spent token was not sent"
    );
    let (record, _) = bench.record(0).await;
    assert_eq!(record.status, AccountStatus::Connected);
}

#[tokio::test]
async fn the_spool_gives_way_to_a_later_connection() {
    let folder = tempfile::tempdir().unwrap();
    let bench = restored(folder.path()).await;
    accept(&bench).await;
    let again = token_set(9, bench.clock.now());
    let expect = Expect::Revision(Revision(1));
    bench.put(0, "consent-1", &again, expect).await;
    let tokens = guarded(&bench, Some(folder.path()));
    assert_eq!(tokens.replay_spool().await.unwrap().dropped, 1);
    assert_eq!(bench.stored_refresh().await, "refresh-9");
}
