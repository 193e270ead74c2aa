mod pass;
mod report;

use std::{fmt, sync::Arc, time::Duration};

use social_core::{Result, Social};

use crate::pace;
use pass::Pass;

pub use report::{ResealReport, Unreadable};

/// How a [`ResealWorker`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResealSettings {
    /// How many values it reads and replaces at once. 200.
    pub page: u32,
    /// How long it rests after each page, so that others get through. 20 ms.
    pub pause: Duration,
    /// How often a round goes through everything at most; what is left then waits for the next round. 10.
    pub passes: u32,
    /// How often to look whether the keys have changed. 5 min.
    pub idle: Duration,
    /// How often to go through everything though the keys have not changed: a process that was late to hear of a key may
    /// have sealed under the one before. 6 h.
    pub again: Duration,
}

impl Default for ResealSettings {
    fn default() -> Self {
        Self {
            page: 200,
            pause: Duration::from_millis(20),
            passes: 10,
            idle: Duration::from_secs(300),
            again: Duration::from_secs(6 * 3_600),
        }
    }
}

type Listener = Arc<dyn Fn(&ResealReport) + Send + Sync>;

/// Seals everything again under the current key, while everybody goes on reading and writing.
///
/// It replaces bytes by compare-and-swap and touches nothing else: no revision, lease or attempt changes, so it never
/// stands in the way of a refresh or a post, and sends nothing to a platform. Any number may run at once.
///
/// To rotate: put the new key in front in every process (see [`LocalKeyRing`](social_core::LocalKeyRing)), let this worker
/// run until its report [is done](ResealReport::is_done), and only then take the old key away. The report of one worker
/// speaks for the store. It does not know of the spools of other processes, nor of backups: they need the old key as
/// long as they are kept.
#[derive(Clone)]
pub struct ResealWorker {
    social: Social,
    settings: ResealSettings,
    listener: Option<Listener>,
}

impl ResealWorker {
    /// A worker with the usual settings.
    pub fn new(social: &Social) -> Self {
        Self {
            social: social.clone(),
            settings: ResealSettings::default(),
            listener: None,
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: ResealSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Hears how far a round has come, after each page that changed something.
    #[must_use]
    pub fn on_progress(mut self, hear: impl Fn(&ResealReport) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(hear));
        self
    }

    /// Looks for new keys, and goes through everything sealed until nothing is left under another key than the current
    /// one. Then moves the installation's key check.
    ///
    /// # Errors
    /// `Storage` when the store fails, `Seal` when the keys do not fit the store or nothing can be sealed, and the key
    /// ring's own. Values that cannot be opened are in the report, and end nothing.
    ///
    /// # Cancel safety
    /// Safe: each page is replaced or not.
    pub async fn run_once(&self) -> Result<ResealReport> {
        self.reload().await;
        self.round().await
    }

    async fn reload(&self) {
        if let Err(error) = self.social.reload_keys().await {
            tracing::error!(%error, "the keys could not be read again; they stay as they were");
        }
    }

    async fn round(&self) -> Result<ResealReport> {
        let mut report = ResealReport::new(self.social.check_vault().await?.current);
        for _ in 0..self.settings.passes.max(1) {
            let pass = Pass::new(&self.social, self.settings, self.listener.as_ref()).await?;
            report.complete = pass.run(&mut report).await?;
            if report.complete {
                break;
            }
        }
        if report.complete {
            self.social.renew_key_check().await?;
        }
        let health = self.social.check_vault().await?;
        report.complete &= health.current == report.key;
        report.key_check_current = health.key_check == report.key;
        report.spooled = self.social.worker().tokens().spooled().await?;
        report.tell();
        Ok(report)
    }

    /// Seals again whatever needs it until `until` is done, and answers what it yields.
    pub async fn run<F: Future + Send>(&self, until: F) -> F::Output
    where
        F::Output: Send,
    {
        tokio::select! {
            output = until => output,
            never = self.forever() => match never {},
        }
    }

    async fn forever(&self) -> std::convert::Infallible {
        let clock = self.social.clock();
        let mut failures = 0_u32;
        let mut walked = None;
        loop {
            self.reload().await;
            match self.walk(&mut walked).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::error!(%error, "the reseal worker could not finish its round");
                }
            }
            let wait = pace::pause(clock.now(), None, failures, self.settings.idle);
            clock.sleep(pace::jittered(&self.social, wait)).await;
        }
    }

    /// A round, unless the last one is not long ago and was for the same key.
    async fn walk(&self, walked: &mut Option<(Vec<u8>, Duration)>) -> Result<()> {
        let key = self.social.worker().vault().prefix().await?;
        let now = self.social.clock().elapsed();
        let recent = |(of, at): &(Vec<u8>, Duration)| {
            *of == key && now.saturating_sub(*at) < self.settings.again
        };
        if walked.as_ref().is_some_and(recent) {
            return Ok(());
        }
        if self.round().await?.complete {
            *walked = Some((key, now));
        }
        Ok(())
    }
}

impl fmt::Debug for ResealWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResealWorker")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
