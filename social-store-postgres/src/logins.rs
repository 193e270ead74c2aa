use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    model::{Connector, OwnerId},
    store::{LoginRecord, LoginStore, OfferRecord},
};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::{
    PgStore,
    db::Db,
    error::{conflict, failed},
    sql,
    transaction::Tx,
    values::Cells,
};

sql::statements! {
    PUT = "INSERT INTO social.logins
            (state_hash, browser_hash, owner, connector, redirect_uri, sealed, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    PEEK = "SELECT state_hash, browser_hash, owner, connector, redirect_uri, sealed, expires_at
        FROM social.logins WHERE state_hash = $1 AND expires_at > $2";
    TAKE = "DELETE FROM social.logins WHERE state_hash = $1 AND expires_at > $2
        RETURNING state_hash, browser_hash, owner, connector, redirect_uri, sealed, expires_at";
    PUT_OFFER = "INSERT INTO social.offers (id, owner, connector, sealed, expires_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    OFFER = "SELECT id, owner, connector, sealed, expires_at
        FROM social.offers WHERE id = $1 AND owner = $2 AND expires_at > $3";
    REMOVE_OFFER = "DELETE FROM social.offers WHERE id = $1 AND owner = $2";
    PURGE_LOGINS = "DELETE FROM social.logins WHERE expires_at < $1";
    PURGE_OFFERS = "DELETE FROM social.offers WHERE expires_at < $1";
}

#[async_trait]
impl LoginStore for PgStore {
    async fn put(&self, login: &LoginRecord) -> Result<()> {
        let mut tx = self.db.write("logins.put").await?;
        let put = self
            .db
            .query(PUT)
            .bind(login.state_hash.as_slice())
            .bind(login.browser_hash.as_slice())
            .bind(login.owner.as_str())
            .bind(login.connector.to_string())
            .bind(login.redirect_uri.as_str())
            .bind(login.sealed.as_slice())
            .bind(login.expires_at)
            .execute(tx.conn())
            .await;
        let put = put.map_err(failed);
        let put = put.and_then(|done| match done.rows_affected() {
            0 => Err(conflict("a login with this state is already kept")),
            _ => Ok(()),
        });
        tx.finish(put).await
    }

    async fn peek(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let mut reader = self.db.read("logins.peek").await?;
        let peek = self.db.query(PEEK).bind(state_hash.as_slice()).bind(now);
        let row = peek.fetch_optional(reader.conn()).await;
        reader.finish(row).await?.as_ref().map(login).transpose()
    }

    async fn take(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let mut tx = self.db.write("logins.take").await?;
        let taken = take(&self.db, &mut tx, state_hash, now).await;
        tx.finish(taken).await
    }

    async fn put_offer(&self, offer: &OfferRecord) -> Result<()> {
        let mut tx = self.db.write("logins.put_offer").await?;
        let put = self
            .db
            .query(PUT_OFFER)
            .bind(offer.id)
            .bind(offer.owner.as_str())
            .bind(offer.connector.to_string())
            .bind(offer.sealed.as_slice())
            .bind(offer.expires_at)
            .execute(tx.conn())
            .await;
        let put = put.map_err(failed);
        let put = put.and_then(|done| match done.rows_affected() {
            0 => Err(conflict("an offer with this id is already kept")),
            _ => Ok(()),
        });
        tx.finish(put).await
    }

    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>> {
        let mut reader = self.db.read("logins.offer").await?;
        let look = self.db.query(OFFER).bind(id).bind(owner.as_str());
        let row = look.bind(now).fetch_optional(reader.conn()).await;
        reader.finish(row).await?.as_ref().map(offer).transpose()
    }

    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool> {
        let mut tx = self.db.write("logins.remove_offer").await?;
        let remove = self.db.query(REMOVE_OFFER).bind(id).bind(owner.as_str());
        let removed = remove.execute(tx.conn()).await;
        let removed = removed.map(|done| done.rows_affected() > 0).map_err(failed);
        tx.finish(removed).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("logins.purge").await?;
        let removed = purge(&self.db, &mut tx, now).await;
        tx.finish(removed).await
    }
}

/// A login that cannot be read is not taken.
async fn take(
    db: &Db,
    tx: &mut Tx,
    state_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<LoginRecord>> {
    let take = db.query(TAKE).bind(state_hash.as_slice()).bind(now);
    let row = take.fetch_optional(tx.conn()).await.map_err(failed)?;
    row.as_ref().map(login).transpose()
}

async fn purge(db: &Db, tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let mut removed = 0;
    for statement in [PURGE_LOGINS, PURGE_OFFERS] {
        let purge = db.query(statement).bind(now).execute(tx.conn()).await;
        removed += purge.map_err(failed)?.rows_affected();
    }
    Ok(removed)
}

fn connector(cells: Cells<'_>) -> Result<Connector> {
    Connector::parse(cells.get("connector")?).ok_or_else(|| cells.damaged("connector"))
}

fn login(row: &PgRow) -> Result<LoginRecord> {
    let cells = Cells::new(row, "logins");
    let owner = OwnerId::from_stored(cells.get::<String>("owner")?);
    let mut login = LoginRecord::new(owner, connector(cells)?, cells.time("expires_at")?);
    login.state_hash = cells.bytes("state_hash")?;
    login.browser_hash = cells.bytes("browser_hash")?;
    login.redirect_uri = cells.get("redirect_uri")?;
    login.sealed = cells.get("sealed")?;
    Ok(login)
}

fn offer(row: &PgRow) -> Result<OfferRecord> {
    let cells = Cells::new(row, "offers");
    let (id, owner): (Uuid, String) = (cells.get("id")?, cells.get("owner")?);
    let owner = OwnerId::from_stored(owner);
    let (sealed, ends) = (cells.get("sealed")?, cells.time("expires_at")?);
    Ok(OfferRecord::new(id, owner, connector(cells)?, sealed, ends))
}
