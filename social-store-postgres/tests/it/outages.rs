//! Connections that end, and pools that are empty.

use std::time::Duration;

use social_core::{
    error::{ErrorKind, Remedy},
    store::{Expect, InstallationStore, TokenStore},
};
use social_store_postgres::PgStore;
use sqlx::{AssertSqlSafe, Connection, Row, postgres::PgPoolOptions};
use tokio::task::JoinSet;
use url::Url;

use crate::{
    fixtures::{key, token},
    schemas::{Schemas, database_url, raw, run},
    waits::until_one_waits,
};

/// The address, under a name by which the server knows the connections.
fn named(name: &str) -> String {
    let mut url = Url::parse(&database_url()).unwrap();
    url.query_pairs_mut().append_pair("application_name", name);
    url.into()
}

/// Ends every connection of this name and says how many there were.
async fn end_all(name: &str) -> i64 {
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = '{name}'"
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_one(&mut raw().await)
        .await;
    row.unwrap().try_get(0).unwrap()
}

#[tokio::test]
async fn idle_connections_that_ended_are_replaced_without_an_error() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = PgStore::builder()
        .schema(&name)
        .connect(&named(&name))
        .await
        .unwrap();
    store.save(&token("a"), Expect::Absent).await.unwrap();
    for _ in 0..3 {
        let mut calls = JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            calls.spawn(async move { TokenStore::load(&store, &key("a")).await });
        }
        for loaded in calls.join_all().await {
            assert!(loaded.unwrap().is_some());
        }
        assert!(end_all(&name).await >= 1);
    }
    assert!(store.remove(&key("a")).await.unwrap());
}

#[tokio::test]
async fn a_call_whose_connection_ends_fails_and_the_next_one_works() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = PgStore::builder()
        .schema(&name)
        .connect(&named(&name))
        .await
        .unwrap();
    let revision = store.save(&token("a"), Expect::Absent).await.unwrap();
    let mut other = raw().await;
    let lock = format!("BEGIN; SELECT FROM {name}.accounts FOR UPDATE");
    sqlx::raw_sql(AssertSqlSafe(lock))
        .execute(&mut other)
        .await
        .unwrap();
    let saving = {
        let store = store.clone();
        tokio::spawn(async move { store.save(&token("a"), Expect::Revision(revision)).await })
    };
    until_one_waits(&name).await;
    end_all(&name).await;
    let error = saving.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_transient(), "{error:?}");
    other.close().await.unwrap();
    store
        .save(&token("a"), Expect::Revision(revision))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pool_in_use_is_unavailable_after_the_waiting_time() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(200))
        .connect(&database_url())
        .await
        .unwrap();
    let store = PgStore::builder()
        .schema(&name)
        .pool(pool.clone())
        .await
        .unwrap();
    let taken = pool.acquire().await.unwrap();
    for error in [
        store.save(&token("a"), Expect::Absent).await.unwrap_err(),
        store.incarnations().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert_eq!(*error.remedy(), Remedy::Backoff, "{error:?}");
        assert!(error.to_string().contains("nothing was written"), "{error}");
    }
    drop(taken);
    store.save(&token("a"), Expect::Absent).await.unwrap();
}

#[tokio::test]
async fn a_closed_store_refuses() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let clone = store.clone();
    store.close().await;
    store.close().await;
    let error = clone.save(&token("a"), Expect::Absent).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Storage, &Remedy::Never)
    );
}

#[tokio::test]
async fn a_server_that_only_reads_is_for_the_operator() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    schemas.connect(&name).await.close().await;
    let mut url = Url::parse(&database_url()).unwrap();
    let only_read = "-c default_transaction_read_only=on";
    url.query_pairs_mut().append_pair("options", only_read);
    let store = PgStore::builder()
        .schema(&name)
        .connect(url.as_str())
        .await
        .unwrap();
    assert!(TokenStore::load(&store, &key("a")).await.unwrap().is_none());
    let error = store.save(&token("a"), Expect::Absent).await.unwrap_err();
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert_eq!(error.code(), Some("sqlstate_25006"));
}

/// Writes down under which settings accounts are written.
async fn watch_settings(schema: &str) {
    run(format!(
        "CREATE TABLE {schema}.seen (setting text, value text);
        CREATE FUNCTION {schema}.see() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO {schema}.seen SELECT name, current_setting(name) FROM unnest(ARRAY['synchronous_commit',
                'transaction_isolation', 'lock_timeout', 'idle_in_transaction_session_timeout']) AS name;
            RETURN NULL;
        END $$;
        CREATE TRIGGER see AFTER INSERT ON {schema}.accounts EXECUTE FUNCTION {schema}.see()"
    ))
    .await;
}

async fn settings(schema: &str) -> Vec<(String, String)> {
    let sql = format!("SELECT DISTINCT setting, value FROM {schema}.seen ORDER BY 1, 2");
    let rows = sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_all(&mut raw().await)
        .await;
    let rows = rows.unwrap();
    rows.iter()
        .map(|row| (row.try_get(0).unwrap(), row.try_get(1).unwrap()))
        .collect()
}

/// The defaults of the session are as bad as they can be; of the pooler's sessions, those of its server.
#[tokio::test]
async fn writes_are_durable_and_bounded_whatever_the_servers_defaults() {
    let expected = [
        ("idle_in_transaction_session_timeout", "20s"),
        ("lock_timeout", "20s"),
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
    ]
    .map(|(setting, value)| (setting.to_owned(), value.to_owned()));

    let mut url = Url::parse(&database_url()).unwrap();
    let bad =
        "-c synchronous_commit=off -c default_transaction_isolation=serializable -c lock_timeout=0";
    url.query_pairs_mut().append_pair("options", bad);
    let direct = Schemas::direct();
    let name = direct.name().await;
    let store = PgStore::builder()
        .schema(&name)
        .connect(url.as_str())
        .await
        .unwrap();
    watch_settings(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
    assert_eq!(settings(&name).await, expected);

    let pooled = Schemas::pooled();
    let name = pooled.name().await;
    let store = pooled.connect(&name).await;
    watch_settings(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
    assert_eq!(settings(&name).await, expected);
}

/// Raised where it is lower, as left by the role's or the server's settings, and never lowered.
#[tokio::test]
async fn what_an_operator_set_for_commits_is_never_lowered() {
    for (set, wanted) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("on", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let schemas = Schemas::direct();
        let name = schemas.name().await;
        schemas.connect(&name).await.close().await;
        let mut url = Url::parse(&database_url()).unwrap();
        let options = format!("-c synchronous_commit={set}");
        url.query_pairs_mut().append_pair("options", &options);
        let store = PgStore::builder().schema(&name).connect(url.as_str());
        let store = store.await.unwrap();
        watch_settings(&name).await;
        store.save(&token("a"), Expect::Absent).await.unwrap();
        let seen = settings(&name).await;
        let commit = ("synchronous_commit".to_owned(), wanted.to_owned());
        assert!(seen.contains(&commit), "{set}: {seen:?}");
        store.close().await;
    }
}
