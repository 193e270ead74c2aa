//! Files that arrived, in the server's own table: whose they are, and what is known of them.

use chrono::{DateTime, TimeDelta, Utc};
use social_core::media::{Media, MediaStore};
use social_core::model::{MediaId, OwnerId};
use social_core::random::Random;
use social_core::{Error, ErrorKind, Result};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::examine::{Examined, Trouble};
use crate::form::FileFacts;
use crate::own::{Own, failed};
use crate::view::format::playing_time;
use crate::view::publish::KeptFile;

/// How long a file waits for its form.
const WAITS: TimeDelta = TimeDelta::hours(24);

/// A file that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Names it in the form.
    pub(crate) id: String,
    pub(crate) media: MediaId,
    pub(crate) name: String,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) facts: Option<String>,
    pub(crate) trouble: Option<Trouble>,
}

impl Kept {
    pub(super) fn new(
        random: &dyn Random,
        name: String,
        media: &Media,
        examined: Examined,
    ) -> Result<Self> {
        let mut id = [0_u8; 16];
        random.fill(&mut id)?;
        Ok(Self {
            id: uuid::Builder::from_random_bytes(id)
                .into_uuid()
                .simple()
                .to_string(),
            media: media.id.clone(),
            name,
            size: media.size,
            duration_ms: examined.duration_ms,
            facts: examined.facts,
            trouble: examined.trouble,
        })
    }

    /// For the rules of the form.
    pub(crate) fn for_form(&self) -> FileFacts {
        FileFacts {
            name: self.name.clone(),
            size: self.size,
            duration_ms: self.duration_ms,
        }
    }

    /// For the page.
    pub(crate) fn shown(&self) -> KeptFile {
        KeptFile {
            id: self.id.clone(),
            name: self.name.clone(),
            size: self.size,
        }
    }

    /// "Video 0:42".
    pub(crate) fn kind(&self) -> String {
        let length = self.duration_ms.map(|ms| format!(" {}", playing_time(ms)));
        format!("Video{}", length.unwrap_or_default())
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let media: String = row.try_get("media")?;
        let trouble: Option<String> = row.try_get("trouble")?;
        let number = |name: &str| {
            row.try_get::<Option<i64>, _>(name)
                .map(|n| n.and_then(|n| u64::try_from(n).ok()))
        };
        Ok(Self {
            id: row.try_get("id")?,
            media: media.parse().map_err(|_| sqlx::Error::RowNotFound)?,
            name: row.try_get("name")?,
            size: number("size")?.unwrap_or_default(),
            duration_ms: number("duration_ms")?,
            facts: row.try_get("facts")?,
            trouble: trouble.and_then(|text| serde_json::from_str(&text).ok()),
        })
    }
}

fn small(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Own {
    /// Keeps a file for its owner.
    ///
    /// # Errors
    /// `Storage` when it cannot be written; `Unavailable` when the file was removed just now, with an upload of the same
    /// file that nobody posted: then it is to be sent again.
    pub(super) async fn keep_upload(
        &self,
        files: &dyn MediaStore,
        owner: &OwnerId,
        kept: &Kept,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let trouble = kept.trouble.as_ref();
        let trouble = trouble.and_then(|trouble| serde_json::to_string(trouble).ok());
        sqlx::query(
            "INSERT INTO server_uploads (id, owner, media, name, size, duration_ms, facts, trouble, created_at, posted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
        )
        .bind(&kept.id)
        .bind(owner.as_str())
        .bind(kept.media.as_str())
        .bind(&kept.name)
        .bind(small(kept.size))
        .bind(kept.duration_ms.map(small))
        .bind(&kept.facts)
        .bind(trouble)
        .bind(now.timestamp_micros())
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        // From here on nobody removes it; until here somebody could have.
        match files.stat(&kept.media).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            there => return there.map(|_| ()),
        }
        sqlx::query("DELETE FROM server_uploads WHERE id = ?1")
            .bind(&kept.id)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Err(removed_meanwhile())
    }

    /// A kept file of this owner: for a day, or as long as a post of it is listed.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn upload(
        &self,
        owner: &OwnerId,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Kept>> {
        let found = sqlx::query("SELECT * FROM server_uploads WHERE id = ?1 AND owner = ?2 AND (posted = 1 OR created_at > ?3)")
            .bind(id)
            .bind(owner.as_str())
            .bind((now - WAITS).timestamp_micros())
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)?;
        found
            .map(|row| Kept::read(&row))
            .transpose()
            .map_err(failed)
    }

    /// What is known of the file of a post that this owner made `then`. The same file may have come under other names too:
    /// the last one that was posted before counts.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn posted_upload(
        &self,
        owner: &OwnerId,
        media: &MediaId,
        then: DateTime<Utc>,
    ) -> Result<Option<Kept>> {
        let found = sqlx::query(
            "SELECT * FROM server_uploads WHERE media = ?1 AND owner = ?2
             ORDER BY posted DESC, created_at <= ?3 DESC, abs(created_at - ?3) LIMIT 1",
        )
        .bind(media.as_str())
        .bind(owner.as_str())
        .bind(then.timestamp_micros())
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        found
            .map(|row| Kept::read(&row))
            .transpose()
            .map_err(failed)
    }

    /// A post is about to need the file: it stays.
    ///
    /// # Errors
    /// `Storage` when it cannot be written; `Unavailable` when the file's day was over just now.
    pub(crate) async fn mark_posted(&self, id: &str) -> Result<()> {
        let marked = sqlx::query("UPDATE server_uploads SET posted = 1 WHERE id = ?1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        if marked.rows_affected() == 1 {
            Ok(())
        } else {
            Err(removed_meanwhile())
        }
    }

    /// Removes files that no form asked for within a day, unless another upload is the same file, and says how many. One
    /// that cannot be removed now stays listed, and keeps none of the others.
    ///
    /// # Errors
    /// `Storage` when the table or a file cannot be changed.
    pub(crate) async fn purge_uploads(
        &self,
        media: &dyn MediaStore,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let old = (now - WAITS).timestamp_micros();
        let over: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM server_uploads WHERE posted = 0 AND created_at <= ?1",
        )
        .bind(old)
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        let (mut removed, mut failure) = (0, None);
        for id in over {
            match self.purge_upload(media, &id, old).await {
                Ok(file) => removed += u64::from(file),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(removed), Err)
    }

    /// The file first, then its row: while the row is there, the next look removes what this one could not. Says whether
    /// there was a file to remove.
    async fn purge_upload(&self, media: &dyn MediaStore, id: &str, old: i64) -> Result<bool> {
        // Nobody keeps the same file, or posts this one, between the look and the end.
        let mut tx = self
            .pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(failed)?;
        let file: Option<String> = sqlx::query_scalar(
            "SELECT media FROM server_uploads WHERE id = ?1 AND posted = 0 AND created_at <= ?2",
        )
        .bind(id)
        .bind(old)
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        let Some(file) = file else {
            return Ok(false);
        };
        let others: i64 =
            sqlx::query_scalar("SELECT count(*) FROM server_uploads WHERE media = ?1 AND id <> ?2")
                .bind(&file)
                .bind(id)
                .fetch_one(&mut *tx)
                .await
                .map_err(failed)?;
        let removed = others == 0 && media.remove(&file.parse()?).await?;
        sqlx::query("DELETE FROM server_uploads WHERE id = ?1")
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(removed)
    }
}

fn removed_meanwhile() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "an uploaded file waited a day without being posted, and was removed just now",
    )
    .with_user_message("The video waited for a day without being posted and was removed.")
    .with_advice("Choose it again.")
}

#[cfg(test)]
mod tests;
