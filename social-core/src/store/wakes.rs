use std::future;

use tokio::sync::watch;

/// Hears that there may be something new to claim.
///
/// A hint: it may come for nothing, and some are lost, for example while the connection to a database is made again.
/// Whoever waits for it looks now and then all the same.
#[derive(Clone, Debug)]
pub struct Wakes(Option<watch::Receiver<()>>);

impl Wakes {
    /// Never hears anything.
    pub fn never() -> Self {
        Self(None)
    }

    /// Waits for the next hint since this value was made, or since the last one that it answered.
    ///
    /// # Cancel safety
    /// Safe: a hint that comes meanwhile is answered the next time.
    pub async fn next(&mut self) {
        if let Some(heard) = &mut self.0
            && heard.changed().await.is_ok()
        {
            return;
        }
        future::pending().await
    }
}

/// Gives hints to everyone who listens. For stores.
#[derive(Clone, Debug, Default)]
pub struct WakeSender(watch::Sender<()>);

impl WakeSender {
    /// Tells everybody.
    pub fn send(&self) {
        self.0.send_replace(());
    }

    /// Hears what is sent from now on.
    pub fn subscribe(&self) -> Wakes {
        Wakes(Some(self.0.subscribe()))
    }
}
