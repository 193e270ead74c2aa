//! Disconnecting: the grant is revoked, the tokens are deleted, the row and its history stay.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Tokens, errors, keep::Fresh, plan::digest, read::tokens_place};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Account, AccountKey, AccountStatus, Connector, PrincipalId, Scopes, TokenSet},
    oauth::{CallContext, GrantScope},
    store::{Expect, Stored, TokenClaim, TokenClaimed, TokenOrder, TokenRecord},
    time::Deadline,
};

/// A disconnected account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disconnected {
    /// The account as it is now.
    pub account: Account,
    /// What became of the grant on the platform.
    pub revocation: Revocation,
}

/// What became of the grant on the platform.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Revocation {
    /// The platform ended it.
    Revoked,
    /// Other accounts of the same person, or the same login, are still connected; revoking would end them too.
    Shared,
    /// There were no tokens any more.
    Nothing,
    /// The platform could not be told. The tokens are deleted here all the same; the person can remove the app in the
    /// platform's settings.
    Failed(Error),
}

/// By whose consent tokens are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Consent {
    pub(super) connector: Connector,
    pub(super) principal: Option<PrincipalId>,
    /// [`TokenRecord::consent`].
    pub(super) login: String,
}

impl Consent {
    pub(super) fn of(record: &TokenRecord) -> Self {
        Self {
            connector: record.connector(),
            principal: record.principal.clone(),
            login: record.consent.clone(),
        }
    }
}

impl Tokens {
    /// Revokes the grant, unless that would end [other accounts](crate::oauth::GrantScope) that are still connected, and deletes the tokens. The row stays,
    /// for history. Whether the platform could be told is reported; the account is disconnected either way. A refresh
    /// that is under way is waited for, and cannot bring the account back. Tokens that this process's spool holds for the store
    /// are saved first, since they are the living ones; what another process holds is revoked when it is replayed.
    ///
    /// # Errors
    /// `NotFound` when this owner has no such account; `Storage` when the store fails: then it may still be connected,
    /// and the call is to be repeated. `Unavailable` with the code `closing` when this process ends.
    ///
    /// # Cancel safety
    /// Safe: what was begun goes on without its caller.
    pub async fn disconnect(&self, key: &AccountKey) -> Result<Disconnected> {
        let (this, key) = (self.clone(), key.clone());
        let name = format!("the disconnection of {}", key.row_id());
        let work = async move { this.end(&key).await };
        let work = self.inner.config.tasks.spawn(name, work)?;
        work.await.unwrap_or_else(|_| Err(errors::broken_off()))
    }

    async fn end(&self, key: &AccountKey) -> Result<Disconnected> {
        let claim = self.wait_for_refresh(key).await?;
        self.replay_row(&key.row_id()).await;
        let ended = self.end_held(key).await;
        if let Some(claim) = claim {
            // Whether or not it was saved: nothing was refreshed under it.
            let due_at = claim.record.refresh_due_at;
            if let Err(error) = self.inner.config.store.release(&claim, due_at, true).await {
                tracing::warn!(account = key.row_id(), %error, "a lease could not be ended; it lapses");
            }
        }
        ended
    }

    async fn end_held(&self, key: &AccountKey) -> Result<Disconnected> {
        let store = &self.inner.config.store;
        let mut revocation = Revocation::Nothing;
        // Of which tokens the platform has ended the grant.
        let mut revoked = None;
        loop {
            let stored = store.load(key).await?.ok_or_else(errors::not_found)?;
            if stored.value.status == AccountStatus::Disconnected && stored.value.sealed.is_none() {
                let account = stored.value.to_account();
                return Ok(Disconnected {
                    account,
                    revocation,
                });
            }
            let by = Consent::of(&stored.value);
            let shared = self.is_shared(key, &by).await?;
            revocation = match (shared, revoked) {
                // Who joined since had no part in what was ended.
                (true, Some(_)) => Revocation::Revoked,
                (true, None) => Revocation::Shared,
                (false, _) => self.revoke_once(&stored.value, &mut revoked).await,
            };
            let was_asked = !matches!(revocation, Revocation::Shared | Revocation::Nothing);
            let Some(ended) = self.save_ended(&stored, was_asked).await? else {
                // Saved meanwhile, perhaps with new tokens: these are revoked as well.
                continue;
            };
            let shared = self.is_shared(key, &by).await?;
            if was_asked && shared {
                // Accepted while the platform was told: what they got may have ended with this one.
                self.look_soon(key, &by).await;
            } else if !was_asked && !shared && stored.value.sealed.is_some() {
                // The others were disconnected at the same moment, each sparing the other.
                revocation = self.revoke_once(&stored.value, &mut revoked).await;
                self.number_end(key).await;
            }
            self.troubles().forget(&key.row_id());
            tracing::info!(account = key.row_id(), "account disconnected");
            let account = ended.to_account();
            return Ok(Disconnected {
                account,
                revocation,
            });
        }
    }

