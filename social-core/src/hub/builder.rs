use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::sync::{Notify, broadcast};

use super::{
    ClockGuard, IncarnationGuard, IncarnationPolicy, Inner, PlatformKit, Platforms, Social, Stores,
    WorkerContext, grace::restore_grace,
};
use crate::{
    error::{BuildError, Error, Result},
    login::{Logins, LoginsConfig},
    media::MediaStore,
    model::Connector,
    oauth::OAuthProvider,
    random::{Random, SystemRandom},
    store::InstallationStore,
    time::{Clock, SystemClock},
    tokens::{TokenSettings, Tokens, TokensConfig},
    vault::{KeyRing, Vault},
};

/// Gathers what [`Social`] is made of: stores, keys, media and at least one platform.
#[derive(Default)]
pub struct SocialBuilder {
    stores: Option<Stores>,
    keys: Option<Arc<dyn KeyRing>>,
    media: Option<Arc<dyn MediaStore>>,
    kits: Vec<PlatformKit>,
    clock: Option<Arc<dyn Clock>>,
    random: Option<Arc<dyn Random>>,
    spool: Option<PathBuf>,
    login_lifetime: Option<Duration>,
    close_within: Option<Duration>,
    token_settings: TokenSettings,
    clock_tolerance: Option<Duration>,
    incarnation_policy: IncarnationPolicy,
    hold_after_loss: Option<Duration>,
    restore_grace: Option<Duration>,
}

const CLOSE_WITHIN: Duration = Duration::from_secs(75);

impl SocialBuilder {
    /// Where everything is kept.
    #[must_use]
    pub fn stores(mut self, stores: impl Into<Stores>) -> Self {
        self.stores = Some(stores.into());
        self
    }

    /// The keys that seal secrets.
    #[must_use]
    pub fn keys(mut self, keys: impl KeyRing) -> Self {
        self.keys = Some(Arc::new(keys));
        self
    }

    /// Where media are kept.
    #[must_use]
    pub fn media(mut self, media: impl MediaStore) -> Self {
        self.media = Some(Arc::new(media));
        self
    }

    /// Adds an app of a platform.
    #[must_use]
    pub fn platform(mut self, kit: impl Into<PlatformKit>) -> Self {
        self.kits.push(kit.into());
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Another source of randomness than the operating system's.
    #[must_use]
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = Some(random);
        self
    }

    /// A folder of this process's own for refreshed tokens that the store did not take. They are kept there sealed and
    /// saved at the next start.
    #[must_use]
    pub fn spool(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spool = Some(folder.into());
        self
    }

    /// Times and limits of refreshing.
    #[must_use]
    pub fn token_settings(mut self, settings: TokenSettings) -> Self {
        self.token_settings = settings;
        self
    }

