//! What owners and operators decide about posts: edits, words on undecided posts, doubt after a restore.

use social_core::{
    Reason,
    conformance::named,
    error::ErrorKind,
    publish::{Effect, Outcome},
    store::{
        HistoryKind, Next, PostContent, PostEdit, PostStore, RecordStep, Revision, StoredCheckpoint,
    },
};
use social_store_sqlite::SqliteStore;

use crate::fixtures::{at, claim, key, post, post_id};

async fn open(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("social.db");
    SqliteStore::open(path).await.unwrap()
}

#[tokio::test]
async fn an_edit_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut taken = post(1, "a");
    taken.checkpoint.remote_ids = vec![named("remote")];
    store.submit(&taken).await.unwrap();
    store.submit(&post(2, "b")).await.unwrap();
    let before = store.load(&named("owner"), post_id(2)).await.unwrap();

    let mut checkpoint = StoredCheckpoint::new("other", Effect::Repeatable, 1, vec![9]);
    checkpoint.remote_ids = vec![named("remote")];
    let mut edit = PostEdit::new(at(50), Some(at(60)));
    edit.content = Some(PostContent::new("Other", vec![8], checkpoint));
    let error = store
        .edit(&named("owner"), post_id(2), Revision(1), &edit, at(1))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert_eq!(error.reason(), Some(Reason::RemoteIdTaken));
    assert_eq!(
        store.load(&named("owner"), post_id(2)).await.unwrap(),
        before
    );
    assert_eq!(
        store
            .history(&named("owner"), post_id(2))
            .await
            .unwrap()
            .len(),
        1
    );

    edit.content.as_mut().unwrap().checkpoint.remote_ids.clear();
    let edited = store
        .edit(&named("owner"), post_id(2), Revision(1), &edit, at(1))
        .await
        .unwrap();
    assert_eq!(
        store
            .load(&named("owner"), post_id(2))
            .await
            .unwrap()
            .as_ref(),
        Some(&edited)
    );
    assert_eq!(
        (edited.caption.as_str(), edited.request.as_slice()),
        ("Other", &[8][..])
    );
    assert_eq!(
        (edited.next_at, edited.expires_at),
        (Some(at(50)), Some(at(60)))
    );
    assert_eq!(edited.revision, Revision(2));
    let lines = store.history(&named("owner"), post_id(2)).await.unwrap();
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
        .settle(&named("owner"), post_id(1), &published, &[], None, at(1))
        .await
        .unwrap();
    let late = RecordStep::new(Next::At(at(5)), at(2));
    let error = store.record(&look, &late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    let next = PostStore::claim(&store, &claim(1)).await.unwrap().remove(0);
    assert_eq!(next.post.id, post_id(2), "the account is free at once");
}

#[tokio::test]
async fn pending_posts_are_counted_whoever_owns_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for number in 1..=4 {
        let mut new = post(number, "a");
        if number == 2 {
            new.account.owner = named("another");
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
