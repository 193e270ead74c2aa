//! Calls that meet in the database, in an order that is certain.

use social_core::store::{ClaimDue, Epoch, Expect, Revision, TokenClaimed, TokenStore};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::{
    fixtures::{LEASE, at, key, token},
    schemas::{Schemas, raw},
};

/// Until a statement on this schema waits for a lock.
pub(crate) async fn until_one_waits(schema: &str) {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE '%\"{schema}\".%' AND pid <> pg_backend_pid()"
    );
    let mut conn = raw().await;
    for _ in 0..100_000 {
        let row = sqlx::raw_sql(AssertSqlSafe(sql.as_str()))
            .fetch_one(&mut conn)
            .await;
        if row.unwrap().try_get::<i64, _>(0).unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nobody waits");
}

async fn run_on(conn: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(conn)
        .await
        .unwrap();
}

/// The account is kept again before its removal is committed: what it goes on above is what the removal left.
#[tokio::test]
async fn an_account_that_comes_back_while_it_is_removed_goes_on_above() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
    let mut other = raw().await;
    let remove = format!(
        "BEGIN; DELETE FROM {name}.accounts;
        UPDATE {name}.installation SET removed_revision = 7, removed_epoch = 9"
    );
    run_on(&mut other, remove).await;
    let saving = {
        let store = store.clone();
        tokio::spawn(async move { store.save(&token("a"), Expect::Absent).await })
    };
    until_one_waits(&name).await;
    run_on(&mut other, "COMMIT".to_owned()).await;
    assert_eq!(saving.await.unwrap().unwrap(), Revision(8));
    let claimed = store.claim(&key("a"), LEASE).await.unwrap();
    assert!(matches!(claimed, TokenClaimed::Taken(claim) if claim.epoch == Epoch(10)));
}

/// A claim passes over an account that is just being written, instead of waiting for it.
#[tokio::test]
async fn a_due_claim_waits_for_nobody() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    for account in ["a", "b"] {
        store.save(&token(account), Expect::Absent).await.unwrap();
    }
    let mut other = raw().await;
    let hold = format!("BEGIN; SELECT FROM {name}.accounts WHERE account = 'a' FOR UPDATE");
    run_on(&mut other, hold).await;
    let due = ClaimDue::new(at(0), LEASE, 10);
    let claims = store.claim_due(&due).await.unwrap();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].record.key, key("b"));
    run_on(&mut other, "ROLLBACK".to_owned()).await;
    assert_eq!(store.claim_due(&due).await.unwrap()[0].record.key, key("a"));
}

/// Who waits while another claims hears that it is held, and is given no second lease.
#[tokio::test]
async fn a_claim_that_waited_sees_who_was_faster() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
    let mut other = raw().await;
    let claim = format!(
        "BEGIN; UPDATE {name}.accounts SET epoch = epoch + 1, lease_until = {name}.clock() + interval '10 minutes'"
    );
    run_on(&mut other, claim).await;
    let claiming = {
        let store = store.clone();
        tokio::spawn(async move { store.claim(&key("a"), LEASE).await })
    };
    until_one_waits(&name).await;
    run_on(&mut other, "COMMIT".to_owned()).await;
    let claimed = claiming.await.unwrap().unwrap();
    let TokenClaimed::Busy(left) = claimed else {
        panic!("{claimed:?}")
    };
    assert!(left <= LEASE && left > LEASE / 2, "{left:?}");
}

/// Every process on the schema has the same clock.
#[tokio::test]
async fn leases_run_on_the_clock_of_the_schema() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let other = schemas.connect(&name).await;
    store.save(&token("a"), Expect::Absent).await.unwrap();
    let taken = store.claim(&key("a"), LEASE).await.unwrap();
    assert!(matches!(taken, TokenClaimed::Taken(_)));
    let busy = other.claim(&key("a"), LEASE).await.unwrap();
    assert!(matches!(busy, TokenClaimed::Busy(left) if left <= LEASE && left > LEASE / 2));
    store.advance_clock(LEASE / 2).await.unwrap();
    other.advance_clock(LEASE / 2).await.unwrap();
    let again = other.claim(&key("a"), LEASE).await.unwrap();
    assert!(matches!(again, TokenClaimed::Taken(claim) if claim.unknown_attempts == 1));
}
