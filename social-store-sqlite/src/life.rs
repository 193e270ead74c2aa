//! Tells a restored or copied file from the one that was accepted.
//!
//! A life of the data has a random name, kept in the database and in a small file beside it, each with a count of the
//! transactions that wrote. Another life begins when, on opening,
//!
//! - the file is not the one that the database remembers (its inode or birth differ): it was copied, or moved here;
//! - the count beside it is ahead: an older copy was written over it;
//! - the file beside it is missing, unreadable, or of another life; also when the database is new: then one that was there
//!   is gone, with what it knew.
//!
//! The database is written first, the file beside it after the commit and without waiting for the disk: it may fall
//! behind, which means nothing, but never get ahead of what is durable. Whoever looks holds the right to write, so that
//! no commit comes in between. Only a new name waits for the disk: until the database knows that it arrived
//! (`is_beside`), nothing follows from a file beside it that is missing or of another life.

mod file;
mod sidecar;

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use social_core::{
    error::{Error, Result},
    random::{Random, SystemRandom},
    store::{Incarnation, Incarnations, InstanceName},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use self::file::FileId;
pub(crate) use self::sidecar::Mark;
use crate::{
    error::{failed, operator},
    sql,
    values::Cells,
};

sql::statements! {
    LOOK = "SELECT life, accepted, instance, lost_at, writes, is_beside, inode, born FROM installation";
    BEGIN_LIFE = "UPDATE installation SET life = ?1, accepted = ?2, writes = ?3, is_beside = 0, inode = ?4, born = ?5";
    IS_BESIDE = "UPDATE installation SET is_beside = 1 WHERE life = ?1";
    /// Counts a transaction that wrote, and no other; and keeps when that was, see `clock.rs`.
    COUNT = "UPDATE installation SET writes = writes + 1, clock = ?2, clock_wall = ?3, clock_away = ?4,
            clock_turn = clock_turn + (clock_by IS NOT ?5), clock_by = ?5
        WHERE total_changes() > ?1 RETURNING life, writes";
    ACCEPT = "UPDATE installation SET accepted = life, instance = ?1, lost_at = coalesce(?2, lost_at)";
    /// The first name is kept.
    PUT_INSTANCE = "UPDATE installation SET instance = ?1 WHERE instance IS NULL";
}

const TABLE: &str = "installation";

/// Where the database file and the one beside it are.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    database: PathBuf,
    sidecar: PathBuf,
    instance: Option<InstanceName>,
}

/// What the database remembers.
struct Known {
    life: Option<String>,
    accepted: Option<String>,
    writes: i64,
    is_beside: bool,
    file: FileId,
}

impl Life {
    /// Of an existing file. Links are followed, so that all who open it look beside the same one.
    pub(crate) fn of(path: &Path, instance: Option<InstanceName>) -> Result<Self> {
        let database = path
            .canonicalize()
            .map_err(|error| unusable(path, &error))?;
        let mut sidecar = OsString::from(&database);
        sidecar.push(".life");
        Ok(Self {
            database,
            sidecar: sidecar.into(),
            instance,
        })
    }

    /// As which instance the file was opened.
    pub(crate) fn instance(&self) -> Option<&str> {
        self.instance.as_ref().map(InstanceName::as_str)
    }

    /// Keeps the name of the instance, if the data have none yet.
    pub(crate) async fn keep_instance(&self, conn: &mut SqliteConnection) -> Result<()> {
        let Some(name) = self.instance() else {
            return Ok(());
        };
        let put = sqlx::query(PUT_INSTANCE).bind(name);
        put.execute(conn).await.map(drop).map_err(failed)
    }

    /// Begins another life if this is not the file that it was. Inside a transaction that may write, with tables that
    /// were of version `from`. Answers what is still to be written beside the file.
    pub(crate) async fn look(
        &self,
        conn: &mut SqliteConnection,
        from: i64,
    ) -> Result<Option<Mark>> {
        let known = known(conn).await?;
        let file = self.file()?;
        let beside = self.beside()?;
        let Some(life) = &known.life else {
            if from == 0 && beside.is_some() {
                tracing::warn!(
                    file = %self.database.display(),
                    "the database file that was here is gone, and with it what was posted; it is begun anew, and nothing is \
                     published or refreshed until that is accepted: restore it if you can"
                );
            }
            return begin(conn, &known, file, beside.as_ref()).await.map(Some);
        };
        if known.file.may_be(file) && !known.is_older_than(life, beside.as_ref()) {
            let mark = || Mark::new(life.clone(), known.writes);
            return Ok((!known.is_beside).then(mark));
        }
        tracing::warn!(
            file = %self.database.display(),
            "the database file was copied, restored or moved: nothing is published or refreshed until that is accepted"
        );
        begin(conn, &known, file, beside.as_ref()).await.map(Some)
    }

