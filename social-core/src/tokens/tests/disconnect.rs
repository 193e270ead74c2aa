use std::{sync::atomic::Ordering, time::Duration};

use super::{super::Revocation, bench::Bench, platform::Act};
use crate::{
    error::{ErrorKind, Reason},
    model::AccountStatus,
    store::Revision,
};

#[tokio::test]
async fn it_revokes_and_deletes_the_tokens() {
    let bench = Bench::new().await;
    let tokens = bench.process();
    let done = tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert!(matches!(done.revocation, Revocation::Revoked));
    assert_eq!(done.account.status, AccountStatus::Disconnected);
    assert_eq!(*bench.platform.revoked.lock().unwrap(), ["access-0"]);
    let (record, revision) = bench.record(0).await;
    assert_eq!((record.sealed, record.refresh_due_at), (None, None));
    assert_eq!((record.expires_at, revision), (None, Revision(2)));
    let error = tokens.valid(&Bench::key(0)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::Unauthorized, Some(Reason::Disconnected))
    );
    let again = tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert!(matches!(again.revocation, Revocation::Nothing));
    assert_eq!(bench.record(0).await.1, Revision(2));
}

#[tokio::test]
async fn a_platform_that_cannot_be_told_is_reported() {
    let bench = Bench::new().await;
    *bench.platform.revoke_fails.lock().unwrap() = true;
    let done = bench.process().disconnect(&Bench::key(0)).await.unwrap();
    let Revocation::Failed(error) = done.revocation else {
        panic!("{:?}", done.revocation)
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(bench.record(0).await.0.sealed, None);
}

#[tokio::test]
async fn only_the_last_account_of_a_consent_is_revoked() {
    let bench = Bench::new().await;
    bench.connect(1, "consent-0").await;
    bench.connect(2, "another").await;
    let tokens = bench.process();
    let first = tokens.disconnect(&Bench::key(0)).await.unwrap();
    assert!(matches!(first.revocation, Revocation::Shared));
    assert!(bench.platform.revoked.lock().unwrap().is_empty());
    let last = tokens.disconnect(&Bench::key(1)).await.unwrap();
    assert!(matches!(last.revocation, Revocation::Revoked));
}

#[tokio::test]
async fn a_refresh_under_way_is_waited_for() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    bench.platform.next(Act::Hold);
    let refresh = tokio::spawn(async move { one.valid(&Bench::key(0)).await });
    bench.until(|| bench.platform.calls() == 1).await;
    let disconnect = tokio::spawn(async move { two.disconnect(&Bench::key(0)).await });
    bench.clock.advance(Duration::from_secs(1));
    bench.platform.go_on();
    let done = bench.drive(disconnect).await.unwrap().unwrap();
    assert!(matches!(done.revocation, Revocation::Revoked));
    let _ = refresh.await.unwrap();
    // With the tokens that the refresh brought.
    assert_eq!(*bench.platform.revoked.lock().unwrap(), ["access-1"]);
    assert_eq!(bench.record(0).await.0.sealed, None);
}

#[tokio::test]
async fn a_paused_refresh_does_not_bring_it_back() {
    let bench = Bench::expired().await;
    let (one, two) = (bench.process(), bench.process());
    bench.store.held.store(1, Ordering::SeqCst);
    let refresh = tokio::spawn(async move { one.valid(&Bench::key(0)).await });
    bench
        .until(|| bench.store.held.load(Ordering::SeqCst) == 0)
        .await;
    bench.clock.advance(Duration::from_secs(31));
    two.disconnect(&Bench::key(0)).await.unwrap();
    bench.store.gate.add_permits(1);
    let error = refresh.await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Disconnected));
    let (record, _) = bench.record(0).await;
    assert_eq!(
        (record.status, record.sealed),
        (AccountStatus::Disconnected, None)
    );
    let revoked = bench.platform.revoked.lock().unwrap();
    assert_eq!(*revoked, ["access-0", "access-1"], "the late ones too");
}
