//! Stores that share nothing: each has a schema of its own, dropped at the end.

use std::{
    env, process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use social_core::conformance::{Harness, Instance, Reincarnate, Reopen};
use social_store_postgres::{PgBuilder, PgStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::backup::Backup;

/// Where the server is. A test that finds none fails.
pub(crate) fn database_url() -> String {
    env::var("DATABASE_URL")
        .expect("DATABASE_URL names a server for tests; scripts/test starts one")
}

fn pooler_url() -> String {
    env::var("PGBOUNCER_URL")
        .expect("PGBOUNCER_URL names a pooler for tests; scripts/test starts one")
}

/// A name that no other test of this run has.
pub(crate) fn unique_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    format!(
        "t_{}_{}",
        process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    )
}

/// A connection that knows nothing of the store.
pub(crate) async fn raw() -> PgConnection {
    PgConnection::connect(&database_url()).await.unwrap()
}

/// Does something behind the store's back.
pub(crate) async fn run(sql: impl Into<String>) {
    let mut conn = raw().await;
    let done = sqlx::raw_sql(AssertSqlSafe(sql.into()))
        .execute(&mut conn)
        .await;
    done.unwrap();
    conn.close().await.unwrap();
}

/// How the stores reach the server.
#[derive(Clone, Copy)]
enum Route {
    Direct,
    Pooled,
}

pub(crate) struct Schemas {
    route: Route,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    elapsed: Duration,
    names: Vec<String>,
    stores: Vec<(Arc<PgStore>, usize)>,
}

impl Schemas {
    pub(crate) fn direct() -> Self {
        Self::new(Route::Direct)
    }

    /// Through a pooler in transaction mode.
    pub(crate) fn pooled() -> Self {
        Self::new(Route::Pooled)
    }

    fn new(route: Route) -> Self {
        Self {
            route,
            open: Mutex::default(),
        }
    }

    /// The name of a schema that is dropped at the end, not yet made.
    pub(crate) async fn name(&self) -> String {
        let name = unique_name();
        // An earlier process may have had the same id and left one behind.
        run(format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await;
        self.open.lock().unwrap().names.push(name.clone());
        name
    }

    /// The options and the URL of a store in this schema.
    pub(crate) fn builder(&self, name: &str) -> (PgBuilder, String) {
        let builder = PgStore::builder().schema(name);
        match self.route {
            Route::Direct => (builder, database_url()),
            Route::Pooled => (builder.through_pooler(), pooler_url()),
        }
    }

    /// A store in this schema, in a pool of its own.
    pub(crate) async fn connect(&self, name: &str) -> PgStore {
        let (builder, url) = self.builder(name);
        builder.connect(&url).await.unwrap()
    }

    async fn open(&self, number: usize) -> Arc<PgStore> {
        self.open_as(number, None).await
    }

    async fn open_as(&self, number: usize, instance: Option<&str>) -> Arc<PgStore> {
        let name = self.open.lock().unwrap().names[number].clone();
        let (builder, url) = self.builder(&name);
        let builder = instance.into_iter().fold(builder, PgBuilder::instance);
        let store = Arc::new(builder.connect(&url).await.unwrap());
        let mut open = self.open.lock().unwrap();
        open.stores.push((Arc::clone(&store), number));
        store
    }

    /// The number of a store that is about to be closed.
    fn forget(&self, store: &Arc<PgStore>) -> usize {
        let mut open = self.open.lock().unwrap();
        let same = |(kept, _): &(Arc<PgStore>, usize)| Arc::ptr_eq(kept, store);
        let place = open.stores.iter().position(same).unwrap();
        open.stores.remove(place).1
    }
}

#[async_trait]
impl Harness for Schemas {
    type Store = PgStore;

    async fn store(&self) -> Arc<PgStore> {
        self.name().await;
        let (number, elapsed) = {
            let open = self.open.lock().unwrap();
            (open.names.len() - 1, open.elapsed)
        };
        let store = self.open(number).await;
        store.advance_clock(elapsed).await.unwrap();
        store
    }

    async fn advance(&self, by: Duration) {
        let stores = {
            let mut open = self.open.lock().unwrap();
            open.elapsed += by;
            open.stores.clone()
        };
        for (store, _) in stores {
            store.advance_clock(by).await.unwrap();
        }
    }
}

#[async_trait]
impl Reopen for Schemas {
    async fn reopen(&self, store: Arc<PgStore>) -> Arc<PgStore> {
        let number = self.forget(&store);
        store.close().await;
        self.open(number).await
    }
}

#[async_trait]
impl Instance for Schemas {
    async fn open_as(&self, store: Arc<PgStore>, name: Option<&str>) -> Arc<PgStore> {
        let number = self.forget(&store);
        store.close().await;
        Self::open_as(self, number, name).await
    }
}

#[async_trait]
impl Reincarnate for Schemas {
    /// As an operator would: a backup, restored after the original is gone.
    async fn reincarnate(&self, store: Arc<PgStore>) -> Arc<PgStore> {
        let number = self.forget(&store);
        store.close().await;
        let name = self.open.lock().unwrap().names[number].clone();
        let backup = Backup::of(&name);
        run(format!("DROP SCHEMA {name} CASCADE")).await;
        backup.restore(&database_url());
        self.open(number).await
    }
}

impl Drop for Schemas {
    fn drop(&mut self) {
        let names = std::mem::take(&mut self.open.get_mut().unwrap().names);
        let drop_all = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                for name in names {
                    run(format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await;
                }
            });
        };
        // A thread of its own, because this one is within a runtime.
        let dropped = thread::spawn(drop_all).join();
        assert!(
            dropped.is_ok() || thread::panicking(),
            "schemas stay behind"
        );
    }
}
