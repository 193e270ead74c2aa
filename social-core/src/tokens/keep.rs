//! Keeping new tokens: from here on this process holds the only living ones.

use std::time::Duration;

use super::{
    Tokens,
    attempt::{Attempt, Held},
    disconnect::Consent,
    due_at, errors, family,
    plan::{digest, digest_of_refresh, succeed},
};
use crate::{
    error::{ErrorKind, Result},
    model::{AccountKey, AccountStatus, TokenSet},
    oauth::OAuthProvider,
    store::{Expect, Revision, Stored, TokenOrder, TokenRecord},
};

/// New tokens, ready to be saved in the place of the ones they follow.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) key: AccountKey,
    /// Where the spent tokens stood.
    pub(super) at: Revision,
    /// Tells the spent tokens, whatever revision they stand at by now.
    pub(super) spent: [u8; 32],
    /// Tells the spent refresh token, where another took its place.
    pub(super) spent_refresh: Option<[u8; 32]>,
    pub(super) sealed: Vec<u8>,
    pub(super) scopes: crate::model::Scopes,
    pub(super) expires_at: Option<chrono::DateTime<chrono::Utc>>,
    pub(super) refresh_due_at: Option<chrono::DateTime<chrono::Utc>>,
    /// By whose consent they are.
    pub(super) by: Consent,
    /// Whether accounts share them.
    pub(super) shared: bool,
    pub(super) grant_ends_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Of the connection that the spent tokens belonged to.
    pub(super) connected_at: Option<chrono::DateTime<chrono::Utc>>,
    pub(super) order: TokenOrder,
}

/// What came of a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The tokens are stored, by this save or by an earlier one whose acknowledgement was lost.
    Saved,
    /// Other tokens are stored, or none any more: these are no longer wanted.
    Superseded,
}

impl Fresh {
    /// The record with these tokens in it.
    pub(super) fn over(&self, mut record: TokenRecord) -> TokenRecord {
        record.scopes = self.scopes.clone();
        lives(&mut record);
        record.sealed = Some(self.sealed.clone());
        record.expires_at = self.expires_at;
        record.refresh_due_at = self.refresh_due_at;
        record.grant_ends_at = self.grant_ends_at;
        let next = record.order.next();
        record.order = match record.order.consent == self.order.consent {
            true => next.max(self.order),
            false => next,
        };
        record
    }

    /// The record with the refresh token of these beside what a later consent gave.
    pub(super) fn beside(&self, mut record: TokenRecord) -> TokenRecord {
        record.refresh_due_at = match (record.refresh_due_at, self.refresh_due_at) {
            (Some(own), Some(new)) => Some(own.min(new)),
            (own, new) => own.or(new),
        };
        lives(&mut record);
        record.grant_ends_at = self.grant_ends_at;
        record.order = record.order.next();
        record
    }

    /// Whether the stored record is an earlier state of the same connection: revisions never go back, unless the data were
    /// restored. The tokens that it holds were spent long ago.
    pub(super) fn outlived(&self, stored: &Stored<TokenRecord>) -> bool {
        stored.revision < self.at
            && self.connected_at == Some(stored.value.connected_at)
            && stored.value.order.consent == self.order.consent
            && stored.value.order.refresh < self.order.refresh
    }
}

/// Success overrides a verdict. What a newer release wrote of the account meanwhile stays, beside the tokens, which must not be lost.
fn lives(record: &mut TokenRecord) {
    if record.status != AccountStatus::Unknown {
        record.status = AccountStatus::Connected;
    }
    record.suspected_at = None;
}

