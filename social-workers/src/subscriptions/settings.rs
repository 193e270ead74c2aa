use std::time::Duration;

use social_core::model::{Account, AccountKey, AppKey};

/// How a [`SubscriptionWorker`](super::SubscriptionWorker) works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionSettings {
    /// How many accounts of an app a batch of the walk has at most. 200.
    pub batch: u32,
    /// How many of them are asked about at once. 8.
    pub concurrency: u32,
    /// How long the platform may take with one. 30 s.
    pub within: Duration,
    /// How long after trouble, or after a process that was killed meanwhile, the same is tried again at the earliest: when the walk comes
    /// by, which rests for as long at least. 15 min, four times `within` at least; for an app's address no longer than its own time.
    pub retry: Duration,
    /// The pause between two batches of a walk. 1 s.
    pub pause: Duration,
    /// How often to look for accounts that were connected meanwhile, and at what else may be due. 30 s.
    pub idle: Duration,
}

impl Default for SubscriptionSettings {
    fn default() -> Self {
        Self {
            batch: 200,
            concurrency: 8,
            within: Duration::from_secs(30),
            retry: Duration::from_secs(15 * 60),
            pause: Duration::from_secs(1),
            idle: Duration::from_secs(30),
        }
    }
}

/// What a platform does not send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The app.
    pub app: AppKey,
    /// Of which account; of none when it is about the app's address.
    pub account: Option<AccountKey>,
    /// What, by the platform's names.
    pub what: Vec<String>,
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionReport {
    /// Accounts that were walked past, due or not.
    pub looked: u64,
    /// Accounts that the platform was asked to send of, and does.
    pub subscribed: u64,
    /// Addresses of apps that are kept up.
    pub callbacks: u64,
    /// What the platforms do not send of those.
    pub refused: Vec<Refusal>,
    /// Accounts and addresses that went wrong; the log says why.
    pub failed: u64,
    /// Accounts that another process was looking at, or that failed lately.
    pub busy: u64,
    /// Apps of which so many accounts went wrong in a row that the others wait.
    pub failed_apps: u64,
    /// Nothing was asked for: the data have begun another life, and an operator has to accept it, see
    /// [`Social::accept_incarnation`](social_core::Social::accept_incarnation).
    pub held: bool,
}

impl SubscriptionReport {
    /// Whether the platform was asked for anything.
    pub(super) fn is_news(&self) -> bool {
        self.subscribed + self.callbacks + self.failed > 0
    }

    /// Tells what of a subscription was refused, if anything.
    pub(super) fn refuse(&mut self, app: &AppKey, account: Option<&Account>, what: Vec<String>) {
        if what.is_empty() {
            return;
        }
        let account = account.map(|account| account.key.clone());
        let row = account.as_ref().map(AccountKey::row_id);
        tracing::warn!(%app, account = row, ?what, "the platform does not send some of what was asked for");
        self.refused.push(Refusal {
            app: app.clone(),
            account,
            what,
        });
    }
}
