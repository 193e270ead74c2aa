use std::time::Duration;

use super::bench::{Bench, OWNER};
use crate::{
    error::{ErrorKind, Reason},
    hub::{IncarnationPolicy, SocialBuilder},
    publish::MissedPolicy,
    store::{InstallationStore, InstanceName, PostState, PostStore},
    time::Clock,
    vault::tests::logs,
};

#[tokio::test]
async fn what_was_begun_or_due_is_marked_before_work_goes_on() {
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
    assert!(social.worker().incarnation_guard().is_held().await.unwrap());
    let seen = social.incarnations().await.unwrap();
    assert!(!seen.is_same());

    let accepted = social.accept_incarnation(&seen.present).await.unwrap();
    assert_eq!(accepted.asked_about, 1);
    assert!(!social.worker().incarnation_guard().is_held().await.unwrap());
    let post = social.post(&OWNER, due.id).await.unwrap();
    assert_eq!((post.state, post.outcome), (PostState::Working, None));
    let record = bench.store.load(&OWNER, due.id).await.unwrap().unwrap();
    assert!(record.started && record.restored_at.is_some());
    let post = social.post(&OWNER, later.id).await.unwrap();
    assert_eq!(
        post.state,
        PostState::Queued,
        "it was not due in the other life either"
    );
}

/// A post that is overdue in the copy may be out: moved to a later time before anybody is asked, it would be sent again.
#[tokio::test]
async fn no_post_is_moved_or_cancelled_before_the_data_are_accepted() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let due = social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    let seen = social.post(&OWNER, due.id).await.unwrap().revision;
    bench.store.reincarnate();
    let later = Some(bench.clock.now() + chrono::Duration::hours(2));
    let policy = MissedPolicy::Publish;
    let refusals = [
        social
            .edit(&OWNER, due.id, seen, bench.request())
            .await
            .err(),
        social
            .reschedule(&OWNER, due.id, seen, later, policy)
            .await
            .err(),
        social.cancel(&OWNER, due.id).await.err(),
    ];
    for refused in refusals {
        let reason = refused.and_then(|error| error.reason());
        assert_eq!(reason, Some(crate::Reason::RestoredNotAccepted));
    }
    let post = social.post(&OWNER, due.id).await.unwrap();
    assert_eq!((post.state, post.revision), (PostState::Queued, seen));

    let lives = social.incarnations().await.unwrap();
    let accepted = social.accept_incarnation(&lives.present).await.unwrap();
    assert_eq!(accepted.asked_about, 1, "it is asked about first");
    social.cancel(&OWNER, due.id).await.unwrap();
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
    let post = social.post(&OWNER, post.id).await.unwrap();
    assert_eq!(post.state, PostState::Queued);
    assert!(social.worker().incarnation_guard().is_held().await.unwrap());
}

/// The other copy goes by its own machines' clocks: one that is ahead, as far as is tolerated, had begun it.
#[tokio::test]
async fn what_another_clock_may_have_called_due_is_asked_about() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    for (key, seconds) in [("soon", 59), ("later", 61)] {
        let due = bench.clock.now() + chrono::TimeDelta::seconds(seconds);
        let request = bench.request().schedule(due, MissedPolicy::Publish);
        social.submit(account, key, request).await.unwrap();
    }
    bench.store.reincarnate();
    let seen = social.incarnations().await.unwrap().present;
    let accepted = social.accept_incarnation(&seen).await.unwrap();
    assert_eq!(accepted.asked_about, 1, "the one within the tolerance");
}

#[tokio::test]
async fn accepting_again_marks_nothing() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let post = social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    let seen = social.incarnations().await.unwrap().present;
    let accepted = social.accept_incarnation(&seen).await.unwrap();
    assert_eq!(accepted.asked_about, 0);
    let post = social.post(&OWNER, post.id).await.unwrap();
    assert_eq!(post.state, PostState::Queued);
}

#[tokio::test]
async fn a_crash_between_marking_and_accepting_is_made_good_by_accepting_again() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    social
        .submit(account, "due", bench.request())
        .await
        .unwrap();
    bench.store.reincarnate();
    let seen = social.incarnations().await.unwrap().present;
    let now = bench.clock.now();
    let marked = bench.store.mark_restored(now, now, Duration::ZERO).await;
    assert_eq!(marked.unwrap(), 1);
    let accepted = social.accept_incarnation(&seen).await.unwrap();
    assert_eq!(accepted.asked_about, 1, "the same one");
    assert!(!social.worker().incarnation_guard().is_held().await.unwrap());
}

#[tokio::test]
async fn each_change_is_told_once() {
    let bench = Bench::new().await;
    let social = &bench.social;
    let (heard, _subscribed) = logs::hear();
    for change in 1..=2 {
        bench.store.reincarnate();
        for _ in 0..3 {
            assert!(social.worker().incarnation_guard().is_held().await.unwrap());
        }
        assert_eq!(heard.count("ERROR"), change);
    }
    let seen = social.incarnations().await.unwrap().present;
    social.accept_incarnation(&seen).await.unwrap();
    for _ in 0..3 {
        social.worker().incarnation_guard().check().await.unwrap();
    }
    assert_eq!(heard.count("work goes on"), 1);
}

#[tokio::test]
async fn a_process_starts_on_another_life_and_holds() {
    let bench = Bench::new().await;
    bench.store.reincarnate();
    let social = bench.process().await;
    let error = social
        .worker()
        .incarnation_guard()
        .check()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::Unavailable, Some(Reason::RestoredNotAccepted))
    );
    // What people do at the moment goes on.
    social
        .submit(&bench.account, "a", bench.request())
        .await
        .unwrap();
}

