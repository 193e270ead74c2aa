//! Access that was removed in TikTok, as TikTok tells it.
//!
//! Such a word may be late, and about a connection before the present one: the clocks of two machines do not tell which. So
//! TikTok is asked with the present tokens. What it says is found in the same way, and reads the same, as when a post finds
//! it.

use std::sync::Arc;
use std::time::Duration;

use social_core::content::ContentContext;
use social_core::model::{Account, AccountKey, TokenSet};
use social_core::store::NewEvent;
use social_core::time::Deadline;
use social_core::{Error, ErrorKind, Remedy, Result, Social};
use social_tiktok::PLATFORM;
use social_workers::Handled;

/// How long TikTok may take to answer.
const WITHIN: Duration = Duration::from_secs(20);

/// Looks whether the access that an event speaks of is the present one.
pub(super) async fn removed(social: &Social, event: &NewEvent) -> Result<Handled> {
    let Some(id) = &event.account else {
        return Ok(Handled::Done);
    };
    for key in social.stores().tokens.find(&PLATFORM, id).await? {
        if key.app == event.app {
            look(social, &key).await?;
        }
    }
    Ok(Handled::Done)
}

/// Asks TikTok with the present tokens. When it does not accept them the account must be connected again, as after any
/// other call.
async fn look(social: &Social, key: &AccountKey) -> Result<()> {
    let tokens = social.tokens();
    let valid = match tokens.valid(key).await {
        Ok(valid) => valid,
        Err(error) => return known_or_later(key, error),
    };
    match ask(social, &valid.account, &valid.tokens).await {
        Ok(()) => {
            lives(key);
            return Ok(());
        }
        // Without the right to ask, renewing tells whether the access lives.
        Err(error)
            if *error.remedy() == Remedy::Refresh || error.kind() == ErrorKind::Permission => {}
        Err(error) => return Err(error),
    }
    match tokens.rejected(key, valid.revision).await {
        Ok(_) => {
            lives(key);
            Ok(())
        }
        Err(error) => known_or_later(key, error),
    }
}

async fn ask(social: &Social, account: &Account, tokens: &TokenSet) -> Result<()> {
    let deadline = Deadline::after(Arc::clone(social.clock()), WITHIN);
    let cx = ContentContext::new(account, tokens, social.limits(), &deadline);
    social.content(&PLATFORM)?.profile(&cx).await?;
    Ok(())
}

fn lives(key: &AccountKey) {
    tracing::info!(
        account = key.row_id(),
        "TikTok told that access was removed, and accepts the present one: that was about an earlier one"
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
