use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    store::{Incarnation, Incarnations, Installation, InstallationStore, LastWrites},
    vault::KeyId,
};
use uuid::Uuid;

use crate::{
    SqliteStore,
    connections::Tx,
    error::{conflict, failed},
    life::{self, Life},
    sql,
    values::{Cells, micros},
};

sql::statements! {
    LOAD = "SELECT id, key_check FROM installation";
    PUT_KEY_CHECK = "UPDATE installation SET key_check = ?1
        WHERE key_check IS NULL OR key_check = ?2
        RETURNING key_check";
    COUNT_SEALS = "INSERT INTO key_usage (key, seals) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET seals = min(seals, 9223372036854775807 - excluded.seals) + excluded.seals
        RETURNING seals";
    JUMP_EVENTS = "UPDATE event_queue SET epoch = epoch + 4294967296";
    JUMP_TOKENS = "UPDATE accounts SET epoch = epoch + 4294967296";
    JUMP_REMOVED = "UPDATE installation SET removed_epoch = removed_epoch + 4294967296";
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

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        let mut tx = self.db.write("installation.count_seals").await?;
        let sum = count_seals(&mut tx, key, seals).await;
        tx.finish(sum).await
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        let mut reader = self.db.read("installation.incarnations").await?;
        let row = sqlx::query(life::LOOK).fetch_one(&mut reader.conn).await;
        self.db.life.incarnations(&reader.finish(row)?)
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        // Its file is on this machine.
        Ok(None)
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        let mut tx = self.db.write("installation.accept_incarnation").await?;
        let accepted = accept(&mut tx, &self.db.life, seen, last).await;
        tx.finish(accepted).await
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

async fn count_seals(tx: &mut Tx, key: &KeyId, seals: u64) -> Result<u64> {
    let count = sqlx::query(COUNT_SEALS)
        .bind(key.as_bytes().to_vec())
        .bind(i64::try_from(seals).unwrap_or(i64::MAX));
    let row = count.fetch_one(&mut tx.conn).await.map_err(failed)?;
    Cells::new(&row, "key_usage").small("seals")
}

async fn accept(tx: &mut Tx, life: &Life, seen: &Incarnation, last: LastWrites) -> Result<()> {
    let look = sqlx::query(life::LOOK);
    let row = look.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let lives = life.incarnations(&row)?;
    if lives.present != *seen {
        return Err(conflict(
            "the data have begun yet another life since: look again",
        ));
    }
    if !life.is_at_its_path(&row)? {
        return Err(conflict(
            "another file was put in place of the database while it was open: start this program again first",
        ));
    }
    if lives.is_same() {
        return Ok(());
    }
    let lost_at = match last {
        LastWrites::Kept => None,
        LastWrites::MayBeLost { now } => Some(micros(now)),
    };
    let accept = sqlx::query(life::ACCEPT)
        .bind(life.instance())
        .bind(lost_at);
    accept.execute(&mut tx.conn).await.map_err(failed)?;
    if lost_at.is_some() {
        // What was claimed in the life that is over holds nothing any more, though its numbers are given again.
        for statement in [JUMP_EVENTS, JUMP_TOKENS, JUMP_REMOVED] {
            let jump = sqlx::query(statement).execute(&mut tx.conn);
            jump.await.map_err(failed)?;
        }
    }
    Ok(())
}
