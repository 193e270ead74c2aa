mod statements;

use async_trait::async_trait;
use social_core::{
    error::{Error, ErrorKind, Result},
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};

use crate::{
    PgStore,
    db::Db,
    error::{failed, is_locked},
    transaction::Tx,
    values::Cells,
};

#[cfg(test)]
pub(crate) use statements::ALL;

const RESEAL: &str = "sealed.reseal";

#[async_trait]
impl SealedStore for PgStore {
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>> {
        let statement = Statements::of(page.field)?;
        let mut reader = self.db.read("sealed.read").await?;
        let read = self
            .db
            .query(statement.page)
            .bind(page.after.clone())
            .bind(page.not_under.clone())
            .bind(i64::from(page.limit));
        let rows = read.fetch_all(reader.conn()).await;
        let rows = reader.finish(rows).await?;
        let value = |row| {
            let cells = Cells::new(row, statement.table);
            let row: String = cells.get("row")?;
            Ok(SealedValue::new(page.field, row, cells.get("sealed")?))
        };
        rows.iter().map(value).collect()
    }

    /// A row that somebody goes on writing for longer than a moment keeps the old bytes, and is not counted.
    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        if values.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.write_briefly(RESEAL).await?;
        let replaced = reseal(&self.db, &mut tx, values, |of| of.reseal).await;
        match tx.finish(replaced).await {
            Err(error) if is_locked(&error) => {}
            replaced => return replaced,
        }
        // Waiting longer, with other rows locked, could deadlock.
        let mut tx = self.db.write(RESEAL).await?;
        let replaced = reseal(&self.db, &mut tx, values, |of| of.reseal_free).await;
        tx.finish(replaced).await
    }
}

async fn reseal(
    db: &Db,
    tx: &mut Tx,
    values: &[Resealed],
    statement: fn(&Statements) -> &'static str,
) -> Result<u64> {
    let mut replaced = 0;
    for field in SealedField::ALL {
        let of_field = || values.iter().filter(move |value| value.old.field == field);
        if of_field().next().is_none() {
            continue;
        }
        let rows = of_field().map(|value| value.old.row.as_str());
        let reseal = db
            .query(statement(&Statements::of(field)?))
            .bind(rows.collect::<Vec<_>>())
            .bind(
                of_field()
                    .map(|v| v.old.sealed.as_slice())
                    .collect::<Vec<_>>(),
            )
            .bind(of_field().map(|v| v.new.as_slice()).collect::<Vec<_>>());
        let done = reseal.execute(tx.conn()).await.map_err(failed)?;
        replaced += done.rows_affected();
    }
    Ok(replaced)
}

/// How a field is read and replaced.
struct Statements {
    table: &'static str,
    page: &'static str,
    reseal: &'static str,
    /// Passes over rows that somebody has locked.
    reseal_free: &'static str,
}

impl Statements {
    fn of(field: SealedField) -> Result<Self> {
        use statements::{
            LOGINS, OFFERS, POST_REQUESTS, POST_STATES, RESEAL_FREE_LOGINS, RESEAL_FREE_OFFERS,
            RESEAL_FREE_POST_REQUESTS, RESEAL_FREE_POST_STATES, RESEAL_FREE_TOKENS, RESEAL_LOGINS,
            RESEAL_OFFERS, RESEAL_POST_REQUESTS, RESEAL_POST_STATES, RESEAL_TOKENS, TOKENS,
        };
        let (table, page, reseal, reseal_free) = match field {
            SealedField::Login => ("logins", LOGINS, RESEAL_LOGINS, RESEAL_FREE_LOGINS),
            SealedField::Offer => ("offers", OFFERS, RESEAL_OFFERS, RESEAL_FREE_OFFERS),
            SealedField::PostRequest => (
                "posts",
                POST_REQUESTS,
                RESEAL_POST_REQUESTS,
                RESEAL_FREE_POST_REQUESTS,
            ),
            SealedField::PostState => (
                "posts",
                POST_STATES,
                RESEAL_POST_STATES,
                RESEAL_FREE_POST_STATES,
            ),
            SealedField::Tokens => ("accounts", TOKENS, RESEAL_TOKENS, RESEAL_FREE_TOKENS),
            _ => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "this version of the store does not know this sealed field",
                ));
            }
        };
        Ok(Self {
            table,
            page,
            reseal,
            reseal_free,
        })
    }
}
