use chrono::{DateTime, Utc};

use crate::model::{Account, AccountId};

/// A place in the walk through the connected accounts of an app: after the account that was connected then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct AccountPlace {
    /// When the account was connected, or connected again.
    pub connected_at: DateTime<Utc>,
    /// The platform's id of it: of several that were connected at the same moment the lesser id comes first. Nothing before all
    /// of that moment.
    pub account: Option<AccountId>,
}

impl AccountPlace {
    /// After this account, which need not be there any more.
    pub fn after(connected_at: DateTime<Utc>, account: AccountId) -> Self {
        Self {
            connected_at,
            account: Some(account),
        }
    }

    /// Before every account that was connected at this moment or later.
    pub fn since(connected_at: DateTime<Utc>) -> Self {
        Self {
            connected_at,
            account: None,
        }
    }
}

/// A part of the connected accounts of an app.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AccountPage {
    /// The accounts. Those that cannot be read are left out, and told in the log.
    pub accounts: Vec<Account>,
    /// Where the walk goes on; nothing at its end.
    pub next: Option<AccountPlace>,
}

impl AccountPage {
    /// Joins the parts.
    pub fn new(accounts: Vec<Account>, next: Option<AccountPlace>) -> Self {
        Self { accounts, next }
    }
}
