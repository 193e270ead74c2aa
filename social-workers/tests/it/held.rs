//! Data that have begun another life: nothing is sent until somebody accepts it.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Social,
    publish::{Checkpoint, MissedPolicy, Outcome, Step},
    store::{InstallationStore, PostState},
};
use social_workers::{RefreshSettings, RefreshWorker};

use crate::stage::{OWNER, Reply, Script, Stage, published};

const LIFE: Duration = Duration::from_secs(7_200);

async fn accept(stage: &Stage) -> u64 {
    let seen = stage.social.incarnations().await.unwrap().present;
    let accepted = stage.social.accept_incarnation(&seen).await.unwrap();
    accepted.asked_about
}

#[tokio::test]
async fn nothing_is_claimed_and_what_nobody_can_tell_is_never_sent() {
    let stage = Stage::open().await;
    let begun = stage.submit("begun").await;
    stage.reply(Reply::Error(Error::new(ErrorKind::Unavailable, "down")));
    stage.worker().run_once().await.unwrap();
    let due = stage.submit("due").await;
    let at = stage.social.clock().now() + chrono::Duration::hours(2);
    let request = stage.request().schedule(at, MissedPolicy::Publish);
    let armed = stage
        .social
        .submit(&stage.account, "armed", request)
        .await
        .unwrap();
    let calls = stage.calls().len();

    stage.store.reincarnate();
    for _ in 0..3 {
        let report = stage.worker().run_once().await.unwrap();
        assert!(report.held && report.claimed == 0, "{report:?}");
        stage.clock.advance(Duration::from_secs(600));
    }
    assert_eq!(stage.calls().len(), calls, "nothing was sent");
    assert_eq!(stage.load(&due).await.state, PostState::Queued);

    assert_eq!(accept(&stage).await, 2);
    stage.worker().run_once().await.unwrap();
    let asked = stage.calls().len();
    assert_eq!(asked, calls, "a request of before may still arrive");
    stage.clock.advance(Duration::from_secs(600));
    for _ in 0..2 {
        stage.reply(Reply::Step(Step::settled(
            Checkpoint::new("prepare", 1, serde_json::json!({})),
            Outcome::Undecided,
            None,
        )));
    }
    for _ in 0..3 {
        assert!(!stage.worker().run_once().await.unwrap().held);
        stage.clock.advance(Duration::from_secs(600));
    }
    for post in [&begun, &due] {
        assert_eq!(stage.load(post).await.outcome, Some(Outcome::Undecided));
    }
    let later = stage.calls().split_off(calls);
    assert_eq!(later, ["reconcile prepare"; 2], "it is asked, and no more");
    assert_eq!(stage.posts(), 0);
    stage.clock.advance(LIFE);
    assert_eq!(stage.finish(&armed).await, published(), "all else goes on");
    assert_eq!(stage.posts(), 1);
}

#[tokio::test]
async fn a_post_that_the_platform_gave_an_id_is_asked_about_and_goes_on() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.worker().run_once().await.unwrap();
    assert!(!stage.load(&post).await.checkpoint.remote_ids.is_empty());
    stage.store.reincarnate();
    assert_eq!(accept(&stage).await, 1);
    assert_eq!(stage.finish(&post).await, published());
    assert_eq!(stage.posts(), 1);
}

#[tokio::test]
async fn a_post_under_way_sends_nothing_more() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Hang(Error::new(ErrorKind::Unauthorized, "401")));
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    stage.store.reincarnate();
    stage.platform.go_on.notify_one();
    let report = round.await.unwrap().unwrap();
    assert_eq!((report.waiting, report.settled, report.lost), (1, 0, 0));
    assert_eq!(stage.calls(), ["advance prepare"]);
    let waiting = stage.load(&post).await;
    assert_eq!(waiting.attempts, 0, "given back");
    assert_eq!(accept(&stage).await, 1);
    assert_eq!(stage.finish(&post).await, published(), "not there yet");
    assert_eq!(stage.calls()[1], "reconcile prepare", "asked first");
    assert_eq!(stage.posts(), 1);
}

/// What was sent in the other copy is found, also of a post on which nothing was begun in this one.
#[tokio::test]
async fn what_the_other_copy_has_sent_is_not_sent_again() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.store.reincarnate();
    stage.platform.script.lock().unwrap().posts = 1;
    assert_eq!(accept(&stage).await, 1);
    assert_eq!(stage.finish(&post).await, published());
    assert_eq!(stage.calls(), ["reconcile prepare"]);
    assert_eq!(stage.posts(), 1);
}

/// Accepted while the platform still answers: the answer comes too late to be believed.
#[tokio::test]
async fn a_holder_whose_post_was_marked_writes_nothing() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Hang(Error::new(ErrorKind::Unavailable, "down")));
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    stage.store.reincarnate();
    assert_eq!(accept(&stage).await, 1);
    stage.platform.go_on.notify_one();
    let report = round.await.unwrap().unwrap();
    assert_eq!((report.lost, report.settled, report.waiting), (1, 0, 1));
    stage.clock.advance(Duration::from_secs(3_600));
    assert_eq!(stage.finish(&post).await, published());
    let calls = stage.calls();
    assert_eq!(calls[..2], ["advance prepare", "reconcile prepare"]);
    assert_eq!(stage.posts(), 1);
}

#[tokio::test]
async fn nothing_is_refreshed_until_it_is_accepted() {
    let script = Script {
        token_lives: Some(LIFE),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    stage.clock.advance(LIFE);
    stage.store.reincarnate();
    let worker = RefreshWorker::new(&stage.social).settings(RefreshSettings::default());
    let report = worker.run_once().await.unwrap();
    assert!(report.held && report.total() == 0, "{report:?}");
    assert_eq!(stage.platform.script.lock().unwrap().refreshes, 0);
    accept(&stage).await;
    assert_eq!(worker.run_once().await.unwrap().refreshed, 1);
}

/// Both workers run all the time; the operator accepts in another process.
#[tokio::test]
async fn running_workers_go_on_by_themselves() {
    let script = Script {
        token_lives: Some(LIFE),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    stage.store.reincarnate();
    stage.clock.advance(LIFE);
    let at = stage.social.clock().now() + chrono::Duration::hours(1);
    let request = stage.request().schedule(at, MissedPolicy::Publish);
    let post = stage
        .social
        .submit(&stage.account, "a", request)
        .await
        .unwrap();
    let operator: Social = stage.process().await;
    let (publish, refresh) = (stage.worker(), RefreshWorker::new(&stage.social));
    let clock = stage.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    });
    let work = async {
        stage.social.clock().sleep(Duration::from_secs(120)).await;
        assert_eq!(stage.platform.script.lock().unwrap().refreshes, 0);
        let seen = stage.store.incarnations().await.unwrap().present;
        operator.accept_incarnation(&seen).await.unwrap();
        stage.social.wait(&OWNER, post.id, |_| {}).await.unwrap()
    };
    let status = tokio::select! {
        status = publish.run(work) => status,
        never = refresh.run(std::future::pending::<std::convert::Infallible>()) => match never {},
    };
    ticking.abort();
    assert_eq!(status.outcome, Some(published()));
    assert!(stage.platform.script.lock().unwrap().refreshes >= 1);
    assert!(
        stage
            .social
            .post(&OWNER, status.id)
            .await
            .unwrap()
            .cause
            .is_none()
    );
}
