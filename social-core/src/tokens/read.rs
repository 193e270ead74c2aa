//! Reading a record, and joining the one refresh of it.

use super::{
    Tokens, ValidTokens, errors,
    flight::{Boarding, Flown},
    plan::is_same_access,
};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AccountStatus, TokenSet},
    store::{SealedField, TokenRecord},
    vault::Place,
};

/// How often a refresh is begun where the record was saved meanwhile with the tokens that it had.
const LOOKS: usize = 5;

/// Where the tokens of a record stand.
pub(crate) fn tokens_place(row: &str) -> Place<'_> {
    SealedField::Tokens.place(row)
}

impl Tokens {
    /// Reads a connected account.
    pub(super) async fn read(&self, key: &AccountKey) -> Result<ValidTokens> {
        let stored = self.inner.config.store.load(key).await?;
        let stored = stored.ok_or_else(errors::not_found)?;
        if stored.value.status != AccountStatus::Connected {
            return Err(errors::unusable(&stored.value.status));
        }
        Ok(ValidTokens {
            account: stored.value.to_account(),
            tokens: self.open(&stored.value).await?,
            revision: stored.revision,
            order: stored.value.order,
        })
    }

    /// Opens the tokens of a record.
    pub(super) async fn open(&self, record: &TokenRecord) -> Result<TokenSet> {
        let sealed = record.sealed.as_deref().ok_or_else(|| {
            Error::new(ErrorKind::Seal, "a connected account has no stored tokens")
        })?;
        let row = record.key.row_id();
        let (vault, place) = (&self.inner.config.vault, tokens_place(&row));
        TokenSet::from_plain(&vault.open(&place, sealed).await?)
    }

    /// Whether the access token is good for a call, with a margin.
    pub(super) fn is_fresh(&self, tokens: &TokenSet) -> bool {
        let Some(expires_at) = tokens.expires_at else {
            return true;
        };
        let lifetime = (expires_at - tokens.issued_at).to_std().unwrap_or_default();
        let margin = self.inner.config.settings.margin.min(lifetime / 10);
        self.inner.config.clock.now() + margin < expires_at
    }

    /// Whether a refresh gave these a moment ago. Then they count as valid whatever they say of their end: the platform has
    /// no others.
    pub(super) fn is_new(&self, seen: &ValidTokens) -> bool {
        let distance = self.inner.config.settings.distance;
        self.too_soon(&seen.tokens, seen.order, distance).is_some()
    }

    /// Whether the access token has not ended.
    pub(super) fn is_alive(&self, tokens: &TokenSet) -> bool {
        let now = self.inner.config.clock.now();
        tokens.expires_at.is_none_or(|ends| now < ends)
    }

    /// Reads again after the one refresh of what was seen, whoever carries it out. What is read then counts as valid
    /// whatever this process's clock says: the clock of whoever refreshed may differ.
    pub(super) async fn refresh_from(&self, seen: &ValidTokens) -> Result<ValidTokens> {
        let mut seen = seen.clone();
        for _ in 0..LOOKS {
            let flown = self.refresh_at(&seen).await?;
            let valid = self.read(&seen.account.key).await?;
            // A platform may answer the access token that it gave before, and one that has ended.
            let is_renewed = valid.order != seen.order;
            let are_others = is_renewed || !is_same_access(&valid.tokens, &seen.tokens);
            let is_refreshed = flown == Flown::Refreshed || self.is_new(&valid);
            if are_others && (is_refreshed || self.is_fresh(&valid.tokens)) {
                return Ok(valid);
            }
            if flown == Flown::Refreshed && valid.revision == seen.revision {
                break;
            }
            // Saved with the same tokens, or with others that have ended too: now those are refreshed.
            seen = valid;
        }
        Err(errors::busy())
    }

    /// Waits for the one refresh of the revision that was seen.
    async fn refresh_at(&self, seen: &ValidTokens) -> Result<Flown> {
        let (key, at) = (&seen.account.key, seen.revision);
        let row = key.row_id();
        let now = self.inner.config.clock.elapsed();
        if let Some(error) = self.troubles().holds_back(&row, at, now) {
            return Err(error);
        }
        let mut outcome = match self.inner.flights.board(&row, at) {
            Boarding::Follow(outcome) => outcome,
            Boarding::Lead(pilot, outcome) => {
                let (this, account) = (self.clone(), seen.account.clone());
                // A task of its own: it outlives this caller.
                let flight = async move { pilot.land(this.fly(&account, at).await) };
                let name = format!("the refresh of {row}");
                self.inner.config.tasks.spawn(name, flight)?;
                outcome
            }
        };
        tokio::select! {
            landed = outcome.wait_for(Option::is_some) => match landed.as_deref() {
                Ok(Some(result)) => result.clone(),
                _ => Err(errors::broken_off()),
            },
            () = self.inner.config.clock.sleep(self.inner.config.settings.patience) => {
                Err(errors::busy())
            }
        }
    }
}
