//! Posts whose account the platform refuses: what it refuses, and until when nobody asks again.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Remedy,
    store::{Expect, PostStore, TokenStore},
};

use crate::{
    stage::{Reply, Stage, connect, published},
    waiting::{turns_out_well, works},
};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn an_account_connected_again_while_the_platform_refuses_it_is_not_held() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Hang(Error::new(
        ErrorKind::Permission,
        "not allowed",
    )));
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    stage.clock.advance(Duration::from_millis(1));
    connect(&stage.social).await;
    stage.platform.go_on.notify_one();
    round.await.unwrap().unwrap();
    assert_eq!(stage.store.held_accounts("", 9).await.unwrap(), []);
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn a_right_that_is_missing_is_asked_for_once_a_connection() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let missing = || Reply::Error(Error::new(ErrorKind::Permission, "not allowed"));
    for round in 1..=2 {
        stage.reply(missing());
        for _ in 0..5 {
            works(&stage).await;
            stage.clock.advance(HOUR);
            // Other tokens bring no right.
            turns_out_well(&stage).await;
        }
        assert_eq!(stage.calls().len(), round, "held");
        connect(&stage.social).await;
    }
    assert_eq!(stage.finish(&post).await, published());
}

/// A machine whose clock is behind writes down an earlier time.
#[tokio::test]
async fn who_connects_again_at_an_earlier_time_is_back_all_the_same() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(Reply::Error(Error::new(ErrorKind::Permission, "no")));
    works(&stage).await;
    let key = &stage.account.key;
    let mut stored = TokenStore::load(&stage.store, key).await.unwrap().unwrap();
    stored.value.connected_at -= 24 * HOUR;
    let expect = Expect::Revision(stored.revision);
    stage.store.save(&stored.value, expect).await.unwrap();
    stage.clock.advance(HOUR);
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn tokens_that_are_not_accepted_are_asked_about_once_a_refresh() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    for round in 1..=2 {
        let error = Error::new(ErrorKind::Unauthorized, "the grant is dead");
        stage.reply(Reply::Error(error.with_remedy(Remedy::Reauthorize)));
        for _ in 0..5 {
            works(&stage).await;
            stage.clock.advance(HOUR);
        }
        assert_eq!(stage.calls().len(), round, "held");
        turns_out_well(&stage).await;
    }
    assert_eq!(stage.finish(&post).await, published());
}

/// Of an account that is refreshed on use alone the next refresh may be weeks away: the hold ends with the access token.
#[tokio::test]
async fn a_hold_for_tokens_ends_with_the_access_token() {
    let stage = Stage::open().await;
    {
        let mut script = stage.platform.script.lock().unwrap();
        script.on_use = Some(60 * 24 * HOUR);
        script.token_lives = Some(2 * HOUR);
    }
    connect(&stage.social).await;
    let post = stage.submit("a").await;
    let error = Error::new(ErrorKind::Unauthorized, "not accepted");
    stage.reply(Reply::Error(error.with_remedy(Remedy::Reauthorize)));
    for _ in 0..5 {
        works(&stage).await;
        stage.clock.advance(HOUR / 3);
    }
    assert_eq!(stage.calls().len(), 1, "held");
    stage.clock.advance(HOUR);
    assert_eq!(stage.finish(&post).await, published());
    assert_eq!(stage.platform.script.lock().unwrap().refreshes, 1);
}

/// What the platform says of a refresh is no word on a post, whatever would help.
#[tokio::test]
async fn a_refused_refresh_ends_no_post() {
    let fix = Remedy::FixInput {
        field: "client_id".into(),
        rule: "client_id.form".into(),
    };
    for remedy in [fix, Remedy::Never, Remedy::Operator] {
        let script = crate::stage::Script {
            token_lives: Some(Duration::from_secs(7_200)),
            ..Default::default()
        };
        let stage = Stage::with(script).await;
        let post = stage.submit("a").await;
        stage.clock.advance(24 * HOUR);
        let error = Error::new(ErrorKind::Invalid, "the refresh was not in order");
        stage.platform.script.lock().unwrap().refresh_fails =
            Some(error.with_remedy(remedy.clone()));
        for _ in 0..10 {
            works(&stage).await;
            stage.clock.advance(Duration::from_secs(60));
        }
        let outcome = stage.load(&post).await.outcome;
        assert_eq!(outcome, None, "{remedy:?}");
    }
}
