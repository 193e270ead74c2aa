//! Valid tokens, and the protocol by which they are refreshed once.
//!
//! A platform that rotates refresh tokens kills the old one with every refresh: whoever loses the new one loses the
//! account. The protocol, across tasks and processes:
//!
//! 1. **Claim** the record. One holder at a time; others wait and read again. The claim is counted as an attempt.
//! 2. **Refresh** with the tokens of the claimed revision. Nothing is sent after the call's deadline, which the lease
//!    outlives.
//! 3. **Save** by compare-and-swap on the revision, never on the lease: a holder that was paused past its lease holds
//!    the only living token. Success overrides a verdict.
//! 4. **Release**, telling whether the outcome is known.
//!
//! From sending until the save is acknowledged the work runs in a task that outlives its caller. A save that keeps
//! failing is [spooled](Tokens::replay_spool). A lost answer is retried once with the same token. A dead grant is a
//! verdict only after reading again; it is held as a suspicion for a grace time when an earlier attempt of unknown
//! outcome may have taken the living token, or when an unusual share of accounts turns dead at once.
//!
//! Accounts that have [one token set](crate::oauth::GrantScope::OneTokenSet) are refreshed as one: one of them is claimed, and what
//! is saved is saved for all.
//!
//! The protocol is explored exhaustively as a model in `tests/it/models/refresh.rs`.

mod ask;
mod attempt;
mod disconnect;
mod due;
mod errors;
pub(crate) mod family;
mod flight;
mod keep;
mod mass;
mod plan;
mod put;
mod read;
mod settings;
mod spool;
mod trouble;
mod verdict;

#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicUsize},
};

pub use disconnect::{Disconnected, Revocation};
pub use due::RefreshReport;
pub use settings::TokenSettings;
pub use spool::ReplayReport;

pub(crate) use {errors::unusable, plan::due_at, read::tokens_place};

use family::{Family, Means};

use crate::{
    error::{ErrorKind, Remedy, Result},
    hub::{ClockGuard, IncarnationGuard},
    model::{Account, AccountKey, AppKey, Connector, OwnerId, PrincipalId, TokenSet},
    oauth::OAuthProvider,
    random::Random,
    store::{Revision, TokenOrder, TokenStore},
    tasks::Tasks,
    time::Clock,
    vault::Vault,
};

/// What [`Tokens`] work with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokensConfig {
    /// Where records are kept.
    pub store: Arc<dyn TokenStore>,
    /// Seals and opens them.
    pub vault: Arc<Vault>,
    /// The login routes this process knows.
    pub providers: BTreeMap<Connector, Arc<dyn OAuthProvider>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub random: Arc<dyn Random>,
    /// Where tokens are spooled, sealed, when the store does not take them. A local folder of this process's own; made
    /// when first needed, for its owner only. Without one a new token is kept in memory and saved until it works or
    /// [`TokenSettings::save_patience`] ends.
    pub spool: Option<PathBuf>,
    /// Times and limits.
    pub settings: TokenSettings,
    /// Holds everything that would be sent while the data are in a life that nobody accepted. Without one nothing is held.
    pub guard: Option<IncarnationGuard>,
    /// Holds what is due while this machine's clock is wrong. Without one it is not looked at.
    pub clocks: Option<ClockGuard>,
    /// What the end of the process waits for.
    pub(crate) tasks: Tasks,
}

impl TokensConfig {
    /// Joins the parts; without a spool and guards, with the usual settings.
    pub fn new(
        store: Arc<dyn TokenStore>,
        vault: Arc<Vault>,
        providers: BTreeMap<Connector, Arc<dyn OAuthProvider>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            store,
            vault,
            providers,
            clock,
            random,
            spool: None,
            settings: TokenSettings::default(),
            guard: None,
            clocks: None,
            tasks: Tasks::default(),
        }
    }
}

/// Gives valid tokens and refreshes them, by worker or inline, once. Clones share everything.
#[derive(Clone)]
pub struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    config: TokensConfig,
    flights: flight::Flights,
    trouble: Mutex<trouble::Troubles>,
    mass: Mutex<BTreeMap<AppKey, mass::MassDeath>>,
    /// Which login's due accounts are looked at first.
    turn: AtomicUsize,
    spool: Option<spool::Folder>,
    /// One replay of a file at a time.
    replays: tokio::sync::Mutex<()>,
}

