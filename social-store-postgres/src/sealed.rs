mod statements;

use async_trait::async_trait;
use social_core::{
    error::{Error, ErrorKind, Result},
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};

use crate::{
    PgStore,
    db::{Db, Tx},
    error::failed,
    values::Cells,
};

#[cfg(test)]
pub(crate) use statements::ALL;

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

    /// A row that is being written at this moment keeps the old bytes, and is not counted.
    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        let mut tx = self.db.write("sealed.reseal").await?;
        let replaced = reseal(&self.db, &mut tx, values).await;
        tx.finish(replaced).await
    }
}

async fn reseal(db: &Db, tx: &mut Tx, values: &[Resealed]) -> Result<u64> {
    let mut replaced = 0;
    for field in SealedField::ALL {
        let of_field = || values.iter().filter(move |value| value.old.field == field);
        if of_field().next().is_none() {
            continue;
        }
        let rows = of_field().map(|value| value.old.row.as_str());
        let reseal = db
            .query(Statements::of(field)?.reseal)
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
}

impl Statements {
    fn of(field: SealedField) -> Result<Self> {
        let (table, page, reseal) = match field {
            SealedField::Login => ("logins", statements::LOGINS, statements::RESEAL_LOGINS),
            SealedField::Offer => ("offers", statements::OFFERS, statements::RESEAL_OFFERS),
            SealedField::PostRequest => (
                "posts",
                statements::POST_REQUESTS,
                statements::RESEAL_POST_REQUESTS,
            ),
            SealedField::PostState => (
                "posts",
                statements::POST_STATES,
                statements::RESEAL_POST_STATES,
            ),
            SealedField::Tokens => ("accounts", statements::TOKENS, statements::RESEAL_TOKENS),
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
        })
    }
}
