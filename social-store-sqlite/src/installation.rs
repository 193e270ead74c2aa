use async_trait::async_trait;
use social_core::{
    error::Result,
    store::{Incarnation, Incarnations, Installation, InstallationStore},
    vault::KeyId,
};
use uuid::Uuid;

use crate::{SqliteStore, connections::Tx, error::failed, sql, values::Cells};

sql::statements! {
    LOAD = "SELECT id, key_check FROM installation";
    PUT_KEY_CHECK = "UPDATE installation SET key_check = ?1
        WHERE key_check IS NULL OR key_check = ?2
        RETURNING key_check";
}

#[async_trait]
impl InstallationStore for SqliteStore {
    async fn installation(&self) -> Result<Installation> {
        let mut reader = self.db.read("installation.load").await?;
        let row = sqlx::query(LOAD).fetch_one(&mut reader.conn).await;
        let row = reader.finish(row)?;
        let cells = Cells::new(&row, "installation");
        let id = Uuid::from_bytes(cells.bytes("id")?);
        Ok(Installation::new(id, cells.get("key_check")?))
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        let mut tx = self.db.write("installation.put_key_check").await?;
        let stored = put_key_check(&mut tx, check, replaces).await;
        tx.finish(stored).await
    }

    async fn count_seals(&self, _key: &KeyId, seals: u64) -> Result<u64> {
        Ok(seals)
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        let one = Incarnation::new("sqlite");
        Ok(Incarnations::new(one.clone(), one))
    }

    async fn accept_incarnation(&self, _seen: &Incarnation) -> Result<()> {
        Ok(())
    }
}

async fn put_key_check(tx: &mut Tx, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
    let put = sqlx::query(PUT_KEY_CHECK)
        .bind(check.to_vec())
        .bind(replaces.map(<[u8]>::to_vec));
    let row = match put.fetch_optional(&mut tx.conn).await.map_err(failed)? {
        Some(row) => row,
        None => sqlx::query(LOAD)
            .fetch_one(&mut tx.conn)
            .await
            .map_err(failed)?,
    };
    Cells::new(&row, "installation").get("key_check")
}
