//! What is set by flags and environment. Secrets come from the environment only and are never shown.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};
use social_core::{LocalKeyRing, MediaDir, PlatformKit, Social, Stores, hub::SocialBuilder};
use url::Url;

use crate::database::{Database, Tables};

/// Publishes what was submitted, refreshes tokens, seals again when keys rotate.
#[derive(Debug, Parser)]
#[command(name = "worker", about)]
pub(crate) struct Args {
    /// postgres://USER:PASSWORD@HOST/DATABASE, or sqlite:PATH. From the environment, other users of the
    /// machine do not see it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<SecretString>,
    /// The schema of the tables, on PostgreSQL.
    #[arg(long, env = "DATABASE_SCHEMA", default_value = "social", global = true)]
    database_schema: String,
    /// DATABASE_URL leads to a pooler in transaction mode, such as PgBouncer.
    #[arg(long, env = "DATABASE_POOLER", global = true)]
    database_pooler: bool,
    /// The folder of what is not set otherwise: the key file, media, the spool.
    #[arg(
        long,
        env = "DATA_DIR",
        default_value = "worker-data",
        value_name = "FOLDER",
        global = true
    )]
    data_dir: PathBuf,
    /// The file of the keys, the one that seals first [default: social.key in the data folder].
    #[arg(long, env = "KEY_FILE", value_name = "FILE", global = true)]
    key_file: Option<PathBuf>,
    /// The keys themselves, one a line, in place of a file.
    #[arg(long, env = "SOCIAL_KEYS", hide_env_values = true, global = true)]
    keys: Option<SecretString>,
    /// The folder of media, the same for all who publish [default: media in the data folder].
    #[arg(long, env = "MEDIA_DIR", value_name = "FOLDER", global = true)]
    media_dir: Option<PathBuf>,
    /// How the log is written.
    #[arg(long, env = "LOG_FORMAT", default_value = "text", global = true)]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes the tables, or brings them to the version of this program. Any number of processes may do it at once.
    Migrate,
    /// Shows how everything stands. Changes nothing. Exits with 3 when an operator is needed.
    Status {
        /// Counts the posts of this owner too.
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
    /// Lets work go on after a restore, a failover or a clone. First make sure that no other copy of the data is at work.
    AcceptIncarnation {
        /// The present incarnation, as `worker status` shows it.
        name: String,
    },
    /// Seals everything under the newest key, then says whether the older ones can be dropped.
    Reseal,
    /// Works until SIGTERM or Ctrl-C; what was begun is ended first.
    Run(Run),
}

/// What only the work itself needs.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A folder of this process's own, on a disk that outlives it, for refreshed tokens that the database did not take
    /// [default: spool in the data folder].
    #[arg(long, env = "SPOOL_DIR", value_name = "FOLDER")]
    pub(crate) spool_dir: Option<PathBuf>,
    /// The TikTok app's client key.
    #[arg(long, env = "TIKTOK_CLIENT_KEY")]
    pub(crate) tiktok_client_key: String,
    /// The TikTok app's client secret. From the environment, other users of the machine do not see it.
    #[arg(long, env = "TIKTOK_CLIENT_SECRET", hide_env_values = true)]
    pub(crate) tiktok_client_secret: SecretString,
    /// A sandbox's address, to be used in place of TikTok.
    #[arg(long, env = "TIKTOK_BASE_URL")]
    pub(crate) tiktok_base_url: Option<Url>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Json,
    Text,
}

impl Args {
    /// Which database.
    pub(crate) fn database(&self) -> anyhow::Result<Database> {
        let url = self.database_url.as_ref().context(
            "DATABASE_URL is not set: give postgres://USER:PASSWORD@HOST/DATABASE, or sqlite:PATH",
        )?;
        Database::parse(url, &self.database_schema, self.database_pooler)
    }

    /// Everything but what a platform and a process of its own bring. Nobody else may look into the data folder.
    pub(crate) fn social(&self, stores: Stores) -> anyhow::Result<SocialBuilder> {
        private_folder(&self.data_dir)?;
        let media = self.media_dir();
        let media = MediaDir::open(&media)
            .with_context(|| format!("the folder of media, {}", media.display()))?;
        Ok(Social::builder()
            .stores(stores)
            .keys(self.keys()?)
            .media(media))
    }

    /// A whole that sends nothing: for commands of operators.
    pub(crate) async fn social_at_rest(&self) -> anyhow::Result<Social> {
        let stores = self.database()?.open(Tables::AsTheyAre).await?;
        let installation = stores.installation.installation().await?;
        // Else a key would be made here, which the workers do not have.
        ensure!(
            installation.key_check.is_some(),
            "no worker has run on these data yet, so there is nothing to do; start one first"
        );
        let idle = PlatformKit::new(social_tiktok::PLATFORM);
        Ok(self.social(stores)?.platform(idle).build().await?)
    }

    pub(crate) fn keys(&self) -> anyhow::Result<LocalKeyRing> {
        match (&self.keys, &self.key_file) {
            (Some(_), Some(_)) => bail!("both SOCIAL_KEYS and KEY_FILE are set: give one of them"),
            (Some(keys), None) => Ok(LocalKeyRing::parse(keys.expose_secret())?),
            (None, Some(file)) => Ok(LocalKeyRing::file(file)),
            (None, None) => Ok(LocalKeyRing::file(self.data_dir.join("social.key"))),
        }
    }

    pub(crate) fn spool_dir(&self, run: &Run) -> PathBuf {
        let other = || self.data_dir.join("spool");
        run.spool_dir.clone().unwrap_or_else(other)
    }

    fn media_dir(&self) -> PathBuf {
        let other = || self.data_dir.join("media");
        self.media_dir.clone().unwrap_or_else(other)
    }
}

/// Makes the folder, for this user only, if there is none.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| {
        format!(
            "the folder {} cannot be made; give another one, or allow it",
            path.display()
        )
    })
}
