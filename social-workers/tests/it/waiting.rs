//! Posts that wait for their account, for a limit, or for a platform that is down: until when, and what for.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, LimitScope, Reason, Remedy, Submission,
    conformance::named,
    model::{AccountStatus, NeedsReauth},
    publish::{Checkpoint, MissedPolicy, Outcome, Step},
    store::{
        Cancelled, ClaimPosts, Expect, Next, PostFilter, PostState, PostStore, RecordStep,
        TokenClaimed, TokenStore, Verdict,
    },
};

use crate::stage::{OWNER, Reply, SETTLE, Script, Stage, app, connect, offer, published};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A refresh names the grant dead.
async fn dies(stage: &Stage) {
    let lease = Duration::from_secs(60);
    let claimed = TokenStore::claim(&stage.store, &stage.account.key, lease);
    let TokenClaimed::Taken(claim) = claimed.await.unwrap() else {
        panic!("nobody refreshes it")
    };
    let dead = Verdict::Dead(NeedsReauth::AnswerLost);
    assert!(stage.store.judge(&claim, dead).await.unwrap());
    TokenStore::release(&stage.store, &claim, None, true)
        .await
        .unwrap();
}

/// What a refresh brings: it is connected, with other tokens, since the same time.
pub(crate) async fn turns_out_well(stage: &Stage) {
    let key = &stage.account.key;
    let mut stored = TokenStore::load(&stage.store, key).await.unwrap().unwrap();
    stored.value.status = AccountStatus::Connected;
    let expect = Expect::Revision(stored.revision);
    stage.store.save(&stored.value, expect).await.unwrap();
}

async fn scheduled(stage: &Stage, late: u32) -> Submission {
    let due = stage.social.clock().now() + chrono::Duration::hours(1);
    let request = stage.request().schedule(due, MissedPolicy::Within(late));
    let post = stage
        .social
        .submit(&stage.account, "a", request)
        .await
        .unwrap();
    stage.clock.advance(HOUR);
    post
}

pub(crate) async fn works(stage: &Stage) {
    stage.worker().run_once().await.unwrap();
}

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "down")
}

fn once() -> Checkpoint {
    Checkpoint::new("publish", 1, serde_json::json!({})).once(SETTLE)
}

fn to_once() -> Reply {
    Reply::Step(Step::pending(once(), Duration::ZERO))
}

#[track_caller]
fn assert_missed(outcome: &Outcome) {
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.reason(), Some(Reason::Missed), "{error:?}");
}

// What the account's connection says.

#[tokio::test]
async fn a_browser_that_goes_away_while_it_connects_leaves_nothing_held() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    dies(&stage).await;
    works(&stage).await;
    assert_eq!(stage.store.held_accounts("", 9).await.unwrap().len(), 1);
    let offer = offer(&stage.social).await;
    {
        let chosen = [named("42")];
        let accept = stage.social.accept_offer(&OWNER, offer.id, &chosen);
        // Begun, then dropped as with its connection.
        tokio::select! {
            biased;
            done = accept => panic!("nothing was waited for: {done:?}"),
            () = std::future::ready(()) => {}
        }
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let accounts = stage.social.accounts(&OWNER).await.unwrap();
    assert_eq!(accounts[0].status, AccountStatus::Connected);
    assert_eq!(
        stage.store.held_accounts("", 9).await.unwrap(),
        [],
        "its posts go on"
    );
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn a_late_success_lets_waiting_posts_go_on() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    dies(&stage).await;
    for _ in 0..3 {
        works(&stage).await;
        stage.clock.advance(HOUR);
    }
    assert_eq!(stage.calls(), [""; 0], "held");
    turns_out_well(&stage).await;
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn who_connects_again_has_every_open_post_looked_at() {
    const MANY: usize = 130;
    let stage = Stage::open().await;
    for number in 0..MANY {
        stage.submit(&number.to_string()).await;
        let now = stage.social.clock().now();
        let which = ClaimPosts::new(now, HOUR, 1, vec![(app(), 1)]);
        let claims = PostStore::claim(&stage.store, &which).await.unwrap();
        let undecided = RecordStep::new(Next::Settle(Outcome::Undecided, None), now);
        stage.store.record(&claims[0], &undecided).await.unwrap();
    }
    connect(&stage.social).await;
    let mut filter = PostFilter::default();
    filter.limit = 1_000;
    let mut posts = stage.social.posts(&OWNER, &filter).await.unwrap();
    posts.retain(|post| post.next_at.is_some());
    assert_eq!(posts.len(), MANY);
}

/// Also in a worker that runs all the time.
#[tokio::test]
async fn a_running_worker_finds_who_is_connected_again() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    dies(&stage).await;
    works(&stage).await;
    let clock = stage.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    });
    let work = async {
        stage.social.clock().sleep(Duration::from_secs(60)).await;
        assert_eq!(stage.calls(), [""; 0], "held");
        turns_out_well(&stage).await;
        stage.social.wait(&OWNER, post.id, |_| {}).await.unwrap()
    };
    let status = stage.worker().run(work).await;
    ticking.abort();
    assert_eq!(status.outcome, Some(published()));
}

