//! The suites of `social-core`, mounted on this store.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use social_core::conformance::{Harness, Reopen};
use social_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A folder of its own, and the stores in it with their files' names.
pub(crate) struct Files {
    folder: TempDir,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    elapsed: Duration,
    stores: Vec<Arc<SqliteStore>>,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            open: Mutex::default(),
        }
    }

    async fn open(&self, number: usize) -> Arc<SqliteStore> {
        let path = self.folder.path().join(format!("{number}.db"));
        let store = Arc::new(SqliteStore::open(path).await.unwrap());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        store.advance_clock(open.elapsed);
        if number == open.stores.len() {
            open.stores.push(Arc::clone(&store));
        } else {
            open.stores[number] = Arc::clone(&store);
        }
        store
    }
}

#[async_trait]
impl Harness for Files {
    type Store = SqliteStore;

    async fn store(&self) -> Arc<SqliteStore> {
        let number = self.open.lock().unwrap().stores.len();
        self.open(number).await
    }

    async fn advance(&self, by: Duration) {
        let mut open = self.open.lock().unwrap();
        open.elapsed += by;
        for store in &open.stores {
            store.advance_clock(by);
        }
    }
}

#[async_trait]
impl Reopen for Files {
    async fn reopen(&self, store: Arc<SqliteStore>) -> Arc<SqliteStore> {
        let number = {
            let open = self.open.lock().unwrap();
            let same = |kept: &Arc<SqliteStore>| Arc::ptr_eq(kept, &store);
            open.stores.iter().position(same).unwrap()
        };
        store.close().await;
        self.open(number).await
    }
}

mod installation {
    social_core::installation_store_suite!(super::Files::new());
    social_core::installation_store_durability_suite!(super::Files::new());
}

mod logins {
    social_core::login_store_suite!(super::Files::new());
    social_core::login_store_durability_suite!(super::Files::new());
}

mod posts {
    social_core::post_store_suite!(super::Files::new());
    social_core::post_store_durability_suite!(super::Files::new());
}

mod tokens {
    social_core::token_store_suite!(super::Files::new());
    social_core::token_store_durability_suite!(super::Files::new());
}
