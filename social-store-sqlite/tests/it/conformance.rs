//! The suites of `social-core`, mounted on this store.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use social_core::conformance::{Harness, Instance, Reincarnate, Reopen};
use social_store_sqlite::{SqliteBuilder, SqliteStore};
use tempfile::TempDir;

/// A folder of its own, and the stores in it with their files' names.
pub(crate) struct Files {
    folder: TempDir,
    open: Mutex<Vec<Arc<SqliteStore>>>,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            open: Mutex::default(),
        }
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}.db"))
    }

    /// Closes the store and says which it is.
    async fn close(&self, store: Arc<SqliteStore>) -> usize {
        let number = {
            let open = self.open.lock().unwrap();
            let same = |kept: &Arc<SqliteStore>| Arc::ptr_eq(kept, &store);
            open.iter().position(same).unwrap()
        };
        store.close().await;
        number
    }

    async fn open(&self, number: usize) -> Arc<SqliteStore> {
        self.open_with(number, SqliteStore::builder()).await
    }

    async fn open_with(&self, number: usize, builder: SqliteBuilder) -> Arc<SqliteStore> {
        let store = Arc::new(builder.open(self.path(number)).await.unwrap());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if number == open.len() {
            open.push(Arc::clone(&store));
        } else {
            open[number] = Arc::clone(&store);
        }
        store
    }
}

#[async_trait]
impl Harness for Files {
    type Store = SqliteStore;

    async fn store(&self) -> Arc<SqliteStore> {
        let number = self.open.lock().unwrap().len();
        self.open(number).await
    }

    async fn advance(&self, by: Duration) {
        let open = self.open.lock().unwrap().clone();
        for store in open {
            store.advance_clock(by).await.unwrap();
        }
    }
}

#[async_trait]
impl Reopen for Files {
    async fn reopen(&self, store: Arc<SqliteStore>) -> Arc<SqliteStore> {
        let number = self.close(store).await;
        self.open(number).await
    }
}

#[async_trait]
impl Instance for Files {
    async fn open_as(&self, store: Arc<SqliteStore>, name: Option<&str>) -> Arc<SqliteStore> {
        let number = self.close(store).await;
        let builder = SqliteStore::builder();
        let builder = name.into_iter().fold(builder, SqliteBuilder::instance);
        self.open_with(number, builder).await
    }
}

/// A copy takes the file's place.
#[async_trait]
impl Reincarnate for Files {
    async fn reincarnate(&self, store: Arc<SqliteStore>) -> Arc<SqliteStore> {
        let number = self.close(store).await;
        let copy = self.folder.path().join("copy");
        std::fs::copy(self.path(number), &copy).unwrap();
        std::fs::rename(&copy, self.path(number)).unwrap();
        self.open(number).await
    }
}

mod cancel {
    social_core::event_store_cancellation_suite!(super::Files::new());
    social_core::installation_store_cancellation_suite!(super::Files::new());
    social_core::limits_cancellation_suite!(super::Files::new());
    social_core::login_store_cancellation_suite!(super::Files::new());
    social_core::post_store_cancellation_suite!(super::Files::new());
    social_core::sealed_store_cancellation_suite!(super::Files::new());
    social_core::token_store_cancellation_suite!(super::Files::new());
}

mod events {
    social_core::event_store_suite!(super::Files::new());
    social_core::event_store_durability_suite!(super::Files::new());
    social_core::event_store_wakes_suite!(super::Files::new());
}

mod installation {
    social_core::installation_store_suite!(super::Files::new());
    social_core::installation_store_durability_suite!(super::Files::new());
    social_core::installation_store_instances_suite!(super::Files::new());
    social_core::installation_store_lives_suite!(super::Files::new());
}

mod limits {
    social_core::limits_suite!(super::Files::new());
    social_core::limits_durability_suite!(super::Files::new());
}

mod logins {
    social_core::login_store_suite!(super::Files::new());
    social_core::login_store_durability_suite!(super::Files::new());
}

mod posts {
    social_core::post_store_suite!(super::Files::new());
    social_core::post_store_durability_suite!(super::Files::new());
    social_core::post_store_losses_suite!(super::Files::new());
    social_core::post_store_wakes_suite!(super::Files::new());
}

mod sealed {
    social_core::sealed_store_suite!(super::Files::new());
    social_core::sealed_store_durability_suite!(super::Files::new());
}

mod told {
    social_core::told_suite!(super::Files::new());
}

mod tokens {
    social_core::token_store_suite!(super::Files::new());
    social_core::token_store_durability_suite!(super::Files::new());
}
