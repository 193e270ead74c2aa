//! What this server asks of TikTok itself, beside what the hub does.

use std::sync::Arc;
use std::time::Duration;

use social_core::model::{Account, Connector};
use social_core::time::Deadline;
use social_core::{Error, Remedy, Result, Social};
use social_tiktok::{Client, CreatorInfo, Publishing};

/// How long a page waits for TikTok.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The app at TikTok.
#[derive(Clone, Debug)]
pub(crate) struct TikTokApp {
    pub(crate) client: Client,
    /// For what is known without asking.
    pub(crate) publishing: Publishing,
    /// The login that fits this server's address.
    pub(crate) connector: Connector,
}

impl TikTokApp {
    /// What this creator may post now. TikTok wants it asked for each time the form is shown.
    ///
    /// # Errors
    /// As TikTok answers; `Unauthorized` when the account must be connected again.
    pub(crate) async fn creator(&self, social: &Social, account: &Account) -> Result<CreatorInfo> {
        let valid = social.tokens().valid(&account.key).await?;
        let deadline = Deadline::after(Arc::clone(social.clock()), PATIENCE);
        match self
            .client
            .creator_info(&valid.tokens.access, &deadline)
            .await
        {
            Err(error) if *error.remedy() == Remedy::Refresh => {
                let fresh = social
                    .tokens()
                    .rejected(&account.key, valid.revision)
                    .await?;
                self.client
                    .creator_info(&fresh.tokens.access, &deadline)
                    .await
            }
            answer => answer,
        }
    }
}

/// Whether TikTok said that this account or app may not post now.
pub(crate) fn is_capped(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(
            "spam_risk_too_many_posts"
                | "spam_risk_user_banned_from_posting"
                | "spam_risk_too_many_pending_share"
                | "spam_risk"
                | "reached_active_user_cap"
        )
    )
}
