use std::sync::Arc;

use super::bench::{Bench, OWNER};
use crate::{
    conformance::named,
    error::{ErrorKind, Remedy},
    memory::MemoryStore,
    model::{AccountStatus, NeedsReauth},
    store::{PostStore, Submitted},
    time::Clock,
};

#[tokio::test]
async fn a_prepared_post_is_kept_by_whoever_submits_it() {
    let bench = Bench::new().await;
    let post = bench
        .social
        .prepare(&bench.account, "order-1", bench.request())
        .await
        .unwrap();
    assert!(bench.store.load(&OWNER, post.id).await.unwrap().is_none());
    assert_eq!(
        (post.caption.as_str(), post.due_at),
        ("words", bench.clock.now())
    );
    let found = bench.store.submit(&post).await.unwrap();
    assert!(matches!(found, Submitted::New(_)));
    let mut changes = bench.social.changes();
    let kept = bench.social.submitted(&post, found).unwrap();
    assert!(kept.is_new && kept.id == post.id);
    assert!(changes.try_recv().is_ok());
    bench.social.worker().woken().await;
    // The same key and content, in one go.
    let again = bench
        .social
        .submit(&bench.account, "order-1", bench.request())
        .await
        .unwrap();
    assert!(!again.is_new && again.id == post.id);
    let opened = bench.social.request(&OWNER, post.id).await.unwrap();
    assert_eq!(opened, bench.request());
}

#[tokio::test]
async fn a_former_owners_key_is_a_conflict() {
    let bench = Bench::new().await;
    let (social, request) = (&bench.social, bench.request());
    social
        .submit(&bench.account, "order-1", request)
        .await
        .unwrap();
    let mut moved = bench.account.clone();
    moved.key.owner = named("another");
    let error = social
        .submit(&moved, "order-1", bench.request())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn what_not_every_database_keeps_is_refused_by_field() {
    let bench = Bench::new().await;
    let (account, plain) = (&bench.account, bench.request());
    let nul = plain.clone().caption("wo\0rds");
    let social = &bench.social;
    for (field, result) in [
        ("caption", social.submit(account, "a", nul.clone()).await),
        (
            "idempotency_key",
            social.submit(account, "a\0", plain.clone()).await,
        ),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{field}");
        let Remedy::FixInput { field: told, rule } = error.remedy() else {
            panic!("{error:?}")
        };
        assert_eq!(
            (told.as_str(), rule.as_str()),
            (field, format!("{field}.nul").as_str())
        );
    }
    assert!(social.prepare(account, "a", nul).await.is_err());
    assert_eq!(*bench.planner.planned.lock().unwrap(), 0);
}

#[tokio::test]
async fn pending_posts_are_counted() {
    let bench = Bench::new().await;
    let since = bench.clock.now();
    let pending = bench.social.pending(&bench.account.key, since).await;
    assert_eq!(pending.unwrap(), 0);
}

/// A file that was stored long ago is as young as the post that needs it, so that nobody removes it by its age meanwhile.
#[tokio::test]
async fn a_submission_renews_its_media_and_names_them() {
    let bench = Bench::new().await;
    let id = bench.media.as_str();
    let path = bench.folder.path().join("media").join(&id[..2]).join(id);
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(long_ago).unwrap();
    let media = bench.social.media();
    let stored = media.list(None, 10).await.unwrap();
    let long_ago: chrono::DateTime<chrono::Utc> = long_ago.into();
    assert_eq!(stored[0].stored_at, long_ago);
    bench
        .social
        .submit(&bench.account, "order-1", bench.request())
        .await
        .unwrap();
    let stored = media.list(None, 10).await.unwrap();
    let young = chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(1);
    assert!(stored[0].stored_at > young, "{stored:?}");
    let asked = [bench.media.clone()];
    let needed = bench.store.needed_media(&asked, bench.clock.now()).await;
    assert_eq!(needed.unwrap(), asked);
}

/// Whatever became of its media and of its account since, the request that was taken is answered: at once, and to who keeps it in a
/// transaction of his own. Nothing of it is taken anew.
#[tokio::test]
async fn a_request_that_was_taken_is_answered_when_it_could_not_be_taken_any_more() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let first = social.submit(account, "order-1", bench.request()).await;
    let first = first.unwrap();
    let kept = bench.store.load(&OWNER, first.id).await.unwrap();
    assert!(social.media().remove(&bench.media).await.unwrap());
    let mut lapsed = account.clone();
    lapsed.status = AccountStatus::NeedsReauth(NeedsReauth::Expired);
    for account in [account, &lapsed] {
        let again = social.submit(account, "order-1", bench.request()).await;
        let again = again.unwrap();
        assert!(!again.is_new && again.id == first.id, "{again:?}");
        let prepared = social.prepare(account, "order-1", bench.request()).await;
        let found = bench.store.submit(&prepared.unwrap()).await.unwrap();
        assert!(matches!(found, Submitted::Existing(post) if post.id == first.id));
    }
    assert_eq!(bench.store.load(&OWNER, first.id).await.unwrap(), kept);
    // Another key, and another content under this one, are told why they cannot be taken.
    let other = bench.request().caption("other words");
    for (key, request) in [("order-2", bench.request()), ("order-1", other)] {
        let refused = social.submit(account, key, request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
}

/// Between the look and the submission the store may have become an older copy, which does not have the post: it takes nothing for a
/// new one of which nothing is sealed.
#[tokio::test]
async fn a_store_that_lost_the_post_begins_nothing_in_its_place() {
    let bench = Bench::new().await;
    let (social, account) = (&bench.social, &bench.account);
    let first = social.submit(account, "order-1", bench.request()).await;
    assert!(first.unwrap().is_new);
    assert!(social.media().remove(&bench.media).await.unwrap());
    let prepared = social.prepare(account, "order-1", bench.request()).await;
    let prepared = prepared.unwrap();
    let older = MemoryStore::new(Arc::new(bench.clock.clone()));
    let refused = older.submit(&prepared).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(older.load(&OWNER, prepared.id).await.unwrap(), None);
}
