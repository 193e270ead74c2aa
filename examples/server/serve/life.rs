//! How long a connection lives. A stream of events, a file that arrives and a video that is watched may take longer: each
//! is a signed-in person's, and has limits of its own.

use std::time::Duration;

use social_core::time::Clock;
use tokio::sync::watch;

/// The life of one connection. Clones share it; handlers find it among the extensions of a request.
#[derive(Clone, Debug)]
pub(crate) struct Life(watch::Sender<usize>);

/// Keeps a connection alive beyond its time while it is there.
#[derive(Debug)]
pub(crate) struct Held(watch::Sender<usize>);

impl Default for Life {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Life {
    /// Keeps it alive for something that may take long.
    #[must_use]
    pub(crate) fn hold(&self) -> Held {
        self.0.send_modify(|held| *held += 1);
        Held(self.0.clone())
    }

    /// Ends when it has lived for so long and nothing holds it.
    pub(super) async fn is_over(&self, clock: &dyn Clock, length: Duration) {
        let mut held = self.0.subscribe();
        loop {
            clock.sleep(length).await;
            if *held.borrow_and_update() == 0 {
                return;
            }
            // The sender lives in `self`, so the wait cannot fail. Then it is as good as new.
            let _ = held.wait_for(|held| *held == 0).await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.send_modify(|held| *held -= 1);
    }
}
