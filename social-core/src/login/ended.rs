//! What a consent gave may be over before anybody accepts it: a later consent came, or access was ended.

use super::{Logins, errors, offer::Given};
use crate::{
    error::Result,
    model::{AccountKey, AccountStatus, Connector},
    oauth::{Grant, GrantScope},
    store::TokenRecord,
};

impl Logins {
    /// Refuses tokens whose grant was ended after this consent, with an account of the same person. Of one that was disconnected
    /// while others kept the grant alive no number says so.
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
        let mut theirs = theirs.into_iter().map(|stored| stored.value);
        let is_over = theirs.any(|record| {
            record.status == AccountStatus::Disconnected
                && record.app == connector.app.app
                && record.order.consent > given.number
        });
        match is_over {
            true => Err(errors::offer_ended()),
            false => Ok(()),
        }
    }
}

/// Whether the account has tokens of a later consent: an older offer was left open in another window.
pub(super) fn has_later(record: &TokenRecord, key: &AccountKey, given: Given) -> bool {
    let is_connected = matches!(
        record.status,
        AccountStatus::Connected | AccountStatus::Unknown
    );
    is_connected
        && record.sealed.is_some()
        && record.key.owner == key.owner
        && record.order.consent > given.number
}
