//! Copies of a server's data: dumps, and replicas that take over.

use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::Connection;

use super::{Cluster, Stop, pause, programs};

/// How a database is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    /// SQL.
    Plain,
    /// `pg_dump`'s own format, not compressed.
    Custom,
}

impl Cluster {
    /// What `pg_dump` writes.
    ///
    /// # Errors
    /// When it fails.
    pub async fn dump(&self, database: &str, form: Dump) -> anyhow::Result<Vec<u8>> {
        let mut dump = self.programs.command("pg_dump");
        match form {
            Dump::Plain => dump.arg("--format=plain"),
            Dump::Custom => dump.args(["--format=custom", "--compress=0"]),
        };
        dump.arg("--dbname").arg(self.url(database));
        programs::run(dump).await.context("pg_dump")
    }

    /// Dumps a database and restores it as another one; the address of that.
    ///
    /// # Errors
    /// When one of both fails.
    pub async fn clone_database(&self, from: &str, to: &str) -> anyhow::Result<String> {
        let file = self.folder.path().join(format!("{to}.dump"));
        std::fs::write(&file, self.dump(from, Dump::Custom).await?)?;
        self.programs.give(&file)?;
        let url = self.database(to).await?;
        let mut restore = self.programs.command("pg_restore");
        restore
            .args(["--exit-on-error", "--dbname", &url])
            .arg(file);
        programs::run(restore).await.context("pg_restore")?;
        Ok(url)
    }

    /// A failover: a replica is made and follows; the server is killed, the replica promoted, and put at its address.
    ///
    /// # Errors
    /// When a step of it fails.
    pub async fn fail_over(&mut self) -> anyhow::Result<()> {
        let mut replica = self.standby("replica").await?;
        self.stop(Stop::Kill).await?;
        replica.execute("postgres", "SELECT pg_promote()").await?;
        replica.stop(Stop::Fast).await?;
        // The old primary goes with its folder.
        std::mem::swap(&mut self.folder, &mut replica.folder);
        self.run().await
    }

    /// A standby that follows under this name, and has everything that is there now.
    ///
    /// # Errors
    /// When it cannot be made, or does not follow.
    pub async fn standby(&self, name: &str) -> anyhow::Result<Self> {
        let mut standby = Self::unborn(self.password.as_deref())?;
        standby.options.clone_from(&self.options);
        let mut backup = self.programs.command("pg_basebackup");
        backup
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
            .arg("--dbname")
            .arg(format!("{}?application_name={name}", self.url("postgres")))
            .arg("--pgdata")
            .arg(standby.data_folder());
        programs::run(backup).await.context("pg_basebackup")?;
        standby.run().await?;
        self.followed_by(&standby).await?;
        Ok(standby)
    }

    /// Sets what the server, and whoever follows it, reads from its configuration.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn configure(&self, setting: &str, value: &str) -> anyhow::Result<()> {
        let set = format!("ALTER SYSTEM SET {setting} = '{value}'");
        self.execute("postgres", &set).await?;
        self.execute("postgres", "SELECT pg_reload_conf()").await
    }

    /// Cuts this standby off: it receives nothing any more.
    ///
    /// # Errors
    /// When it does not obey.
    pub async fn cut_off(&self) -> anyhow::Result<()> {
        self.configure("primary_conninfo", "").await?;
        let receives = "SELECT count(*) FROM pg_stat_wal_receiver";
        self.until(receives, |receivers: i64| receivers == 0).await
    }

    /// Waits until every commit waits for a standby.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn is_synchronous(&self) -> anyhow::Result<()> {
        let standbys =
            "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')";
        self.until(standbys, |standbys: i64| standbys > 0).await
    }

    async fn until(&self, asked: &'static str, done: fn(i64) -> bool) -> anyhow::Result<()> {
        let mut connection = self.connect("postgres").await?;
        for _ in 0..super::TRIES {
            if done(sqlx::query_scalar(asked).fetch_one(&mut connection).await?) {
                return Ok(connection.close().await?);
            }
            pause(Duration::from_millis(50)).await;
        }
        bail!("it does not come to it: {asked}")
    }

    /// Makes this standby the primary.
    ///
    /// # Errors
    /// When it does not obey.
    pub async fn promote(&self) -> anyhow::Result<()> {
        self.execute("postgres", "SELECT pg_promote()").await
    }

    /// Waits until the replica has what the server had written when this was called.
    async fn followed_by(&self, replica: &Self) -> anyhow::Result<()> {
        let mut primary = self.connect("postgres").await?;
        let written: String = sqlx::query_scalar("SELECT pg_current_wal_lsn()::text")
            .fetch_one(&mut primary)
            .await?;
        primary.close().await?;
        let mut follower = replica.connect("postgres").await?;
        for _ in 0..super::TRIES {
            let there: bool =
                sqlx::query_scalar("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn")
                    .bind(&written)
                    .fetch_one(&mut follower)
                    .await?;
            if there {
                return Ok(follower.close().await?);
            }
            pause(Duration::from_millis(50)).await;
        }
        bail!("the replica does not follow")
    }
}
