//! What is set by flags and environment. Secrets come from the environment only and are never shown.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use examples::settings::{
    Check, DatabaseAddress, Wrong, given, given_path, given_secret, log_filter,
};
use secrecy::SecretString;
use social_core::{
    LocalKeyRing, MediaDir, PlatformKit, Social, Stores,
    hub::{IncarnationPolicy, SocialBuilder},
    model::{AppId, AppKey},
    store::InstanceName,
};
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::database::{Database, Tables};

pub(crate) const PROGRAM: &str = "the worker";
const DATA_DIR: &str = "worker-data";
const SCHEMA: &str = "social";

/// Publishes what was submitted, refreshes tokens, seals again when keys rotate. An empty value counts as not given.
#[derive(Debug, Parser)]
#[command(name = "worker")]
pub(crate) struct Args {
    /// postgres://USER:PASSWORD@HOST/DATABASE, or sqlite:PATH. From the environment, other users of the
    /// machine do not see it.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        global = true
    )]
    database_url: Option<SecretString>,
    /// The schema of the tables, on PostgreSQL [default: social].
    #[arg(
        long,
        env = "DATABASE_SCHEMA",
        hide_env_values = true,
        value_name = "NAME",
        global = true
    )]
    database_schema: Option<String>,
    /// DATABASE_URL leads to a pooler in transaction mode, such as PgBouncer.
    #[arg(
        long,
        env = "DATABASE_POOLER",
        hide_env_values = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true
    )]
    database_pooler: Option<String>,
    /// Your name for the place where these data are at work, such as prod-eu-1, the same for every program on them: a copy
    /// that is given another one, or none, sends nothing.
    #[arg(
        long,
        env = "DATABASE_INSTANCE",
        hide_env_values = true,
        value_name = "NAME",
        global = true
    )]
    database_instance: Option<String>,
    /// For so many hours after the data were restored, posts under new keys wait for an operator's word, and so do those that
    /// are armed for later when the data are accepted.
    #[arg(
        long,
        env = "HOLD_AFTER_LOSS_HOURS",
        hide_env_values = true,
        value_name = "HOURS",
        global = true
    )]
    hold_after_loss_hours: Option<String>,
    /// Replication is synchronous: a promoted replica of the same instance goes on without an operator's word.
    #[arg(
        long,
        env = "ACCEPT_PROMOTION",
        hide_env_values = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true
    )]
    accept_promotion: Option<String>,
    /// The folder of what is not set otherwise: the key file, media, the spool [default: worker-data].
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", global = true)]
    data_dir: Option<OsString>,
    /// The file of the keys, the one that seals first [default: social.key in the data folder].
    #[arg(long, env = "KEY_FILE", value_name = "FILE", global = true)]
    key_file: Option<OsString>,
    /// The keys themselves, one a line, in place of a file.
    #[arg(
        long,
        env = "SOCIAL_KEYS",
        hide_env_values = true,
        value_name = "KEYS",
        global = true
    )]
    keys: Option<SecretString>,
    /// The folder of media, the same for all who publish [default: media in the data folder].
    #[arg(long, env = "MEDIA_DIR", value_name = "FOLDER", global = true)]
    media_dir: Option<OsString>,
    /// How the log is written: text or json [default: text].
    #[arg(
        long,
        env = "LOG_FORMAT",
        hide_env_values = true,
        value_name = "FORMAT",
        global = true
    )]
    log_format: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes the tables, or brings them to the version of this program. Any number of processes may do it at once.
    Migrate,
    /// Shows how everything stands. Changes nothing, but for a first DATABASE_INSTANCE, which the data keep. Exits with 3 when
    /// an operator is needed.
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
    /// Lists the posts that are kept held since the data were restored or failed over: their keys may have been used in what
    /// was lost. Exits with 3 when there are any.
    Held,
    /// Lets held posts go: you have looked, and they are not out.
    Release {
        /// Their ids, as `worker held` shows them.
        #[arg(required_unless_present = "all", value_name = "POST")]
        posts: Vec<String>,
        /// Every one that is held.
        #[arg(long, conflicts_with = "posts")]
        all: bool,
    },
    /// Cancels held posts: you have looked, and they are out already.
    Cancel {
        /// Their ids, as `worker held` shows them.
        #[arg(required = true, value_name = "POST")]
        posts: Vec<String>,
    },
    /// Shows which limits a platform has blocked and for how long yet, or lets one of them go.
    Unblock {
        /// The key of the limit, as it is shown without one.
        key: Option<String>,
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
    spool_dir: Option<OsString>,
    /// The TikTok app's client key.
    #[arg(
        long,
        env = "TIKTOK_CLIENT_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    tiktok_client_key: Option<String>,
    /// The TikTok app's client secret. From the environment, other users of the machine do not see it.
    #[arg(
        long,
        env = "TIKTOK_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    tiktok_client_secret: Option<SecretString>,
    /// A sandbox's address, to be used in place of TikTok.
    #[arg(
        long,
        env = "TIKTOK_BASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    tiktok_base_url: Option<SecretString>,
}

