//! The statements fit the tables as they are: a handful of rows, and no figures.

use std::time::Duration;

use examples::stage::{self, Database, Ground, rows};
use social_core::store::{ClaimDue, ClaimPosts};

use crate::fill;

const ROWS: u64 = 60;
const LANES: u64 = 6;
const LEASE: Duration = Duration::from_secs(600);

/// Fills a store, and claims what is in it.
async fn filled(database: Database, statements: [String; 2]) {
    let ground = Ground::open(database).await.unwrap();
    let folder = ground.folder().await.unwrap();
    let stores = stage::stores(folder.path(), None).await.unwrap();
    for statements in &statements {
        ground.execute(folder.path(), statements).await.unwrap();
    }
    let due = ClaimDue::new(rows::at(0), LEASE, 1_000);
    let due = stores.tokens.claim_due(&due).await.unwrap();
    assert_eq!(due.len(), 48, "all but the fifth that is dead");
    let versions = vec![(rows::app(), rows::VERSION)];
    let posts = ClaimPosts::new(rows::at(0), LEASE, 1_000, versions);
    let posts = stores.posts.claim(&posts).await.unwrap();
    let mut accounts: Vec<_> = posts.iter().map(|it| it.post.account.row_id()).collect();
    accounts.sort();
    let keys = (1..=LANES).map(|number| rows::key(number).row_id());
    assert_eq!(accounts, keys.collect::<Vec<_>>(), "one of each account");
}

#[tokio::test]
async fn postgres_is_filled() {
    let statements = [
        fill::accounts_postgres(ROWS),
        fill::posts_postgres(ROWS, LANES),
    ];
    filled(Database::Postgres, statements).await;
}

#[tokio::test]
async fn sqlite_is_filled() {
    let statements = [fill::accounts_sqlite(ROWS), fill::posts_sqlite(ROWS, LANES)];
    filled(Database::Sqlite, statements).await;
}
