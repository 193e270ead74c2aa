//! What a platform has blocked for longer than an operator believes.

use std::time::Duration;

use social_core::Stores;
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;

use super::{Place, Postgres};

const KEY: &str = "tiktok/init/key/-000ann";

async fn is_let_go(place: &Place, stores: Stores) {
    let said = place.well(&["unblock"]).await;
    assert!(said.contains("nothing is blocked"), "{said}");
    let hours = |n: u64| Duration::from_secs(n * 3_600);
    stores.limits.block(KEY, hours(24)).await.unwrap();
    stores
        .limits
        .block("tiktok/users/key", hours(1))
        .await
        .unwrap();
    let said = place.well(&["unblock"]).await;
    let expected = format!("{KEY}: 24 h more\ntiktok/users/key: 60 min more\n");
    assert_eq!(said, expected);
    let wrong = place.run(&["unblock", "tiktok/init/key"]).await;
    wrong.says(1, &["is not blocked", "Nothing was changed"]);
    let said = place.well(&["unblock", KEY]).await;
    assert!(said.contains(KEY) && said.contains("is free"), "{said}");
    let said = place.well(&["unblock"]).await;
    assert_eq!(said, "tiktok/users/key: 60 min more\n");
    place
        .run(&["unblock", KEY])
        .await
        .says(1, &["is not blocked"]);
}

#[tokio::test]
async fn a_blocked_limit_is_shown_and_let_go() {
    let place = Place::sqlite();
    place.well(&["migrate"]).await;
    let store = SqliteStore::open(place.folder().join("social.db"));
    let store = store.await.unwrap();
    is_let_go(&place, store.clone().into()).await;
    store.close().await;

    let database = Postgres::make().await;
    let place = Place::of(database.url().as_str());
    place.well(&["migrate"]).await;
    let store = PgStore::connect(database.url().as_str()).await.unwrap();
    is_let_go(&place, store.clone().into()).await;
    store.close().await;
    database.remove().await;
}
