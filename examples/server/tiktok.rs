//! What this server asks of TikTok itself, beside what the hub does.

use std::sync::Arc;
use std::time::Duration;

use social_core::model::{Account, Connector};
use social_core::publish::is_booked;
use social_core::time::Deadline;
use social_core::tokens::ValidTokens;
use social_core::{Error, ErrorKind, Reason, Result, Social};
use social_tiktok::{CreatorInfo, PLATFORM, Publishing};

/// How long a page waits for TikTok.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The app at TikTok.
#[derive(Clone, Debug)]
pub(crate) struct TikTokApp {
    /// Shares its limits with the workers' own calls.
    pub(crate) publishing: Publishing,
    /// The login that fits this server's address.
    pub(crate) connector: Connector,
}

impl TikTokApp {
    /// What this creator may post now. TikTok wants it asked for each time the form is shown.
    ///
    /// # Errors
    /// As TikTok answers; `Unauthorized` when the account must be connected again, `RateLimited` when the calls of this
    /// minute are spent, `Timeout` when it does not answer for so long.
    pub(crate) async fn creator(&self, social: &Social, account: &Account) -> Result<CreatorInfo> {
        patiently(social, self.ask_creator(social, account)).await
    }

    async fn ask_creator(&self, social: &Social, account: &Account) -> Result<CreatorInfo> {
        let (key, limits) = (&account.key, social.limits());
        let ask = |valid: ValidTokens| async move {
            let deadline = Deadline::after(Arc::clone(social.clock()), PATIENCE);
            let access = &valid.tokens.access;
            let creator = self.publishing.creator(limits, key, access, &deadline);
            creator.await
        };
        social.with_valid(key, ask).await
    }
}

/// Ends a question that takes longer than a page waits.
pub(crate) async fn patiently<T>(
    social: &Social,
    question: impl Future<Output = Result<T>>,
) -> Result<T> {
    within(PATIENCE, social, question).await
}

/// Ends a question that takes longer than this. A deadline alone does not: it says until when something may be sent, not
/// until when an answer is waited for.
pub(crate) async fn within<T>(
    wait: Duration,
    social: &Social,
    question: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        answer = question => answer,
        () = social.clock().sleep(wait) => {
            let late = "TikTok did not answer for as long as a page waits";
            Err(Error::new(ErrorKind::Timeout, late).with_platform(PLATFORM))
        }
    }
}

/// Whether TikTok said that this account or app may not post now.
pub(crate) fn is_capped(error: &Error) -> bool {
    // One of our own bookings says nothing of TikTok.
    !is_booked(error)
        && matches!(
            error.reason(),
            Some(
                Reason::AccountBanned
                    | Reason::AppLimit
                    | Reason::DailyLimit
                    | Reason::PendingLimit
                    | Reason::Spam
            )
        )
}
