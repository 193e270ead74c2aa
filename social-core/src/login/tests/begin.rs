//! Beginning a login.

use std::{sync::atomic::Ordering, time::Duration};

use super::bench::{Bench, OWNER, WEB, callback_url};
use crate::{
    error::{ErrorKind, Remedy},
    store::LoginStore,
    time::Clock,
};

#[tokio::test]
async fn a_platform_that_never_answers_does_not_hold_a_login_up_for_ever() {
    let bench = Bench::new();
    bench.consent.hangs.store(true, Ordering::SeqCst);
    let url = callback_url();
    let begins = bench.logins.begin(&OWNER, &WEB, None, &url);
    let passes = async {
        tokio::task::yield_now().await;
        bench.clock.advance(Duration::from_secs(20));
    };
    let (begun, ()) = tokio::join!(begins, passes);
    let error = begun.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.remedy(), &Remedy::Backoff);
    let later = bench.clock.now() + Duration::from_secs(86_400);
    assert_eq!(bench.store.purge(later).await.unwrap(), 0, "nothing begun");
}

#[tokio::test]
async fn a_provider_is_told_the_time_and_until_when_it_may_send() {
    let bench = Bench::new();
    bench.begin().await;
    let asked = *bench.consent.asked.lock().unwrap();
    let (now, left) = asked.unwrap();
    assert_eq!(now, bench.clock.now());
    assert_eq!(left, Duration::from_secs(20));
}
