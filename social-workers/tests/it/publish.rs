use std::time::Duration;

use social_core::{
    Error, ErrorKind, LimitScope, Reason, Remedy,
    conformance::named,
    publish::{MissedPolicy, Outcome},
    store::{Cancelled, PostState},
};

use crate::stage::{OWNER, Reply, Stage, connect, published};

#[tokio::test]
async fn publishes_in_three_steps_and_leaves_a_history() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    assert_eq!(stage.finish(&post).await, published());
    assert_eq!(
        stage.calls(),
        ["advance prepare", "advance publish", "advance look"]
    );
    assert_eq!(
        stage.history(&post).await,
        [
            "submitted prepare",
            "advanced prepare",
            "started publish",
            "advanced publish",
            "settled look"
        ]
    );
    assert_eq!(stage.posts(), 1);
}

#[tokio::test]
async fn the_same_key_is_the_same_post() {
    let stage = Stage::open().await;
    let first = stage.submit("a").await;
    let again = stage.submit("a").await;
    assert!(first.is_new && !again.is_new && first.id == again.id);
    let other = stage.request().caption("another");
    let conflict = stage
        .social
        .submit(&stage.account, "a", other)
        .await
        .unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Conflict);
    stage.finish(&first).await;
    assert_eq!(stage.posts(), 1);
}

#[tokio::test]
async fn killed_while_the_platform_answers_it_asks_and_never_repeats() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Step(once_step()));
    stage.reply(Reply::PostThenHang);
    stage.crash_while_it_hangs().await;
    assert_eq!(stage.finish(&post).await, published());
    let calls = stage.calls();
    let count = |call: &str| calls.iter().filter(|heard| *heard == call).count();
    assert_eq!(count("advance publish"), 1, "{calls:?}");
    assert_eq!(count("reconcile publish"), 1, "{calls:?}");
    assert_eq!(stage.posts(), 1);
    assert!(
        stage
            .history(&post)
            .await
            .contains(&"taken_over publish".to_owned())
    );
    stage.finish(&post).await;
}

pub(crate) fn once_step() -> social_core::publish::Step {
    let checkpoint = social_core::publish::Checkpoint::new("publish", 1, serde_json::json!({}))
        .once(crate::stage::SETTLE);
    social_core::publish::Step::pending(checkpoint, Duration::ZERO)
}

#[tokio::test]
async fn a_lost_answer_is_asked_about_after_the_settle_time() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Step(once_step()));
    let lost = Error::new(ErrorKind::Timeout, "no answer").with_remedy(Remedy::Reconcile);
    stage.reply(Reply::Error(lost));
    stage.worker().run_once().await.unwrap();
    assert!(stage.load(&post).await.started);
    // Before the settle time has passed nothing is asked.
    stage.clock.advance(Duration::from_secs(1));
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.calls(), ["advance prepare", "advance publish"]);
    assert_eq!(stage.finish(&post).await, published());
    let calls = stage.calls();
    assert_eq!(calls[2], "reconcile publish", "{calls:?}");
    assert_eq!(
        calls[3], "advance publish",
        "nothing had happened, so it may start again"
    );
    assert_eq!(stage.posts(), 1);
}

#[tokio::test]
async fn a_limit_puts_a_post_off_and_the_next_post_of_the_account_too_only_as_it_says() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let wait = Duration::from_secs(3_600);
    let limited = Error::new(ErrorKind::RateLimited, "full").with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Account,
    });
    stage.reply(Reply::Error(limited));
    stage.worker().run_once().await.unwrap();
    let waiting = stage.load(&post).await;
    let promised = waiting.next_at.unwrap() - stage.social.clock().now();
    assert!(promised >= chrono::Duration::seconds(3_600), "{promised}");
    assert_eq!(waiting.cause.unwrap().kind(), ErrorKind::RateLimited);
    let next = stage.submit("b").await;
    assert_eq!(stage.finish(&next).await, published());
    stage.clock.advance(wait * 2);
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn a_lost_right_holds_the_account_until_it_is_connected_again() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Error(Error::new(
        ErrorKind::Permission,
        "not allowed",
    )));
    stage.worker().run_once().await.unwrap();
    for _ in 0..3 {
        stage.clock.advance(Duration::from_secs(600));
        stage.worker().run_once().await.unwrap();
    }
    assert_eq!(stage.calls().len(), 1, "held");
    connect(&stage.social).await;
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once() {
    let stage = Stage::open().await;
    stage.platform.script.lock().unwrap().token_lives = Some(Duration::from_secs(7_200));
    connect(&stage.social).await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Error(Error::new(ErrorKind::Unauthorized, "401")));
    assert_eq!(stage.finish(&post).await, published());
    assert_eq!(stage.platform.script.lock().unwrap().refreshes, 1);
}

