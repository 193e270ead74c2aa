use std::{env, sync::{Arc, Mutex}, time::Duration};

use async_trait::async_trait;
use social_core::{Result, conformance::{Harness, Reopen, model}};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, ConnectOptions, postgres::PgConnectOptions};

#[derive(Default)]
pub(crate) struct Schemas {
    open: Mutex<(Duration, Vec<(String, Arc<PgStore>)>)>,
}

pub(crate) fn url() -> String {
    env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL for tests")
}

impl Schemas {
    async fn open(&self, schema: String) -> Arc<PgStore> {
        let store = PgStore::builder().schema(schema.clone()).connect(&url()).await.unwrap();
        let store = Arc::new(store);
        let elapsed = {
            let mut open = self.open.lock().unwrap();
            open.1.retain(|(name, _)| *name != schema);
            open.1.push((schema.clone(), Arc::clone(&store)));
            open.0
        };
        set_clock(&schema, elapsed).await;
        store
    }
}

async fn set_clock(schema: &str, elapsed: Duration) {
    let mut conn = url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    let sql = format!(
        "CREATE OR REPLACE FUNCTION {schema}.clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
         AS 'SELECT pg_catalog.clock_timestamp() + interval ''{} microseconds'''", elapsed.as_micros());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
}

#[async_trait]
impl Harness for Schemas {
    type Store = PgStore;

    async fn store(&self) -> Arc<PgStore> {
        self.open(format!("t_{}", uuid::Uuid::new_v4().simple())).await
    }

    async fn advance(&self, by: Duration) {
        let (elapsed, names) = {
            let mut open = self.open.lock().unwrap();
            open.0 += by;
            (open.0, open.1.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())
        };
        for name in names {
            set_clock(&name, elapsed).await;
        }
    }
}

#[async_trait]
impl Reopen for Schemas {
    async fn reopen(&self, store: Arc<PgStore>) -> Arc<PgStore> {
        let schema = {
            let open = self.open.lock().unwrap();
            open.1.iter().find(|(_, kept)| Arc::ptr_eq(kept, &store)).unwrap().0.clone()
        };
        store.close().await;
        self.open(schema).await
    }
}

social_core::post_store_suite!(Schemas::default());
social_core::post_store_durability_suite!(Schemas::default());

#[tokio::test]
async fn posts_keep_step_with_the_store_in_memory() -> Result<()> {
    model::posts(&Schemas::default(), 20_260_101, 10_000).await
}
