use std::{path::PathBuf, time::Duration};

use social_store_sqlite::SqliteStore;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::{
    fixtures::raw,
    rolled::{
        Rolled, accounts_survive, events_of_newer_posts_are_told, holds_survive,
        marked_posts_survive, posts_survive, posts_survive_events, unmarked_posts_survive,
    },
};

struct File {
    store: SqliteStore,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl File {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("social.db");
        let store = SqliteStore::open(&path).await.unwrap();
        Self {
            store,
            path,
            _folder: folder,
        }
    }

    async fn text(&self, sql: String) -> String {
        let mut conn = raw(&self.path).await;
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut conn).await;
        let text = row.unwrap().get(0);
        conn.close().await.unwrap();
        text
    }
}

impl Rolled for File {
    type Store = SqliteStore;

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    async fn run(&self, sql: &str) {
        let mut conn = raw(&self.path).await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        done.execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    async fn row(&self, table: &str, of: &str) -> String {
        let columns = format!(
            "SELECT group_concat('quote(' || name || ')', ' || '','' || ') FROM pragma_table_info('{table}')"
        );
        let (columns, named) = (self.text(columns).await, named(table));
        self.text(format!(
            "SELECT {columns} FROM {table} WHERE {named} = '{of}'"
        ))
        .await
    }

    async fn pass(&self, time: Duration) {
        self.store.advance_clock(time).await.unwrap();
    }
}

fn named(table: &str) -> &'static str {
    match table {
        "posts" => "idempotency_key",
        _ => "account",
    }
}

#[tokio::test]
async fn a_post_of_a_newer_release_survives_a_rollback() {
    posts_survive(&File::new().await).await;
}

#[tokio::test]
async fn an_account_of_a_newer_release_survives_a_rollback() {
    accounts_survive(&File::new().await).await;
}

#[tokio::test]
async fn a_post_that_a_newer_release_marked_survives_a_rollback() {
    marked_posts_survive(&File::new().await).await;
}

#[tokio::test]
async fn a_post_that_a_newer_release_forgot_to_mark_survives_a_rollback() {
    unmarked_posts_survive(&File::new().await).await;
}

#[tokio::test]
async fn a_hold_of_a_newer_release_survives_a_rollback() {
    holds_survive(&File::new().await).await;
}

#[tokio::test]
async fn a_post_of_a_newer_release_is_told_nothing_after_a_rollback() {
    posts_survive_events(&File::new().await).await;
}

#[tokio::test]
async fn an_event_about_a_post_of_a_newer_release_is_told_when_that_is_back() {
    events_of_newer_posts_are_told(&File::new().await).await;
}
