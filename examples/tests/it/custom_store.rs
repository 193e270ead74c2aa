//! The suites of `social-core`, mounted on the store of `examples/custom-store`.

#[path = "../../custom-store/folder.rs"]
mod folder;
#[path = "../../custom-store/logins.rs"]
mod logins;
#[path = "../../custom-store/sealed.rs"]
mod sealed;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use social_core::{
    conformance::{Harness, Reopen, model, named},
    error::{ErrorKind, Remedy, Result},
    model::{AppKey, Platform},
    store::{LoginRecord, LoginStore, OfferRecord, Resealed, SealedField, SealedPage, SealedStore},
    time::{Clock, ManualClock},
};
use tempfile::TempDir;
use uuid::Uuid;

use folder::Folder;
use logins::FolderLogins;

/// Folders of their own.
struct Folders {
    parent: TempDir,
    next: AtomicUsize,
}

impl Folders {
    fn new() -> Self {
        Self {
            parent: tempfile::tempdir().unwrap(),
            next: AtomicUsize::new(0),
        }
    }

    fn path(&self, number: usize) -> PathBuf {
        self.parent.path().join(number.to_string())
    }
}

#[async_trait]
impl Harness for Folders {
    type Store = FolderLogins;

    async fn store(&self) -> Arc<FolderLogins> {
        let path = self.path(self.next.fetch_add(1, Ordering::Relaxed));
        Arc::new(FolderLogins(Folder::open(path).unwrap()))
    }

    /// It measures no leases.
    async fn advance(&self, _by: Duration) {}
}

#[async_trait]
impl Reopen for Folders {
    /// All that a process keeps is the name of the folder. The suites make one store before they reopen it.
    async fn reopen(&self, store: Arc<FolderLogins>) -> Arc<FolderLogins> {
        drop(store);
        Arc::new(FolderLogins(Folder::open(self.path(0)).unwrap()))
    }
}

mod suites {
    social_core::login_store_suite!(super::Folders::new());
    social_core::login_store_durability_suite!(super::Folders::new());
}

#[tokio::test]
async fn it_keeps_step_with_the_store_in_memory() -> Result<()> {
    model::logins(&Folders::new(), 20_260_101, 1_000).await
}

fn login(number: u8) -> LoginRecord {
    let route = AppKey::new(Platform::new("example"), named("app")).connector("web");
    let ends = ManualClock::default().now() + Duration::from_secs(600);
    let mut login = LoginRecord::new(named("owner"), route, ends);
    login.state_hash = [number; 32];
    login.sealed = vec![1, number];
    login
}

fn offer(number: u8) -> OfferRecord {
    let login = login(number);
    let id = Uuid::from_bytes([number; 16]);
    OfferRecord::new(
        id,
        named("owner"),
        login.connector,
        login.sealed,
        login.expires_at,
    )
}

#[tokio::test]
async fn what_it_keeps_is_sealed_under_another_key_by_pages() {
    let folders = Folders::new();
    let store = folders.store().await;
    for number in 1..=5 {
        store.put(&login(number)).await.unwrap();
        store.put_offer(&offer(number)).await.unwrap();
    }
    for field in [SealedField::Login, SealedField::Offer] {
        let mut page = SealedPage::new(field, vec![2], 2);
        let mut sizes = Vec::new();
        loop {
            let values = store.sealed(&page).await.unwrap();
            sizes.push(values.len());
            let Some(last) = values.last() else { break };
            page.after = Some(last.row.clone());
            let resealed: Vec<_> = values
                .into_iter()
                .map(|old| {
                    let new = vec![2, old.sealed[1]];
                    Resealed::new(old, new)
                })
                .collect();
            let count = u64::try_from(resealed.len()).unwrap();
            assert_eq!(store.reseal(&resealed).await.unwrap(), count);
            assert_eq!(store.reseal(&resealed).await.unwrap(), 0, "it has changed");
        }
        assert_eq!(sizes, [2, 2, 1, 0]);
        page.after = None;
        assert_eq!(store.sealed(&page).await.unwrap(), [], "all are done");
    }
    let now = ManualClock::default().now();
    let taken = store.take(&[3; 32], now).await.unwrap().unwrap();
    assert_eq!(taken.sealed, [2, 3]);
    let kept = store
        .offer(&named("owner"), offer(3).id, now)
        .await
        .unwrap();
    assert_eq!(kept.unwrap().sealed, [2, 3]);
}

#[tokio::test]
async fn what_was_taken_is_not_sealed_back() {
    let folders = Folders::new();
    let store = folders.store().await;
    store.put(&login(1)).await.unwrap();
    let page = SealedPage::new(SealedField::Login, vec![2], 10);
    let old = store.sealed(&page).await.unwrap().remove(0);
    let now = ManualClock::default().now();
    assert!(store.take(&[1; 32], now).await.unwrap().is_some());
    let resealed = [Resealed::new(old, vec![2, 1])];
    assert_eq!(store.reseal(&resealed).await.unwrap(), 0);
    assert!(store.take(&[1; 32], now).await.unwrap().is_none());
}

#[tokio::test]
async fn a_damaged_file_fails_alone() {
    let folders = Folders::new();
    let store = folders.store().await;
    store.put(&login(1)).await.unwrap();
    store.put(&login(2)).await.unwrap();
    let damaged = std::fs::read_dir(folders.path(0)).unwrap();
    let damaged = damaged.map(|entry| entry.unwrap().path());
    let mut damaged = damaged.filter(|path| path.to_string_lossy().ends_with("0101"));
    std::fs::write(damaged.next().unwrap(), "{\"owner\":\"SECRET").unwrap();

    let now = ManualClock::default().now();
    let error = store.take(&[1; 32], now).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(*error.remedy(), Remedy::Operator);
    assert!(error.to_string().contains("damaged"), "{error}");
    assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    let page = SealedPage::new(SealedField::Login, vec![2], 10);
    assert_eq!(store.sealed(&page).await.unwrap().len(), 1);
    assert_eq!(
        store.purge(now + Duration::from_secs(601)).await.unwrap(),
        1
    );
}
