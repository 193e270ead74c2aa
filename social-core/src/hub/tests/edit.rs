use std::time::Duration;

use super::bench::{Bench, OWNER, PLATFORM, app};
use crate::{
    conformance::named,
    error::ErrorKind,
    hub::Post,
    model::{MediaId, OwnerId, PostId},
    publish::{Consent, MediaItem, MissedPolicy, PlatformOptions, PublishRequest},
    store::{ClaimPosts, HistoryKind, PostState, PostStore, Revision},
    time::Clock,
};

const FIRST: Revision = Revision(1);

async fn submitted(bench: &Bench) -> Post {
    let due = bench.clock.now() + chrono::Duration::hours(1);
    let request = bench.request().schedule(due, MissedPolicy::Within(60));
    let (social, account) = (&bench.social, &bench.account);
    let post = social.submit(account, "a", request).await.unwrap();
    social.post(&OWNER, post.id).await.unwrap()
}

async fn refusal(
    bench: &Bench,
    owner: &OwnerId,
    id: PostId,
    at: Revision,
    to: PublishRequest,
) -> ErrorKind {
    let result = bench.social.edit(owner, id, at, to).await;
    result.unwrap_err().kind()
}

#[tokio::test]
async fn an_edit_replaces_everything_but_the_name() {
    let bench = Bench::new().await;
    let post = submitted(&bench).await;
    let due = bench.clock.now() + chrono::Duration::hours(2);
    let mut request = bench
        .request()
        .caption("other words")
        .schedule(due, MissedPolicy::Publish);
    let consent = Some(Consent::given_by("me"));
    request.options = Some(PlatformOptions::new(
        PLATFORM,
        serde_json::json!({}),
        consent,
    ));
    let mut changes = bench.social.changes();
    let edited = bench
        .social
        .edit(&OWNER, post.id, FIRST, request.clone())
        .await
        .unwrap();
    assert!(changes.try_recv().is_ok());
    assert_eq!(edited.revision, Revision(2));
    assert_eq!(
        (edited.caption.as_str(), edited.next_at, edited.expires_at),
        ("other words", Some(due), None)
    );
    let stored = bench.store.load(&OWNER, post.id).await.unwrap().unwrap();
    let opened = bench.social.worker().open_post(&stored).await.unwrap();
    assert_eq!(
        opened.checkpoint.state["for"], "other words",
        "planned anew"
    );
    let told = opened
        .request
        .options
        .as_ref()
        .unwrap()
        .consent
        .as_ref()
        .unwrap();
    assert_eq!(
        told.at,
        Some(bench.clock.now()),
        "the time of the new consent"
    );
    assert_eq!(opened.request.caption, request.caption);
    let history = bench.store.history(&OWNER, post.id).await.unwrap();
    assert_eq!(history.last().unwrap().kind, HistoryKind::Edited);
    // The key stands for what was first submitted.
    let due = bench.clock.now() + chrono::Duration::hours(1);
    let first = bench.request().schedule(due, MissedPolicy::Within(60));
    let again = bench
        .social
        .submit(&bench.account, "a", first)
        .await
        .unwrap();
    assert!(!again.is_new && again.id == post.id);
}

#[tokio::test]
async fn only_its_owner_edits_what_was_seen_and_has_not_begun() {
    let bench = Bench::new().await;
    let post = submitted(&bench).await;
    let to = || bench.request().caption("other");
    assert_eq!(
        refusal(&bench, &named("another"), post.id, FIRST, to()).await,
        ErrorKind::NotFound
    );
    let unknown = PostId::from(uuid::Uuid::from_u128(7));
    assert_eq!(
        refusal(&bench, &OWNER, unknown, FIRST, to()).await,
        ErrorKind::NotFound
    );
    assert_eq!(
        refusal(&bench, &OWNER, post.id, Revision(2), to()).await,
        ErrorKind::Conflict
    );
    bench.clock.advance(Duration::from_secs(3_600));
    let versions = vec![(app(), 1)];
    let which = ClaimPosts::new(bench.clock.now(), Duration::from_secs(15), 1, versions);
    assert_eq!(bench.store.claim(&which).await.unwrap().len(), 1);
    assert_eq!(
        refusal(&bench, &OWNER, post.id, FIRST, to()).await,
        ErrorKind::Conflict
    );
    let later = bench
        .social
        .reschedule(&OWNER, post.id, FIRST, None, MissedPolicy::Publish)
        .await;
    assert_eq!(later.unwrap_err().kind(), ErrorKind::Conflict);
    let stored = bench.social.post(&OWNER, post.id).await.unwrap();
    assert_eq!(
        (stored.caption.as_str(), stored.state),
        ("words", PostState::Working)
    );
}

#[tokio::test]
async fn a_request_that_would_not_be_taken_changes_nothing() {
    let bench = Bench::new().await;
    let post = submitted(&bench).await;
    let mut missing = bench.request();
    missing.media = vec![MediaItem::photo(MediaId::from_digest([1; 32]))];
    let mut foreign = bench.request();
    let elsewhere = crate::model::Platform::new("elsewhere");
    foreign.options = Some(PlatformOptions::new(elsewhere, serde_json::json!({}), None));
    for (to, kind) in [
        (bench.request().caption("never"), ErrorKind::Invalid),
        (bench.request().caption("a\0b"), ErrorKind::Invalid),
        (foreign, ErrorKind::Invalid),
        (missing, ErrorKind::NotFound),
    ] {
        assert_eq!(refusal(&bench, &OWNER, post.id, FIRST, to).await, kind);
    }
    assert_eq!(bench.social.post(&OWNER, post.id).await.unwrap(), post);
}

#[tokio::test]
async fn rescheduling_moves_the_time_and_keeps_the_rest() {
    let bench = Bench::new().await;
    let post = submitted(&bench).await;
    let planned = *bench.planner.planned.lock().unwrap();
    let due = bench.clock.now() + chrono::Duration::hours(5);
    let (social, policy) = (&bench.social, MissedPolicy::Within(30));
    let moved = social
        .reschedule(&OWNER, post.id, FIRST, Some(due), policy)
        .await
        .unwrap();
    assert_eq!(moved.next_at, Some(due));
    assert_eq!(moved.expires_at, Some(due + chrono::Duration::seconds(30)));
    assert_eq!(
        (moved.caption.as_str(), moved.revision),
        ("words", Revision(2))
    );
    let opened = social.request(&OWNER, moved.id).await.unwrap();
    assert_eq!(opened, bench.request().schedule(due, policy));
    assert_eq!(
        *bench.planner.planned.lock().unwrap(),
        planned,
        "not planned again"
    );
    // A time that has passed, or none, is now.
    let past = Some(bench.clock.now() - chrono::Duration::hours(1));
    let moved = social
        .reschedule(&OWNER, post.id, Revision(2), past, MissedPolicy::Publish)
        .await;
    assert_eq!(moved.unwrap().next_at, Some(bench.clock.now()));
    let moved = social
        .reschedule(&OWNER, post.id, Revision(3), None, MissedPolicy::Publish)
        .await;
    let moved = moved.unwrap();
    assert_eq!(
        (moved.next_at, moved.expires_at),
        (Some(bench.clock.now()), None)
    );
}
