use async_trait::async_trait;
use social_core::{
    error::{Error, ErrorKind, Result},
    platform::hex,
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    SqliteStore,
    connections::Tx,
    error::failed,
    sql,
    values::{Cells, readable},
};

// Pages hold what does not begin with `?2`, of rows after `?1`. A value that is empty has no `substr`. The place of a row can be
// read whatever is in the row, so that a walk goes on past a damaged one.
sql::statements! {
    LOGINS = "SELECT state_hash AS place, lower(hex(state_hash)) AS row, sealed FROM logins
        WHERE state_hash > ?1 AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2 ORDER BY state_hash LIMIT ?3";
    OFFERS = "SELECT id AS place, id AS row, sealed FROM offers
        WHERE id > ?1 AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2 ORDER BY id LIMIT ?3";
    POST_REQUESTS = "SELECT id AS place, id AS row, request AS sealed FROM posts
        WHERE id > ?1 AND coalesce(substr(request, 1, length(?2)), x'') <> ?2 ORDER BY id LIMIT ?3";
    POST_STATES = "SELECT id AS place, id AS row, sealed FROM posts
        WHERE id > ?1 AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2 ORDER BY id LIMIT ?3";
    TOKENS = "SELECT CAST(id AS BLOB) AS place, id AS row, sealed FROM accounts
        WHERE id > CAST(?1 AS TEXT) AND sealed IS NOT NULL AND coalesce(substr(sealed, 1, length(?2)), x'') <> ?2
        ORDER BY id LIMIT ?3";
    RESEAL_LOGIN = "UPDATE logins SET sealed = ?3 WHERE state_hash = ?1 AND sealed = ?2";
    RESEAL_OFFER = "UPDATE offers SET sealed = ?3 WHERE id = ?1 AND sealed = ?2";
    RESEAL_POST_REQUEST = "UPDATE posts SET request = ?3 WHERE id = ?1 AND request = ?2";
    RESEAL_POST_STATE = "UPDATE posts SET sealed = ?3 WHERE id = ?1 AND sealed = ?2";
    RESEAL_TOKENS = "UPDATE accounts SET sealed = ?3 WHERE id = CAST(?1 AS TEXT) AND sealed = ?2";
}

#[async_trait]
impl SealedStore for SqliteStore {
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>> {
        let field = page.field;
        let mut after = match &page.after {
            Some(row) => place(field, row).ok_or_else(no_row)?,
            None => Vec::new(),
        };
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut values = Vec::new();
        // A damaged row takes no place: fewer values than asked for mean that there are no more.
        while values.len() < limit {
            let asked = limit - values.len();
            let rows = self.rows(page, &after, asked).await?;
            values.extend(readable(&rows, |row| value(field, row)));
            match rows.last() {
                Some(last) if rows.len() == asked => {
                    after = last.try_get("place").map_err(failed)?;
                }
                _ => break,
            }
        }
        Ok(values)
    }

    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        let mut tx = self.db.write("sealed.reseal").await?;
        let replaced = reseal(&mut tx, values).await;
        tx.finish(replaced).await
    }
}

impl SqliteStore {
    async fn rows(&self, page: &SealedPage, after: &[u8], limit: usize) -> Result<Vec<SqliteRow>> {
        let (statement, _) = statements(page.field)?;
        let list = sqlx::query(statement)
            .bind(after)
            .bind(page.not_under.as_slice())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut reader = self.db.read("sealed.list").await?;
        let rows = list.fetch_all(&mut reader.conn).await;
        reader.finish(rows)
    }
}

async fn reseal(tx: &mut Tx, values: &[Resealed]) -> Result<u64> {
    let mut replaced = 0;
    for Resealed { old, new, .. } in values {
        let (_, statement) = statements(old.field)?;
        let Some(place) = place(old.field, &old.row) else {
            continue;
        };
        let reseal = sqlx::query(statement)
            .bind(place)
            .bind(old.sealed.as_slice())
            .bind(new.as_slice());
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

/// How a row of this name is found in its table.
fn place(field: SealedField, row: &str) -> Option<Vec<u8>> {
    match field {
        SealedField::Login => hash(row),
        SealedField::Tokens => Some(row.as_bytes().to_vec()),
        _ => {
            let id = Uuid::parse_str(row).ok()?;
            let is_its_name = id.to_string() == row;
            is_its_name.then(|| id.as_bytes().to_vec())
        }
    }
}

/// Of lower-case hex digits.
fn hash(digits: &str) -> Option<Vec<u8>> {
    hex::decode(digits).filter(|bytes| hex::encode(bytes) == digits)
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
