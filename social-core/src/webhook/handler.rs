use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{error::Result, store::EventRecord};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a worker must know all cases")]
pub enum Handled {
    /// It took effect, or says nothing new.
    Done,
    /// What it is about is served by another process, if by any. It comes again, to whichever process, which is no failure; what
    /// nobody serves is [set aside](crate::store::EventStore::set_aside) in the end.
    Elsewhere,
    /// It is about a post and goes to [that post](crate::store::EventStore::hand_over), whose worker lets it take effect.
    /// Until the post is known it waits, which is no failure.
    HandOver,
    /// What it is about is not here yet, or cannot be changed now. It comes again later.
    RetryLater,
}

/// Lets events take effect. An event may come again after it took effect: a crash may fall between that and its being
/// written down, and another handler of the same event may have failed.
#[async_trait]
pub trait EventHandler: Debug + Send + Sync + 'static {
    /// Handles one event. Its lease is renewed meanwhile.
    ///
    /// # Errors
    /// It comes again later, with the cause kept beside it. A panic counts the same.
    ///
    /// # Cancel safety
    /// Dropped where it waits when the event is no longer its worker's, when it takes too long, or when the worker has
    /// ended. The event then comes again, here or elsewhere.
    async fn handle(&self, event: &EventRecord) -> Result<Handled>;
}

#[async_trait]
impl<H: EventHandler + ?Sized> EventHandler for Arc<H> {
    async fn handle(&self, event: &EventRecord) -> Result<Handled> {
        (**self).handle(event).await
    }
}
