mod failover;
mod lives;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    store::{
        Failover, Incarnation, Incarnations, Installation, InstallationStore, InstanceName,
        LastWrites,
    },
    vault::KeyId,
};
use sqlx::{PgConnection, postgres::PgRow};

use self::lives::Lives;
use crate::{
    PgStore,
    db::Db,
    error::{conflict, failed},
    sql,
    transaction::Tx,
    values::Cells,
};

sql::statements! {
    LOAD = "SELECT id, key_check FROM social.installation";
    PUT_KEY_CHECK = "UPDATE social.installation SET key_check = $1, updated_at = now()
        WHERE key_check IS NULL OR key_check = $2
        RETURNING key_check";
    /// Stops at the largest number there is.
    COUNT_SEALS = "INSERT INTO social.key_usage AS u (key, seals) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET
            seals = u.seals + least(excluded.seals, 9223372036854775807 - u.seals), updated_at = now()
        RETURNING seals";
    WALL_CLOCK = "SELECT social.clock() AS now";
    INCARNATIONS = "SELECT social.incarnation() AS present, incarnation AS accepted, instance, lost_at
        FROM social.installation";
    INCARNATIONS_TO_CHANGE = "SELECT social.incarnation() AS present, incarnation AS accepted, instance, lost_at
        FROM social.installation FOR UPDATE";
    ACCEPT = "UPDATE social.installation SET incarnation = $1, instance = $2, updated_at = now(),
        lost_at = coalesce($3, lost_at)";
    JUMP_EVENTS = "UPDATE social.event_queue SET epoch = epoch + 4294967296";
    JUMP_TOKENS = "UPDATE social.accounts SET epoch = epoch + 4294967296";
    JUMP_REMOVED = "UPDATE social.installation SET removed_epoch = removed_epoch + 4294967296";
    STANDBYS = "SELECT current_setting('synchronous_standby_names') AS standbys";
    INSTANCE = "SELECT instance FROM social.installation";
    /// The first name is kept.
    PUT_INSTANCE = "UPDATE social.installation SET instance = $1, updated_at = now() WHERE instance IS NULL";
}

#[async_trait]
impl InstallationStore for PgStore {
    async fn installation(&self) -> Result<Installation> {
        let mut reader = self.db.read("installation.load").await?;
        let row = self.db.query(LOAD).fetch_one(reader.conn()).await;
        let row = reader.finish(row).await?;
        let cells = Cells::new(&row, "installation");
        Ok(Installation::new(cells.get("id")?, cells.get("key_check")?))
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        let mut tx = self.db.write("installation.put_key_check").await?;
        let stored = put_key_check(&self.db, &mut tx, check, replaces).await;
        tx.finish(stored).await
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        let mut tx = self.db.write("installation.count_seals").await?;
        let count = self
            .db
            .query(COUNT_SEALS)
            .bind(key.as_bytes().as_slice())
            .bind(i64::try_from(seals).unwrap_or(i64::MAX));
        let row = count.fetch_one(tx.conn()).await.map_err(failed);
        let sum = row.and_then(|row| Cells::new(&row, "key_usage").small("seals"));
        tx.finish(sum).await
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        let mut reader = self.db.read("installation.incarnations").await?;
        let row = self.db.query(INCARNATIONS).fetch_one(reader.conn()).await;
        lives(&self.db, &reader.finish(row).await?)
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        let mut reader = self.db.read("installation.wall_clock").await?;
        let row = self.db.query(WALL_CLOCK).fetch_one(reader.conn()).await;
        let row = reader.finish(row).await?;
        Cells::new(&row, "installation").time("now").map(Some)
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        let mut tx = self.db.write("installation.accept_incarnation").await?;
        let accepted = accept(&self.db, &mut tx, seen, last).await;
        tx.finish(accepted).await
    }

    async fn failover(&self) -> Result<Failover> {
        failover::look(&self.db).await
    }
}

/// The lives, as the server of this connection sees them.
pub(crate) async fn lives_on(db: &Db, conn: &mut PgConnection) -> Result<Incarnations> {
    let row = db.query(INCARNATIONS).fetch_one(conn).await;
    lives(db, &row.map_err(failed)?)
}

/// The lives, of a row of [`INCARNATIONS`].
fn lives(db: &Db, row: &PgRow) -> Result<Incarnations> {
    let cells = Cells::new(row, "installation");
    let parts = Lives::read(row)?;
    let mut lives = parts.names();
    lives.is_promotion = parts.is_promotion();
    lives.lost_at = cells.time_opt("lost_at")?;
    Ok(lives.of_instance(db.instance(), cells.get("instance")?))
}

/// Keeps the name of the instance, if the data have none yet.
pub(crate) async fn keep_instance(db: &Db) -> Result<()> {
    let Some(name) = db.instance() else {
        return Ok(());
    };
    let mut reader = db.read("postgres.open").await?;
    let row = db.query(INSTANCE).fetch_one(reader.conn()).await;
    let row = reader.finish(row).await?;
    let kept: Option<&str> = Cells::new(&row, "installation").get("instance")?;
    if kept.is_some() {
        return Ok(());
    }
    let mut tx = db.write("postgres.open").await?;
    let put = db.query(PUT_INSTANCE).bind(name.as_str());
    let put = put.execute(tx.conn()).await.map(drop).map_err(failed);
    tx.finish(put).await
}

async fn put_key_check(
    db: &Db,
    tx: &mut Tx,
    check: &[u8],
    replaces: Option<&[u8]>,
) -> Result<Vec<u8>> {
    let put = db.query(PUT_KEY_CHECK).bind(check);
    let put = put.bind(replaces);
    let row = match put.fetch_optional(tx.conn()).await.map_err(failed)? {
        Some(row) => row,
        None => {
            let load = db.query(LOAD).fetch_one(tx.conn());
            load.await.map_err(failed)?
        }
    };
    Cells::new(&row, "installation").get("key_check")
}

async fn accept(db: &Db, tx: &mut Tx, seen: &Incarnation, last: LastWrites) -> Result<()> {
    let look = db.query(INCARNATIONS_TO_CHANGE).fetch_one(tx.conn());
    let row = look.await.map_err(failed)?;
    let names = lives(db, &row)?;
    if names.present != *seen {
        return Err(conflict(
            "the data have begun yet another life since: look again",
        ));
    }
    if names.is_same() {
        return Ok(());
    }
    let accept = db
        .query(ACCEPT)
        .bind(Lives::read(&row)?.to_accept())
        .bind(db.instance().map(InstanceName::as_str))
        .bind(match last {
            LastWrites::Kept => None,
            LastWrites::MayBeLost { now } => Some(now),
        });
    accept.execute(tx.conn()).await.map_err(failed)?;
    if matches!(last, LastWrites::MayBeLost { .. }) {
        // What was claimed in the life that is over holds nothing any more, though its numbers are given again.
        for statement in [JUMP_EVENTS, JUMP_TOKENS, JUMP_REMOVED] {
            let jump = db.query(statement).execute(tx.conn());
            jump.await.map_err(failed)?;
        }
    }
    Ok(())
}
