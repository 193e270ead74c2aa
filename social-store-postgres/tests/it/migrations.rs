//! Making the tables: once, however many begin, or not at all.

use std::collections::BTreeSet;

use social_core::{
    conformance::named,
    error::{ErrorKind, Remedy},
    store::{Expect, InstallationStore, TokenStore},
};
use sqlx::{AssertSqlSafe, Row};
use tokio::task::JoinSet;

use crate::{
    fixtures::token,
    schemas::{Schemas, raw, run},
};

/// As many processes would, each with connections of its own.
async fn begin_at_once(schemas: &Schemas) {
    let name = schemas.name().await;
    let mut openings = JoinSet::new();
    for _ in 0..8 {
        let (builder, url) = schemas.builder(&name);
        openings.spawn(async move {
            let store = builder.connect(&url).await.unwrap();
            let id = store.installation().await.unwrap().id;
            store.close().await;
            id
        });
    }
    let ids = openings.join_all().await;
    assert_eq!(ids.len(), 8);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_begin_at_once_make_one_installation() {
    for _ in 0..3 {
        begin_at_once(&Schemas::direct()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_begin_at_once_through_a_pooler_make_one_installation() {
    for _ in 0..3 {
        begin_at_once(&Schemas::pooled()).await;
    }
}

async fn tables(schema: &str) -> Vec<String> {
    let sql = format!(
        "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace('{schema}') ORDER BY relname"
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_all(&mut raw().await)
        .await;
    rows.unwrap()
        .iter()
        .map(|row| row.try_get(0).unwrap())
        .collect()
}

#[tokio::test]
async fn a_newer_version_is_left_alone() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    schemas.connect(&name).await.close().await;
    run(format!(
        "UPDATE {name}.installation SET schema_version = 99"
    ))
    .await;
    let before = tables(&name).await;
    for migrate in [true, false] {
        let (builder, url) = schemas.builder(&name);
        let builder = if migrate {
            builder
        } else {
            builder.without_migration()
        };
        let error = builder.connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
        for word in ["version 99", "version 1", "newer"] {
            assert!(error.to_string().contains(word), "{error}");
        }
    }
    assert_eq!(tables(&name).await, before);
}

#[tokio::test]
async fn without_migration_nothing_is_made() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let (builder, url) = schemas.builder(&name);
    let error = builder
        .clone()
        .without_migration()
        .connect(&url)
        .await
        .unwrap_err();
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert!(error.to_string().contains("migrate first"), "{error}");
    run(format!("CREATE SCHEMA {name}")).await;
    assert!(
        builder
            .clone()
            .without_migration()
            .connect(&url)
            .await
            .is_err()
    );
    assert_eq!(tables(&name).await, Vec::<String>::new());
    builder.clone().connect(&url).await.unwrap().close().await;
    builder.without_migration().connect(&url).await.unwrap();
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    run(format!(
        "CREATE SCHEMA {name}; CREATE TABLE {name}.offers (id integer)"
    ))
    .await;
    let (builder, url) = schemas.builder(&name);
    let error = builder.clone().connect(&url).await.unwrap_err();
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert_eq!(error.code(), Some("sqlstate_42P07"), "{error:?}");
    assert_eq!(tables(&name).await, ["offers"]);
    run(format!("DROP TABLE {name}.offers")).await;
    builder.connect(&url).await.unwrap();
}

#[tokio::test]
async fn tables_of_others_may_be_beside() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    run(format!(
        "CREATE SCHEMA {name}; CREATE TABLE {name}.sessions (id text)"
    ))
    .await;
    schemas.connect(&name).await;
    let store = schemas.connect(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
}

/// A later version adds columns while this one runs.
#[tokio::test]
async fn a_column_that_is_added_stops_nothing() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut revision = store.save(&token("a"), Expect::Absent).await.unwrap();
    for round in 0..2 {
        for _ in 0..10 {
            let saved = store.save(&token("a"), Expect::Revision(revision)).await;
            revision = saved.unwrap();
            assert_eq!(store.list(&named("owner")).await.unwrap().len(), 1);
        }
        run(format!(
            "ALTER TABLE {name}.accounts ADD COLUMN later_{round} text"
        ))
        .await;
    }
}
