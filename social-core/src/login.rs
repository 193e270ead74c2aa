//! Connecting an account: begin, the platform's consent page, finish, accept.
//!
//! [`begin`](Logins::begin) binds the login to a secret that the browser holds. [`finish`](Logins::finish) demands that
//! browser, owner, connector and redirect address before it uses the login up, and the login before it exchanges the
//! code: a callback in another browser changes nothing. The result is an [`Offer`]: nothing is linked before its owner
//! accepts. Accounts that are linked already and have [one token set](crate::oauth::GrantScope::OneTokenSet) with those granted
//! get the new one at once.
//!
//! Errors say why by their [reason](crate::Reason): `LoginUnknown`, `LoginExpired`, `LoginUsed`, `LoginElsewhere`,
//! `LoginCodeRefused`, `ConsentRefused`, `NoAccount`, `OfferOver`, `OfferEnded`, `AccountTaken`; a refusal carries the platform's own
//! [code](crate::Error::code) too, such as `access_denied`.

mod accept;
mod begin;
mod ended;
mod errors;
mod finish;
mod offer;
mod one_set;
mod patience;
mod speculative;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::SecretString;

pub use offer::{Already, Offer, OfferedAccount};
pub use speculative::is_speculative;

use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    model::{AccountId, AccountKey, AppKey, Connector, OwnerId},
    oauth::OAuthProvider,
    random::Random,
    store::{LoginStore, TokenStore},
    tasks::Tasks,
    time::Clock,
    vault::Vault,
};

/// How long a login, and then its offer, counts, where nothing else is set.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// What [`Logins`] work with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginsConfig {
    /// Where logins and offers are kept.
    pub logins: Arc<dyn LoginStore>,
    /// Where accepted accounts are kept.
    pub accounts: Arc<dyn TokenStore>,
    /// Seals and opens.
    pub vault: Arc<Vault>,
    /// The login routes this process knows.
    pub providers: BTreeMap<Connector, Arc<dyn OAuthProvider>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// States, verifiers, browser secrets and jitter.
    pub random: Arc<dyn Random>,
    /// How long a login, and then its offer, counts. 10 min.
    pub lifetime: Duration,
    /// How long after the callback the code may still be sent, and how long a login that begins waits for the platform, where
    /// that is asked for the consent page. 20 s.
    pub deadline: Duration,
    /// What the end of the process waits for.
    pub(crate) tasks: Tasks,
}

impl LoginsConfig {
    /// Joins the parts, with the usual times.
    pub fn new(
        logins: Arc<dyn LoginStore>,
        accounts: Arc<dyn TokenStore>,
        vault: Arc<Vault>,
        providers: BTreeMap<Connector, Arc<dyn OAuthProvider>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            logins,
            accounts,
            vault,
            providers,
            clock,
            random,
            lifetime: LIFETIME,
            deadline: Duration::from_secs(20),
            tasks: Tasks::default(),
        }
    }
}

/// Connects accounts. Clones share everything.
#[derive(Clone)]
pub struct Logins {
    config: Arc<LoginsConfig>,
}

/// A login that was begun.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoginStart {
    /// Where to send the browser. Holds the state: not for a log.
    pub url: SecretString,
    /// For a cookie of this browser: HttpOnly, Secure, SameSite=Lax, ending at `expires_at`. The callback must bring
    /// it back.
    pub browser: SecretString,
    /// After this the login no longer counts.
    pub expires_at: DateTime<Utc>,
}

impl Logins {
    /// Takes up work.
    pub fn new(config: LoginsConfig) -> Self {
        Self {
            config: Arc::new(config),
        }
    }

    /// Removes logins and offers whose time is over and says how many. To be called now and then; they do not count
    /// any more in any case.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn purge(&self) -> Result<u64> {
        // Kept for a while longer, so that a late callback is told why it is refused.
        let before = self.config.clock.now() - self.config.lifetime;
        self.config.logins.purge(before).await
    }

    /// The login routes of this installation, by platform, app and name.
    pub fn connectors(&self) -> impl Iterator<Item = &Connector> {
        self.config.providers.keys()
    }

    /// The account's key, in the space in which this login gives ids.
    fn key(
        &self,
        connector: &Connector,
        owner: &OwnerId,
        account: &AccountId,
    ) -> Result<AccountKey> {
        let space = self.provider(connector)?.account_space();
        let space = AppKey::new(connector.app.platform.clone(), space);
        Ok(space.account(owner.clone(), account.clone()))
    }

    fn provider(&self, connector: &Connector) -> Result<&Arc<dyn OAuthProvider>> {
        self.config.providers.get(connector).ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "this process does not know the login route",
            )
            .with_remedy(Remedy::Operator)
        })
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins")
            .field("config", &self.config)
            .finish()
    }
}
