use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    store::{Incarnation, Incarnations, Installation, InstallationStore},
    vault::KeyId,
};
use sqlx::postgres::PgRow;

use crate::{
    PgStore,
    db::{Db, Tx},
    error::{conflict, failed},
    sql,
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
    INCARNATIONS = "SELECT social.incarnation() AS present, incarnation AS accepted FROM social.installation";
    INCARNATIONS_TO_CHANGE = "SELECT social.incarnation() AS present, incarnation AS accepted
        FROM social.installation FOR UPDATE";
    ACCEPT = "UPDATE social.installation SET incarnation = $1, updated_at = now()";
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
        Ok(Lives::read(&reader.finish(row).await?)?.names())
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        let mut reader = self.db.read("installation.wall_clock").await?;
        let row = self.db.query(WALL_CLOCK).fetch_one(reader.conn()).await;
        let row = reader.finish(row).await?;
        Cells::new(&row, "installation").time("now").map(Some)
    }

    async fn accept_incarnation(&self, seen: &Incarnation) -> Result<()> {
        let mut tx = self.db.write("installation.accept_incarnation").await?;
        let accepted = accept(&self.db, &mut tx, seen).await;
        tx.finish(accepted).await
    }
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

async fn accept(db: &Db, tx: &mut Tx, seen: &Incarnation) -> Result<()> {
    let look = db.query(INCARNATIONS_TO_CHANGE).fetch_one(tx.conn());
    let lives = Lives::read(&look.await.map_err(failed)?)?;
    if lives.names().present != *seen {
        return Err(conflict(
            "the data have begun yet another life since: look again",
        ));
    }
    let accept = db.query(ACCEPT).bind(lives.to_accept());
    accept.execute(tx.conn()).await.map_err(failed)?;
    Ok(())
}

/// The parts of the names. One that a server does not tell, now or when the other was accepted, is left out of both.
struct Lives {
    present: Vec<Option<String>>,
    accepted: Vec<Option<String>>,
}

impl Lives {
    fn read(row: &PgRow) -> Result<Self> {
        let cells = Cells::new(row, "installation");
        let accepted: Vec<_> = cells.get("accepted")?;
        let present: Vec<_> = cells.get("present")?;
        if accepted.len() != present.len() {
            return Err(cells.damaged("incarnation"));
        }
        Ok(Self { present, accepted })
    }

    fn names(&self) -> Incarnations {
        let name = |parts: &[Option<String>], others: &[Option<String>]| {
            let told = parts.iter().zip(others).map(|(part, other)| match part {
                Some(part) if other.is_some() => part.as_str(),
                _ => "unknown",
            });
            Incarnation::new(told.collect::<Vec<_>>().join("/"))
        };
        Incarnations::new(
            name(&self.present, &self.accepted),
            name(&self.accepted, &self.present),
        )
    }

    /// What is not told now stays as it was known.
    fn to_accept(&self) -> Vec<Option<String>> {
        let parts = self.present.iter().zip(&self.accepted);
        parts
            .map(|(present, accepted)| present.clone().or_else(|| accepted.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Lives;

    fn lives(present: [Option<&str>; 2], accepted: [Option<&str>; 2]) -> Lives {
        let parts = |parts: [Option<&str>; 2]| parts.map(|part| part.map(str::to_owned)).to_vec();
        Lives {
            present: parts(present),
            accepted: parts(accepted),
        }
    }

    #[test]
    fn a_part_that_is_not_told_makes_no_difference() {
        for (present, accepted, same) in [
            ([Some("1"), Some("2")], [Some("1"), Some("2")], true),
            ([Some("1"), Some("3")], [Some("1"), Some("2")], false),
            ([Some("1"), None], [Some("1"), Some("2")], true),
            ([Some("1"), Some("3")], [Some("1"), None], true),
            ([Some("9"), None], [Some("1"), Some("2")], false),
        ] {
            let names = lives(present, accepted).names();
            assert_eq!(names.is_same(), same, "{names:?}");
        }
    }

    #[test]
    fn what_is_accepted_keeps_what_is_not_told_now() {
        let accepted = lives([Some("9"), None], [Some("1"), Some("2")]).to_accept();
        assert_eq!(accepted, [Some("9".to_owned()), Some("2".to_owned())]);
    }
}
