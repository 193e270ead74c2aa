use std::time::Duration;

use social_core::{Result, Social, tokens::RefreshReport};

use crate::pace;

/// How a [`RefreshWorker`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshSettings {
    /// How many accounts a round refreshes at most. 200.
    pub batch: u32,
    /// How often to look for due accounts at least. 15 s.
    pub idle: Duration,
}

impl Default for RefreshSettings {
    fn default() -> Self {
        Self {
            batch: 200,
            idle: Duration::from_secs(15),
        }
    }
}

/// Refreshes tokens before they end.
#[derive(Clone, Debug)]
pub struct RefreshWorker {
    social: Social,
    settings: RefreshSettings,
}

impl RefreshWorker {
    /// A worker with the usual settings.
    pub fn new(social: &Social) -> Self {
        Self {
            social: social.clone(),
            settings: RefreshSettings::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: RefreshSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Refreshes what is due now. While the data are in a life that nobody accepted nothing is refreshed, and the report
    /// says so.
    ///
    /// # Errors
    /// `Storage` when nothing could be claimed. What goes wrong with single accounts is in the report.
    ///
    /// # Cancel safety
    /// Safe: refreshes that were begun go on.
    pub async fn run_once(&self) -> Result<RefreshReport> {
        self.social
            .worker()
            .tokens()
            .refresh_due(self.settings.batch)
            .await
    }

    /// Refreshes until `until` is done, and answers what it yields. Refreshes that were begun go on: [`Social::close`] waits
    /// for them at the end of the program. While the data are in a life that nobody accepted it claims nothing; it goes on
    /// by itself afterwards.
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
        let (mut failures, mut held) = (0_u32, false);
        loop {
            match self.run_once().await {
                Ok(report) => {
                    failures = 0;
                    held = report.held;
                    if report.total() > 0 {
                        tracing::info!(?report, "refreshed tokens");
                    }
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::error!(%error, "the refresh worker could not look for due accounts");
                }
            }
            let next = self
                .social
                .worker()
                .tokens()
                .next_due()
                .await
                .unwrap_or_default();
            let clock = self.social.clock();
            // While it is held, what is due is not looked at more often.
            let next = next.filter(|_| !held);
            let wait = pace::pause(clock.now(), next, failures, self.settings.idle);
            clock.sleep(pace::jittered(&self.social, wait)).await;
        }
    }
}
