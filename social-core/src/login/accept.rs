use uuid::Uuid;

use super::{
    Already, Logins, errors,
    offer::{Grants, already, union},
};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Account, AccountId, AccountKey, AccountStatus, OwnerId, Scopes, TokenSet},
    oauth::Grant,
    store::{Expect, OfferRecord, Stored, TokenRecord},
    tokens::{due_at, tokens_place},
};

impl Logins {
    /// Links the chosen accounts of an offer to its owner. An account that the owner has already is renewed; one that
    /// another owner disconnected moves. What was not chosen is never linked, and expires.
    ///
    /// # Errors
    /// `NotFound` when the offer is not this owner's, was accepted, or its time is over; `Invalid` when nothing, or
    /// something else, is chosen; `Conflict` when another owner holds one of them: then nothing is linked and the offer
    /// stays. `Unavailable` with the code `closing` when this process ends. `Storage` and `Seal`: then some may be linked,
    /// and the offer is put back for the others.
    ///
    /// # Cancel safety
    /// Safe: what was begun goes on without its caller.
    pub async fn accept(
        &self,
        owner: &OwnerId,
        offer: Uuid,
        accounts: &[AccountId],
    ) -> Result<Vec<Account>> {
        let (this, owner) = (self.clone(), owner.to_owned());
        let accounts = accounts.to_vec();
        let work = async move { this.link_all(&owner, offer, &accounts).await };
        let work = self.config.tasks.spawn("the linking of accounts", work)?;
        work.await.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Unavailable,
                "accepting was broken off",
            ))
        })
    }

    async fn link_all(
        &self,
        owner: &OwnerId,
        id: Uuid,
        chosen: &[AccountId],
    ) -> Result<Vec<Account>> {
        let (offer, grants) = self.load_offer(owner, id).await?;
        let (asked, mut grants) = (grants.asked.clone(), grants.read()?);
        let known = |account: &AccountId| grants.iter().any(|grant| grant.account == *account);
        if chosen.is_empty() || !chosen.iter().all(known) {
            return Err(errors::not_offered());
        }
        let is_chosen = |grant: &Grant| chosen.contains(&grant.account);
        for grant in grants.iter().filter(|grant| is_chosen(grant)) {
            let key = (offer.connector.app).account(owner.clone(), grant.account.clone());
            self.linkable(&key, grant).await?;
        }
        // Of any number of callers one goes on: a second link would bring back tokens that were refreshed since.
        if !self.config.logins.remove_offer(owner, id).await? {
            return Err(errors::offer_over());
        }
        let mut linked = Vec::new();
        while let Some(next) = grants.iter().position(is_chosen) {
            match self.link(&offer, &grants[next]).await {
                Ok(account) => linked.push(account),
                Err(error) => {
                    self.put_back(offer, asked, &grants).await;
                    return Err(error);
                }
            }
            grants.swap_remove(next);
        }
        Ok(linked)
    }

    /// Offers again what was not linked.
    async fn put_back(&self, mut offer: OfferRecord, asked: Scopes, rest: &[Grant]) {
        let kept = async {
            let grants = Grants::new(asked, rest)?;
            offer.sealed = self.seal_offer(offer.id, &grants).await?;
            self.config.logins.put_offer(&offer).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "an offer could not be put back");
        }
    }

    /// What holds the account now, if this owner may have it.
    async fn linkable(
        &self,
        key: &AccountKey,
        grant: &Grant,
    ) -> Result<Option<Stored<TokenRecord>>> {
        let held = self.config.accounts.holder(key).await?;
        match already(held.as_ref(), &key.owner) {
            Already::HeldByAnother => Err(errors::taken(&grant.name)),
            Already::New | Already::Renewed => Ok(held),
        }
    }

    async fn link(&self, offer: &OfferRecord, grant: &Grant) -> Result<Account> {
        let key = (offer.connector.app).account(offer.owner.clone(), grant.account.clone());
        loop {
            let held = self.linkable(&key, grant).await?;
            if let Some(done) = (held.as_ref()).filter(|held| is_of(offer, &held.value)) {
                // Linked before, only the acknowledgement was lost. Its tokens may have been refreshed since.
                return Ok(done.value.to_account());
            }
            let record = self.record(offer, grant, &key, held.as_ref()).await?;
            let expect = held.map_or(Expect::Absent, |held| Expect::Revision(held.revision));
            match self.config.accounts.save(&record, expect).await {
                Ok(_) => {
                    tracing::info!(account = key.row_id(), "account connected");
                    return Ok(record.to_account());
                }
                // Refreshed, disconnected or linked meanwhile: look again.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn record(
        &self,
        offer: &OfferRecord,
        grant: &Grant,
        key: &AccountKey,
        held: Option<&Stored<TokenRecord>>,
    ) -> Result<TokenRecord> {
        let config = &self.config;
        let provider = self.provider(&offer.connector)?;
        let before = held.map(|held| &held.value);
        let now = config.clock.now();
        let tokens = self.follow(before, key, grant.tokens.clone()).await;
        let (row, plain) = (key.row_id(), tokens.to_plain()?);
        let mut record = TokenRecord::new(key.clone(), &*offer.connector.route, now);
        record.consent = offer.id.to_string();
        record.name.clone_from(&grant.name);
        record.aliases.clone_from(&grant.aliases);
        if let Some(before) = before {
            record.aliases = union(record.aliases, before.aliases.clone());
            if record.name.trim().is_empty() {
                record.name.clone_from(&before.name);
            }
        }
        record.scopes = tokens.scopes.clone();
        record.sealed = Some(config.vault.seal(&tokens_place(&row), &plain).await?);
        record.expires_at = tokens.expires_at;
        record.refresh_due_at = due_at(&**provider, &tokens, now, &*config.random);
        record.grant_ends_at = provider.grant_ends_at(&tokens);
        Ok(record)
    }

    /// A consent that gives no refresh token leaves the one of a living account as it is.
    async fn follow(
        &self,
        before: Option<&TokenRecord>,
        key: &AccountKey,
        mut new: TokenSet,
    ) -> TokenSet {
        let living = before.filter(|record| {
            let lives = matches!(
                record.status,
                AccountStatus::Connected | AccountStatus::Unknown
            );
            record.key.owner == key.owner && lives
        });
        let sealed = living.and_then(|record| record.sealed.as_deref());
        let Some(sealed) = sealed.filter(|_| new.refresh.is_none()) else {
            return new;
        };
        let row = key.row_id();
        let plain = self.config.vault.open(&tokens_place(&row), sealed).await;
        // Tokens that cannot be read are not worth keeping.
        if let Ok(old) = plain.and_then(|plain| TokenSet::from_plain(&plain)) {
            new.refresh = old.refresh;
            new.refresh_expires_at = new.refresh_expires_at.or(old.refresh_expires_at);
        }
        new
    }
}

/// Whether this offer has linked the record as it is.
fn is_of(offer: &OfferRecord, record: &TokenRecord) -> bool {
    record.consent == offer.id.to_string()
        && record.key.owner == offer.owner
        && record.sealed.is_some()
}
