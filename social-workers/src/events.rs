mod hold;
mod report;
mod settings;

use std::{future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::FuturesUnordered};
use social_core::{
    Result, Social,
    store::{ClaimEvents, EventClaim},
    time::Moment,
    webhook::EventHandler,
};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use report::EventReport;
pub use settings::EventSettings;

use crate::{batch::Batch, pace};
use hold::{Ended, Handlers, Hold};

/// Lets stored events take effect, [some](EventSettings::concurrency) at once, begun in the order in which they came.
///
/// Each event goes through every handler, one after the other in the order in which they were given, and is done when all of
/// them are. While one of them cannot handle it, it comes again to all.
///
/// Nothing is claimed that cannot begin at once. An event whose earlier claim was never ended may have ended its process:
/// it is handled alone, so that it takes no other with it.
#[derive(Clone, Debug)]
pub struct EventWorker {
    social: Social,
    handlers: Handlers,
    settings: EventSettings,
}

/// What is under way. Dropped, it cuts off what runs.
#[derive(Debug, Default)]
struct Round {
    report: EventReport,
    running: FuturesUnordered<JoinHandle<Ended>>,
    /// Nothing more begins before all that runs has ended.
    drain: bool,
    cut: CancellationToken,
    /// Claims that are asked for, and those that are given back.
    claims: TaskTracker,
}

impl Drop for Round {
    fn drop(&mut self) {
        self.cut.cancel();
    }
}

/// Whether a claimed event begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begins {
    /// When those that were claimed with it are given back.
    Alone,
    No,
    Now,
}

/// How long after the grace time events that were cut off may be given back.
const FAREWELL: Duration = Duration::from_secs(5);

impl EventWorker {
    /// A worker with the usual settings.
    pub fn new(social: &Social, handler: impl EventHandler) -> Self {
        Self {
            social: social.clone(),
            handlers: vec![Arc::new(handler) as _],
            settings: EventSettings::default(),
        }
    }

    /// With another handler, which takes each event after those before it.
    #[must_use]
    pub fn also(mut self, handler: impl EventHandler) -> Self {
        self.handlers.push(Arc::new(handler));
        self
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: EventSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Handles what is ready now. While the data are in a life that nobody accepted it does nothing, and the report says so.
    ///
    /// # Errors
    /// `Storage` when nothing could be claimed. What goes wrong with single events is kept beside them.
    ///
    /// # Cancel safety
    /// Dropped, handlers that were begun are cut off, and their events and what was claimed meanwhile given back.
    pub async fn run_once(&self) -> Result<EventReport> {
        let (mut round, never) = (Round::default(), CancellationToken::new());
        // What comes meanwhile waits for the next round.
        let ready = self.social.clock().now();
        let mut failed = false;
        loop {
            if !failed && let Err(error) = self.launch(&mut round, ready, &never).await {
                if round.report.claimed == 0 {
                    return Err(error);
                }
                failed = true;
                tracing::error!(%error, "the event worker could not look for more events");
            }
            match round.running.next().await {
                Some(ended) => round.report.count(ended.ok()),
                None => break,
            }
        }
        Ok(round.report)
    }

    /// Handles events until `until` is done, and answers what it yields. Handlers that were begun may end; those that
    /// have not after the [grace time](EventSettings::grace) are cut off and their events given back. While the data are
    /// in a life that nobody accepted it claims nothing; it goes on by itself afterwards.
    ///
    /// # Cancel safety
    /// As [`run_once`](Self::run_once).
    pub async fn run<F: Future + Send>(&self, until: F) -> F::Output
    where
        F::Output: Send,
    {
        let stop = CancellationToken::new();
        let asked = async {
            let output = until.await;
            stop.cancel();
            output
        };
        tokio::join!(asked, self.work(&stop)).0
    }

    async fn work(&self, stop: &CancellationToken) {
        let (events, clock) = (&self.social.worker().stores().events, self.social.clock());
        let mut round = Round::default();
        let (mut wakes, mut failures) = (events.wakes(), 0_u32);
        while !stop.is_cancelled() {
            failures = match self.launch(&mut round, clock.now(), stop).await {
                Ok(()) => 0,
                Err(error) => {
                    tracing::error!(%error, "the event worker could not look for events");
                    failures.saturating_add(1)
                }
            };
            let next = events.next_ready().await.unwrap_or_default();
            let next = next.filter(|_| !round.report.held);
            let wait = pace::pause(clock.now(), next, failures, self.settings.idle);
            let full = round.drain || round.running.len() >= self.concurrency();
            tokio::select! {
                Some(ended) = round.running.next() => round.report.count(ended.ok()),
                () = stop.cancelled() => {}
                () = clock.sleep(wait), if !full => {}
                () = wakes.next(), if !full => {}
            }
        }
        self.finish(round).await;
    }

    /// Lets what was begun end, and cuts off what takes too long.
    async fn finish(&self, mut round: Round) {
        let clock = self.social.clock();
        for grace in [self.settings.grace, FAREWELL] {
            tokio::select! {
                () = async { while round.running.next().await.is_some() {} } => return,
                () = clock.sleep(grace) => round.cut.cancel(),
            }
        }
        tracing::warn!(
            events = round.running.len(),
            "left to their leases at the end"
        );
    }

    fn concurrency(&self) -> usize {
        usize::try_from(self.settings.concurrency.max(1)).unwrap_or(usize::MAX)
    }

    /// Claims as much as there is room for, and begins it. What must be alone begins when nothing else runs.
    async fn launch(
        &self,
        round: &mut Round,
        ready: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<()> {
        round.drain &= !round.running.is_empty();
        let room = self.concurrency().saturating_sub(round.running.len());
        if room == 0 || round.drain {
            return Ok(());
        }
        round.report.held = self.social.worker().is_held().await?;
        if round.report.held {
            return Ok(());
        }
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        let since = self.social.clock().moment();
        let which = ClaimEvents::new(ready, self.settings.lease, limit);
        let store = Arc::clone(&self.social.worker().stores().events);
        let claim = async move { store.claim(&which).await };
        let batch = Batch::claim(&self.social, &round.claims, claim).await?;
        let given_back = TaskTracker::new();
        for claim in batch.take() {
            round.report.claimed += 1;
            let alone = claim.record.attempts > 1;
            let waits = stop.is_cancelled() || round.drain;
            let begins = match alone {
                _ if waits => Begins::No,
                false => Begins::Now,
                true if round.running.is_empty() => Begins::Alone,
                true => Begins::No,
            };
            round.drain |= alone;
            let task = self.spawn(claim, since, begins, &given_back, round.cut.clone());
            round.running.push(task);
        }
        given_back.close();
        Ok(())
    }

    /// A task that handles the event, or only gives it back.
    fn spawn(
        &self,
        claim: EventClaim,
        since: Moment,
        begins: Begins,
        given_back: &TaskTracker,
        cut: CancellationToken,
    ) -> JoinHandle<Ended> {
        let span = tracing::info_span!("event", number = claim.record.number);
        let hold = Hold {
            social: self.social.clone(),
            settings: self.settings,
            claim: Arc::new(claim),
            since,
            cut,
        };
        let (handlers, given_back) = (self.handlers.clone(), given_back.clone());
        let place = (begins == Begins::No).then(|| given_back.token());
        let work = async move {
            let _place = place;
            match begins {
                Begins::Alone => {
                    given_back.wait().await;
                    hold.handle_late(handlers).await
                }
                Begins::No => hold.give_back().await,
                Begins::Now => hold.handle(handlers).await,
            }
        };
        tokio::spawn(tracing::Instrument::instrument(work, span))
    }
}
