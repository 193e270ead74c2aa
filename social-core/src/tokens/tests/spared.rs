//! Accounts with one token set: what a disconnection ends, and what is looked for before anything is sent.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    super::Tokens,
    bench::Bench,
    platform::{LIFETIME, token_set},
};
use crate::{
    model::{AccountStatus, NeedsReauth},
    oauth::GrantScope,
    store::{Expect, TokenStore},
    time::Clock as _,
};

/// An account whose access is dead keeps no living grant from being ended.
#[tokio::test]
async fn a_dead_account_spares_no_living_grant() {
    for scope in [GrantScope::OneTokenSet, GrantScope::Principal] {
        let bench = Bench::of(scope).await;
        bench.platform.carried_out(5);
        bench.join(1, &token_set(3, bench.clock.now())).await;
        let (mut dead, revision) = bench.record(1).await;
        dead.status = AccountStatus::NeedsReauth(NeedsReauth::Revoked);
        dead.refresh_due_at = None;
        let save = bench.store.inner.save(&dead, Expect::Revision(revision));
        save.await.unwrap();
        bench.clock.advance(Duration::from_secs(3_600));
        bench.join(0, &token_set(5, bench.clock.now())).await;
        bench.process().disconnect(&Bench::key(0)).await.unwrap();
        let revoked = bench.platform.revoked.lock().unwrap().clone();
        assert!(revoked.contains(&"access-5".to_owned()), "{revoked:?}");
    }
}

/// A process whose spool has the living set of three accounts, in the name of one that another process has disconnected since.
async fn spooled_for_one_that_left(folder: &std::path::Path) -> (Bench, Tokens) {
    let bench = Bench::of(GrantScope::OneTokenSet).await;
    for number in 0..3 {
        bench.join(number, &token_set(0, bench.clock.now())).await;
    }
    bench.clock.advance(LIFETIME);
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder);
    bench.drive(tokens.valid(&Bench::key(1))).await.unwrap_err();
    bench.store.failing.store(0, Ordering::SeqCst);
    bench.clock.advance(Duration::from_secs(60));
    let other = bench.process();
    bench.drive(other.disconnect(&Bench::key(0))).await.unwrap();
    (bench, tokens)
}

fn nothing_is_sent_again(bench: &Bench) {
    let calls = bench.platform.calls();
    assert_eq!(calls, 1, "the spent token is not sent again");
}

#[tokio::test]
async fn what_was_spooled_for_one_that_left_is_found_for_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, tokens) = spooled_for_one_that_left(folder.path()).await;
    let _ = bench.drive(tokens.valid(&Bench::key(1))).await;
    nothing_is_sent_again(&bench);
    assert_eq!(bench.refresh_of(1).await, bench.platform.living());
}

/// The store takes no saves just then: nothing is sent past the file, whoever it is named for.
#[tokio::test]
async fn what_cannot_be_replayed_for_one_that_left_holds_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, tokens) = spooled_for_one_that_left(folder.path()).await;
    bench.store.failing.store(1, Ordering::SeqCst);
    let held = bench.drive(tokens.valid(&Bench::key(1))).await;
    held.unwrap_err();
    nothing_is_sent_again(&bench);
    bench.clock.advance(LIFETIME / 4);
    let _ = bench.drive(tokens.valid(&Bench::key(1))).await;
    nothing_is_sent_again(&bench);
    assert_eq!(bench.refresh_of(1).await, bench.platform.living());
}
