//! Making and upgrading tables, and the look at them.

use super::{Place, Postgres};

#[tokio::test]
async fn migrating_says_from_which_version_to_which() {
    let database = Postgres::make().await;
    for place in [Place::sqlite(), Place::of(database.url().as_str())] {
        let said = place.well(&["migrate"]).await;
        let (_, version) = said.trim_end().split_once("tables made, ").unwrap();
        assert!(version.starts_with("version "), "{version}");
        let said = place.well(&["migrate"]).await;
        assert!(said.contains(&format!("already at {version}")), "{said}");
        let said = place.well(&["status"]).await;
        assert!(said.contains(&format!("tables of {version}")), "{said}");
        assert!(said.contains("all well"), "{said}");
    }
    database.remove().await;
}

#[tokio::test]
async fn many_processes_may_migrate_at_once() {
    let database = Postgres::make().await;
    for place in [Place::sqlite(), Place::of(database.url().as_str())] {
        let migrations = (0..4).map(|_| place.run(&["migrate"]));
        for said in futures_util::future::join_all(migrations).await {
            said.says(0, &["version "]);
        }
    }
    database.remove().await;
}

#[tokio::test]
async fn it_works_through_a_pooler() {
    let database = Postgres::make().await;
    let place = Place::of(database.pooled_url().as_str()).var("DATABASE_POOLER", "true");
    place.well(&["migrate"]).await;
    let said = place.well(&["status"]).await;
    assert!(said.contains("all well"), "{said}");
    database.remove().await;
}

#[tokio::test]
async fn nothing_but_migrate_makes_tables() {
    let database = Postgres::make().await;
    for place in [Place::sqlite(), Place::of(database.url().as_str())] {
        let key = "TIKTOK_CLIENT_KEY";
        let place = place.var(key, "key").var("TIKTOK_CLIENT_SECRET", "secret");
        for command in [
            &["status"][..],
            &["reseal"],
            &["run"],
            &["accept-incarnation", "x"],
            &["unblock"],
        ] {
            let said = place.run(command).await;
            said.says(1, &["no tables", "run `worker migrate` first"]);
        }
        assert!(!place.folder().join("social.db").exists());
        assert!(!place.folder().join("social.key").exists());
    }
    database.remove().await;
}

#[tokio::test]
async fn commands_of_operators_make_no_key() {
    let place = Place::sqlite();
    place.well(&["migrate"]).await;
    for command in [&["reseal"][..], &["accept-incarnation", "x"]] {
        place
            .run(command)
            .await
            .says(1, &["no worker has run", "start one first"]);
    }
    place.well(&["status"]).await;
    assert!(!place.folder().join("social.key").exists());
}
