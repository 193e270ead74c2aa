//! Accounts and platforms that make trouble, and accounts that go.

use std::future::poll_fn;
use std::task::Poll;

use social_core::{Remedy, error::LimitScope, model::AccountStatus};

use super::*;

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "down")
}

#[tokio::test]
async fn a_bad_account_keeps_no_other() {
    let scene = Scene::of(5).await;
    scene.sender.say("box-00", Says::Panics);
    scene.sender.say("box-01", Says::Error(down()));
    let never = Error::new(ErrorKind::Unsupported, "not of this kind");
    let never = never.with_remedy(Remedy::Never);
    scene.sender.say("box-02", Says::Error(never));
    let report = scene.round().await;
    assert_eq!((report.subscribed, report.failed), (2, 3), "{report:?}");
    assert_eq!(scene.sender.asked(), names(0..5));

    // Where time helps it is tried again soon, and not at once.
    scene.clock.advance(14 * MINUTE);
    assert_eq!(scene.round().await.busy, 2);
    assert_eq!(scene.sender.asked(), [""; 0], "not at once");
    scene.clock.advance(MINUTE);
    scene.round().await;
    assert_eq!(scene.sender.asked(), names(0..2), "soon");
    // Where it does not help, in its time.
    scene.clock.advance(24 * HOUR);
    scene.round().await;
    assert_eq!(scene.sender.asked(), names(0..5), "in its time");
}

/// Its call is cut off, and the others are asked about meanwhile.
#[tokio::test]
async fn an_account_that_hangs_keeps_no_other() {
    let scene = Scene::of(12).await;
    scene.sender.say("box-00", Says::Hangs);
    let worker = scene.worker();
    let round = worker.run_once();
    let time = async {
        while scene.sender.state().asked.len() < 8 {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        scene.clock.advance(Duration::from_secs(30));
    };
    let (report, ()) = tokio::join!(round, time);
    let report = report.unwrap();
    assert_eq!((report.subscribed, report.failed), (11, 1), "{report:?}");
}

#[tokio::test]
async fn what_the_platform_asks_for_is_waited() {
    let scene = Scene::of(1).await;
    let wait = 2 * HOUR;
    let scope = LimitScope::Account;
    let limited = Error::new(ErrorKind::RateLimited, "too many");
    let limited = limited.with_remedy(Remedy::After { wait, scope });
    scene.sender.say("box-00", Says::Error(limited));
    scene.round().await;
    scene.sender.asked();
    scene.clock.advance(wait - MINUTE);
    scene.round().await;
    assert_eq!(scene.sender.asked(), [""; 0], "not before");
    scene.clock.advance(MINUTE);
    scene.round().await;
    assert_eq!(scene.sender.asked(), names(0..1));
}

/// A platform that is down is not asked about a million accounts.
#[tokio::test]
async fn a_platform_in_trouble_is_left_alone() {
    let scene = Scene::of(40).await;
    scene.clock.advance(HOUR);
    scene.sender.state().to_all = Some(Says::Error(down()));
    let worker = scene.worker();
    let report = worker.run_once().await.unwrap();
    assert_eq!(report.failed_apps, 1, "{report:?}");
    let tried = scene.sender.asked();
    assert!((10..18).contains(&tried.len()), "{tried:?}");
    scene.clock.advance(14 * MINUTE);
    worker.run_once().await.unwrap();
    assert_eq!(scene.sender.asked(), [""; 0], "the others wait");
    // It goes on with the next ones: those before make nobody wait for ever.
    scene.clock.advance(MINUTE);
    worker.run_once().await.unwrap();
    let next = scene.sender.asked();
    assert!(next.iter().all(|name| !tried.contains(name)), "{next:?}");
    scene.sender.state().to_all = None;
    scene.clock.advance(15 * MINUTE);
    let mut all = BTreeSet::new();
    for _ in 0..3 {
        worker.run_once().await.unwrap();
        all.extend(scene.sender.asked());
        scene.clock.advance(15 * MINUTE);
    }
    assert_eq!(Vec::from_iter(all), names(0..40), "in the end all of them");
}

/// A limit of the whole app stops the others at once.
#[tokio::test]
async fn a_limit_of_the_app_is_one_of_all_its_accounts() {
    let scene = Scene::of(40).await;
    scene.clock.advance(HOUR);
    let scope = LimitScope::App;
    let wait = HOUR;
    let limited = Error::new(ErrorKind::RateLimited, "too many");
    let limited = limited.with_remedy(Remedy::After { wait, scope });
    scene.sender.state().to_all = Some(Says::Error(limited));
    let worker = scene.worker();
    worker.run_once().await.unwrap();
    let tried = scene.sender.asked().len();
    assert!((1..9).contains(&tried), "{tried}");
    scene.clock.advance(wait - MINUTE);
    worker.run_once().await.unwrap();
    assert_eq!(scene.sender.asked(), [""; 0], "not before");
}

/// A process that is killed in the middle leaves the account to the next one, after the usual wait.
#[tokio::test]
async fn a_look_that_was_cut_off_is_done_again_soon() {
    let scene = Scene::of(1).await;
    scene.sender.say("box-00", Says::Hangs);
    let worker = scene.worker();
    let mut round = Box::pin(worker.run_once());
    while scene.sender.state().asked.is_empty() {
        let cut = poll_fn(|cx| Poll::Ready(round.as_mut().poll(cx).is_ready()));
        assert!(!cut.await, "it hangs");
        tokio::task::yield_now().await;
    }
    drop(round);
    scene.sender.state().says.clear();
    scene.sender.asked();
    scene.clock.advance(3 * MINUTE);
    assert_eq!(scene.round().await.busy, 1, "not yet");
    scene.clock.advance(12 * MINUTE);
    assert_eq!(scene.round().await.subscribed, 1);
}

/// Whatever the platform says to it.
#[tokio::test]
async fn an_account_that_is_disconnected_is_unsubscribed_first() {
    for says in [None, Some(Says::Error(down())), Some(Says::Panics)] {
        let scene = Scene::of(2).await;
        scene.round().await;
        scene.sender.state().to_all = says;
        let key = &scene.accounts[0].key;
        let gone = scene.social.disconnect(key).await.unwrap();
        assert_eq!(gone.account.status, AccountStatus::Disconnected);
        assert_eq!(scene.sender.state().ended, [key.account.as_str()]);
        scene.sender.asked();
        scene.clock.advance(24 * HOUR);
        scene.sender.state().to_all = None;
        assert_eq!(scene.round().await.subscribed, 1);
        assert_eq!(scene.sender.asked(), names(1..2), "the other one");
        // There are no tokens to say it with any more.
        scene.social.disconnect(key).await.unwrap();
        assert_eq!(scene.sender.state().ended.len(), 1);
    }
}
