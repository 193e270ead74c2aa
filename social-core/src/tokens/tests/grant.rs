//! When a grant ends, as it stands beside the sealed tokens.

use std::sync::atomic::Ordering;

use super::{
    bench::Bench,
    platform::{Act, LIFETIME},
};
use crate::{store::TokenStore, time::Clock};

#[tokio::test]
async fn each_refresh_says_when_the_grant_ends() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    assert_eq!(bench.record(0).await.0.grant_ends_at, None, "as put there");
    let ends = bench.clock.now() + 100 * LIFETIME;
    let valid = tokens.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(valid.account.grant_ends_at, Some(ends));
    assert_eq!(bench.record(0).await.0.grant_ends_at, Some(ends));
    bench.clock.advance(LIFETIME);
    bench.platform.next(Act::KeepOld);
    tokens.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(
        bench.record(0).await.0.grant_ends_at,
        Some(ends),
        "the refresh token is the same"
    );
}

#[tokio::test]
async fn the_end_of_a_grant_comes_back_from_the_spool() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::expired().await;
    let tokens = bench.process_with_spool(folder.path());
    let ends = bench.clock.now() + 100 * LIFETIME;
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    bench.store.failing.store(0, Ordering::SeqCst);
    let next = bench.process_with_spool(folder.path());
    assert_eq!(next.replay_spool().await.unwrap().saved, 1);
    assert_eq!(bench.record(0).await.0.grant_ends_at, Some(ends));
}

#[tokio::test]
async fn what_is_disconnected_has_no_end() {
    let bench = Bench::expired().await;
    let tokens = bench.process();
    tokens.valid(&Bench::key(0)).await.unwrap();
    let before = bench.clock.now() + 200 * LIFETIME;
    assert_eq!(bench.store.ending(before, 9).await.unwrap().len(), 1);
    let ended = tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert_eq!(ended.account.grant_ends_at, None);
    assert_eq!(bench.store.ending(before, 9).await.unwrap(), []);
}