/// The app at TikTok.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) key: String,
    pub(crate) secret: SecretString,
    /// In TikTok's place.
    pub(crate) sandbox: Option<Url>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum LogFormat {
    Json,
    Text,
}

/// Settings that every command needs.
#[derive(Debug)]
pub(crate) struct Settings {
    database: Database,
    instance: Option<InstanceName>,
    hold_after_loss: Option<Duration>,
    pub(crate) accept_promotion: bool,
    data: PathBuf,
    keys: Keys,
    media: PathBuf,
}

/// Where the keys are.
#[derive(Debug)]
enum Keys {
    File(PathBuf),
    Given(SecretString),
}

impl Args {
    /// What is logged, and how.
    ///
    /// # Errors
    /// When one of both can never work.
    pub(crate) fn log(&self) -> Result<(EnvFilter, LogFormat), Wrong> {
        let mut check = Check::default();
        let format = check.read(
            Some(given(self.log_format.as_deref()).unwrap_or("text")),
            "LOG_FORMAT is neither text nor json",
            |format| match format {
                "json" => Some(LogFormat::Json),
                "text" => Some(LogFormat::Text),
                _ => None,
            },
        );
        let format = check.end(PROGRAM, format)?;
        Ok((log_filter(PROGRAM, "info")?, format))
    }

    /// Checks what every command needs.
    ///
    /// # Errors
    /// Everything that is missing or does not fit, at once.
    pub(crate) fn check(&self) -> Result<Settings, Wrong> {
        let mut check = Check::default();
        let url = given_secret(self.database_url.as_ref());
        check.need(
            url.is_some(),
            "DATABASE_URL is not set: give postgres://USER:PASSWORD@HOST/DATABASE, or sqlite:PATH",
        );
        let address = check.try_read(url, DatabaseAddress::parse);
        let pooler = check.flag("DATABASE_POOLER", given(self.database_pooler.as_deref()));
        let schema = given(self.database_schema.as_deref());
        if matches!(address, Some(DatabaseAddress::Sqlite(_))) {
            let line = "DATABASE_POOLER and DATABASE_SCHEMA are for PostgreSQL, and DATABASE_URL is a file";
            check.need(
                !pooler && schema.is_none_or(|schema| schema == SCHEMA),
                line,
            );
        }
        let schema = schema.unwrap_or(SCHEMA).to_owned();
        let instance = check.instance(given(self.database_instance.as_deref()));
        let hold_after_loss = check.hold_after_loss(given(self.hold_after_loss_hours.as_deref()));
        let accept_promotion =
            check.flag("ACCEPT_PROMOTION", given(self.accept_promotion.as_deref()));
        check.need(
            instance.is_some() || !accept_promotion,
            "ACCEPT_PROMOTION is set without DATABASE_INSTANCE: without a name a recovery to an earlier time looks like a \
             promotion, so none is accepted; name the instance",
        );
        let data = given_path(self.data_dir.as_ref()).unwrap_or_else(|| DATA_DIR.into());
        let file = given_path(self.key_file.as_ref());
        let given = given_secret(self.keys.as_ref());
        check.need(
            file.is_none() || given.is_none(),
            "both SOCIAL_KEYS and KEY_FILE are set: give one of them",
        );
        let settings = address.map(|address| Settings {
            database: Database::new(address, schema, pooler),
            instance,
            hold_after_loss,
            accept_promotion,
            keys: match given {
                Some(keys) => Keys::Given(keys.into()),
                None => Keys::File(file.unwrap_or_else(|| data.join("social.key"))),
            },
            media: given_path(self.media_dir.as_ref()).unwrap_or_else(|| data.join("media")),
            data,
        });
        check.end(PROGRAM, settings)
    }
}

