//! Files that arrived, in the server's own table: whose they are, and what is known of them.

use chrono::{DateTime, TimeDelta, Utc};
use social_core::media::{Media, MediaStore};
use social_core::model::MediaId;
use social_core::random::Random;
use social_core::{Error, Result};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::examine::Examined;
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
    pub(crate) trouble: Option<String>,
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
            trouble: row.try_get("trouble")?,
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
    /// `Storage` when it cannot be written.
    pub(super) async fn keep_upload(
        &self,
        owner: &str,
        kept: &Kept,
        now: DateTime<Utc>,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO server_uploads (id, owner, media, name, size, duration_ms, facts, trouble, created_at, posted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
        )
        .bind(&kept.id)
        .bind(owner)
        .bind(kept.media.as_str())
        .bind(&kept.name)
        .bind(small(kept.size))
        .bind(kept.duration_ms.map(small))
        .bind(&kept.facts)
        .bind(&kept.trouble)
        .bind(now.timestamp_micros())
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// A kept file of this owner: for a day, or as long as a post of it is listed.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn upload(
        &self,
        owner: &str,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Kept>> {
        let found = sqlx::query("SELECT * FROM server_uploads WHERE id = ?1 AND owner = ?2 AND (posted = 1 OR created_at > ?3)")
            .bind(id)
            .bind(owner)
            .bind((now - WAITS).timestamp_micros())
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)?;
        found
            .map(|row| Kept::read(&row))
            .transpose()
            .map_err(failed)
    }

    /// What is known of a posted file of this owner.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn posted_upload(&self, owner: &str, media: &MediaId) -> Result<Option<Kept>> {
        let found = sqlx::query("SELECT * FROM server_uploads WHERE media = ?1 AND owner = ?2 ORDER BY created_at LIMIT 1")
            .bind(media.as_str())
            .bind(owner)
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
    /// `Storage` when it cannot be written.
    pub(crate) async fn mark_posted(&self, id: &str) -> Result<()> {
        sqlx::query("UPDATE server_uploads SET posted = 1 WHERE id = ?1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Removes files that no form asked for within a day, unless another upload is the same file.
    ///
    /// # Errors
    /// `Storage` when the table or a file cannot be changed.
    pub(crate) async fn purge_uploads(
        &self,
        media: &dyn MediaStore,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let old = (now - WAITS).timestamp_micros();
        let gone: Vec<String> = sqlx::query_scalar(
            "DELETE FROM server_uploads WHERE posted = 0 AND created_at <= ?1 RETURNING media",
        )
        .bind(old)
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        let mut removed = 0;
        for id in gone {
            let used: i64 =
                sqlx::query_scalar("SELECT count(*) FROM server_uploads WHERE media = ?1")
                    .bind(&id)
                    .fetch_one(&self.pool)
                    .await
                    .map_err(failed)?;
            if used == 0 {
                let id: MediaId = id.parse().map_err(|error: Error| error)?;
                removed += u64::from(media.remove(&id).await?);
            }
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use social_core::media::{MediaDir, MediaStoreExt as _};
    use social_core::random::SystemRandom;

    use super::*;

    async fn kept(own: &Own, media: &MediaDir, content: &'static [u8], now: DateTime<Utc>) -> Kept {
        let stored = media.put_bytes(content).await.expect("stored");
        let kept = Kept::new(
            &SystemRandom::default(),
            "clip.mp4".to_owned(),
            &stored,
            Examined::default(),
        );
        let kept = kept.expect("an id");
        own.keep_upload("ann", &kept, now).await.expect("kept");
        kept
    }

    #[tokio::test]
    async fn a_file_is_its_owners_for_a_day_and_then_removed_unless_posted() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = Own::open(&folder.path().join("server.db"))
            .await
            .expect("opened");
        let media = MediaDir::open(folder.path().join("media")).expect("a media folder");
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let forgotten = kept(&own, &media, b"forgotten", now).await;
        let posted = kept(&own, &media, b"posted", now).await;
        let again = kept(&own, &media, b"posted", now).await;
        own.mark_posted(&posted.id).await.expect("marked");

        assert_eq!(
            own.upload("ann", &forgotten.id, now).await.expect("read"),
            Some(forgotten.clone())
        );
        assert_eq!(
            own.upload("bob", &forgotten.id, now).await.expect("read"),
            None
        );
        assert_eq!(
            own.upload("ann", &again.id, now + WAITS)
                .await
                .expect("read"),
            None
        );

        assert_eq!(own.purge_uploads(&media, now).await.expect("purged"), 0);
        assert_eq!(
            own.purge_uploads(&media, now + WAITS)
                .await
                .expect("purged"),
            1
        );
        assert!(media.stat(&forgotten.media).await.is_err());
        assert!(media.stat(&posted.media).await.is_ok());
        let known = own.posted_upload("ann", &posted.media).await.expect("read");
        assert_eq!(known.map(|known| known.id), Some(posted.id));
    }
}
