use uuid::Uuid;

use super::{
    Already, Logins,
    ended::has_later,
    errors,
    offer::{Given, Grants, already, union},
    one_set::keep_refresh,
};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Account, AccountId, AccountKey, AccountStatus, OwnerId, TokenSet},
    oauth::{Grant, OAuthProvider},
    store::{Expect, OfferRecord, Stored, TokenRecord},
    tokens::{due_at, family},
};

impl Logins {
    /// Links the chosen accounts of an offer to its owner. An account that the owner has already is renewed; one that
    /// another owner disconnected moves. What was not chosen is never linked, and expires. One that has tokens of a later consent
    /// keeps them, by whichever login that was.
    ///
    /// # Errors
    /// `NotFound` when the offer is not this owner's, was accepted, or its time is over; `Invalid` when nothing, or
    /// something else, is chosen; `Conflict` when another owner holds one of them, or when the access that one of them would get
    /// was ended since, when an account of the same person was disconnected: then nothing is linked and the offer stays. `Unavailable` with the code `closing` when this process ends. `Storage` and `Seal`: then some may be linked,
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
        let (asked, given, mut grants) = (grants.asked.clone(), grants.given, grants.read()?);
        let known = |account: &AccountId| grants.iter().any(|grant| grant.account == *account);
        if chosen.is_empty() || !chosen.iter().all(known) {
            return Err(errors::not_offered());
        }
        let is_chosen = |grant: &Grant| chosen.contains(&grant.account);
        for grant in grants.iter().filter(|grant| is_chosen(grant)) {
            let key = self.key(&offer.connector, owner, &grant.account)?;
            self.linkable(&key, grant).await?;
            self.is_granted(&offer.connector, &key, grant, given)
                .await?;
        }
        // Of any number of callers one goes on: a second link would bring back tokens that were refreshed since.
        if !self.config.logins.remove_offer(owner, id).await? {
            return Err(errors::offer_over());
        }
        let mut linked = Vec::new();
        while let Some(next) = grants.iter().position(is_chosen) {
            match self.link(&offer, &grants[next], given).await {
                Ok(account) => linked.push(account),
                Err(error) => {
                    let rest = Grants::new(asked, given, &grants);
                    self.put_back(offer, rest).await;
                    return Err(error);
                }
            }
            grants.swap_remove(next);
        }
        Ok(linked)
    }

    /// Offers again what was not linked.
    async fn put_back(&self, mut offer: OfferRecord, rest: Result<Grants>) {
        let kept = async {
            offer.sealed = self.seal_offer(offer.id, &rest?).await?;
            self.keep_offer(&offer).await
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

    async fn link(&self, offer: &OfferRecord, grant: &Grant, given: Given) -> Result<Account> {
        let key = self.key(&offer.connector, &offer.owner, &grant.account)?;
        let provider = &**self.provider(&offer.connector)?;
        let family = self.family(provider, grant.principal.as_ref());
        loop {
            let held = self.linkable(&key, grant).await?;
            if let Some(done) = (held.as_ref()).filter(|held| is_of(offer, &held.value)) {
                // Linked before, only the acknowledgement was lost. Its tokens may have been refreshed since.
                return Ok(done.value.to_account());
            }
            self.is_granted(&offer.connector, &key, grant, given)
                .await?;
            let before = held.as_ref().map(|held| &held.value);
            if let Some(later) = before.filter(|it| has_later(it, &key, given)) {
                return Ok(later.to_account());
            }
            let mut record = self.record(offer, grant, &key, before);
            record.order = given.order();
            let expect = (held.as_ref()).map_or(Expect::Absent, |it| Expect::Revision(it.revision));
            let mut saves = match &family {
                Some(family) => {
                    let joins = (record, expect);
                    self.joining(family, &offer.connector, grant, given, joins)
                        .await?
                }
                None => vec![(
                    self.with_tokens(provider, record, before, grant).await?,
                    expect,
                )],
            };
            saves.extend(self.heir(before, &saves).await?);
            match self.save(&saves).await {
                Ok(()) => {}
                // Refreshed, disconnected or linked meanwhile: look again.
                Err(error) if error.kind() == ErrorKind::Conflict => continue,
                Err(error) => return Err(error),
            }
            tracing::info!(account = key.row_id(), "account connected");
            if let Some(family) = &family
                && let Err(error) = family.align().await
            {
                // Two that are the first of a family at the same moment do not see each other. Whoever is due sees it too.
                tracing::warn!(account = key.row_id(), %error, "accounts with one token set are not compared yet");
            }
            let mut linked = saves.iter().map(|(record, _)| record);
            if let Some(linked) = linked.find(|record| record.key == key) {
                return Ok(linked.to_account());
            }
        }
    }

    async fn save(&self, saves: &[(TokenRecord, Expect)]) -> Result<()> {
        let accounts = &self.config.accounts;
        match saves {
            [(record, expect)] => accounts.save(record, *expect).await.map(drop),
            all => accounts.save_all(all).await.map(drop),
        }
    }

    /// Who is due from now on where the account leaves those that it had one token set with: another person connects it, or
    /// another app does.
    async fn heir(
        &self,
        before: Option<&TokenRecord>,
        saves: &[(TokenRecord, Expect)],
    ) -> Result<Option<(TokenRecord, Expect)>> {
        let Some(before) = before.filter(|it| it.status == AccountStatus::Connected) else {
            return Ok(None);
        };
        let stays = saves.iter().any(|(record, _)| {
            record.key.row_id() == before.key.row_id()
                && record.principal == before.principal
                && record.app == before.app
        });
        let provider = self.config.providers.get(&before.connector());
        match provider.filter(|_| !stays) {
            Some(provider) => match self.family(&**provider, before.principal.as_ref()) {
                Some(family) => family.heir(before).await,
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// The record to be linked, without its tokens.
    fn record(
        &self,
        offer: &OfferRecord,
        grant: &Grant,
        key: &AccountKey,
        before: Option<&TokenRecord>,
    ) -> TokenRecord {
        let (connector, now) = (&offer.connector, self.config.clock.now());
        let mut record = TokenRecord::new(key.clone(), &*connector.route, now);
        record.app.clone_from(&connector.app.app);
        record.consent = offer.id.to_string();
        record.principal.clone_from(&grant.principal);
        record.name.clone_from(&grant.name);
        record.aliases.clone_from(&grant.aliases);
        if let Some(before) = before {
            record.aliases = union(record.aliases, before.aliases.clone());
            if record.name.trim().is_empty() {
                record.name.clone_from(&before.name);
            }
        }
        record
    }

    async fn with_tokens(
        &self,
        provider: &dyn OAuthProvider,
        mut record: TokenRecord,
        before: Option<&TokenRecord>,
        grant: &Grant,
    ) -> Result<TokenRecord> {
        let config = &self.config;
        let tokens = self.follow(before, &record, grant).await;
        record.scopes = tokens.scopes.clone();
        record.sealed = Some(family::seal(&config.vault, &record, &tokens).await?);
        record.expires_at = tokens.expires_at;
        record.refresh_due_at = due_at(provider, &tokens, config.clock.now(), &*config.random);
        record.grant_ends_at = provider.grant_ends_at(&tokens);
        Ok(record)
    }

    /// Where the platform says that this consent left the refresh token of a living account alive, that one is kept.
    async fn follow(
        &self,
        before: Option<&TokenRecord>,
        record: &TokenRecord,
        grant: &Grant,
    ) -> TokenSet {
        let mut new = grant.tokens.clone();
        let living = before.filter(|before| {
            let lives = matches!(
                before.status,
                AccountStatus::Connected | AccountStatus::Unknown
            );
            // Another login's would be refused.
            before.key.owner == record.key.owner
                && before.connector() == record.connector()
                && lives
        });
        if let Some(before) = living.filter(|_| grant.keeps_refresh && new.refresh.is_none()) {
            // Tokens that cannot be read are not worth keeping.
            if let Ok(old) = family::open(&self.config.vault, before).await {
                keep_refresh(&mut new, old);
            }
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