impl Run {
    /// Checks what publishing needs.
    ///
    /// # Errors
    /// Everything that is missing or does not fit, at once.
    pub(crate) fn app(&self) -> Result<App, Wrong> {
        let mut check = Check::default();
        let (key, secret) = check.tiktok_app(
            true,
            self.tiktok_client_key.as_deref(),
            self.tiktok_client_secret.as_ref(),
        );
        let sandbox = check.sandbox(
            "TIKTOK_BASE_URL",
            given_secret(self.tiktok_base_url.as_ref()),
        );
        let app = key.zip(secret).map(|(key, secret)| App {
            key,
            secret,
            sandbox,
        });
        check.end(PROGRAM, app)
    }

    pub(crate) fn spool_dir(&self, settings: &Settings) -> PathBuf {
        given_path(self.spool_dir.as_ref()).unwrap_or_else(|| settings.data.join("spool"))
    }
}

impl Settings {
    /// Which database.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// As which instance the data are opened.
    pub(crate) fn instance(&self) -> Option<&str> {
        self.instance.as_ref().map(InstanceName::as_str)
    }

    /// The stores, opened as that instance.
    pub(crate) async fn stores(&self, tables: Tables) -> anyhow::Result<Stores> {
        self.database.open(tables, self.instance()).await
    }

    /// Everything but what a platform and a process of its own bring. Nobody else may look into the data folder.
    pub(crate) fn social(&self, stores: Stores) -> anyhow::Result<SocialBuilder> {
        private_folder(&self.data)?;
        let media = MediaDir::open(&self.media)
            .with_context(|| format!("the folder of media, {}", self.media.display()))?;
        let policy = match self.accept_promotion {
            true => IncarnationPolicy::AcceptPromotion,
            false => IncarnationPolicy::Ask,
        };
        let builder = Social::builder();
        let builder =
            (self.hold_after_loss.into_iter()).fold(builder, SocialBuilder::hold_after_loss);
        Ok(builder
            .incarnation_policy(policy)
            .stores(stores)
            .keys(self.keys()?)
            .media(media))
    }

    /// A whole that sends nothing: for commands of operators.
    pub(crate) async fn social_at_rest(&self) -> anyhow::Result<Social> {
        let stores = self.stores(Tables::AsTheyAre).await?;
        let installation = stores.installation.installation().await?;
        // Else a key would be made here, which the workers do not have.
        ensure!(
            installation.key_check.is_some(),
            "no worker has run on these data yet, so there is nothing to do; start one first"
        );
        let idle = PlatformKit::new(AppKey::new(social_tiktok::PLATFORM, AppId::new("idle")?));
        Ok(self.social(stores)?.platform(idle).build().await?)
    }

    pub(crate) fn keys(&self) -> anyhow::Result<LocalKeyRing> {
        use secrecy::ExposeSecret as _;

        match &self.keys {
            Keys::File(file) => Ok(LocalKeyRing::file(file)),
            Keys::Given(keys) => {
                LocalKeyRing::parse(keys.expose_secret()).context("SOCIAL_KEYS cannot be used")
            }
        }
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
