//! After a restore or a clone nothing is sent before an operator has looked.

use std::fs;

use social_core::Stores;
use social_sandbox::Sandbox;
use social_store_postgres::PgStore;
use social_store_sqlite::SqliteStore;

use super::{Place, Postgres, Said, service};

/// The name that the status shows.
pub(super) fn present(said: &Said) -> String {
    let mut lines = said.out.lines();
    let name = lines.find_map(|line| line.strip_prefix("incarnation"));
    name.expect("its line").trim().to_owned()
}

async fn is_accepted_by_its_name(place: &Place) {
    let said = place.run(&["status"]).await;
    let name = present(&said);
    let command = format!("worker accept-incarnation '{name}'");
    said.says(3, &["another life", &command]);
    let wrong = place.run(&["accept-incarnation", "another"]).await;
    wrong.says(1, &["not the one given", &name]);
    place.run(&["status"]).await.says(3, &["another life"]);

    let said = place.well(&["accept-incarnation", &name]).await;
    assert!(said.contains("accepted: workers go on"), "{said}");
    place.well(&["status"]).await;
    let said = place.well(&["accept-incarnation", &name]).await;
    assert!(said.contains("nothing was changed"), "{said}");
}

/// A service runs on the data, so there is a key.
async fn use_once(stores: Stores, place: &Place) {
    let sandbox = Sandbox::builder().start().await.unwrap();
    drop(service(stores, place.folder(), &sandbox).await);
    sandbox.stop().await;
    place.well(&["status"]).await;
}

fn copy(name: &str, from: &Place, to: &Place) {
    fs::copy(from.folder().join(name), to.folder().join(name)).unwrap();
}

#[tokio::test]
async fn a_copied_file_waits_for_an_operator() {
    let original = Place::sqlite();
    let store = SqliteStore::open(original.folder().join("social.db"));
    let store = store.await.unwrap();
    use_once(store.clone().into(), &original).await;
    store.close().await;

    let place = Place::sqlite();
    copy("social.db", &original, &place);
    copy("social.key", &original, &place);
    is_accepted_by_its_name(&place).await;
    original.well(&["status"]).await;
}

#[tokio::test]
async fn a_new_file_in_the_place_of_one_that_is_gone_waits_for_an_operator() {
    let place = Place::sqlite();
    let database = place.folder().join("social.db");
    let store = SqliteStore::open(&database).await.unwrap();
    use_once(store.clone().into(), &place).await;
    store.close().await;

    fs::remove_file(&database).unwrap();
    place
        .run(&["status"])
        .await
        .says(1, &["has no tables", "worker migrate"]);
    place
        .run(&["migrate"])
        .await
        .says(0, &["tables made", "is gone", "restore it if you can"]);
    let store = SqliteStore::open(&database).await.unwrap();
    let sandbox = Sandbox::builder().start().await.unwrap();
    drop(service(store.clone().into(), place.folder(), &sandbox).await);
    store.close().await;
    is_accepted_by_its_name(&place).await;
    sandbox.stop().await;
}

#[tokio::test]
async fn a_copied_database_waits_for_an_operator() {
    let database = Postgres::make().await;
    let original = Place::of(database.url().as_str());
    original.well(&["migrate"]).await;
    let store = PgStore::connect(database.url().as_str()).await.unwrap();
    use_once(store.clone().into(), &original).await;
    store.close().await;

    let restored = database.copy().await;
    let place = Place::of(restored.url().as_str());
    copy("social.key", &original, &place);
    is_accepted_by_its_name(&place).await;
    original.well(&["status"]).await;
    restored.remove().await;
    database.remove().await;
}