    /// How far this machine's clock may be from the store's before its workers claim nothing; 60 s unless set, see
    /// [`ClockGuard`]. For programs that set their clock on purpose.
    #[must_use]
    pub fn clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = Some(tolerance);
        self
    }

    /// How long a sign-in stays open; ten minutes unless set.
    #[must_use]
    pub fn login_lifetime(mut self, lifetime: Duration) -> Self {
        self.login_lifetime = Some(lifetime);
        self
    }

    /// Who accepts another life of the data; an operator unless set.
    #[must_use]
    pub fn incarnation_policy(mut self, policy: IncarnationPolicy) -> Self {
        self.incarnation_policy = policy;
        self
    }

    /// Keeps posts held that are submitted under a new idempotency key while another life of the data is not accepted, and
    /// for `within` after one was accepted that may lack the last writes of the one before; 24 hours are a good choice. Such
    /// a key may have been used in what was lost, and its post may be out: an operator [looks](Social::held_posts) and
    /// [releases](Social::release_post) it, or cancels it. So are posts that are armed for later when such a life is
    /// [accepted](Social::accept_incarnation): their owners may have moved them in what was lost. Off unless set: then they
    /// are published.
    #[must_use]
    pub fn hold_after_loss(mut self, within: Duration) -> Self {
        self.hold_after_loss = Some(within);
        self
    }

    /// How long after [`Social::accept_incarnation`] posts that the other copy of the data may have sent are asked about at the
    /// earliest. Until then a request of that copy may still arrive, so it must be longer than a lease and the longest settle
    /// time of a `Once` step together. Unless set it is a minute more than the longest of this process's publishers
    /// ([`Publisher::longest_settle`](crate::publish::Publisher::longest_settle)), so the data are to be accepted by a process
    /// that has every app. What is set counts as it is; where a publisher needs more, the log says so. It has to be set where
    /// workers have leases of a minute or longer.
    #[must_use]
    pub fn restore_grace(mut self, grace: Duration) -> Self {
        self.restore_grace = Some(grace);
        self
    }

    /// How long [`Social::close`] waits; 75 s unless set. Longer than [`TokenSettings::answer`]: a late answer holds the only
    /// living token. With what workers take to end it stays below the 90 s that service managers usually give a process.
    #[must_use]
    pub fn close_within(mut self, within: Duration) -> Self {
        self.close_within = Some(within);
        self
    }

    /// Checks the keys against the store, saves what was spooled, and is ready. On data that have begun another life it
    /// builds as well, and what was spooled waits, see [`Social::incarnations`].
    ///
    /// # Errors
    /// [`BuildError::Missing`] names everything that was not given. [`BuildError::Failed`]: `Seal` when the key is
    /// missing or is not the one the store was made with, `Storage` when the store fails.
    pub async fn build(self) -> Result<Social, BuildError> {
        let mut missing = Vec::new();
        let mut note = |given: bool, name| (!given).then(|| missing.push(name));
        note(self.stores.is_some(), "stores");
        note(self.keys.is_some(), "keys");
        note(self.media.is_some(), "media");
        note(!self.kits.is_empty(), "platform");
        let (Some(stores), Some(keys), Some(media), true) =
            (self.stores, self.keys, self.media, missing.is_empty())
        else {
            return Err(BuildError::Missing {
                of: "Social::builder()",
                names: missing,
            });
        };
        let clock = self
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::default()));
        let random = self
            .random
            .unwrap_or_else(|| Arc::new(SystemRandom::default()));
        let vault = open_vault(&stores.installation, keys, Arc::clone(&random)).await?;
        let guard = IncarnationGuard::new(Arc::clone(&stores.installation));
        let guard = guard.policy(self.incarnation_policy);
        let mut clocks = ClockGuard::new(Arc::clone(&stores.installation), Arc::clone(&clock));
        if let Some(tolerance) = self.clock_tolerance {
            clocks = clocks.tolerance(tolerance);
        }
        // Told at the start already, also by a program without workers.
        clocks.is_held().await?;
        let Sorted {
            providers,
            platforms,
        } = sort(self.kits)?;

        let mut config = TokensConfig::new(
            Arc::clone(&stores.tokens),
            Arc::clone(&vault),
            providers.clone(),
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        config.spool = self.spool;
        config.settings = self.token_settings;
        config.guard = Some(guard.clone());
        config.clocks = Some(clocks.clone());
        let tasks = config.tasks.clone();
        let tokens = Tokens::new(config);
        tokens.replay_spool().await?;

        let mut config = LoginsConfig::new(
            Arc::clone(&stores.logins),
            Arc::clone(&stores.tokens),
            Arc::clone(&vault),
            providers,
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        config.tasks = tasks.clone();
        config.lifetime = self.login_lifetime.unwrap_or(config.lifetime);
        let logins = Logins::new(config);

        let changes = broadcast::Sender::new(1_024);
        let wake = Notify::new();
        let grace = restore_grace(self.restore_grace, &platforms.publishers);
        let inner = Inner {
            stores,
            vault,
            tokens,
            logins,
            media,
            platforms,
            clock,
            random,
            changes,
            wake,
            guard,
            clocks,
            hold_after_loss: self.hold_after_loss,
            restore_grace: grace,
            tasks,
            close_within: self.close_within.unwrap_or(CLOSE_WITHIN),
        };
        Ok(Social {
            worker: WorkerContext {
                inner: Arc::new(inner),
            },
        })
    }
}

/// A key beside an existing store must be the key it was made with; a new store gets a check for the next start.
async fn open_vault(
    store: &Arc<dyn InstallationStore>,
    keys: Arc<dyn KeyRing>,
    random: Arc<dyn Random>,
) -> Result<Arc<Vault>> {
    let installation = store.installation().await?;
    keys.prepare(installation.key_check.is_none()).await?;
    let vault = Vault::new(installation.id, keys, random).counting_in(Arc::clone(store));
    let check = match installation.key_check {
        Some(check) => check,
        None => store.put_key_check(&vault.key_check().await?, None).await?,
    };
    vault.verify_key_check(&check).await?;
    if let Err(error) = vault.count_ahead().await {
        // What is sealed can be read all the same.
        tracing::error!(%error, "nothing can be sealed");
    }
    Ok(Arc::new(vault))
}

#[derive(Default)]
struct Sorted {
    providers: BTreeMap<Connector, Arc<dyn OAuthProvider>>,
    platforms: Platforms,
}

fn sort(kits: Vec<PlatformKit>) -> Result<Sorted> {
    let mut sorted = Sorted::default();
    for kit in kits {
        kit.check()?;
        if kit.publisher.is_some() && kit.connectors.is_empty() {
            // It may do: tokens without an end, or a process beside it that refreshes them.
            tracing::warn!(
                app = %kit.app,
                "this process publishes by an app without a login: tokens that end are for another process to refresh, and \
                 posts wait for it"
            );
        }
        for provider in kit.connectors {
            put(&mut sorted.providers, provider.connector(), Some(provider))?;
        }
        let Platforms {
            publishers,
            verifiers,
            contents,
            comments,
            insights,
            subscriptions,
        } = &mut sorted.platforms;
        put(publishers, kit.app.clone(), kit.publisher)?;
        put(verifiers, kit.app.clone(), kit.verifier)?;
        put(contents, kit.app.clone(), kit.content)?;
        put(comments, kit.app.clone(), kit.comments)?;
        put(insights, kit.app.clone(), kit.insights)?;
        put(subscriptions, kit.app, kit.subscriptions)?;
    }
    Ok(sorted)
}

fn put<K: Ord + fmt::Display, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    match map.entry(key) {
        Entry::Vacant(free) => free.insert(value),
        Entry::Occupied(taken) => return Err(twice(taken.key())),
    };
    Ok(())
}

fn twice(what: &dyn fmt::Display) -> Error {
    Error::invalid(
        "platform",
        "platform.once",
        format!("{what} was given twice"),
    )
}

impl fmt::Debug for SocialBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocialBuilder")
            .field("kits", &self.kits)
            .finish_non_exhaustive()
    }
}
