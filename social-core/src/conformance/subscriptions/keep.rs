use super::{SubscriptionsHarness, Trouble, keep, sent, subscribe, unsubscribe};
use crate::error::Result;

/// The app's address and the account, as a worker looks at them for the first time.
async fn begun(harness: &impl SubscriptionsHarness) -> Result<Vec<String>> {
    if let Some(kept) = keep(harness).await {
        kept?;
    }
    assert!(sent(harness).await.is_empty(), "nothing is sent before");
    let refused = subscribe(harness).await?;
    assert!(refused.is_empty(), "all of it is sent: {refused:?}");
    let all = sent(harness).await;
    assert!(!all.is_empty(), "what happens is sent");
    Ok(all)
}

/// Once an account is subscribed, what happens to it is sent.
pub async fn what_happens_is_sent_once_it_was_asked_for(
    harness: &impl SubscriptionsHarness,
) -> Result<()> {
    let all = begun(harness).await?;
    let mut each = all.clone();
    each.dedup();
    assert_eq!(all, each, "each once");
    let platform = harness.subscriptions().platform();
    assert_eq!(platform, harness.account().key.platform);
    Ok(())
}

/// Asking again, also when an answer was lost, changes nothing.
pub async fn asking_again_changes_nothing(harness: &impl SubscriptionsHarness) -> Result<()> {
    let all = begun(harness).await?;
    for trouble in [None, Some(Trouble::LostAfter), None] {
        if let Some(trouble) = trouble {
            harness.trouble(trouble).await;
            // Its answer may say either.
            let _ = subscribe(harness).await;
        } else {
            subscribe(harness).await?;
        }
        assert_eq!(sent(harness).await, all, "asked again, it is the same");
    }
    Ok(())
}

/// What the platform has forgotten is asked for again when the account is looked at.
pub async fn what_lapsed_is_there_again(harness: &impl SubscriptionsHarness) -> Result<()> {
    let all = begun(harness).await?;
    for _ in 0..2 {
        harness.lapse().await;
        assert!(sent(harness).await.is_empty(), "nothing is sent any more");
        subscribe(harness).await?;
        assert_eq!(sent(harness).await, all, "what lapsed is there again");
    }
    Ok(())
}

/// One thing that the platform does not send is named, each time, and keeps none of the others back.
pub async fn what_is_refused_is_named(harness: &impl SubscriptionsHarness) -> Result<()> {
    if let Some(kept) = keep(harness).await {
        kept?;
    }
    let Some(name) = harness.refuse_one().await else {
        return Ok(());
    };
    for _ in 0..2 {
        let refused = subscribe(harness).await?;
        assert_eq!(refused, [name.as_str()], "what is refused is named");
        let rest = sent(harness).await;
        assert!(!rest.is_empty(), "the others are sent");
    }
    Ok(())
}

/// What somebody else asked for in the same place stays as it is.
pub async fn what_others_asked_for_stays(harness: &impl SubscriptionsHarness) -> Result<()> {
    let Some(others) = harness.ask_as_another().await else {
        return Ok(());
    };
    begun(harness).await?;
    let still = harness.sent_to_another().await;
    assert_eq!(still.as_ref(), Some(&others), "what others asked for stays");
    unsubscribe(harness).await?;
    let still = harness.sent_to_another().await;
    assert_eq!(still.as_ref(), Some(&others), "also once ours has ended");
    Ok(())
}

/// Where it can be ended nothing is sent any more, ending it again is a success, and it can be asked for again.
pub async fn what_was_ended_is_not_sent(harness: &impl SubscriptionsHarness) -> Result<()> {
    unsubscribe(harness).await?;
    let all = begun(harness).await?;
    for _ in 0..2 {
        unsubscribe(harness).await?;
        let left = sent(harness).await;
        let expected: &[String] = if harness.is_ended() { &[] } else { &all };
        assert_eq!(left, expected, "what was ended");
    }
    subscribe(harness).await?;
    assert_eq!(sent(harness).await, all, "asked for again");
    Ok(())
}