    /// Writes the name of a life beside the file, and then that it is there.
    pub(crate) async fn keep(&self, conn: &mut SqliteConnection, mark: &Mark) -> Result<()> {
        let kept = sidecar::create(&self.sidecar, mark);
        kept.map_err(|error| unusable(&self.sidecar, &error))?;
        let is_beside = sqlx::query(IS_BESIDE).bind(mark.life.as_str());
        is_beside.execute(conn).await.map_err(failed)?;
        Ok(())
    }

    /// A transaction that wrote was committed. A few bytes into the page cache: not worth a thread of their own.
    pub(crate) fn wrote(&self, mark: &Mark) {
        if let Err(error) = sidecar::update(&self.sidecar, mark) {
            let kind = error.kind();
            tracing::warn!(file = %self.sidecar.display(), %kind, "the file beside the database cannot be written");
        }
    }

    /// The present and the accepted life, of a row of [`LOOK`].
    pub(crate) fn incarnations(&self, row: &SqliteRow) -> Result<Incarnations> {
        let known = Known::read(row)?;
        let cells = Cells::new(row, TABLE);
        let life = known.life.ok_or_else(|| cells.damaged("life"))?;
        let accepted = known.accepted.ok_or_else(|| cells.damaged("accepted"))?;
        let present = if self.is_at_its_path(row)? {
            life
        } else {
            format!("{life}, no longer at its path")
        };
        let mut lives = Incarnations::new(Incarnation::new(present), Incarnation::new(accepted));
        lives.lost_at = cells.time_opt("lost_at")?;
        Ok(lives.of_instance(self.instance.as_ref(), cells.get("instance")?))
    }

    /// Not when somebody put another file in its place while this process has the old one open.
    pub(crate) fn is_at_its_path(&self, row: &SqliteRow) -> Result<bool> {
        let known = Known::read(row)?;
        Ok(FileId::of(&self.database).is_ok_and(|file| known.file.may_be(file)))
    }

    fn file(&self) -> Result<FileId> {
        FileId::of(&self.database).map_err(|error| unusable(&self.database, &error))
    }

    fn beside(&self) -> Result<Option<Mark>> {
        sidecar::read(&self.sidecar).map_err(|error| unusable(&self.sidecar, &error))
    }
}

impl Known {
    fn read(row: &SqliteRow) -> Result<Self> {
        let cells = Cells::new(row, TABLE);
        Ok(Self {
            life: cells.get("life")?,
            accepted: cells.get("accepted")?,
            writes: cells.get("writes")?,
            is_beside: cells.get("is_beside")?,
            file: FileId {
                inode: cells.get("inode")?,
                born: cells.get("born")?,
            },
        })
    }

    /// Whether what stands beside the file says that the database has been further, or another.
    fn is_older_than(&self, life: &str, beside: Option<&Mark>) -> bool {
        match beside {
            Some(mark) if mark.life == life => mark.writes > self.writes,
            _ => self.is_beside,
        }
    }
}

async fn known(conn: &mut SqliteConnection) -> Result<Known> {
    let row = sqlx::query(LOOK).fetch_one(conn).await.map_err(failed)?;
    Known::read(&row)
}

impl Mark {
    /// Of a row of [`COUNT`].
    pub(crate) fn of(row: &SqliteRow) -> Result<Self> {
        let cells = Cells::new(row, TABLE);
        Ok(Self::new(cells.get("life")?, cells.get("writes")?))
    }
}

/// Another life, unaccepted unless nothing is known of an earlier one.
async fn begin(
    conn: &mut SqliteConnection,
    known: &Known,
    file: FileId,
    beside: Option<&Mark>,
) -> Result<Mark> {
    let mut bytes = [0; 16];
    SystemRandom::default().fill(&mut bytes)?;
    let life = uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string();
    let earlier = known.accepted.as_deref();
    let accepted = earlier.or(beside.map(|mark| mark.life.as_str()));
    let reached = beside.map_or(0, |mark| mark.writes).max(known.writes);
    let writes = reached.saturating_add(1);
    let begin = sqlx::query(BEGIN_LIFE)
        .bind(life.as_str())
        .bind(accepted.unwrap_or(&life))
        .bind(writes)
        .bind(file.inode)
        .bind(file.born);
    begin.execute(conn).await.map_err(failed)?;
    Ok(Mark::new(life, writes))
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    let kind = error.kind();
    operator(format!(
        "the file {} cannot be read and written ({kind}): make it and its folder writable for the user of this process, \
         or free space there",
        path.display()
    ))
}