/// Tokens as they were read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ValidTokens {
    /// Whose they are.
    pub account: Account,
    /// The tokens.
    pub tokens: TokenSet,
    /// At which revision.
    pub revision: Revision,
    /// Which of the account's token sets they are.
    pub order: TokenOrder,
}

impl Tokens {
    /// Takes up work. Call [`replay_spool`](Self::replay_spool) before anything else.
    pub fn new(config: TokensConfig) -> Self {
        let spool = config.spool.clone().map(spool::Folder::new);
        Self {
            inner: Arc::new(Inner {
                config,
                flights: flight::Flights::default(),
                trouble: Mutex::default(),
                mass: Mutex::default(),
                turn: AtomicUsize::new(0),
                spool,
                replays: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Tokens that are good for a call now. Refreshes them when their time is over, or waits for whoever does.
    ///
    /// Any number of callers in any number of processes lead to one refresh, and what a refresh gave is not refreshed again
    /// within [a least distance](TokenSettings::distance), however soon it is to end. While a failed refresh backs off,
    /// calls answer its error without asking the platform again. When a refresh is not possible now but the access token has
    /// a little time left, that one is answered.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such account; `Unauthorized` with `Remedy::Reauthorize` when it must be
    /// connected again (the [code](crate::Error::code) tells why), with `Remedy::After` while its grant is only
    /// suspected to be dead; `Timeout` when another holder takes too long; `Unsupported` when no provider serves its
    /// connector or its app; `Unavailable` with `Remedy::Operator` and the reason `RestoredNotAccepted` while nothing may be
    /// sent because the data have begun another life, with the code `closing` when this process ends; `Seal` and `Storage`; and what the platform answers.
    ///
    /// # Cancel safety
    /// Safe. A refresh that was begun goes on without its caller.
    pub async fn valid(&self, key: &AccountKey) -> Result<ValidTokens> {
        let seen = self.read(key).await?;
        if self.is_fresh(&seen.tokens) || self.is_new(&seen) {
            return Ok(seen);
        }
        match self.refresh_from(&seen).await {
            Ok(valid) => Ok(valid),
            Err(error) if *error.remedy() == Remedy::Reauthorize => Err(error),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
            Err(_) if self.is_alive(&seen.tokens) => Ok(seen),
            Err(error) => Err(error),
        }
    }

    /// Answers the platform's 401 to a call with these tokens: whatever others somebody has saved since, otherwise what one
    /// refresh yields.
    ///
    /// # Errors
    /// As [`valid`](Self::valid). `RateLimited` with `Remedy::After` and the reason `RefreshedJustNow` when the tokens that
    /// the platform refuses come from a refresh within [their least distance](TokenSettings::refused_distance).
    ///
    /// # Cancel safety
    /// Safe, as [`valid`](Self::valid).
    pub async fn rejected(&self, refused: &ValidTokens) -> Result<ValidTokens> {
        let seen = self.read(&refused.account.key).await?;
        let are_others = !plan::is_same_access(&seen.tokens, &refused.tokens);
        if are_others && (self.is_fresh(&seen.tokens) || self.is_new(&seen)) {
            return Ok(seen);
        }
        self.refresh_from(&seen).await
    }

    /// All accounts of an owner, also disconnected ones, by platform and name.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn accounts(&self, owner: &OwnerId) -> Result<Vec<Account>> {
        let records = self.inner.config.store.list(owner).await?;
        Ok(records.iter().map(|record| record.to_account()).collect())
    }

    /// The accounts that have one token set with an account by this login; nothing where it has its own.
    fn family(&self, connector: &Connector, principal: Option<&PrincipalId>) -> Option<Family<'_>> {
        let config = &self.inner.config;
        let means = Means {
            store: &*config.store,
            vault: &config.vault,
            clock: &*config.clock,
            random: &*config.random,
        };
        Family::of(means, &**config.providers.get(connector)?, principal)
    }

    /// While the data are in a life that nobody accepted, nothing is sent.
    async fn may_send(&self) -> Result<()> {
        match &self.inner.config.guard {
            Some(guard) => guard.check().await,
            None => Ok(()),
        }
    }

    /// Waits until nothing is under way in this process that must not be cut off: no refresh, no disconnection. It keeps
    /// nobody from beginning another; to end a program use [`Social::close`](crate::Social::close).
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn idle(&self) {
        self.inner.config.tasks.idle().await;
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}
