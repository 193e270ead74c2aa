use chrono::{DateTime, Utc};

use super::WorkerContext;
use crate::{
    error::Result,
    model::AccountStatus,
    store::{HeldAccount, HeldFor, Stored, TokenRecord},
};

impl WorkerContext {
    /// Lets the posts of a held account go on if its present connection says so, or if one of them that this process reads is to be
    /// stopped or told something, which needs none; and says whether. Who put the hold may have read fewer. However an account came
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
        let now = self.inner.clock.now();
        let stands = stands(held, stored.as_ref(), now);
        if stands && !self.needs_no_connection(held, now).await? {
            return Ok(false);
        }
        self.inner.stores.posts.resume(&held.account).await?;
        let account = held.account.row_id();
        match stands {
            true => tracing::info!(
                account,
                "a post is stopped or told something while its account is held"
            ),
            false => tracing::info!(account, "the posts of an account that is connected go on"),
        }
        Ok(true)
    }

    async fn needs_no_connection(&self, held: &HeldAccount, now: DateTime<Utc>) -> Result<bool> {
        let Ok(publisher) = self.publisher(&held.account.app_key()) else {
            // It reads none of them.
            return Ok(false);
        };
        let (posts, newest) = (&self.inner.stores.posts, publisher.checkpoint_version());
        posts.needs_no_connection(&held.account, newest, now).await
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