impl Tokens {
    /// Saves new tokens until it works, or spools them.
    pub(super) async fn keep(
        &self,
        held: &Held,
        provider: &dyn OAuthProvider,
        spent: &TokenSet,
        new: TokenSet,
    ) -> Attempt {
        let next = succeed(spent, new);
        let begun = self.inner.config.clock.elapsed();
        let mut fresh = None;
        let mut failures = 0;
        loop {
            let error = match self
                .keep_once(held, provider, spent, &next, &mut fresh)
                .await
            {
                Ok(kept) => {
                    // The revision has moved on: this only ends the lease.
                    self.release(held, None, true).await;
                    return match kept {
                        Kept::Saved => Attempt::Refreshed,
                        Kept::Superseded => self.unwanted(held, fresh.as_ref()).await,
                    };
                }
                Err(error) => error,
            };
            failures += 1;
            tracing::error!(account = held.row, %error, failures, "new tokens could not be saved");
            if failures >= self.inner.config.settings.save_attempts
                && let Some(fresh) = &fresh
                && self.spool(fresh).await
            {
                // Not released as known: until the spool is replayed nobody may believe that the old token is dead.
                return self
                    .fail(held, errors::unsaved().with_source(error), false)
                    .await;
            }
            let patience = self.inner.config.settings.save_patience;
            if self.inner.config.clock.elapsed().saturating_sub(begun) >= patience {
                if self.is_spooled(&held.row).await.unwrap_or(true) {
                    return self
                        .fail(held, errors::unsaved().with_source(error), false)
                        .await;
                }
                tracing::error!(
                    account = held.row,
                    "new tokens are lost: neither store nor spool took them"
                );
                return self.fail(held, error, false).await;
            }
            let wait = Duration::from_millis(100) * 2_u32.saturating_pow(failures.min(7));
            self.inner.config.clock.sleep(wait).await;
        }
    }

    async fn keep_once(
        &self,
        held: &Held,
        provider: &dyn OAuthProvider,
        spent: &TokenSet,
        next: &TokenSet,
        fresh: &mut Option<Fresh>,
    ) -> Result<Kept> {
        let fresh = match fresh {
            Some(fresh) => fresh,
            None => fresh.insert(self.seal(held, provider, spent, next).await?),
        };
        if fresh.shared {
            return self.put(fresh).await;
        }
        // A verdict does not advance the revision: it is in what is stored, not in what was claimed.
        let stored = self.inner.config.store.load(&fresh.key).await?;
        let stored = stored.filter(|stored| stored.revision == fresh.at);
        let before = stored.map_or_else(|| held.claim.record.clone(), |stored| stored.value);
        let record = fresh.over(before);
        let expect = Expect::Revision(fresh.at);
        match self.inner.config.store.save(&record, expect).await {
            Ok(_) => Ok(Kept::Saved),
            Err(error) if error.kind() == ErrorKind::Conflict => self.put(fresh).await,
            Err(error) => Err(error),
        }
    }

    async fn seal(
        &self,
        held: &Held,
        provider: &dyn OAuthProvider,
        spent: &TokenSet,
        next: &TokenSet,
    ) -> Result<Fresh> {
        let config = &self.inner.config;
        let record = &held.claim.record;
        let family = self.family(&record.connector(), record.principal.as_ref());
        let shared = family.is_some();
        let sealed = family::seal(&config.vault, record, next).await?;
        Ok(Fresh {
            key: record.key.clone(),
            at: held.claim.revision,
            spent: digest(spent)?,
            spent_refresh: digest_of_refresh(spent)
                .filter(|before| Some(*before) != digest_of_refresh(next)),
            sealed,
            scopes: next.scopes.clone(),
            expires_at: next.expires_at,
            refresh_due_at: due_at(provider, next, config.clock.now(), &*config.random)
                .map(|due| due.max(next.issued_at + config.settings.distance)),
            grant_ends_at: provider.grant_ends_at(next),
            by: Consent::of(record),
            shared,
            connected_at: Some(record.connected_at),
            order: record.order.next(),
        })
    }

    /// The account was connected again or disconnected while the platform answered.
    async fn unwanted(&self, held: &Held, fresh: Option<&Fresh>) -> Attempt {
        tracing::warn!(
            account = held.row,
            "new tokens were dropped: the account has others, or was disconnected meanwhile"
        );
        if let Some(fresh) = fresh {
            self.revoke_late(fresh).await;
        }
        Attempt::Superseded
    }

    /// Whether the spool has them for certain. Nothing is sent for the row before they are replayed.
    async fn spool(&self, fresh: &Fresh) -> bool {
        match self.write_spool(fresh).await {
            Ok(written) => written,
            Err(error) => {
                let account = fresh.key.row_id();
                tracing::error!(account, %error, "new tokens could not be spooled");
                false
            }
        }
    }
}
