use super::Social;
use crate::error::Result;

impl Social {
    /// Ends what this process does with the installation: the last call of every program, when its workers and whoever
    /// answers people have ended. From here on no refresh, disconnection or linking is begun; whoever asks for one is
    /// refused with the code `closing`. Waits for those that were begun: an answer on its way may hold the only living
    /// token. What waits in stores goes on with the next start.
    ///
    /// # Errors
    /// `Timeout` when something is still on its way after the [time for it](crate::hub::SocialBuilder::close_within); the
    /// message names it. A process that ends then cuts it off: the accounts that it names may have to be connected again.
    ///
    /// # Cancel safety
    /// Dropped, it waits no longer; nothing new is begun all the same. It may be called again.
    pub async fn close(&self) -> Result<()> {
        let (tasks, within) = (&self.worker.inner.tasks, self.worker.inner.close_within);
        let closed = tasks.close(&**self.clock(), within).await;
        if let Err(error) = &closed {
            tracing::error!(%error, "closed without waiting any longer");
        }
        closed
    }
}
