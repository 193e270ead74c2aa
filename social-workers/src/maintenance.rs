mod settings;

use std::{convert::Infallible, time::Duration};

use chrono::{DateTime, Utc};
use social_core::{
    Result, Social,
    error::ErrorKind,
    store::{EventState, Purge},
};

pub use settings::{MaintenanceReport, MaintenanceSettings};

use crate::pace;

/// Removes what nobody needs any more: sign-ins that ended, bookings of limits that left their window, events by age, uploads
/// that nobody goes on with, and, if it is told to, the history of posts that ended long ago. Lets the stores look after
/// themselves. It is the only one that does: run it in every installation, in as many processes as you like.
///
/// Each part stands alone: what fails keeps none of the others.
#[derive(Clone, Debug)]
pub struct MaintenanceWorker {
    social: Social,
    settings: MaintenanceSettings,
}

impl MaintenanceWorker {
    /// A worker with the usual settings.
    pub fn new(social: &Social) -> Self {
        Self {
            social: social.clone(),
            settings: MaintenanceSettings::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: MaintenanceSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Removes everything that is over now. While the data are in a life that nobody accepted it removes nothing, and the
    /// report says so.
    ///
    /// # Errors
    /// `Storage` when nobody can tell whether the life of the data is accepted. What goes wrong with a part is logged and
    /// counted in the report.
    ///
    /// # Cancel safety
    /// Safe: what was not removed is found the next time.
    pub async fn run_once(&self) -> Result<MaintenanceReport> {
        let mut report = MaintenanceReport::default();
        if self.social.incarnation_guard().is_held().await? {
            report.held = true;
            return Ok(report);
        }
        let logins = self.social.logins().purge().await;
        report.logins = self.part("ended sign-ins", logins, &mut report.failed);
        let bookings = self.bookings().await;
        report.bookings = self.part("ended bookings of limits", bookings, &mut report.failed);
        let done_before = self.before(self.settings.keep_done);
        let upkeep = self.social.stores().events.maintain(done_before).await;
        self.part("the tables of events", upkeep, &mut report.failed);
        let unmatched = self.unmatched().await;
        report.unmatched = self.part("events without a post", unmatched, &mut report.failed);
        let events = self.events().await;
        report.events = self.part("ended events", events, &mut report.failed);
        let uploads = self.uploads().await;
        report.uploads = self.part("abandoned uploads", uploads, &mut report.failed);
        let history = self.history().await;
        report.history = self.part("old history", history, &mut report.failed);
        Ok(report)
    }

    /// Does so [again and again](MaintenanceSettings::every) until `until` is done, and answers what it yields.
    ///
    /// # Cancel safety
    /// As [`run_once`](Self::run_once).
    pub async fn run<F: Future + Send>(&self, until: F) -> F::Output
    where
        F::Output: Send,
    {
        tokio::select! {
            output = until => output,
            never = self.forever() => match never {},
        }
    }

    async fn forever(&self) -> Infallible {
        loop {
            match self.run_once().await {
                Ok(report) if report.is_news() => {
                    tracing::info!(?report, "what is over was removed")
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "nobody can tell whether anything may be removed")
                }
            }
            let wait = pace::jittered(&self.social, self.settings.every);
            self.social.clock().sleep(wait).await;
        }
    }

    fn part<T: Default>(&self, what: &'static str, done: Result<T>, failed: &mut u32) -> T {
        done.unwrap_or_else(|error| {
            *failed += 1;
            tracing::warn!(what, %error, "a part of the upkeep failed; it is done the next time");
            T::default()
        })
    }

    /// Until when something is too old; nothing when it is kept for longer than there is time.
    fn before(&self, keep: Duration) -> Option<DateTime<Utc>> {
        let keep = chrono::Duration::from_std(keep).ok()?;
        self.social.clock().now().checked_sub_signed(keep)
    }

    async fn bookings(&self) -> Result<u64> {
        let limits = self.social.limits();
        let batch = self.settings.batch;
        all(batch, || limits.purge(batch)).await
    }

    async fn unmatched(&self) -> Result<u64> {
        let Some(before) = self.before(self.settings.unmatched_after) else {
            return Ok(0);
        };
        let (events, now) = (&self.social.stores().events, self.social.clock().now());
        let batch = self.settings.batch;
        all(batch, || events.set_aside(before, now, batch)).await
    }

    async fn events(&self) -> Result<u64> {
        let (events, batch) = (&self.social.stores().events, self.settings.batch);
        let (done, dead) = (self.settings.keep_done, self.settings.keep_dead);
        let mut removed = 0;
        for (state, keep) in [(EventState::Done, done), (EventState::Dead, dead)] {
            if let Some(before) = self.before(keep) {
                let which = Purge::new(state, before, batch);
                removed += all(batch, || events.purge(&which)).await?;
            }
        }
        Ok(removed)
    }

    async fn uploads(&self) -> Result<u64> {
        let media = self.social.media();
        let Some(before) = self.before(self.settings.keep_uploads) else {
            return Ok(0);
        };
        match media.takes_parts() {
            true => media.sweep_uploads(before).await,
            false => Ok(0),
        }
    }

    async fn history(&self) -> Result<u64> {
        let before = self
            .settings
            .keep_history
            .and_then(|keep| self.before(keep));
        let Some(before) = before else {
            return Ok(0);
        };
        let (posts, batch) = (&self.social.stores().posts, self.settings.batch);
        let purged = all(batch, || posts.purge_history(before, batch)).await;
        match purged {
            // A store of somebody else's need not know how.
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(0),
            purged => purged,
        }
    }
}

/// Batch after batch, until one is not full.
async fn all<F>(batch: u32, mut some: impl FnMut() -> F + Send) -> Result<u64>
where
    F: Future<Output = Result<u64>> + Send,
{
    let mut sum = 0;
    loop {
        let removed = some().await?;
        sum += removed;
        if removed < u64::from(batch.max(1)) {
            return Ok(sum);
        }
    }
}