#[tokio::test]
async fn a_cancelled_post_is_never_sent() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    assert_eq!(
        stage.social.cancel(&OWNER, post.id).await.unwrap(),
        Cancelled::Done
    );
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&post).await.outcome, Some(Outcome::Cancelled));
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn a_post_under_way_is_stopped_by_its_worker() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Error(Error::new(ErrorKind::Unavailable, "down")));
    stage.worker().run_once().await.unwrap();
    assert_eq!(
        stage.social.cancel(&OWNER, post.id).await.unwrap(),
        Cancelled::Requested
    );
    assert_eq!(stage.finish(&post).await, Outcome::Cancelled);
    assert_eq!(stage.calls(), ["advance prepare", "cancel prepare"]);
    assert_eq!(stage.posts(), 0);
    let late = stage.social.cancel(&OWNER, post.id).await.unwrap();
    assert_eq!(late, Cancelled::TooLate);
}

#[tokio::test]
async fn a_wish_to_cancel_during_a_step_does_not_wait_for_its_backoff() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Hang(Error::new(ErrorKind::Unavailable, "down")));
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    assert_eq!(
        stage.social.cancel(&OWNER, post.id).await.unwrap(),
        Cancelled::Requested
    );
    stage.platform.go_on.notify_one();
    round.await.unwrap().unwrap();
    // No time has passed since; the failed step alone would wait a second.
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&post).await.outcome, Some(Outcome::Cancelled));
}

#[tokio::test]
async fn a_missed_time_is_told_and_not_posted() {
    let stage = Stage::open().await;
    let due = stage.social.clock().now() + chrono::Duration::hours(1);
    let request = stage.request().schedule(due, MissedPolicy::Within(60));
    let post = stage
        .social
        .submit(&stage.account, "a", request)
        .await
        .unwrap();
    stage.worker().run_once().await.unwrap();
    assert_eq!(stage.load(&post).await.state, PostState::Queued);
    stage.clock.advance(Duration::from_secs(3_600 + 61));
    let Outcome::Failed(error) = stage.finish(&post).await else {
        panic!("not failed")
    };
    assert_eq!(error.reason(), Some(Reason::Missed));
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn disconnecting_cancels_and_revokes() {
    let stage = Stage::open().await;
    let due = stage.social.clock().now() + chrono::Duration::hours(1);
    let request = stage.request().schedule(due, MissedPolicy::Publish);
    let armed = stage
        .social
        .submit(&stage.account, "armed", request)
        .await
        .unwrap();
    let begun = stage.submit("begun").await;
    stage.reply(Reply::Error(Error::new(ErrorKind::Unavailable, "down")));
    stage.worker().run_once().await.unwrap();
    stage.social.disconnect(&stage.account.key).await.unwrap();
    assert!(stage.platform.script.lock().unwrap().revoked);
    assert_eq!(stage.load(&armed).await.outcome, Some(Outcome::Cancelled));
    assert_eq!(stage.finish(&begun).await, Outcome::Cancelled);
    assert!(stage.social.accounts(&OWNER).await.unwrap().is_empty());
    let error = stage
        .social
        .submit(&stage.account, "later", stage.request())
        .await;
    // The caller still holds the account as it was; the worker finds out.
    let post = error.unwrap();
    assert_eq!(stage.finish(&post).await, Outcome::Cancelled);
    assert_eq!(stage.posts(), 0);
}

#[tokio::test]
async fn nobody_touches_the_accounts_and_posts_of_others() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let error = stage
        .social
        .post(&named("somebody"), post.id)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = stage
        .social
        .cancel(&named("somebody"), post.id)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let mut key = stage.account.key.clone();
    key.owner = named("somebody");
    let error = stage.social.disconnect(&key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        stage.finish(&post).await,
        published(),
        "nothing was cancelled"
    );
}

#[tokio::test]
async fn what_another_process_submits_is_begun_at_once() {
    let stage = Stage::open().await;
    let elsewhere = stage.process().await;
    let heard = elsewhere.clone();
    let begun = async {
        // The worker has looked, found nothing, and waits; time stands still from here on.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        let request = stage.request();
        let post = elsewhere
            .submit(&stage.account, "a", request)
            .await
            .unwrap();
        for _ in 0..100_000 {
            if heard.post(&OWNER, post.id).await.unwrap().state != PostState::Queued {
                return true;
            }
            tokio::task::yield_now().await;
        }
        false
    };
    assert!(stage.worker().run(begun).await, "the store told the worker");
}
