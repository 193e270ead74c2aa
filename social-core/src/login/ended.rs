//! What a consent gave may be over before anybody accepts it: a later consent came, or access was ended.

use super::{Logins, errors, offer::Given};
use crate::{
    error::Result,
    model::{AccountKey, AccountStatus, Connector},
    oauth::{Grant, GrantScope},
    store::TokenRecord,
};

impl Logins {
    /// Refuses tokens whose grant was ended after this consent: an account of the same person was disconnected, and none was left
    /// that kept it alive. Who is connected now and was before that, did.
    ///
    /// # Errors
    /// `Conflict` with the reason `OfferEnded`; `Storage`.
    pub(super) async fn is_granted(
        &self,
        connector: &Connector,
        key: &AccountKey,
        grant: &Grant,
        given: Given,
    ) -> Result<()> {
        let accounts = &self.config.accounts;
        let scope = self.provider(connector)?.grant_scope();
        let theirs = match &grant.principal {
            Some(person) if scope != GrantScope::Account => {
                accounts.of_principal(&connector.app, person).await?
            }
            _ => Vec::from_iter(accounts.holder(key).await?),
        };
        let theirs = Vec::from_iter(theirs.into_iter().map(|stored| stored.value));
        let ended = |record: &&TokenRecord| {
            record.status == AccountStatus::Disconnected
                && record.app == connector.app.app
                && record.order.consent > given.number
        };
        let is_over = theirs.iter().filter(ended).any(|left| {
            let lived_on = |it: &TokenRecord| lives(it) && it.order.consent < left.order.consent;
            !theirs.iter().any(lived_on)
        });
        match is_over {
            true => Err(errors::offer_ended()),
            false => Ok(()),
        }
    }
}

fn lives(record: &TokenRecord) -> bool {
    let is_connected = matches!(
        record.status,
        AccountStatus::Connected | AccountStatus::Unknown
    );
    is_connected && record.sealed.is_some()
}

/// Whether the account has tokens of a later consent by the same login: an older offer was left open in another window.
pub(super) fn has_later(
    record: &TokenRecord,
    key: &AccountKey,
    by: &Connector,
    given: Given,
) -> bool {
    lives(record)
        && record.key.owner == key.owner
        && record.connector() == *by
        && record.order.consent > given.number
}
