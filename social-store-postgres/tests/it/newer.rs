use std::time::Duration;

use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::{
    rolled::{
        Rolled, accounts_survive, events_of_newer_posts_are_told, holds_survive,
        marked_posts_survive, posts_survive, posts_survive_events, unmarked_posts_survive,
    },
    schemas::{Schemas, raw, run},
};

struct Schema {
    store: PgStore,
    name: String,
    _schemas: Schemas,
}

impl Schema {
    async fn new() -> Self {
        let schemas = Schemas::direct();
        let name = schemas.name().await;
        Self {
            store: schemas.connect(&name).await,
            name,
            _schemas: schemas,
        }
    }
}

impl Rolled for Schema {
    type Store = PgStore;

    fn store(&self) -> &PgStore {
        &self.store
    }

    async fn run(&self, sql: &str) {
        run(format!("SET search_path = {}; {sql}", self.name)).await;
    }

    async fn row(&self, table: &str, of: &str) -> String {
        let named = match table {
            "posts" => "idempotency_key",
            _ => "account",
        };
        let sql = format!(
            "SELECT (to_jsonb(t) - 'updated_at')::text FROM {}.{table} t WHERE {named} = '{of}'",
            self.name
        );
        let mut conn = raw().await;
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut conn).await;
        let text = row.unwrap().get(0);
        conn.close().await.unwrap();
        text
    }

    async fn pass(&self, time: Duration) {
        self.store.advance_clock(time).await.unwrap();
    }
}

#[tokio::test]
async fn a_post_of_a_newer_release_survives_a_rollback() {
    posts_survive(&Schema::new().await).await;
}

#[tokio::test]
async fn an_account_of_a_newer_release_survives_a_rollback() {
    accounts_survive(&Schema::new().await).await;
}

#[tokio::test]
async fn a_post_that_a_newer_release_marked_survives_a_rollback() {
    marked_posts_survive(&Schema::new().await).await;
}

#[tokio::test]
async fn a_post_that_a_newer_release_forgot_to_mark_survives_a_rollback() {
    unmarked_posts_survive(&Schema::new().await).await;
}

#[tokio::test]
async fn a_hold_of_a_newer_release_survives_a_rollback() {
    holds_survive(&Schema::new().await).await;
}

#[tokio::test]
async fn a_post_of_a_newer_release_is_told_nothing_after_a_rollback() {
    posts_survive_events(&Schema::new().await).await;
}

#[tokio::test]
async fn an_event_about_a_post_of_a_newer_release_is_told_when_that_is_back() {
    events_of_newer_posts_are_told(&Schema::new().await).await;
}
