//! Saving new tokens over the ones that were spent, on whichever rows these stand by now.

use super::{
    Tokens, family,
    keep::{Fresh, Kept},
    plan::{digest, digest_of_refresh},
    read::tokens_place,
};
use crate::{
    error::{ErrorKind, Result},
    model::{AccountStatus, TokenSet},
    store::{Expect, Stored, TokenRecord},
};

/// What the row holds for which new tokens came.
enum Own {
    /// The tokens that were spent, or the refresh token of them.
    Spent(Box<Spent>),
    /// The new ones, by an earlier save whose acknowledgement was lost.
    There,
    /// Others, or none.
    Gone,
}

/// A row that has what was spent.
struct Spent {
    stored: Stored<TokenRecord>,
    tokens: TokenSet,
    takes: Takes,
}

/// What a row gets of the new tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    All,
    /// The refresh token alone: a later consent gave the access token, and left the refresh token that was spent.
    RefreshToken,
}

impl Fresh {
    /// What a row with these tokens gets. `ancestor` are other tokens that were spent before.
    fn taken_by(&self, tokens: &TokenSet, ancestor: Option<[u8; 32]>) -> Result<Option<Takes>> {
        let has = digest(tokens)?;
        if has == self.spent || Some(has) == ancestor {
            return Ok(Some(Takes::All));
        }
        let same = self.spent_refresh.is_some() && digest_of_refresh(tokens) == self.spent_refresh;
        Ok(same.then_some(Takes::RefreshToken))
    }
}

impl Tokens {
    /// Saves over whatever is stored now, if that is still the tokens that were spent: the record may have been saved
    /// again with the same tokens, sealed with another key or under another name. Or an earlier state of the connection
    /// is, after a restore. Anything else is newer and stays; but where a later consent left the refresh token that was spent, the
    /// new one takes its place. So it is with each of those that shared the spent tokens, also where the one that was refreshed for
    /// all is connected no more.
    pub(super) async fn put(&self, fresh: &Fresh) -> Result<Kept> {
        let store = &self.inner.config.store;
        loop {
            let (own, ancestor) = self.look(fresh).await?;
            let is_there = matches!(own, Own::There);
            let mut spent = Vec::from_iter(match own {
                Own::Spent(spent) => Some(*spent),
                Own::Gone | Own::There => None,
            });
            if fresh.shared {
                spent.extend(self.sharing(fresh, ancestor).await?);
            }
            let saves = self.over_all(fresh, &spent).await?;
            let saved = match &saves[..] {
                [] if is_there => return Ok(Kept::Saved),
                [] => return Ok(Kept::Superseded),
                [(record, expect)] => store.save(record, *expect).await.map(drop),
                all => store.save_all(all).await.map(drop),
            };
            match saved {
                Ok(()) => return Ok(Kept::Saved),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What the row holds for which the tokens came, and which tokens they follow beside those that were spent.
    async fn look(&self, fresh: &Fresh) -> Result<(Own, Option<[u8; 32]>)> {
        let Some(stored) = self.inner.config.store.load(&fresh.key).await? else {
            return Ok((Own::Gone, None));
        };
        let record = &stored.value;
        if record.sealed.as_deref() == Some(&fresh.sealed[..]) {
            return Ok((Own::There, None));
        }
        if record.sealed.is_none() || record.status == AccountStatus::Disconnected {
            return Ok((Own::Gone, None));
        }
        let tokens = self.open(record).await?;
        let outlived = match fresh.outlived(&stored) {
            true => Some(digest(&tokens)?),
            false => None,
        };
        let own = match fresh.taken_by(&tokens, outlived)? {
            Some(takes) => Own::Spent(Box::new(Spent {
                stored,
                tokens,
                takes,
            })),
            None => Own::Gone,
        };
        Ok((own, outlived))
    }

    /// The other rows that have what was spent.
    async fn sharing(&self, fresh: &Fresh, ancestor: Option<[u8; 32]>) -> Result<Vec<Spent>> {
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
                Ok(tokens) => {
                    if let Some(takes) = fresh.taken_by(&tokens, ancestor)? {
                        sharing.push(Spent {
                            stored,
                            tokens,
                            takes,
                        });
                    }
                }
                Err(error) if error.kind() == ErrorKind::Seal => {
                    let account = record.key.row_id();
                    tracing::warn!(account, %error, "an account does not get the tokens that it shares");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(sharing)
    }

    /// All of these rows with the new tokens. Of several the first that is connected then is due: nobody refreshes for a row whose
    /// status only a newer release knows.
    async fn over_all(&self, fresh: &Fresh, all: &[Spent]) -> Result<Vec<(TokenRecord, Expect)>> {
        let (vault, row) = (&self.inner.config.vault, fresh.key.row_id());
        let mut saves = Vec::with_capacity(all.len());
        if all.is_empty() {
            return Ok(saves);
        }
        let plain = vault.open(&tokens_place(&row), &fresh.sealed).await?;
        let new = TokenSet::from_plain(&plain)?;
        for spent in all {
            let own = spent.stored.value.key.row_id();
            let before = spent.stored.value.clone();
            let mut record = match spent.takes {
                Takes::All => fresh.over(before),
                Takes::RefreshToken => fresh.beside(before),
            };
            if spent.takes == Takes::RefreshToken {
                let mut tokens = spent.tokens.clone();
                tokens.refresh.clone_from(&new.refresh);
                tokens.refresh_expires_at = new.refresh_expires_at;
                record.sealed = Some(family::seal(vault, &record, &tokens).await?);
            } else if own != row {
                record.sealed = Some(family::seal(vault, &record, &new).await?);
            }
            saves.push((record, Expect::Revision(spent.stored.revision)));
        }
        saves.sort_by_key(|(record, _)| record.key.row_id());
        if fresh.shared {
            let is_connected =
                |(record, _): &(TokenRecord, _)| record.status == AccountStatus::Connected;
            let head = saves.iter().position(is_connected);
            for (place, (record, _)) in saves.iter_mut().enumerate() {
                if head.is_some_and(|head| head != place) {
                    record.refresh_due_at = None;
                }
            }
        }
        Ok(saves)
    }
}
