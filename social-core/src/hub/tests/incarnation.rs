use super::bench::{Bench, OWNER};
use crate::{
    error::ErrorKind,
    publish::{MissedPolicy, Outcome},
    store::{PostState, PostStore},
    time::Clock,
    vault::tests::logs,
};

#[tokio::test]
async fn posts_in_doubt_are_undecided_before_work_goes_on() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let due = social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    let later = bench.clock.now() + chrono::Duration::hours(1);
    let later = bench.request().schedule(later, MissedPolicy::Publish);
    let later = social.submit(account, "later", later).await.unwrap();
    bench.store.reincarnate();
    assert!(social.incarnation_guard().is_held().await.unwrap());
    let seen = social.incarnations().await.unwrap();
    assert!(!seen.is_same());

    let accepted = social.accept_incarnation(&seen.present).await.unwrap();
    assert_eq!(accepted.undecided, 1);
    assert!(!social.incarnation_guard().is_held().await.unwrap());
    let post = social.post(OWNER, due.id).await.unwrap();
    assert_eq!(post.outcome, Some(Outcome::Undecided));
    let post = social.post(OWNER, later.id).await.unwrap();
    assert_eq!(
        post.state,
        PostState::Queued,
        "it was not due in the other life either"
    );
}

#[tokio::test]
async fn another_life_than_the_one_seen_is_not_accepted_and_changes_nothing() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let post = social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    bench.store.reincarnate();
    let seen = social.incarnations().await.unwrap().present;
    bench.store.reincarnate();
    let error = social.accept_incarnation(&seen).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let post = social.post(OWNER, post.id).await.unwrap();
    assert_eq!(post.state, PostState::Queued);
    assert!(social.incarnation_guard().is_held().await.unwrap());
}

#[tokio::test]
async fn accepting_again_doubts_nothing() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let post = social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    let seen = social.incarnations().await.unwrap().present;
    let accepted = social.accept_incarnation(&seen).await.unwrap();
    assert_eq!(accepted.undecided, 0);
    let post = social.post(OWNER, post.id).await.unwrap();
    assert_eq!(post.state, PostState::Queued);
}

#[tokio::test]
async fn a_crash_between_doubting_and_accepting_is_made_good_by_accepting_again() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    bench.store.reincarnate();
    let seen = social.incarnations().await.unwrap().present;
    assert_eq!(bench.store.doubt(bench.clock.now()).await.unwrap(), 1);
    let accepted = social.accept_incarnation(&seen).await.unwrap();
    assert_eq!(accepted.undecided, 0);
    assert!(!social.incarnation_guard().is_held().await.unwrap());
}

#[tokio::test]
async fn each_change_is_told_once() {
    let bench = Bench::new().await;
    let social = &bench.social;
    let (heard, _subscribed) = logs::hear();
    for change in 1..=2 {
        bench.store.reincarnate();
        for _ in 0..3 {
            assert!(social.incarnation_guard().is_held().await.unwrap());
        }
        assert_eq!(heard.count("ERROR"), change);
    }
    let seen = social.incarnations().await.unwrap().present;
    social.accept_incarnation(&seen).await.unwrap();
    for _ in 0..3 {
        social.incarnation_guard().check().await.unwrap();
    }
    assert_eq!(heard.count("work goes on"), 1);
}

#[tokio::test]
async fn a_process_starts_on_another_life_and_holds() {
    let bench = Bench::new().await;
    bench.store.reincarnate();
    let social = bench.process().await;
    let error = social.incarnation_guard().check().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, Some("incarnation_changed"))
    );
    // What people do at the moment goes on.
    social
        .submit(&bench.account, "a", bench.request())
        .await
        .unwrap();
}