#[tokio::test]
async fn a_process_killed_after_it_has_recorded_a_hold_leaves_nothing_held() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let now = stage.social.clock().now();
    let which = ClaimPosts::new(now, HOUR, 1, vec![(app(), 1)]);
    let claim = PostStore::claim(&stage.store, &which)
        .await
        .unwrap()
        .remove(0);
    // The account was connected again in between, and nobody looks right after the hold.
    let hold = RecordStep::new(Next::Hold(now, None), now);
    stage.store.record(&claim, &hold).await.unwrap();
    assert_eq!(stage.finish(&post).await, published());
}

/// Whoever refreshes the tokens may take longer than a lease.
#[tokio::test]
async fn the_lease_is_renewed_while_the_account_is_waited_for() {
    let script = Script {
        token_lives: Some(2 * HOUR),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    let post = stage.submit("a").await;
    stage.clock.advance(2 * HOUR);
    let key = &stage.account.key;
    let claimed = TokenStore::claim(&stage.store, key, HOUR).await.unwrap();
    let TokenClaimed::Taken(refresh) = claimed else {
        panic!("nobody refreshes it")
    };
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    for second in 0..40 {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        let now = stage.social.clock().now();
        let which = ClaimPosts::new(now, HOUR, 1, vec![(app(), 1)]);
        let taken = PostStore::claim(&stage.store, &which).await.unwrap();
        assert!(taken.is_empty(), "taken over after {second} s");
        stage.clock.advance(Duration::from_secs(1));
    }
    TokenStore::release(&stage.store, &refresh, None, true)
        .await
        .unwrap();
    for _ in 0..20 {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        stage.clock.advance(Duration::from_millis(500));
    }
    assert_eq!(round.await.unwrap().unwrap().lost, 0);
    assert_eq!(stage.finish(&post).await, published());
}

// Until when.

#[tokio::test]
async fn what_misses_its_time_while_its_account_is_away_is_not_posted() {
    let stage = Stage::open().await;
    dies(&stage).await;
    let post = scheduled(&stage, 60).await;
    works(&stage).await;
    assert_eq!(stage.load(&post).await.state, PostState::Working, "held");
    stage.clock.advance(Duration::from_secs(61));
    works(&stage).await;
    assert_missed(&stage.load(&post).await.outcome.unwrap());
    let line = stage
        .store
        .history(&OWNER, post.id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        line.error.unwrap().reason(),
        Some(Reason::Missed),
        "the history says why"
    );
    stage.clock.advance(5 * DAY);
    connect(&stage.social).await;
    for _ in 0..3 {
        works(&stage).await;
        stage.clock.advance(HOUR);
    }
    assert_eq!((stage.posts(), stage.calls()), (0, Vec::new()));
}

#[tokio::test]
async fn what_misses_its_time_while_it_waits_for_a_limit_is_not_posted() {
    let stage = Stage::open().await;
    let post = scheduled(&stage, 60).await;
    let limited = down().with_remedy(Remedy::After {
        wait: 20 * HOUR,
        scope: LimitScope::Account,
    });
    stage.reply(to_once());
    stage.reply(Reply::Error(limited));
    works(&stage).await;
    assert_eq!(stage.load(&post).await.state, PostState::Working);
    stage.clock.advance(Duration::from_secs(61));
    works(&stage).await;
    assert_missed(&stage.load(&post).await.outcome.unwrap());
    stage.clock.advance(2 * DAY);
    works(&stage).await;
    assert_eq!(stage.posts(), 0);
}

/// A worker that has the post looks itself, right before the step.
#[tokio::test]
async fn what_misses_its_time_in_a_workers_hands_is_not_posted() {
    let stage = Stage::open().await;
    let post = scheduled(&stage, 60).await;
    stage.reply(Reply::HangThen(once()));
    let worker = stage.worker();
    let round = tokio::spawn(async move { worker.run_once().await });
    stage.platform.hung.notified().await;
    stage.clock.advance(Duration::from_secs(61));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    stage.platform.go_on.notify_one();
    round.await.unwrap().unwrap();
    assert_missed(&stage.load(&post).await.outcome.unwrap());
    assert_eq!(stage.calls(), ["advance prepare"]);
    assert_eq!(stage.posts(), 0);
}

#[tokio::test]
async fn what_was_begun_in_time_ends_after_it() {
    let stage = Stage::open().await;
    let post = scheduled(&stage, 60).await;
    works(&stage).await;
    assert_eq!(stage.posts(), 1);
    stage.clock.advance(DAY);
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn a_start_of_unknown_outcome_is_asked_about_however_late() {
    let stage = Stage::open().await;
    let post = scheduled(&stage, 60).await;
    stage.reply(to_once());
    stage.reply(Reply::Error(down().with_remedy(Remedy::Reconcile)));
    works(&stage).await;
    stage.platform.script.lock().unwrap().posts = 1;
    stage.clock.advance(DAY);
    assert_eq!(stage.finish(&post).await, published());
}

#[tokio::test]
async fn a_missed_post_gives_its_place_in_the_queue_back() {
    use social_core::store::{Limit, Limits, Window};
    let limit = Limit::new("example/post/app", Window::new(1, DAY));
    let script = Script {
        limit: Some(limit.clone()),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    stage.submit("first").await;
    works(&stage).await;
    let post = scheduled(&stage, 60).await;
    works(&stage).await;
    assert_eq!(stage.store.usage(&limit).await.unwrap().waiting, 1);
    stage.clock.advance(Duration::from_secs(61));
    works(&stage).await;
    assert_missed(&stage.load(&post).await.outcome.unwrap());
    assert_eq!(stage.store.usage(&limit).await.unwrap().waiting, 0);
}

// How long failing is borne.

/// Waits for two days at "prepare", for a limit or for its account.
async fn after_two_days(stage: &Stage, held: bool) -> Submission {
    let post = stage.submit("a").await;
    if held {
        dies(stage).await;
        works(stage).await;
        stage.clock.advance(2 * DAY);
        connect(&stage.social).await;
    } else {
        stage.reply(Reply::Error(down().with_remedy(Remedy::After {
            wait: 2 * DAY,
            scope: LimitScope::Account,
        })));
        works(stage).await;
        stage.clock.advance(2 * DAY + Duration::from_secs(30));
    }
    post
}

#[tokio::test]
async fn a_broken_connection_after_days_of_waiting_fails_nothing() {
    for held in [false, true] {
        let stage = Stage::open().await;
        let post = after_two_days(&stage, held).await;
        stage.reply(Reply::Error(down()));
        stage.clock.advance(Duration::from_secs(2));
        works(&stage).await;
        let now = stage.load(&post).await;
        assert_eq!(
            (now.outcome, now.cause),
            (None, Some(down())),
            "held: {held}"
        );
        assert_eq!(now.failing_since, Some(stage.social.clock().now()));
        assert_eq!(stage.finish(&post).await, published());
        assert_eq!(stage.load(&post).await.failing_since, None);
    }
}

#[tokio::test]
async fn a_lost_answer_after_days_of_waiting_is_asked_about() {
    let stage = Stage::open().await;
    let post = after_two_days(&stage, false).await;
    stage.reply(to_once());
    stage.reply(Reply::Error(down().with_remedy(Remedy::Reconcile)));
    works(&stage).await;
    stage.platform.script.lock().unwrap().posts = 1;
    assert_eq!(stage.finish(&post).await, published());
    assert!(stage.calls().contains(&"reconcile publish".to_owned()));
}

#[tokio::test]
async fn what_fails_for_a_day_on_end_is_given_up() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let begun = stage.social.clock().now();
    let outcome = loop {
        stage.reply(Reply::Error(down()));
        works(&stage).await;
        if let Some(outcome) = stage.load(&post).await.outcome {
            break outcome;
        }
        stage.clock.advance(Duration::from_secs(600));
    };
    assert_eq!(outcome, Outcome::Failed(down()));
    let took = (stage.social.clock().now() - begun).to_std().unwrap();
    assert!((DAY..DAY + HOUR).contains(&took), "{took:?}");
}

#[tokio::test]
async fn what_is_given_up_with_an_open_step_is_still_looked_for() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    stage.reply(to_once());
    stage.reply(Reply::Error(down().with_remedy(Remedy::Reconcile)));
    let outcome = loop {
        works(&stage).await;
        let now = stage.load(&post).await;
        if let Some(outcome) = now.outcome {
            break outcome;
        }
        stage.clock.advance(Duration::from_secs(600));
        stage.reply(Reply::Error(down()));
    };
    assert_eq!(outcome, Outcome::Undecided);
    stage.platform.script.lock().unwrap().replies.clear();
    stage.platform.script.lock().unwrap().posts = 1;
    assert!(
        stage.load(&post).await.next_at.is_some(),
        "it is looked at again"
    );
    stage.clock.advance(HOUR);
    works(&stage).await;
    assert_eq!(stage.load(&post).await.outcome, Some(published()));
}

// Stopping without the account.

#[tokio::test]
async fn a_begun_post_is_stopped_while_its_account_must_be_connected_again() {
    let stage = Stage::open().await;
    let (one, other) = (stage.submit("one").await, stage.submit("other").await);
    for _ in 0..2 {
        stage.reply(Reply::Error(down()));
    }
    works(&stage).await;
    dies(&stage).await;
    stage.clock.advance(HOUR);
    works(&stage).await;
    let before = stage.calls().len();
    for post in [&other, &one] {
        let asked = stage.social.cancel(&OWNER, post.id).await.unwrap();
        assert_eq!(asked, Cancelled::Requested);
        works(&stage).await;
        assert_eq!(stage.load(post).await.outcome, Some(Outcome::Cancelled));
    }
    assert_eq!(stage.calls()[before..], ["cancel prepare"; 2]);
    assert_eq!(stage.posts(), 0);
}

/// The platform must be asked, so they wait for the account; nobody asks again and again until then.
#[tokio::test]
async fn what_cannot_be_stopped_without_the_account_is_stopped_once_it_is_back() {
    let stage = Stage::open().await;
    let posts = [stage.submit("one").await, stage.submit("other").await];
    for _ in &posts {
        stage.reply(Reply::Error(down()));
    }
    works(&stage).await;
    for post in &posts {
        assert_eq!(stage.load(post).await.failures, 1);
    }
    dies(&stage).await;
    for post in &posts {
        stage.social.cancel(&OWNER, post.id).await.unwrap();
    }
    let needs_access = || Reply::Error(Error::new(ErrorKind::Unauthorized, "no token"));
    for _ in 0..20 {
        stage.reply(needs_access());
    }
    for _ in 0..50 {
        works(&stage).await;
        stage.clock.advance(Duration::from_secs(60));
    }
    let asked = stage.calls().len() - 2;
    assert!((2..=4).contains(&asked), "{:?}", stage.calls());
    stage.platform.script.lock().unwrap().replies.clear();
    connect(&stage.social).await;
    for post in &posts {
        assert_eq!(stage.finish(post).await, Outcome::Cancelled);
    }
    assert_eq!(stage.posts(), 0);
}

// What a publisher is told to find a lost post by.

#[tokio::test]
async fn who_looks_for_a_lost_post_knows_when_it_was_started_and_the_others() {
    let stage = Stage::open().await;
    let first = stage.submit("same words").await;
    assert_eq!(stage.finish(&first).await, published());
    let request = stage.request().caption("same words");
    let post = stage
        .social
        .submit(&stage.account, "b", request)
        .await
        .unwrap();
    stage.reply(to_once());
    stage.reply(Reply::Error(down().with_remedy(Remedy::After {
        wait: 20 * HOUR,
        scope: LimitScope::Account,
    })));
    works(&stage).await;
    stage.clock.advance(21 * HOUR);
    let started_at = stage.social.clock().now();
    stage.reply(Reply::Error(down().with_remedy(Remedy::Reconcile)));
    works(&stage).await;
    stage.clock.advance(HOUR);
    works(&stage).await;
    {
        let script = stage.platform.script.lock().unwrap();
        assert_eq!(script.calls.last().unwrap(), "reconcile publish");
        assert_eq!(script.started_at, Some(started_at), "not when work began");
        assert_eq!(script.others.len(), 1, "itself is not among them");
        assert_eq!(script.others[0].caption, "same words");
        assert_eq!(script.others[0].links()[0].id, "1");
    }
    assert!(stage.load(&post).await.outcome.is_some());
}

/// A worker that does not read such posts has put the hold: it knew of none that could go on without the connection.
#[tokio::test]
async fn a_hold_of_a_worker_that_reads_less_keeps_no_wish_to_cancel_waiting() {
    let stage = Stage::open().await;
    let post = stage.submit("a").await;
    let waits = Checkpoint::new("status", 1, serde_json::json!({}));
    stage.reply(Reply::Step(Step::pending(waits, HOUR)));
    works(&stage).await;
    dies(&stage).await;
    let cancelled = stage.social.cancel(&OWNER, post.id).await.unwrap();
    assert_eq!(cancelled, Cancelled::Requested);
    stage.store.hold(&stage.account.key).await.unwrap();
    works(&stage).await;
    assert_eq!(stage.load(&post).await.state, PostState::Cancelled);
}
