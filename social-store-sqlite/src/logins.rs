use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, Result},
    model::{Connector, OwnerId},
    store::{LoginRecord, LoginStore, OfferRecord},
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    SqliteStore,
    connections::Tx,
    error::{conflict, failed, is_taken},
    sql,
    values::{Cells, micros},
};

sql::statements! {
    PUT = "INSERT INTO logins
        (state_hash, browser_hash, owner, connector, redirect_uri, sealed, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    PEEK = "SELECT * FROM logins WHERE state_hash = ?1 AND expires_at > ?2";
    TAKE = "DELETE FROM logins WHERE state_hash = ?1 AND expires_at > ?2 RETURNING *";
    PUT_OFFER = "INSERT INTO offers (id, owner, connector, sealed, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    OFFER = "SELECT * FROM offers WHERE id = ?1 AND owner = ?2 AND expires_at > ?3";
    REMOVE_OFFER = "DELETE FROM offers WHERE id = ?1 AND owner = ?2";
    PURGE_LOGINS = "DELETE FROM logins WHERE expires_at < ?1";
    PURGE_OFFERS = "DELETE FROM offers WHERE expires_at < ?1";
}

#[async_trait]
impl LoginStore for SqliteStore {
    async fn put(&self, login: &LoginRecord) -> Result<()> {
        let mut tx = self.db.write("logins.put").await?;
        let put = sqlx::query(PUT)
            .bind(login.state_hash.to_vec())
            .bind(login.browser_hash.to_vec())
            .bind(login.owner.as_str())
            .bind(login.connector.to_string())
            .bind(login.redirect_uri.as_str())
            .bind(login.sealed.as_slice())
            .bind(micros(login.expires_at))
            .execute(&mut tx.conn)
            .await;
        let put = put.map_err(|error| taken(error, "a login with this state is already kept"));
        tx.finish(put.map(drop)).await
    }

    async fn peek(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let mut reader = self.db.read("logins.peek").await?;
        let peek = sqlx::query(PEEK)
            .bind(state_hash.to_vec())
            .bind(micros(now));
        let row = peek.fetch_optional(&mut reader.conn).await;
        reader.finish(row)?.as_ref().map(login).transpose()
    }

    async fn take(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let mut tx = self.db.write("logins.take").await?;
        let taken = take(&mut tx, state_hash, now).await;
        tx.finish(taken).await
    }

    async fn put_offer(&self, offer: &OfferRecord) -> Result<()> {
        let mut tx = self.db.write("logins.put_offer").await?;
        let put = sqlx::query(PUT_OFFER)
            .bind(offer.id.as_bytes().to_vec())
            .bind(offer.owner.as_str())
            .bind(offer.connector.to_string())
            .bind(offer.sealed.as_slice())
            .bind(micros(offer.expires_at))
            .execute(&mut tx.conn)
            .await;
        let put = put.map_err(|error| taken(error, "an offer with this id is already kept"));
        tx.finish(put.map(drop)).await
    }

    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>> {
        let mut reader = self.db.read("logins.offer").await?;
        let row = sqlx::query(OFFER)
            .bind(id.as_bytes().to_vec())
            .bind(owner.as_str())
            .bind(micros(now))
            .fetch_optional(&mut reader.conn)
            .await;
        reader.finish(row)?.as_ref().map(offer).transpose()
    }

    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool> {
        let mut tx = self.db.write("logins.remove_offer").await?;
        let removed = sqlx::query(REMOVE_OFFER)
            .bind(id.as_bytes().to_vec())
            .bind(owner.as_str())
            .execute(&mut tx.conn)
            .await;
        let removed = removed.map(|done| done.rows_affected() > 0).map_err(failed);
        tx.finish(removed).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.write("logins.purge").await?;
        let removed = purge(&mut tx, now).await;
        tx.finish(removed).await
    }
}

async fn take(
    tx: &mut Tx,
    state_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<LoginRecord>> {
    let take = sqlx::query(TAKE)
        .bind(state_hash.to_vec())
        .bind(micros(now));
    let row = take.fetch_optional(&mut tx.conn).await.map_err(failed)?;
    row.as_ref().map(login).transpose()
}

async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let mut removed = 0;
    for statement in [PURGE_LOGINS, PURGE_OFFERS] {
        let purge = sqlx::query(statement).bind(micros(now));
        removed += purge
            .execute(&mut tx.conn)
            .await
            .map_err(failed)?
            .rows_affected();
    }
    Ok(removed)
}

fn taken(error: sqlx::Error, message: &'static str) -> Error {
    if is_taken(&error) {
        conflict(message)
    } else {
        failed(error)
    }
}

fn connector(cells: Cells<'_>) -> Result<Connector> {
    Connector::parse(cells.get("connector")?).ok_or_else(|| cells.damaged("connector"))
}

fn login(row: &SqliteRow) -> Result<LoginRecord> {
    let cells = Cells::new(row, "logins");
    let owner = OwnerId::from_stored(cells.get::<String>("owner")?);
    let mut login = LoginRecord::new(owner, connector(cells)?, cells.time("expires_at")?);
    login.state_hash = cells.bytes("state_hash")?;
    login.browser_hash = cells.bytes("browser_hash")?;
    login.redirect_uri = cells.get("redirect_uri")?;
    login.sealed = cells.get("sealed")?;
    Ok(login)
}

fn offer(row: &SqliteRow) -> Result<OfferRecord> {
    let cells = Cells::new(row, "offers");
    let id = Uuid::from_bytes(cells.bytes("id")?);
    let owner = OwnerId::from_stored(cells.get::<String>("owner")?);
    let (sealed, ends) = (cells.get("sealed")?, cells.time("expires_at")?);
    Ok(OfferRecord::new(id, owner, connector(cells)?, sealed, ends))
}
