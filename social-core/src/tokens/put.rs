//! Saving new tokens over the ones that were spent, on whichever rows these stand by now.

use super::{
    Tokens, family,
    keep::{Fresh, Kept},
    plan::digest,
    read::tokens_place,
};
use crate::{
    error::{ErrorKind, Result},
    model::{AccountStatus, TokenSet},
    store::{Expect, Stored, TokenRecord},
};

/// What the row holds for which new tokens came.
enum Own {
    /// The tokens that were spent.
    Spent(Box<Stored<TokenRecord>>),
    /// The new ones, by an earlier save whose acknowledgement was lost.
    There,
    /// Others, or none.
    Gone,
}

impl Tokens {
    /// Saves over whatever is stored now, if that is still the tokens that were spent: the record may have been saved
    /// again with the same tokens, sealed with another key or under another name. Or an earlier state of the connection
    /// is, after a restore. Anything else is newer and stays. So it is with each of those that shared the spent tokens, also
    /// where the one that was refreshed for all is connected no more.
    pub(super) async fn put(&self, fresh: &Fresh) -> Result<Kept> {
        let store = &self.inner.config.store;
        loop {
            let (own, spent) = self.look(fresh).await?;
            let mut saves = Vec::from_iter(match &own {
                Own::Spent(stored) => Some(stored.as_ref().clone()),
                Own::Gone | Own::There => None,
            });
            if fresh.shared {
                saves.extend(self.sharing(fresh, spent).await?);
            }
            let saved = match &saves[..] {
                [] if matches!(own, Own::There) => return Ok(Kept::Saved),
                [] => return Ok(Kept::Superseded),
                [one] if one.value.key.row_id() == fresh.key.row_id() => {
                    let expect = Expect::Revision(one.revision);
                    let saved = store.save(&fresh.over(one.value.clone()), expect).await;
                    saved.map(drop)
                }
                all => {
                    let all = self.over_all(fresh, all).await?;
                    store.save_all(&all).await.map(drop)
                }
            };
            match saved {
                Ok(()) => return Ok(Kept::Saved),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What the row holds for which the tokens came, and which tokens they follow.
    async fn look(&self, fresh: &Fresh) -> Result<(Own, [u8; 32])> {
        let Some(stored) = self.inner.config.store.load(&fresh.key).await? else {
            return Ok((Own::Gone, fresh.spent));
        };
        let record = &stored.value;
        if record.sealed.as_deref() == Some(&fresh.sealed[..]) {
            return Ok((Own::There, fresh.spent));
        }
        if record.sealed.is_none() || record.status == AccountStatus::Disconnected {
            return Ok((Own::Gone, fresh.spent));
        }
        let has = digest(&self.open(record).await?)?;
        let own = match has == fresh.spent || fresh.outlived(&stored) {
            true => Own::Spent(Box::new(stored)),
            false => return Ok((Own::Gone, fresh.spent)),
        };
        Ok((own, has))
    }

    /// The other rows that have these spent tokens.
    async fn sharing(&self, fresh: &Fresh, spent: [u8; 32]) -> Result<Vec<Stored<TokenRecord>>> {
        let (by, row) = (&fresh.by, fresh.key.row_id());
        let Some(principal) = &by.principal else {
            return Ok(Vec::new());
        };
        let config = &self.inner.config;
        let mut sharing = Vec::new();
        for stored in config
            .store
            .of_principal(&by.connector.app, principal)
            .await?
        {
            let record = &stored.value;
            if record.key.row_id() == row || record.status == AccountStatus::Disconnected {
                continue;
            }
            match family::open(&config.vault, record).await {
                Ok(tokens) if digest(&tokens)? == spent => sharing.push(stored),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Seal => {
                    let account = record.key.row_id();
                    tracing::warn!(account, %error, "an account does not get the tokens that it shares");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(sharing)
    }

    /// All of these rows with the new tokens, the first of them due.
    async fn over_all(
        &self,
        fresh: &Fresh,
        all: &[Stored<TokenRecord>],
    ) -> Result<Vec<(TokenRecord, Expect)>> {
        let (vault, row) = (&self.inner.config.vault, fresh.key.row_id());
        let plain = vault.open(&tokens_place(&row), &fresh.sealed).await?;
        let tokens = TokenSet::from_plain(&plain)?;
        let head = all.iter().map(|stored| stored.value.key.row_id()).min();
        let mut saves = Vec::with_capacity(all.len());
        for stored in all {
            let mut record = fresh.over(stored.value.clone());
            let own = record.key.row_id();
            if own != row {
                record.sealed = Some(family::seal(vault, &record, &tokens).await?);
            }
            if head.as_ref() != Some(&own) {
                record.refresh_due_at = None;
            }
            saves.push((record, Expect::Revision(stored.revision)));
        }
        Ok(saves)
    }
}
