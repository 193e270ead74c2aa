//! The rules of [`EventHandler`].

use std::{sync::Arc, task::Poll};

use async_trait::async_trait;

use crate::{
    error::Result,
    model::Platform,
    store::EventRecord,
    webhook::{EventHandler, EventSubject, Handled},
};

/// Plays what a handler works on. Made anew for each case.
#[async_trait]
pub trait HandlerHarness: Send + Sync + 'static {
    /// The handler under test. It is shared and handed on without its type.
    fn handler(&self) -> Arc<dyn EventHandler>;

    /// An event that changes something when it is handled for the first time. The same each time.
    async fn event(&self) -> EventRecord;

    /// All that a handler could change, printed.
    async fn state(&self) -> String;
}

/// The event, and what there was before.
async fn given(harness: &impl HandlerHarness) -> (EventRecord, String) {
    let event = harness.event().await;
    (event, harness.state().await)
}

/// An event takes effect.
pub async fn an_event_takes_effect(harness: &impl HandlerHarness) -> Result<()> {
    let (event, before) = given(harness).await;
    harness.handler().handle(&event).await?;
    assert_ne!(harness.state().await, before, "it takes effect");
    Ok(())
}

/// The same event twice is harmless.
pub async fn the_same_event_twice_is_harmless(harness: &impl HandlerHarness) -> Result<()> {
    let (event, _) = given(harness).await;
    harness.handler().handle(&event).await?;
    let once = harness.state().await;
    for _ in 0..3 {
        harness.handler().handle(&event).await?;
        assert_eq!(
            harness.state().await,
            once,
            "handled twice, it changes more"
        );
    }
    Ok(())
}

/// The same event at the same time, as two workers have it after a lease lapsed, is harmless.
pub async fn the_same_event_at_once_is_harmless(harness: &impl HandlerHarness) -> Result<()> {
    let (event, before) = given(harness).await;
    let handler = harness.handler();
    let (one, two) = tokio::join!(handler.handle(&event), handler.handle(&event));
    assert!(
        one.is_ok() || two.is_ok(),
        "one of them handles it: {one:?}, {two:?}"
    );
    let state = harness.state().await;
    assert_ne!(state, before, "it takes effect");
    handler.handle(&event).await?;
    assert_eq!(
        harness.state().await,
        state,
        "handled again, it changes more"
    );
    Ok(())
}

/// An event of another platform is left alone, whatever ids it has.
pub async fn an_event_of_another_platform_is_left_alone(
    harness: &impl HandlerHarness,
) -> Result<()> {
    let (mut event, before) = given(harness).await;
    event.event.platform = Platform::new("a platform of nobody");
    // It may be looked for and not found; it is no error that ends as a dead letter.
    let _ = harness.handler().handle(&event).await;
    assert_eq!(harness.state().await, before, "another platform's event");
    Ok(())
}

/// An event about nothing that is known is done, and changes nothing.
pub async fn an_event_about_nothing_known_is_done(harness: &impl HandlerHarness) -> Result<()> {
    let (mut event, before) = given(harness).await;
    event.event.subject = EventSubject::Other;
    "a.kind.of.nobody".clone_into(&mut event.event.kind);
    event.event.body = b"{}".to_vec();
    let handled = harness.handler().handle(&event).await?;
    assert_eq!(handled, Handled::Done, "there is nothing to wait for");
    assert_eq!(harness.state().await, before, "it is about nothing");
    Ok(())
}

/// Dropped wherever it waits, a handler leaves something that the next handling completes.
pub async fn a_dropped_handling_is_completed_by_the_next(
    harness: &impl HandlerHarness,
) -> Result<()> {
    let (event, before) = given(harness).await;
    let handler = harness.handler();
    for polls in [0, 1, 2, 5, 20] {
        let mut handling = handler.handle(&event);
        for _ in 0..polls {
            let ready = std::future::poll_fn(|context| {
                Poll::Ready(handling.as_mut().poll(context).is_ready())
            });
            if ready.await {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    handler.handle(&event).await?;
    let state = harness.state().await;
    assert_ne!(state, before, "it takes effect");
    handler.handle(&event).await?;
    assert_eq!(
        harness.state().await,
        state,
        "handled again, it changes more"
    );
    Ok(())
}
