use std::sync::Arc;

use super::{event, keep};
use crate::{
    conformance::{Harness, fixtures::heard},
    error::Result,
    store::EventStore,
};

/// Who listens hears of new events.
pub async fn an_insertion_is_heard_of(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let mut wakes = store.wakes();
    heard(&mut wakes, "an insertion", |number| {
        let store = Arc::clone(&store);
        async move { keep(&*store, &[event(number)]).await }
    })
    .await
}

/// Who began to listen first hears of it too, and so does everybody else.
pub async fn everybody_hears_of_an_insertion(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let listeners = [store.wakes(), store.wakes(), store.wakes()];
    for (listener, mut wakes) in listeners.into_iter().enumerate() {
        heard(&mut wakes, "an insertion", |number| {
            let store = Arc::clone(&store);
            async move { keep(&*store, &[event(100 * listener + number)]).await }
        })
        .await?;
    }
    Ok(())
}
