use chrono::{DateTime, Utc};

use super::WorkerContext;
use crate::{
    error::Result,
    model::AccountStatus,
    store::{HeldAccount, HeldFor, Stored, TokenRecord},
};

impl WorkerContext {
    /// Lets the posts of a held account go on if its present connection says so, and says whether. However an account came
    /// to be connected, by a person, by a refresh that was believed to have failed, or by a process that was killed
    /// right after, this finds it.
    ///
    /// # Errors
    /// `Storage` when a store fails.
    ///
    /// # Cancel safety
    /// Safe: it has happened or not.
    pub async fn let_go(&self, held: &HeldAccount) -> Result<bool> {
        let stored = self.inner.stores.tokens.holder(&held.account).await?;
        if stands(held, stored.as_ref(), self.inner.clock.now()) {
            return Ok(false);
        }
        self.inner.stores.posts.resume(&held.account).await?;
        tracing::info!(
            account = held.account.row_id(),
            "the posts of an account that is connected go on"
        );
        Ok(true)
    }
}

/// Whether posts have to wait for another connection.
fn stands(held: &HeldAccount, stored: Option<&Stored<TokenRecord>>, now: DateTime<Utc>) -> bool {
    // To stop its posts, an account that is gone needs no connection.
    let Some(stored) = stored else { return false };
    match stored.value.status {
        AccountStatus::Connected => {
            (held.held_for).is_some_and(|refused| is_same(refused, stored, now))
        }
        AccountStatus::NeedsReauth(_) | AccountStatus::Unknown => true,
        AccountStatus::Disconnected => false,
    }
}

/// Whether the connected account is what was refused. An access token that has ended is asked with no more: whoever goes on
/// refreshes it first, also where that is done on use alone.
fn is_same(refused: HeldFor, stored: &Stored<TokenRecord>, now: DateTime<Utc>) -> bool {
    let has_ended = stored.value.expires_at.is_some_and(|ends| ends <= now);
    match refused {
        HeldFor::Person(connected_at) => stored.value.connected_at == connected_at,
        HeldFor::Tokens(revision) => stored.revision == revision && !has_ended,
        HeldFor::Unknown => true,
    }
}
