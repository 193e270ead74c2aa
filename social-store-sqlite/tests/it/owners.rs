//! What owners and operators decide about posts: edits, words on undecided posts, doubt after a restore.

use std::time::Duration;

use social_core::{
    error::ErrorKind,
    publish::{Effect, Outcome},
    store::{
        HistoryKind, Next, PostContent, PostEdit, PostState, PostStore, RecordStep, Revision,
        StoredCheckpoint,
    },
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{at, claim, key, post, post_id};

async fn open(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("social.db");
    SqliteStore::open(path).await.unwrap()
}

async fn state(store: &SqliteStore, number: u64) -> PostState {
    let post = store.load("owner", post_id(number)).await.unwrap();
    post.unwrap().state
}

#[tokio::test]
async fn an_edit_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut taken = post(1, "a");
    taken.checkpoint.remote_id = Some("remote".to_owned());
    store.submit(&taken).await.unwrap();
    store.submit(&post(2, "b")).await.unwrap();
    let before = store.load("owner", post_id(2)).await.unwrap();

    let remote = Some("remote".to_owned());
    let checkpoint = StoredCheckpoint::new("other", Effect::Repeatable, remote, 1, vec![9]);
    let mut edit = PostEdit::new(at(50), Some(at(60)));
    edit.content = Some(PostContent::new("Other", vec![8], checkpoint));
    let error = store
        .edit("owner", post_id(2), Revision(1), &edit, at(1))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert_eq!(error.code(), Some("remote_id_taken"));
    assert_eq!(store.load("owner", post_id(2)).await.unwrap(), before);
    assert_eq!(store.history("owner", post_id(2)).await.unwrap().len(), 1);

    edit.content.as_mut().unwrap().checkpoint.remote_id = None;
    let edited = store
        .edit("owner", post_id(2), Revision(1), &edit, at(1))
        .await
        .unwrap();
    assert_eq!(
        store.load("owner", post_id(2)).await.unwrap().as_ref(),
        Some(&edited)
    );
    assert_eq!(
        (edited.title.as_str(), edited.request.as_slice()),
        ("Other", &[8][..])
    );
    assert_eq!(
        (edited.next_at, edited.expires_at),
        (Some(at(50)), Some(at(60)))
    );
    assert_eq!(edited.revision, Revision(2));
    let lines = store.history("owner", post_id(2)).await.unwrap();
    assert_eq!(
        (lines[1].kind, lines[1].step.as_str()),
        (HistoryKind::Edited, "other")
    );
    let claimed = PostStore::claim(&store, &claim(9)).await.unwrap();
    assert_eq!(claimed.len(), 1, "its account is ready later");
}

#[tokio::test]
async fn a_word_on_an_undecided_post_ends_the_look_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.submit(&post(1, "a")).await.unwrap();
    store.submit(&post(2, "a")).await.unwrap();
    let first = PostStore::claim(&store, &claim(1)).await.unwrap().remove(0);
    let next = Next::Settle(Outcome::Undecided, Some(at(0)));
    store
        .record(&first, &RecordStep::new(next, at(0)))
        .await
        .unwrap();
    let look = PostStore::claim(&store, &claim(1)).await.unwrap().remove(0);
    assert_eq!(look.post.id, post_id(1));
    let published = Outcome::Published(Vec::new());
    store
        .settle("owner", post_id(1), &published, at(1))
        .await
        .unwrap();
    let late = RecordStep::new(Next::At(at(5)), at(2));
    let error = store.record(&look, &late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    let next = PostStore::claim(&store, &claim(1)).await.unwrap().remove(0);
    assert_eq!(next.post.id, post_id(2), "the account is free at once");
}

#[tokio::test]
async fn doubt_reaches_what_may_have_been_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for (number, account, due) in [
        (1, "working", 0),
        (2, "known", 0),
        (3, "queued", 0),
        (4, "later", 5_000),
        (5, "done", 0),
        (6, "queued", 5_000),
    ] {
        let mut new = post(number, account);
        new.due_at = at(due);
        store.submit(&new).await.unwrap();
    }
    store.hold(&key("queued")).await.unwrap();
    let claims = PostStore::claim(&store, &claim(9)).await.unwrap();
    let of = |number| {
        claims
            .iter()
            .find(|claim| claim.post.id == post_id(number))
            .unwrap()
    };
    let mut known = RecordStep::new(Next::At(at(0)), at(0));
    let remote = Some("remote".to_owned());
    known.checkpoint = Some(StoredCheckpoint::new(
        "s",
        Effect::Repeatable,
        remote,
        1,
        vec![],
    ));
    known.keep_lease = true;
    store.record(of(2), &known).await.unwrap();
    let done = Next::Settle(Outcome::Undecided, Some(at(0)));
    store
        .record(of(5), &RecordStep::new(done, at(0)))
        .await
        .unwrap();
    let look = PostStore::claim(&store, &claim(1)).await.unwrap().remove(0);
    assert_eq!(look.post.id, post_id(5));

    assert_eq!(store.doubt(at(10)).await.unwrap(), 2);
    for (number, expected) in [
        (1, PostState::Undecided),
        (2, PostState::Working),
        (3, PostState::Undecided),
        (4, PostState::Queued),
        (5, PostState::Undecided),
        (6, PostState::Queued),
    ] {
        assert_eq!(state(&store, number).await, expected, "{number}");
    }
    let lease = Duration::from_secs(60);
    store.renew(of(1), lease).await.unwrap_err();
    store.renew(of(2), lease).await.unwrap();
    store.renew(&look, lease).await.unwrap();
    for number in [1, 3] {
        let lines = store.history("owner", post_id(number)).await.unwrap();
        assert_eq!(lines.last().unwrap().kind, HistoryKind::Settled, "{number}");
    }
    let unheld = store.next_ready().await.unwrap();
    assert_eq!(unheld, Some(at(0)), "of the one with an id");
    store.resume(&key("queued")).await.unwrap();
    let claims = PostStore::claim(&store, &claim(9)).await.unwrap();
    assert!(claims.is_empty(), "nothing doubtful is due: {claims:?}");
    assert_eq!(store.doubt(at(10)).await.unwrap(), 0);
}

#[tokio::test]
async fn pending_posts_are_counted_whoever_owns_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for number in 1..=4 {
        let mut new = post(number, "a");
        if number == 2 {
            new.account.owner = "another".to_owned();
        }
        store.submit(&new).await.unwrap();
    }
    for outcome in [Some(Outcome::AwaitingUser), Some(Outcome::Cancelled), None] {
        let claim = PostStore::claim(&store, &claim(1)).await.unwrap().remove(0);
        let next = outcome.map_or(Next::At(at(9_000)), |outcome| Next::Settle(outcome, None));
        store
            .record(&claim, &RecordStep::new(next, at(0)))
            .await
            .unwrap();
    }
    assert_eq!(store.pending(&key("a"), at(0)).await.unwrap(), 2);
    assert_eq!(store.pending(&key("a"), at(1)).await.unwrap(), 0);
    assert_eq!(store.pending(&key("b"), at(0)).await.unwrap(), 0);
}
