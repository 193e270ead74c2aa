use super::{
    SubscriptionsHarness, Trouble, cx, keep, of_app, passed, sent, subscribe, unsubscribe,
};
use crate::{
    conformance::troubles::{error_of, hides},
    error::Result,
};

/// Trouble of the platform is told, and the next look finds all as it should be.
pub async fn trouble_is_told(harness: &impl SubscriptionsHarness) -> Result<()> {
    for trouble in [Trouble::ServerError, Trouble::LostBefore, Trouble::Refused] {
        harness.lapse().await;
        if harness.subscriptions().callback_every().is_some() {
            harness.trouble(trouble).await;
            let kept = keep(harness).await.unwrap_or(Ok(Vec::new()));
            error_of(kept, "a look at the app's address");
        }
        harness.trouble(trouble).await;
        error_of(subscribe(harness).await, "a look at an account");
        if let Some(kept) = keep(harness).await {
            kept?;
        }
        subscribe(harness).await?;
        assert!(!sent(harness).await.is_empty(), "the next look does it");
        if harness.is_ended() {
            harness.trouble(trouble).await;
            error_of(unsubscribe(harness).await, "the end");
        }
    }
    Ok(())
}

/// Once the deadline has passed nothing is sent.
pub async fn nothing_is_sent_after_the_deadline(harness: &impl SubscriptionsHarness) -> Result<()> {
    let (deadline, subscriptions) = (passed(harness), harness.subscriptions());
    let (cx, callback) = (cx(harness, &deadline), harness.callback());
    let heard = harness.heard().await;
    error_of(subscriptions.subscribe(&cx, callback).await, "too late");
    if harness.is_ended() {
        error_of(subscriptions.unsubscribe(&cx, callback).await, "too late");
    }
    if subscriptions.callback_every().is_some() {
        let of_app = of_app(harness, &deadline);
        let kept = subscriptions.keep_callback(&of_app).await;
        error_of(kept, "too late");
    }
    assert_eq!(harness.heard().await, heard, "it is sent too late");
    Ok(())
}

/// No secret is in what is printed or told as an error.
pub async fn no_secret_is_shown(harness: &impl SubscriptionsHarness) -> Result<()> {
    let mut shown = vec![format!("{:?}", harness.subscriptions())];
    for trouble in [Trouble::LostBefore, Trouble::ServerError, Trouble::Refused] {
        harness.trouble(trouble).await;
        let error = error_of(subscribe(harness).await, "trouble");
        shown.push(format!("{error:?} {error} {}", error.user_message()));
        shown.push(format!("{:?}", keep(harness).await));
        shown.push(format!("{:?}", subscribe(harness).await));
    }
    let secrets = harness.secrets();
    assert!(!secrets.is_empty(), "a platform has secrets");
    for text in shown {
        hides(&text, &secrets, "what a subscription prints");
    }
    Ok(())
}
