//! Which life of the data this is: a restored copy is another one, and nothing else is.

use social_core::{
    error::ErrorKind,
    store::{Expect, InstallationStore, LastWrites, TokenStore},
};
use sqlx::{AssertSqlSafe, Connection, Row};
use url::Url;

use crate::{
    backup::Backup,
    fixtures::{key, token},
    schemas::{Schemas, database_url, raw, run, unique_name},
};

/// The address of another database of the same server.
fn database(name: &str) -> String {
    let mut url = Url::parse(&database_url()).unwrap();
    url.set_path(name);
    url.into()
}

#[tokio::test]
async fn a_copy_in_another_database_is_another_life_of_the_same_installation() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
    let original = store.incarnations().await.unwrap();
    assert!(original.is_same());

    let other = unique_name();
    run(format!("DROP DATABASE IF EXISTS {other}")).await;
    run(format!("CREATE DATABASE {other}")).await;
    Backup::of(&name).restore(&database(&other));
    let copy = schemas
        .builder(&name)
        .0
        .connect(&database(&other))
        .await
        .unwrap();
    let lives = copy.incarnations().await.unwrap();
    assert!(!lives.is_same(), "{lives:?}");
    assert_eq!(lives.accepted, original.present);
    assert_eq!(
        copy.installation().await.unwrap(),
        store.installation().await.unwrap()
    );
    assert!(TokenStore::load(&copy, &key("a")).await.unwrap().is_some());

    copy.accept_incarnation(&lives.present, LastWrites::Kept)
        .await
        .unwrap();
    assert!(copy.incarnations().await.unwrap().is_same());
    let late = copy
        .accept_incarnation(&original.present, LastWrites::Kept)
        .await
        .unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
    assert!(store.incarnations().await.unwrap().is_same(), "untouched");
    copy.close().await;
    run(format!("DROP DATABASE {other}")).await;
}

/// Each part tells on its own: what is remembered differs from what is in one of them only.
#[tokio::test]
async fn every_part_of_the_name_tells() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let present = store.incarnations().await.unwrap().present;
    let (first, _) = present
        .as_str()
        .split_once(", ")
        .unwrap_or((present.as_str(), ""));
    assert_eq!(first.split('/').count(), 4);
    assert!(!present.as_str().contains("unknown"), "{present}");
    for part in 1..=4 {
        run(format!(
            "UPDATE {name}.installation SET incarnation[{part}] = '0'"
        ))
        .await;
        let lives = store.incarnations().await.unwrap();
        assert!(!lives.is_same(), "part {part}: {lives:?}");
        assert_eq!(lives.present, present);
        store
            .accept_incarnation(&present, LastWrites::Kept)
            .await
            .unwrap();
        assert!(store.incarnations().await.unwrap().is_same());
    }
}

/// A server that does not tell a part, or did not: the others are compared.
#[tokio::test]
async fn a_part_that_the_server_does_not_tell_is_left_out() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    run(format!(
        "UPDATE {name}.installation SET incarnation[1] = NULL"
    ))
    .await;
    let lives = store.incarnations().await.unwrap();
    assert!(lives.is_same() && lives.present.as_str().starts_with("unknown/"));
    run(format!(
        "UPDATE {name}.installation SET incarnation[3] = '0'"
    ))
    .await;
    let lives = store.incarnations().await.unwrap();
    assert!(!lives.is_same(), "{lives:?}");
}

/// The function itself, as a role that may call none of what it asks.
#[tokio::test]
async fn what_a_role_may_not_ask_is_not_told() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    schemas.connect(&name).await;
    let role = unique_name();
    run(format!(
        "DROP ROLE IF EXISTS {role}; CREATE ROLE {role};
        GRANT USAGE ON SCHEMA {name} TO {role}"
    ))
    .await;
    let mut conn = raw().await;
    // Only within this transaction, which is rolled back.
    let sql = format!(
        "BEGIN; ALTER FUNCTION {name}.incarnation() SECURITY INVOKER;
        REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() FROM PUBLIC;
        SET LOCAL ROLE {role}"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut conn)
        .await
        .unwrap();
    let asked = AssertSqlSafe(format!("SELECT {name}.incarnation() AS told"));
    let row = sqlx::raw_sql(asked).fetch_one(&mut conn).await.unwrap();
    let told: Vec<Option<String>> = row.try_get("told").unwrap();
    conn.close().await.unwrap();
    run(format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    let is_told: Vec<_> = told.iter().take(4).map(Option::is_some).collect();
    assert_eq!(is_told, [false, false, true, true], "{told:?}");
}

#[tokio::test]
async fn upkeep_is_no_other_life() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let before = store.incarnations().await.unwrap();
    run(format!("VACUUM FULL {name}.installation")).await;
    run(format!("REINDEX TABLE {name}.installation")).await;
    run("SELECT pg_switch_wal()").await;
    run("CHECKPOINT").await;
    assert_eq!(store.incarnations().await.unwrap(), before);
    assert!(before.is_same());
}

/// As a replica leaves it that was promoted, with nothing else changed: told where the instance has a name.
#[tokio::test]
async fn a_higher_timeline_alone_is_a_promotion_of_a_named_instance() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let nameless = schemas.connect(&name).await;
    let earlier = format!("UPDATE {name}.installation SET incarnation[2] = '00000000'");
    run(earlier.as_str()).await;
    let lives = nameless.incarnations().await.unwrap();
    assert!(!lives.is_same() && !lives.is_promotion, "{lives:?}");

    let (builder, url) = schemas.builder(&name);
    let named = builder.instance("prod").connect(&url).await.unwrap();
    let lives = named.incarnations().await.unwrap();
    assert!(!lives.is_same() && lives.is_promotion, "{lives:?}");
    for other in [
        "incarnation[1] = '0'",
        "incarnation[3] = '0'",
        "incarnation[4] = '0'",
        "incarnation[2] = 'FFFFFFFF'",
        "instance = 'staging'",
    ] {
        let kept = named.incarnations().await.unwrap().present;
        run(format!("UPDATE {name}.installation SET {other}")).await;
        let lives = named.incarnations().await.unwrap();
        assert!(
            !lives.is_same() && !lives.is_promotion,
            "{other}: {lives:?}"
        );
        named
            .accept_incarnation(&kept, LastWrites::Kept)
            .await
            .unwrap();
        run(earlier.as_str()).await;
    }
}

/// A store that was opened before the data were named hears of it with its next look.
#[tokio::test]
async fn a_name_given_elsewhere_is_noticed_by_who_has_none() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    assert!(store.incarnations().await.unwrap().is_same());
    let (builder, url) = schemas.builder(&name);
    let named = builder.instance("prod-eu-1").connect(&url).await.unwrap();
    assert!(named.incarnations().await.unwrap().is_same());
    let lives = store.incarnations().await.unwrap();
    assert!(!lives.is_same(), "{lives:?}");
    let (builder, url) = schemas.builder(&name);
    let error = builder.instance("prod eu").connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