fn accepting(builder: SocialBuilder) -> SocialBuilder {
    builder.incarnation_policy(IncarnationPolicy::AcceptPromotion)
}

fn holding(builder: SocialBuilder) -> SocialBuilder {
    builder.hold_after_loss(Duration::from_secs(86_400))
}

fn prod() -> Option<InstanceName> {
    Some(InstanceName::parse("prod").unwrap())
}

#[tokio::test]
async fn a_promotion_is_accepted_by_itself_where_that_is_the_policy() {
    let bench = Bench::new().await;
    let store = bench.store.opened_as(prod());
    let asks = bench.process_with(store.clone(), |builder| builder).await;
    let goes_on = bench.process_with(store.clone(), accepting).await;
    store.promote();
    assert!(asks.worker().incarnation_guard().is_held().await.unwrap());
    assert!(
        !goes_on
            .worker()
            .incarnation_guard()
            .is_held()
            .await
            .unwrap()
    );
    let lives = store.incarnations().await.unwrap();
    assert!(lives.is_same() && lives.lost_at.is_none(), "{lives:?}");
    assert!(!asks.worker().incarnation_guard().is_held().await.unwrap());
}

#[tokio::test]
async fn nothing_but_a_promotion_of_a_named_instance_is_accepted_by_itself() {
    let bench = Bench::new().await;
    let nameless = bench.process_with(bench.store.clone(), accepting).await;
    bench.store.promote();
    assert!(
        nameless
            .worker()
            .incarnation_guard()
            .is_held()
            .await
            .unwrap()
    );

    let bench = Bench::new().await;
    let store = bench.store.opened_as(prod());
    let social = bench.process_with(store.clone(), accepting).await;
    store.reincarnate();
    assert!(social.worker().incarnation_guard().is_held().await.unwrap());
    store.promote();
    let held = social.worker().incarnation_guard().is_held().await.unwrap();
    assert!(
        held,
        "a restored copy was promoted: what was restored is not accepted"
    );

    let bench = Bench::new().await;
    let original = bench.store.opened_as(prod());
    let copy = original.opened_as(Some(InstanceName::parse("staging").unwrap()));
    let staging = bench.process_with(copy, accepting).await;
    original.promote();
    assert!(
        staging
            .worker()
            .incarnation_guard()
            .is_held()
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_retried_key_of_the_lost_tail_waits_for_an_operator() {
    let bench = Bench::new().await;
    let social = bench.process_with(bench.store.clone(), holding).await;
    let account = &bench.account;
    let known = social.submit(account, "known", bench.request());
    let known = known.await.unwrap();
    bench.store.reincarnate();
    let seen = social.incarnations().await.unwrap().present;
    let before = social.submit(account, "before", bench.request());
    let before = before.await.unwrap();
    social.accept_incarnation(&seen).await.unwrap();
    // Ids made in one millisecond have no order.
    bench.clock.advance(Duration::from_secs(1));
    let after = social.submit(account, "after", bench.request());
    let after = after.await.unwrap();
    let again = social.submit(account, "known", bench.request());
    assert!(!again.await.unwrap().is_new, "this one is remembered");

    let held = social.held_posts(None, 9).await.unwrap();
    let ids: Vec<_> = held.iter().map(|post| post.id).collect();
    assert_eq!(ids, [before.id, after.id], "and not {:?}", known.id);
    assert_eq!(
        social.release_post(after.id).await.unwrap().held_due_at,
        None
    );
    social.cancel(&OWNER, before.id).await.unwrap();
    assert!(social.held_posts(None, 9).await.unwrap().is_empty());
    let twice = social.release_post(after.id).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::NotFound);

    bench.clock.advance(Duration::from_secs(86_400));
    let later = social.submit(account, "later", bench.request());
    let later = social.post(&OWNER, later.await.unwrap().id).await.unwrap();
    assert_eq!(later.held_due_at, None, "a day is over");
}

#[tokio::test]
async fn a_promotion_that_lost_nothing_holds_no_key() {
    let bench = Bench::new().await;
    let store = bench.store.opened_as(prod());
    let both = |builder| holding(accepting(builder));
    let social = bench.process_with(store.clone(), both).await;
    store.promote();
    let post = social.submit(&bench.account, "key", bench.request());
    let post = social.post(&OWNER, post.await.unwrap().id).await.unwrap();
    assert_eq!(post.held_due_at, None, "{post:?}");
}

/// Its owner may have moved it to now, and it was sent, in what was lost.
#[tokio::test]
async fn what_is_armed_when_a_loss_is_accepted_waits_for_an_operator() {
    for holds in [false, true] {
        let bench = Bench::new().await;
        let change = |builder| if holds { holding(builder) } else { builder };
        let social = bench.process_with(bench.store.clone(), change).await;
        let later = bench.clock.now() + chrono::Duration::hours(5);
        let armed = bench.request().schedule(later, MissedPolicy::Publish);
        let armed = social.submit(&bench.account, "armed", armed).await;
        bench.store.reincarnate();
        let seen = social.incarnations().await.unwrap().present;
        let accepted = social.accept_incarnation(&seen).await.unwrap();
        assert_eq!(accepted.held, u64::from(holds));
        let post = social.post(&OWNER, armed.unwrap().id).await.unwrap();
        assert_eq!(post.held_due_at, holds.then_some(later), "{post:?}");
    }
}
