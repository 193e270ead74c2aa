//! Looking whether accounts that posts wait for are connected again.

use std::time::Duration;

use social_core::{Result, Social};

/// Held accounts in one look.
const PAGE: u32 = 200;

/// How far the looks have come.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The last account of the look before.
    after: String,
    /// When that was, on the steady clock.
    at: Option<Duration>,
}

impl Walk {
    /// Looks at the next page of held accounts, if the last look is `apart` ago. Says whether there is another one.
    ///
    /// # Errors
    /// `Storage` when they cannot be listed. What goes wrong with one account is told, and the others are looked at.
    pub(super) async fn look(&mut self, social: &Social, apart: Duration) -> Result<bool> {
        let now = social.clock().elapsed();
        if self.at.is_some_and(|at| now.saturating_sub(at) < apart) {
            return Ok(false);
        }
        let held = social
            .worker()
            .stores()
            .posts
            .held_accounts(&self.after, PAGE)
            .await?;
        self.at = Some(now);
        for account in &held {
            if let Err(error) = social.worker().let_go(account).await {
                let account = account.account.row_id();
                tracing::warn!(account, %error, "nobody can tell whether a held account is connected again");
            }
        }
        let more = held.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let last = held.last().filter(|_| more);
        // From the beginning again, behind the last one.
        self.after = last.map(|held| held.account.row_id()).unwrap_or_default();
        Ok(more)
    }
}
