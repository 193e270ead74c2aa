use async_trait::async_trait;
use social_core::{
    error::{Error, ErrorKind, Result},
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    SqliteStore,
    connections::Tx,
    error::failed,
    sql,
    values::{Cells, readable},
};

// Pages hold what does not begin with `?2`, of rows after `?1`. A value that is empty has no `substr`.
sql::statements! {
    LOGINS = "SELECT lower(hex(state_hash)) AS row, sealed FROM logins
        WHERE state_hash > ?1 AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2 ORDER BY state_hash LIMIT ?3";
    OFFERS = "SELECT id AS row, sealed FROM offers
        WHERE id > ?1 AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2 ORDER BY id LIMIT ?3";
    POST_REQUESTS = "SELECT id AS row, request AS sealed FROM posts
        WHERE id > ?1 AND coalesce(substr(request, 1, length(?2)), x'') <> ?2 ORDER BY id LIMIT ?3";
    POST_STATES = "SELECT id AS row, sealed FROM posts
        WHERE id > ?1 AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2 ORDER BY id LIMIT ?3";
    TOKENS = "SELECT id AS row, sealed FROM accounts
        WHERE id > ?1 AND sealed IS NOT NULL AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2
        ORDER BY id LIMIT ?3";
    RESEAL_LOGIN = "UPDATE logins SET sealed = ?3 WHERE state_hash = ?1 AND sealed = ?2";
    RESEAL_OFFER = "UPDATE offers SET sealed = ?3 WHERE id = ?1 AND sealed = ?2";
    RESEAL_POST_REQUEST = "UPDATE posts SET request = ?3 WHERE id = ?1 AND request = ?2";
    RESEAL_POST_STATE = "UPDATE posts SET sealed = ?3 WHERE id = ?1 AND sealed = ?2";
    RESEAL_TOKENS = "UPDATE accounts SET sealed = ?3 WHERE id = ?1 AND sealed = ?2";
}

/// How a row is named in its table.
enum RowKey {
    Bytes(Vec<u8>),
    Text(String),
}

#[async_trait]
impl SealedStore for SqliteStore {
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>> {
        let field = page.field;
        let (statement, _) = statements(field)?;
        let after = match &page.after {
            Some(row) => row_key(field, row).ok_or_else(no_row)?,
            None if field == SealedField::Tokens => RowKey::Text(String::new()),
            None => RowKey::Bytes(Vec::new()),
        };
        let list = sqlx::query(statement);
        let list = match after {
            RowKey::Bytes(bytes) => list.bind(bytes),
            RowKey::Text(text) => list.bind(text),
        };
        let list = list
            .bind(page.not_under.as_slice())
            .bind(i64::from(page.limit));
        let mut reader = self.db.read("sealed.list").await?;
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, |row| value(field, row)))
    }

    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        let mut tx = self.db.write("sealed.reseal").await?;
        let replaced = reseal(&mut tx, values).await;
        tx.finish(replaced).await
    }
}

async fn reseal(tx: &mut Tx, values: &[Resealed]) -> Result<u64> {
    let mut replaced = 0;
    for Resealed { old, new, .. } in values {
        let (_, statement) = statements(old.field)?;
        let reseal = match row_key(old.field, &old.row) {
            Some(RowKey::Bytes(bytes)) => sqlx::query(statement).bind(bytes),
            Some(RowKey::Text(text)) => sqlx::query(statement).bind(text),
            None => continue,
        };
        let reseal = reseal.bind(old.sealed.as_slice()).bind(new.as_slice());
        let done = reseal.execute(&mut tx.conn).await.map_err(failed)?;
        replaced += done.rows_affected();
    }
    Ok(replaced)
}

/// The one that lists a field, and the one that replaces a value of it.
fn statements(field: SealedField) -> Result<(&'static str, &'static str)> {
    Ok(match field {
        SealedField::Login => (LOGINS, RESEAL_LOGIN),
        SealedField::Offer => (OFFERS, RESEAL_OFFER),
        SealedField::PostRequest => (POST_REQUESTS, RESEAL_POST_REQUEST),
        SealedField::PostState => (POST_STATES, RESEAL_POST_STATE),
        SealedField::Tokens => (TOKENS, RESEAL_TOKENS),
        _ => {
            let message = "this sealed field is of a newer version";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    })
}

fn row_key(field: SealedField, row: &str) -> Option<RowKey> {
    match field {
        SealedField::Login => hash(row).map(RowKey::Bytes),
        SealedField::Tokens => Some(RowKey::Text(row.to_owned())),
        _ => {
            let id = Uuid::parse_str(row).ok()?;
            let is_its_name = id.to_string() == row;
            is_its_name.then(|| RowKey::Bytes(id.as_bytes().to_vec()))
        }
    }
}

/// Of lower-case hex digits.
fn hash(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
    rest.is_empty().then(|| bytes.collect())?
}

fn no_row() -> Error {
    let message = "a page begins after a row that another page of the same field named";
    Error::new(ErrorKind::Invalid, message)
}

fn value(field: SealedField, row: &SqliteRow) -> Result<SealedValue> {
    let table = match field {
        SealedField::Login => "logins",
        SealedField::Offer => "offers",
        SealedField::Tokens => "accounts",
        _ => "posts",
    };
    let cells = Cells::new(row, table);
    let name = match field {
        SealedField::Login | SealedField::Tokens => cells.get("row")?,
        _ => Uuid::from_bytes(cells.bytes("row")?).to_string(),
    };
    Ok(SealedValue::new(field, name, cells.get("sealed")?))
}
