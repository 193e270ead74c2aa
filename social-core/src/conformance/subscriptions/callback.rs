use std::time::Duration;

use super::{SubscriptionsHarness, keep};
use crate::error::Result;

/// An address that the platform has switched off is on again when it is looked at, however often that is.
pub async fn an_address_that_was_switched_off_is_on_again(
    harness: &impl SubscriptionsHarness,
) -> Result<()> {
    for round in 0..3 {
        let Some(kept) = keep(harness).await else {
            return Ok(());
        };
        assert!(kept?.is_empty(), "all of it is sent there");
        assert!(harness.is_on().await, "the address is on, round {round}");
        if round > 0 {
            harness.switch_off().await;
            assert!(!harness.is_on().await, "it is off");
        }
    }
    if let Some(kept) = keep(harness).await {
        kept?;
        assert!(harness.is_on().await, "the address is on again");
    }
    Ok(())
}

/// Nothing is looked at more than once a minute, nor so seldom that nobody would know.
pub async fn looks_come_at_a_bearable_pace(harness: &impl SubscriptionsHarness) -> Result<()> {
    let (least, most) = (Duration::from_secs(60), Duration::from_secs(30 * 86_400));
    let subscriptions = harness.subscriptions();
    let of_app = subscriptions.callback_every();
    for every in [Some(subscriptions.account_every()), of_app] {
        let is_right = every.is_none_or(|every| (least..=most).contains(&every));
        assert!(is_right, "between a minute and a month: {every:?}");
    }
    Ok(())
}
