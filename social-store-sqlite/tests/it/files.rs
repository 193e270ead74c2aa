//! The file: who may read it, what is refused, what is said then.

use social_core::store::InstallationStore;
use social_store_sqlite::SqliteStore;

#[tokio::test]
async fn opens_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("social.db");
    let first = SqliteStore::open(&path).await.unwrap();
    let second = SqliteStore::open(&path).await.unwrap();
    assert_eq!(
        first.installation().await.unwrap(),
        second.installation().await.unwrap()
    );
}
