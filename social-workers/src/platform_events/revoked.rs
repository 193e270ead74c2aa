//! Access that was taken away, as the platform tells it.
//!
//! Such a word may be late, and about a connection before the present one: the clocks of two machines do not tell which. So
//! the platform is asked with the present tokens. What it says is found in the same way, and reads the same, as when a post
//! finds it.

use std::{sync::Arc, time::Duration};

use social_core::{
    Error, ErrorKind, Remedy, Result, Social,
    content::ContentContext,
    model::{Account, AccountKey, AccountStatus, TokenSet},
    store::TokenRecord,
    time::Deadline,
    webhook::{Handled, VerifiedEvent},
};

/// How long the platform may take to answer.
const WITHIN: Duration = Duration::from_secs(20);

/// Looks whether the access that an event speaks of is the present one.
pub(super) async fn revoked(social: &Social, event: &VerifiedEvent) -> Result<Handled> {
    let Some(id) = &event.account else {
        return Ok(Handled::Done);
    };
    let tokens = &social.worker().stores().tokens;
    let mut handled = Handled::Done;
    for key in tokens.find(&event.app_key(), id).await? {
        let stored = tokens.load(&key).await?;
        let is_strange = |record: &TokenRecord| {
            let login = record.connector();
            record.status == AccountStatus::Connected && !social.connectors().any(|it| *it == login)
        };
        if stored.is_some_and(|stored| is_strange(&stored.value)) {
            // A process that has the account's login can ask.
            handled = Handled::Elsewhere;
        } else {
            look(social, &key).await?;
        }
    }
    Ok(handled)
}

/// Asks with the present tokens. When they are not accepted the account must be connected again, as after any other call.
async fn look(social: &Social, key: &AccountKey) -> Result<()> {
    let tokens = social.worker().tokens();
    let valid = match tokens.valid(key).await {
        Ok(valid) => valid,
        Err(error) => return known_or_later(key, error),
    };
    match ask(social, &valid.account, &valid.tokens).await {
        Ok(Asked::Answered) => {
            lives(key);
            return Ok(());
        }
        Ok(Asked::NobodyToAsk) => {}
        // Without the right to ask, renewing tells whether the access lives.
        Err(error)
            if *error.remedy() == Remedy::Refresh || error.kind() == ErrorKind::Permission => {}
        Err(error) => return Err(error),
    }
    match tokens.rejected(&valid).await {
        Ok(_) => {
            lives(key);
            Ok(())
        }
        Err(error) => known_or_later(key, error),
    }
}

enum Asked {
    Answered,
    /// The platform's kit reads no profiles.
    NobodyToAsk,
}

async fn ask(social: &Social, account: &Account, tokens: &TokenSet) -> Result<Asked> {
    let Ok(content) = social.content(&account.key.app_key()) else {
        return Ok(Asked::NobodyToAsk);
    };
    let deadline = Deadline::after(Arc::clone(social.clock()), WITHIN);
    let cx = ContentContext::new(account, tokens, social.limits(), &deadline);
    content.profile(&cx).await?;
    Ok(Asked::Answered)
}

fn lives(key: &AccountKey) {
    tracing::info!(
        account = key.row_id(),
        "the platform told that access was taken away, and accepts the present one: that was about an earlier one"
    );
}

/// Nothing is left to do when the account is known to have no access.
fn known_or_later(key: &AccountKey, error: Error) -> Result<()> {
    if *error.remedy() == Remedy::Reauthorize || error.kind() == ErrorKind::NotFound {
        tracing::info!(account = key.row_id(), "the account has no access any more");
        return Ok(());
    }
    Err(error)
}
