//! Resealing beside those who write.

use social_core::store::{
    Expect, Resealed, SealedField, SealedPage, SealedStore, SealedValue, TokenStore,
};
use sqlx::{AssertSqlSafe, PgPool};

use crate::{
    fixtures::{key, token},
    schemas::{Schemas, database_url},
};

fn renewed(account: &str) -> Resealed {
    let row = key(account).row_id();
    let old = SealedValue::new(SealedField::Tokens, row, vec![4, 5, 6]);
    Resealed::new(old, b"renewed".to_vec())
}

#[tokio::test]
async fn a_row_that_is_being_written_is_left_for_the_next_pass() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    for account in ["a", "b", "c"] {
        store.save(&token(account), Expect::Absent).await.unwrap();
    }
    let pool = PgPool::connect(&database_url()).await.unwrap();
    let mut writer = pool.begin().await.unwrap();
    let write = format!("UPDATE {name}.accounts SET name = 'Name' WHERE account = 'b'");
    let write = sqlx::raw_sql(AssertSqlSafe(write));
    write.execute(&mut *writer).await.unwrap();

    let values = ["c", "b", "a"].map(renewed);
    assert_eq!(
        store.reseal(&values).await.unwrap(),
        2,
        "it waits for nobody"
    );
    writer.commit().await.unwrap();
    let page = SealedPage::new(SealedField::Tokens, b"renewed".to_vec(), 10);
    let left = store.sealed(&page).await.unwrap();
    assert_eq!(left, [renewed("b").old]);
    assert_eq!(store.reseal(&values).await.unwrap(), 1);
    assert_eq!(store.sealed(&page).await.unwrap(), []);
}
