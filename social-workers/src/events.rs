use std::{fmt::Debug, future::Future, time::Duration};

use social_core::{
    Error, ErrorKind, Result, Social,
    store::{ClaimEvents, EventClaim, EventRecord},
};

use crate::pace;

/// How an [`EventWorker`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventSettings {
    /// How many events it claims at once. 50.
    pub batch: u32,
    /// How long a claim lasts. After a crash, events that were being handled wait this long. 30 s.
    pub lease: Duration,
    /// How often to look for events at least. 1 s.
    pub idle: Duration,
    /// The longest wait between two tries; the first one is a second, then it doubles. 60 s.
    pub longest_wait: Duration,
    /// How often an event is tried that nobody can handle yet, or whose handling fails, before it is a dead letter. 100,
    /// which is an hour and a half.
    pub tries: u32,
    /// How often it may end its process before it is set aside. 10.
    pub attempts: u32,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            batch: 50,
            lease: Duration::from_secs(30),
            idle: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            tries: 100,
            attempts: 10,
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "done or not")]
pub enum Handled {
    /// It took effect, or says nothing new.
    Done,
    /// What it is about is not here yet, or cannot be changed now. It comes again later.
    Later,
}

/// Lets events take effect. An event may come again after it took effect: a crash may fall between that and its being
/// written down.
pub trait EventHandler: Debug + Send + Sync {
    /// Handles one event.
    ///
    /// # Errors
    /// It comes again later, with the cause kept beside it.
    fn handle(&self, event: &EventRecord) -> impl Future<Output = Result<Handled>> + Send;
}

/// What a round led to, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventReport {
    /// Claimed.
    pub claimed: u64,
    /// Took effect, or said nothing new.
    pub done: u64,
    /// Come again later.
    pub later: u64,
    /// Are dead letters now.
    pub dead: u64,
    /// Were taken over by another worker.
    pub lost: u64,
    /// Nothing was claimed: the data have begun another life, and an operator has to accept it, see
    /// [`Social::accept_incarnation`]; or this machine's clock is too far from the store's, see
    /// [`ClockGuard`](social_core::hub::ClockGuard).
    pub held: bool,
}

/// Lets stored events take effect, in the order in which they came.
#[derive(Clone, Debug)]
pub struct EventWorker<H> {
    social: Social,
    handler: H,
    settings: EventSettings,
}

impl<H: EventHandler> EventWorker<H> {
    /// A worker with the usual settings.
    pub fn new(social: &Social, handler: H) -> Self {
        Self {
            social: social.clone(),
            handler,
            settings: EventSettings::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: EventSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Handles what is ready now. While the data are in a life that nobody accepted it does nothing, and the report says
    /// so.
    ///
    /// # Errors
    /// `Storage` when nothing could be claimed or written down. What goes wrong with single events is kept beside them.
    ///
    /// # Cancel safety
    /// Dropped, what was claimed is ready again when its lease lapses.
    pub async fn run_once(&self) -> Result<EventReport> {
        let mut report = EventReport {
            held: self.social.is_held().await?,
            ..EventReport::default()
        };
        if report.held {
            return Ok(report);
        }
        let (events, clock) = (&self.social.stores().events, self.social.clock());
        // What comes meanwhile waits for the next round.
        let ready = clock.now();
        loop {
            let which = ClaimEvents::new(ready, self.settings.lease, self.settings.batch);
            let claims = events.claim(&which).await?;
            if claims.is_empty() {
                return Ok(report);
            }
            for claim in claims {
                report.claimed += 1;
                self.one(&claim, &mut report).await?;
            }
        }
    }

    /// Handles events until `until` is done, and answers what it yields. While the data are in a life that nobody accepted
    /// it claims nothing; it goes on by itself afterwards.
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
        let (events, clock) = (&self.social.stores().events, self.social.clock());
        let (mut wakes, mut failures, mut held) = (events.wakes(), 0_u32, false);
        loop {
            failures = match self.run_once().await {
                Ok(report) => {
                    held = report.held;
                    0
                }
                Err(error) => {
                    tracing::error!(%error, "the event worker could not look for events");
                    failures.saturating_add(1)
                }
            };
            let next = events.next_ready().await.unwrap_or_default();
            let next = next.filter(|_| !held);
            let wait = pace::pause(clock.now(), next, failures, self.settings.idle);
            tokio::select! {
                () = clock.sleep(wait) => {}
                () = wakes.next() => {}
            }
        }
    }

    async fn one(&self, claim: &EventClaim, report: &mut EventReport) -> Result<()> {
        let record = &claim.record;
        if record.attempts > self.settings.attempts {
            let message = "handling this event kept ending its process";
            let error = Error::new(ErrorKind::Invalid, message).with_code("event_parked");
            return self.park(claim, &error, report).await;
        }
        let handled = self.handler.handle(record).await;
        let (events, now) = (&self.social.stores().events, self.social.clock().now());
        let cause = match handled {
            Ok(Handled::Done) => {
                let written = events.complete(std::slice::from_ref(claim), now).await?;
                let written = written.first().is_some_and(|written| *written);
                *(if written {
                    &mut report.done
                } else {
                    &mut report.lost
                }) += 1;
                return Ok(());
            }
            Ok(Handled::Later) => unmatched(),
            Err(error) => {
                tracing::warn!(event = record.number, kind = record.event.kind, %error, "an event could not be handled");
                error
            }
        };
        if record.failures.saturating_add(1) >= self.settings.tries {
            return self.park(claim, &cause, report).await;
        }
        let wait = Duration::from_secs(1 << record.failures.min(16));
        let wait = wait.min(self.settings.longest_wait);
        let ready_at = now + chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::days(1));
        let held = events.retry(claim, ready_at, Some(&cause)).await?;
        *(if held {
            &mut report.later
        } else {
            &mut report.lost
        }) += 1;
        Ok(())
    }

    async fn park(
        &self,
        claim: &EventClaim,
        cause: &Error,
        report: &mut EventReport,
    ) -> Result<()> {
        let (events, now) = (&self.social.stores().events, self.social.clock().now());
        let (number, kind) = (claim.record.number, &claim.record.event.kind);
        tracing::error!(event = number, kind, %cause, "an event is a dead letter");
        let held = events.park(claim, now, cause).await?;
        *(if held {
            &mut report.dead
        } else {
            &mut report.lost
        }) += 1;
        Ok(())
    }
}

/// Why an event waits that nobody could handle.
fn unmatched() -> Error {
    let message = "what the event is about is not here, or cannot be changed yet";
    Error::new(ErrorKind::NotFound, message).with_code("event_unmatched")
}
