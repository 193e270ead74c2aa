//! A file made by version 1 is opened with everything in it.

use std::path::{Path, PathBuf};

use social_core::{
    conformance::named,
    model::{AccountStatus, NeedsReauth},
    store::{
        EventStore, Expect, InstallationStore, LastWrites, LoginStore, PostEdit, PostState,
        PostStore, Revision, Submitted, TokenClaimed, TokenStore,
    },
};
use social_store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::{
    fixtures::{LEASE, app, at, claim, event, kept, key, post, post_id, raw, token},
    processes::{Role, gather},
};

const TABLES: &str = include_str!("../../src/migrations/0001.sql");
const ROWS: &str = include_str!("upgrade/rows.sql");

async fn version_1(folder: &Path) -> PathBuf {
    let path = folder.join("social.db");
    let mut conn = raw(&path).await;
    for sql in ["PRAGMA journal_mode = WAL", "BEGIN", TABLES, ROWS] {
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    }
    let mark = sqlx::raw_sql("PRAGMA application_id = 1397703497; COMMIT");
    mark.execute(&mut conn).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();
    path
}

#[tokio::test]
async fn accounts_and_logins_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(version_1(folder.path()).await)
        .await
        .unwrap();

    let installation = store.installation().await.unwrap();
    assert_eq!(
        installation.id,
        Uuid::from_u128(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f)
    );
    assert_eq!(
        installation.key_check.as_deref(),
        Some(&[0xc0, 0xff, 0xee][..])
    );

    let a = TokenStore::load(&store, &key("a")).await.unwrap().unwrap();
    assert_eq!(a.revision, Revision(7));
    assert_eq!(a.value.sealed.as_deref(), Some(&[4, 5, 6][..]));
    assert_eq!(
        store.find(&app(), &named("alias")).await.unwrap(),
        [key("a")]
    );
    let b = TokenStore::load(&store, &key("b")).await.unwrap().unwrap();
    assert_eq!(
        b.value.status,
        AccountStatus::NeedsReauth(NeedsReauth::Revoked)
    );

    let taken: TokenClaimed = TokenStore::claim(&store, &key("a"), LEASE).await.unwrap();
    assert!(matches!(taken, TokenClaimed::Taken(claim) if claim.epoch.0 == 4));
    assert!(TokenStore::remove(&store, &key("a")).await.unwrap());
    let again = store.save(&token("a"), Expect::Absent).await.unwrap();
    assert_eq!(again, Revision(8));

    let login = store.take(&[0; 32], at(0)).await.unwrap().unwrap();
    assert_eq!(login.redirect_uri, "https://app.example/back");
    let offer = Uuid::from_u128(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);
    let offer = store
        .offer(&named("owner"), offer, at(0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(offer.sealed, [0x0c, 0x0d]);
}

#[tokio::test]
async fn posts_are_kept_and_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(version_1(folder.path()).await)
        .await
        .unwrap();
    let first = kept(&store, 1).await;
    assert_eq!(first.state, PostState::Published);
    assert_eq!(first.revision, Revision(1));
    let found = store.find_remote(&app(), &named("remote-1")).await.unwrap();
    assert_eq!(found, Some(first));
    assert_eq!(
        store
            .history(&named("owner"), post_id(1))
            .await
            .unwrap()
            .len(),
        1
    );

    let edit = PostEdit::new(at(-1), None);
    let owner = named("owner");
    let second = store.edit(&owner, post_id(2), Revision(1), &edit, at(0));
    assert_eq!(second.await.unwrap().revision, Revision(2));
    let claims = PostStore::claim(&store, &claim(9)).await.unwrap();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].post.id, post_id(2));
    assert_eq!(claims[0].fence.0, 2);
    let again = store.submit(&post(2, "a")).await.unwrap();
    assert!(matches!(again, Submitted::Existing(_)));
    store.submit(&post(3, "a")).await.unwrap();
    assert_eq!(store.insert(&[event(1)]).await.unwrap(), [true]);
}

#[tokio::test]
async fn it_is_accepted_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = version_1(folder.path()).await;
    let said = gather((0..8).map(|_| Role::Reopen.spawn(&path)).collect());
    assert!(said.iter().all(|line| line == "same"), "{said:?}");
}

#[tokio::test]
async fn an_old_copy_over_a_file_of_this_version_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = version_1(folder.path()).await;
    let older = std::fs::read(&path).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let life = store.incarnations().await.unwrap().present;
    store.close().await;
    std::fs::write(&path, older).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let lives = store.incarnations().await.unwrap();
    assert!(!lives.is_same());
    assert_eq!(lives.accepted, life);
    store
        .accept_incarnation(&lives.present, LastWrites::Kept)
        .await
        .unwrap();
    assert!(store.incarnations().await.unwrap().is_same());
}
