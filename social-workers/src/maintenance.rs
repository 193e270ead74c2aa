mod settings;

use std::{convert::Infallible, time::Duration};

use chrono::{DateTime, Utc};
use social_core::{
    Result, Social,
    error::ErrorKind,
    store::{EventState, Purge},
};

use settings::DAY;
pub use settings::{MaintenanceReport, MaintenanceSettings};

use crate::pace;

/// Removes what nobody needs any more: sign-ins that ended, bookings of limits that left their window, events by age, uploads
/// that nobody goes on with, and, if it is told to, media that no post needs and the history of posts that ended long ago. Lets the stores look after
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

    /// Removes everything that is over now. While the data are in a life that nobody accepted, or this machine's clock is too far
    /// from the store's, it removes nothing, and the report says so.
    ///
    /// # Errors
    /// `Storage` when nobody can tell whether the life of the data is accepted. What goes wrong with a part is logged and
    /// counted in the report.
    ///
    /// # Cancel safety
    /// Safe: what was not removed is found the next time.
    pub async fn run_once(&self) -> Result<MaintenanceReport> {
        let mut report = MaintenanceReport::default();
        for part in Part::ALL {
            // The data may begin another life at any moment.
            if self.social.worker().is_held().await? {
                report.held = true;
                return Ok(report);
            }
            match self.remove(part).await {
                Ok(removed) => *part.of(&mut report) += removed,
                Err(error) => {
                    report.failed += 1;
                    let what = part.name();
                    tracing::warn!(what, %error, "a part of the upkeep failed; it is done the next time");
                }
            }
        }
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

    async fn remove(&self, part: Part) -> Result<u64> {
        match part {
            Part::Logins => self.social.worker().logins().purge().await,
            Part::Bookings => self.bookings().await,
            Part::Tables => {
                let done_before = self.before(self.settings.keep_done);
                let upkeep = self.social.worker().stores().events.maintain(done_before);
                upkeep.await.map(|()| 0)
            }
            Part::Unmatched => self.unmatched().await,
            Part::Events => self.events().await,
            Part::Uploads => self.uploads().await,
            Part::Media => self.media().await,
            Part::History => self.history().await,
        }
    }

    /// Until when something is too old; nothing when it is kept for longer than there is time.
    fn before(&self, keep: Duration) -> Option<DateTime<Utc>> {
        let keep = chrono::Duration::from_std(keep).ok()?;
        self.now().checked_sub_signed(keep)
    }

    /// What both clocks agree has come: all that is removed or set aside here goes by it.
    fn now(&self) -> DateTime<Utc> {
        self.social.worker().clock_guard().agreed()
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
        let (events, now) = (&self.social.worker().stores().events, self.now());
        let batch = self.settings.batch;
        all(batch, || events.set_aside(before, now, batch)).await
    }

    async fn events(&self) -> Result<u64> {
        let (events, batch) = (&self.social.worker().stores().events, self.settings.batch);
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

    /// First what is old is looked for, then whether posts need it, and removed is what is old then: who submits a post renews its
    /// files first, and one that was renewed stays.
    async fn media(&self) -> Result<u64> {
        let (media, posts) = (self.social.media(), &self.social.worker().stores().posts);
        let keep = self.settings.keep_media.map(|keep| keep.max(DAY));
        let Some(before) = keep.and_then(|keep| self.before(keep)) else {
            return Ok(0);
        };
        if !media.lists() {
            return Ok(0);
        }
        let (mut after, mut removed, mut failure) = (None, 0, None);
        loop {
            let page = media.list(after.as_ref(), self.settings.batch).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.media.id.clone());
            let old = page.into_iter().filter(|it| it.stored_at < before);
            let old: Vec<_> = old.map(|it| it.media.id).collect();
            let needed = match posts.needed_media(&old, before).await {
                // A store of somebody else's need not know.
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(0),
                needed => needed?,
            };
            for id in old.iter().filter(|id| !needed.contains(id)) {
                match media.remove_older(id, before).await {
                    Ok(gone) => removed += u64::from(gone),
                    // The others can go all the same.
                    Err(error) => failure = Some(error),
                }
            }
        }
        match failure {
            Some(error) if removed == 0 => Err(error),
            Some(error) => {
                tracing::warn!(%error, removed, "some media that no post needs could not be removed; they are looked at again the next time");
                Ok(removed)
            }
            None => Ok(removed),
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
        let (posts, batch) = (&self.social.worker().stores().posts, self.settings.batch);
        let purged = all(batch, || posts.purge_history(before, batch)).await;
        match purged {
            // A store of somebody else's need not know how.
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(0),
            purged => purged,
        }
    }
}

/// What is removed, in this order.
#[derive(Clone, Copy, Debug)]
enum Part {
    Logins,
    Bookings,
    Tables,
    Unmatched,
    Events,
    Uploads,
    Media,
    History,
}

impl Part {
    const ALL: [Self; 8] = [
        Self::Logins,
        Self::Bookings,
        Self::Tables,
        Self::Unmatched,
        Self::Events,
        Self::Uploads,
        Self::Media,
        Self::History,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Logins => "ended sign-ins",
            Self::Bookings => "ended bookings of limits",
            Self::Tables => "the tables of events",
            Self::Unmatched => "events that nobody here knows",
            Self::Events => "ended events",
            Self::Uploads => "abandoned uploads",
            Self::Media => "media that no post needs",
            Self::History => "old history",
        }
    }

    /// Where it is counted; what is not is counted with the events.
    fn of(self, report: &mut MaintenanceReport) -> &mut u64 {
        match self {
            Self::Logins => &mut report.logins,
            Self::Bookings => &mut report.bookings,
            Self::Tables | Self::Events => &mut report.events,
            Self::Unmatched => &mut report.unmatched,
            Self::Uploads => &mut report.uploads,
            Self::Media => &mut report.media,
            Self::History => &mut report.history,
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
