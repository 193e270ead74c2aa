//! What the store did not take waits on disk, once, and nothing is sent past it.

use std::{sync::atomic::Ordering, time::Duration};

use secrecy::ExposeSecret;

use super::{
    super::Revocation,
    bench::Bench,
    platform::{LIFETIME, token_set_of},
};
use crate::{
    error::{ErrorKind, Reason},
    model::AccountStatus,
    store::{Expect, Revision},
    time::Clock as _,
};

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// An expired account whose new tokens are in the spool of a process that then ends.
async fn spooled(folder: &std::path::Path) -> Bench {
    let bench = Bench::expired().await;
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder);
    let error = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::Storage, Some(Reason::TokensUnsaved))
    );
    assert_eq!(files(folder).len(), 1);
    bench.store.failing.store(0, Ordering::SeqCst);
    bench
}

#[tokio::test]
async fn is_replayed_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("made/when/needed");
    let bench = spooled(folder).await;
    let tokens = bench.process_with_spool(folder);
    let report = tokens.replay_spool().await.unwrap();
    assert_eq!((report.saved, report.dropped, report.kept), (1, 0, 0));
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    assert!(files(folder).is_empty());
    assert!(tokens.valid(&Bench::key(0)).await.is_ok());
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn is_sealed_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    let file = files(folder.path()).pop().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    for secret in [
        bench.platform.living(),
        "access-1".to_owned(),
        "account-0".to_owned(),
    ] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Bound to its name.
    std::fs::rename(&file, folder.path().join("other.tokens")).unwrap();
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().kept, 1);
    assert_eq!(bench.stored_refresh().await, "refresh-0");
}

#[tokio::test]
async fn nothing_is_sent_past_it() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().kept, 1);
    bench.clock.advance(Duration::from_secs(60));
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::TokensUnsaved));
    assert_eq!(bench.platform.calls(), 1);
    bench.store.failing.store(0, Ordering::SeqCst);
    bench.clock.advance(Duration::from_secs(60));
    tokens.refresh_due(10).await.unwrap();
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    assert_eq!(bench.platform.calls(), 1);
}

#[tokio::test]
async fn another_machine_finds_a_suspicion_only() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    bench.clock.advance(Duration::from_secs(60));
    let error = bench.process().valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::GrantSuspected));
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().saved, 1);
    let (record, _) = bench.record(0).await;
    assert_eq!(
        (record.status, record.suspected_at),
        (AccountStatus::Connected, None)
    );
}

#[tokio::test]
async fn is_replayed_before_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    bench.clock.advance(Duration::from_secs(60));
    // A process that was not asked to replay at start.
    let tokens = bench.process_with_spool(folder.path());
    let valid = tokens.valid(&Bench::key(0)).await.unwrap();
    assert_eq!(valid.tokens.access.expose_secret(), "access-1");
}

#[tokio::test]
async fn a_replay_whose_first_acknowledgement_was_lost_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    bench.store.unacknowledged.store(1, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().kept, 1);
    assert_eq!(
        bench.record(0).await.1,
        Revision(2),
        "it was saved all the same"
    );
    assert_eq!(tokens.replay_spool().await.unwrap().saved, 1);
    assert_eq!(bench.record(0).await.1, Revision(2));
}

#[tokio::test]
async fn a_replay_never_overwrites_newer_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    bench.store.unacknowledged.store(1, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().kept, 1);
    // Refreshed again elsewhere before the file is replayed once more.
    bench.clock.advance(Duration::from_secs(60));
    let elsewhere = bench.process();
    let seen = elsewhere.read(&Bench::key(0)).await.unwrap();
    elsewhere.rejected(&seen).await.unwrap();
    assert_eq!(bench.platform.calls(), 2);
    assert_eq!(tokens.replay_spool().await.unwrap().dropped, 1);
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_replay_brings_no_disconnected_account_back() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    let elsewhere = bench.process();
    bench
        .drive(elsewhere.disconnect(&Bench::key(0)))
        .await
        .unwrap();
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().dropped, 1);
    let (record, _) = bench.record(0).await;
    assert_eq!(
        (record.status, record.sealed),
        (AccountStatus::Disconnected, None)
    );
    // The platform has spent what was revoked elsewhere: what the spool held is the living grant.
    let revoked = bench.platform.revoked.lock().unwrap();
    assert_eq!(*revoked, ["access-0", "access-1"]);
}

#[tokio::test]
async fn what_waits_for_a_disconnected_account_is_what_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    let tokens = bench.process_with_spool(folder.path());
    let done = bench.drive(tokens.disconnect(&Bench::key(0))).await;
    assert!(matches!(done.unwrap().revocation, Revocation::Revoked));
    assert_eq!(*bench.platform.revoked.lock().unwrap(), ["access-1"]);
    assert!(files(folder.path()).is_empty());
    assert_eq!(bench.record(0).await.0.sealed, None);
}

/// The platform might end the grant of the account that is connected now.
#[tokio::test]
async fn what_waits_for_an_account_connected_again_is_not_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    let (_, revision) = bench.record(0).await;
    let tokens = token_set_of(0, 9, bench.clock.now());
    let expect = Expect::Revision(revision);
    bench.put(0, "consent-9", &tokens, expect).await;
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().dropped, 1);
    assert!(bench.platform.revoked.lock().unwrap().is_empty());
}

/// One has read the file when the other removes it; then the store fails once.
#[tokio::test]
async fn two_replays_at_once_and_a_failing_store_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    let tokens = bench.process_with_spool(folder.path());
    bench.store.held.store(1, Ordering::SeqCst);
    let replay = || {
        let tokens = tokens.clone();
        tokio::spawn(async move { tokens.replay_spool().await.unwrap() })
    };
    let slow = replay();
    while bench.store.held.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
    let fast = replay();
    for _ in 0..200 {
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    bench.store.failing.store(1, Ordering::SeqCst);
    bench.store.gate.add_permits(1);
    let (slow, fast) = (slow.await.unwrap(), fast.await.unwrap());
    assert_eq!((slow.kept, fast.saved), (1, 1), "one failed, one saved");
    assert!(files(folder.path()).is_empty());
    assert_eq!(bench.stored_refresh().await, bench.platform.living());
    bench.clock.advance(LIFETIME);
    let valid = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap();
    assert_eq!(valid.revision, Revision(3), "refreshed as ever");
}

#[tokio::test]
async fn what_was_left_half_written_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    let save = files(folder.path()).pop().unwrap();
    let mut part = save.clone().into_os_string();
    part.push(".part");
    std::fs::write(&part, b"half").unwrap();
    bench.store.failing.store(u32::MAX, Ordering::SeqCst);
    let tokens = bench.process_with_spool(folder.path());
    assert_eq!(tokens.replay_spool().await.unwrap().kept, 1);
    assert_eq!(files(folder.path()), [save], "what is whole stays");
}

#[tokio::test]
async fn a_save_that_nobody_can_open_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let bench = spooled(folder.path()).await;
    std::fs::write(files(folder.path()).pop().unwrap(), b"damaged").unwrap();
    bench.clock.advance(Duration::from_secs(60));
    let tokens = bench.process_with_spool(folder.path());
    let error = bench.drive(tokens.valid(&Bench::key(0))).await.unwrap_err();
    assert_eq!(
        error.reason(),
        Some(Reason::GrantSuspected),
        "the old one is spent"
    );
    assert_eq!(
        files(folder.path()).len(),
        1,
        "it stays for whoever has the key"
    );
}