    /// Gives the end a number, where it got none when it was saved. The account is disconnected either way.
    async fn number_end(&self, key: &AccountKey) {
        if let Err(error) = self.try_number_end(key).await {
            let account = key.row_id();
            tracing::warn!(account, %error, "an offer from before the end of access may be accepted yet");
        }
    }

    async fn try_number_end(&self, key: &AccountKey) -> Result<()> {
        let store = &self.inner.config.store;
        while let Some(stored) = store.load(key).await? {
            let mut record = stored.value;
            if record.status != AccountStatus::Disconnected || record.order.consent > 0 {
                break;
            }
            record.order = TokenOrder::first(store.next_number().await?);
            match store.save(&record, Expect::Revision(stored.revision)).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                saved => return saved.map(drop),
            }
        }
        Ok(())
    }

    /// Has those of this consent refreshed now that are connected, so that it is found out whether they live.
    async fn look_soon(&self, key: &AccountKey, by: &Consent) {
        if let Err(error) = self.try_look_soon(key, by).await {
            let account = key.row_id();
            tracing::warn!(account, %error, "accounts of a person whose grant was ended are looked at when they are used");
        }
    }

    async fn try_look_soon(&self, key: &AccountKey, by: &Consent) -> Result<()> {
        let (config, row) = (&self.inner.config, key.row_id());
        let Some(principal) = &by.principal else {
            return Ok(());
        };
        let ended = config.store.load(key).await?;
        let ended = ended.map_or(0, |stored| stored.value.order.consent);
        let mut theirs = config
            .store
            .of_principal(&by.connector.app, principal)
            .await?;
        theirs.sort_by_key(|stored| stored.value.key.row_id());
        theirs.retain(|stored| {
            let record = &stored.value;
            record.status == AccountStatus::Connected
                && record.key.row_id() != row
                && record.order.consent < ended
        });
        // Of those that share one set the first is refreshed for all.
        let is_one = self.family(&by.connector, by.principal.as_ref()).is_some();
        for stored in theirs.into_iter().take(if is_one { 1 } else { usize::MAX }) {
            let key = &stored.value.key;
            // Its time alone: a save could bring back the key that the tokens were sealed under before.
            if let TokenClaimed::Taken(claim) =
                config.store.claim(key, config.settings.lease).await?
            {
                let now = chrono::SubsecRound::trunc_subsecs(config.clock.now(), 6);
                config.store.release(&claim, Some(now), true).await?;
            }
        }
        Ok(())
    }

    /// Takes the claim, so that no refresh is under way while the grant is revoked; goes on without it when whoever
    /// holds it takes too long.
    async fn wait_for_refresh(&self, key: &AccountKey) -> Result<Option<TokenClaim>> {
        let config = &self.inner.config;
        let begun = config.clock.elapsed();
        loop {
            match config.store.claim(key, config.settings.lease).await? {
                TokenClaimed::Taken(claim) => return Ok(Some(claim)),
                TokenClaimed::Absent => return Ok(None),
                TokenClaimed::Busy(left) => {
                    if config.clock.elapsed().saturating_sub(begun) >= config.settings.patience {
                        return Ok(None);
                    }
                    let poll = config.settings.poll;
                    config.clock.sleep(left.clamp(poll / 10, poll)).await;
                }
            }
        }
    }

    /// Whether revoking what this consent gave would end another account too.
    async fn is_shared(&self, key: &AccountKey, by: &Consent) -> Result<bool> {
        let (config, row) = (&self.inner.config, key.row_id());
        let provider = config.providers.get(&by.connector);
        if provider.is_none_or(|provider| provider.grant_scope() == GrantScope::Account) {
            return Ok(false);
        }
        // One whose access is dead keeps no grant alive: it has to be connected again in any case.
        let is_other = |other: &TokenRecord| {
            let is_dead = matches!(other.status, AccountStatus::NeedsReauth(_));
            other.key.row_id() != row && other.sealed.is_some() && !is_dead
        };
        if let Some(principal) = &by.principal {
            let theirs = config
                .store
                .of_principal(&by.connector.app, principal)
                .await?;
            return Ok(theirs.iter().any(|stored| is_other(&stored.value)));
        }
        if by.login.is_empty() {
            return Ok(false);
        }
        let records = config.store.list(&key.owner).await?;
        Ok(records
            .iter()
            .any(|other| other.consent == by.login && is_other(other)))
    }

    /// Whose grant has ended is not asked about again: the platform may say that it knows no such token.
    async fn revoke_once(
        &self,
        record: &TokenRecord,
        revoked: &mut Option<[u8; 32]>,
    ) -> Revocation {
        if record.sealed.is_none() {
            return Revocation::Nothing;
        }
        let revocation = async {
            let tokens = self.open(record).await?;
            let these = digest(&tokens)?;
            if *revoked != Some(these) {
                self.end_grant(&record.connector(), &tokens).await?;
                *revoked = Some(these);
            }
            Ok(())
        };
        match revocation.await {
            Ok(()) => Revocation::Revoked,
            Err(error) => {
                let account = record.key.row_id();
                tracing::warn!(account, %error, "the grant could not be revoked");
                Revocation::Failed(error)
            }
        }
    }

    async fn end_grant(&self, connector: &Connector, tokens: &TokenSet) -> Result<()> {
        let config = &self.inner.config;
        let provider =
            (config.providers.get(connector)).ok_or_else(|| errors::no_provider(connector))?;
        let within = config.settings.safe_deadline();
        let deadline = Deadline::after(Arc::clone(&config.clock), within);
        let call = CallContext::new(config.clock.now(), &deadline);
        tokio::select! {
            revoked = provider.revoke(tokens, &call) => revoked,
            () = config.clock.sleep(config.settings.answer) => Err(errors::answer_late()),
        }
    }

    /// Tokens that came for an account which was disconnected meanwhile: the platform believes in a grant that nobody wants.
    pub(super) async fn revoke_late(&self, fresh: &Fresh) {
        let account = fresh.key.row_id();
        match self.try_revoke_late(fresh).await {
            Ok(true) => tracing::info!(account, "the tokens of a disconnected account are revoked"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(account, %error, "the tokens of a disconnected account could not be revoked");
            }
        }
    }

    async fn try_revoke_late(&self, fresh: &Fresh) -> Result<bool> {
        let Some(stored) = self.inner.config.store.load(&fresh.key).await? else {
            return Ok(false);
        };
        let record = stored.value;
        // Of one that is connected the platform might end the present grant.
        let by = &fresh.by;
        if record.status != AccountStatus::Disconnected || self.is_shared(&record.key, by).await? {
            return Ok(false);
        }
        let (vault, row) = (&self.inner.config.vault, fresh.key.row_id());
        let plain = vault.open(&tokens_place(&row), &fresh.sealed).await?;
        self.end_grant(&by.connector, &TokenSet::from_plain(&plain)?)
            .await?;
        Ok(true)
    }

    /// Deletes the tokens; nothing when the record has changed. Of those with one token set another is refreshed from now on.
    async fn save_ended(
        &self,
        stored: &Stored<TokenRecord>,
        was_asked: bool,
    ) -> Result<Option<TokenRecord>> {
        let mut record = stored.value.clone();
        record.status = AccountStatus::Disconnected;
        record.sealed = None;
        record.scopes = Scopes::default();
        record.expires_at = None;
        record.refresh_due_at = None;
        record.grant_ends_at = None;
        record.suspected_at = None;
        // What an earlier consent gave and nobody has accepted yet ended with it; not where another account keeps the grant alive.
        record.order = match was_asked {
            true => TokenOrder::first(self.inner.config.store.next_number().await?),
            false => TokenOrder::default(),
        };
        let expect = Expect::Revision(stored.revision);
        let by = &stored.value;
        let heir = match self.family(&by.connector(), by.principal.as_ref()) {
            Some(family) => family.heir(by).await?,
            None => None,
        };
        let store = &self.inner.config.store;
        let saved = match heir {
            Some(heir) => store
                .save_all(&[(record.clone(), expect), heir])
                .await
                .map(drop),
            None => store.save(&record, expect).await.map(drop),
        };
        match saved {
            Ok(()) => Ok(Some(record)),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(None),
            Err(error) => Err(error),
        }
    }
}
