use std::time::Duration;

use social_core::{
    ErrorKind,
    time::{Deadline, Moment},
};

use super::Hands;

/// The claim was taken over.
#[derive(Debug)]
pub(crate) struct TakenOver;

impl Hands {
    /// Renews the lease now, and answers the reading of the clocks from which it counts.
    ///
    /// A store that cannot be reached is no reason to stop at once: the lease still runs.
    pub(crate) async fn renew(&self, held_since: Moment) -> Result<Moment, TakenOver> {
        let since = self.social.clock().moment();
        match self
            .social
            .worker()
            .stores()
            .posts
            .renew(&self.claim, self.settings.lease)
            .await
        {
            Ok(()) => Ok(since),
            Err(error) if error.kind() == ErrorKind::Conflict => Err(TakenOver),
            Err(error) => {
                tracing::warn!(%error, "a lease could not be renewed");
                Ok(held_since)
            }
        }
    }

    /// Renews the lease three times while it lasts. Moves `deadline` along with it, unless the step must happen once:
    /// what was written down of that one is when nothing of it can happen any more. `since` follows. Ends when the claim is
    /// lost.
    pub(crate) async fn beat(&self, since: &mut Moment, deadline: Option<&Deadline>) -> TakenOver {
        loop {
            self.social.clock().sleep(self.settings.lease / 3).await;
            *since = match self.renew(*since).await {
                Ok(since) => since,
                Err(lost) => return lost,
            };
            if let Some(deadline) = deadline {
                deadline.extend(*since, self.working_time());
            }
        }
    }

    /// How long after the start of a lease something may be sent.
    pub(crate) fn working_time(&self) -> Duration {
        self.settings.lease.saturating_sub(self.settings.margin)
    }
}
