//! A damaged row fails by itself; the others go on.

use social_core::{
    conformance::named,
    error::{Error, ErrorKind, Remedy},
    store::{ClaimDue, Expect, InstallationStore, LoginRecord, LoginStore, TokenStore},
};

use crate::{
    fixtures::{LEASE, at, key, token},
    schemas::{Schemas, run},
};

#[track_caller]
fn is_damage(error: &Error, column: &str) {
    assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert_eq!(error.code(), Some("damaged_row"), "{error:?}");
    assert!(error.to_string().contains(column), "{error}");
    assert!(!format!("{error:?}").contains("BROKEN"), "{error:?}");
}

#[tokio::test]
async fn a_damaged_account_does_not_stop_the_others() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    for account in ["a", "b", "c"] {
        store.save(&token(account), Expect::Absent).await.unwrap();
    }
    run(format!(
        "UPDATE {name}.accounts SET status_detail = 'BROKEN' WHERE account = 'b'"
    ))
    .await;
    let due = ClaimDue::new(at(0), LEASE, 10);
    let claims = store.claim_due(&due).await.unwrap();
    let mut accounts: Vec<_> = claims
        .iter()
        .map(|c| c.record.key.account.as_str())
        .collect();
    accounts.sort_unstable();
    assert_eq!(accounts, ["a", "c"]);
    is_damage(
        &TokenStore::load(&store, &key("b")).await.unwrap_err(),
        "status",
    );
    assert_eq!(store.list(&named("owner")).await.unwrap().len(), 2);
    store.advance_clock(LEASE).await.unwrap();
    let alone = store.claim(&key("b"), LEASE).await.unwrap_err();
    is_damage(&alone, "status");
    store.save(&token("d"), Expect::Absent).await.unwrap();
}

#[tokio::test]
async fn whatever_a_column_holds_nothing_panics() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    for (column, value) in [
        ("status_detail", "'BROKEN'"),
        ("scopes", "ARRAY[NULL]"),
        ("aliases", "ARRAY[NULL, 'BROKEN']"),
        ("connected_at", "'infinity'"),
        ("expires_at", "'-infinity'"),
        ("refresh_due_at", "'294276-12-31'"),
        ("grant_ends_at", "'infinity'"),
        ("suspected_at", "'4714-11-24 BC'"),
    ] {
        store.remove(&key("a")).await.unwrap();
        store.save(&token("a"), Expect::Absent).await.unwrap();
        run(format!("UPDATE {name}.accounts SET {column} = {value}")).await;
        // The last one is a time like any other.
        match TokenStore::load(&store, &key("a")).await {
            Err(error) => is_damage(&error, column.trim_end_matches("_detail")),
            Ok(loaded) => assert!(column == "suspected_at" && loaded.is_some(), "{column}"),
        }
    }
}

#[tokio::test]
async fn a_damaged_login_is_not_taken() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let login = LoginRecord::new(named("owner"), token("a").connector(), at(60));
    store.put(&login).await.unwrap();
    run(format!("UPDATE {name}.logins SET connector = 'BROKEN'")).await;
    for _ in 0..2 {
        let error = store.take(&login.state_hash, at(0)).await.unwrap_err();
        is_damage(&error, "connector");
    }
}

#[tokio::test]
async fn an_installation_that_is_gone_is_for_the_operator() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    run(format!("DELETE FROM {name}.installation")).await;
    for error in [
        store.installation().await.unwrap_err(),
        store.incarnations().await.unwrap_err(),
        store.save(&token("a"), Expect::Absent).await.unwrap_err(),
    ] {
        assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
        assert!(error.to_string().contains("backup"), "{error}");
    }
    assert!(
        TokenStore::load(&store, &key("a")).await.unwrap().is_none(),
        "not half of it"
    );
}
