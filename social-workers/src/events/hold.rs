//! One claimed event, until its claim is ended.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, Result, Social,
    publish::journal,
    store::{EventClaim, EventRecord, HandedOver},
    time::Moment,
    webhook::{EventHandler, Handled},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::EventSettings;

/// Whom an event goes to, one after the other.
pub(super) type Handlers = Vec<Arc<dyn EventHandler>>;

/// How a claim ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Dead,
    Done,
    /// Waits for a process that can handle it.
    Elsewhere,
    /// Ready again, as it was found.
    GivenBack,
    /// To the post that it is about, or waits for one.
    HandedOver,
    Later,
    /// Somebody else's now, or left to its lease.
    Lost,
}

/// The right to handle an event.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) social: Social,
    pub(super) settings: EventSettings,
    pub(super) claim: Arc<EventClaim>,
    /// The reading of the clocks from which the lease counts.
    pub(super) since: Moment,
    /// The worker has ended.
    pub(super) cut: CancellationToken,
}

/// How a handler ended.
enum Attended {
    Cut,
    Handled(Result<Handled>),
    TakenOver,
}

/// What is written of it.
enum End {
    Defer(DateTime<Utc>),
    Done,
    HandOver,
    Park(Error),
    Retry(DateTime<Utc>, Option<Error>),
}

impl Hold {
    /// Lets the event take effect, and writes down how that went.
    pub(super) async fn handle(mut self, handlers: Handlers) -> Ended {
        if self.claim.record.attempts > self.settings.attempts {
            return self.park(kept_ending()).await;
        }
        match self.attend(handlers).await {
            Attended::Cut => self.give_back().await,
            Attended::Handled(Ok(Handled::Done)) => self.end(End::Done, Ended::Done).await,
            Attended::Handled(Ok(Handled::Elsewhere)) => {
                let ready_at = self.after(self.age());
                self.end(End::Defer(ready_at), Ended::Elsewhere).await
            }
            Attended::Handled(Ok(Handled::HandOver)) => {
                self.end(End::HandOver, Ended::HandedOver).await
            }
            Attended::Handled(Ok(Handled::RetryLater)) => self.later(unmatched()).await,
            Attended::Handled(Err(error)) => {
                let kind = &self.claim.record.event.kind;
                tracing::warn!(kind, %error, "an event could not be handled");
                self.later(error).await
            }
            Attended::TakenOver => {
                tracing::warn!("an event was taken over; its handler was cut off");
                Ended::Lost
            }
        }
    }

    /// As [`handle`](Self::handle), some time after the claim.
    pub(super) async fn handle_late(mut self, handlers: Handlers) -> Ended {
        if self.cut.is_cancelled() {
            return self.give_back().await;
        }
        let (asked, lease) = (self.social.clock().moment(), self.settings.lease);
        match self
            .social
            .worker()
            .stores()
            .events
            .renew(&self.claim, lease)
            .await
        {
            Ok(true) => self.since = asked,
            Ok(false) => return Ended::Lost,
            Err(error) => {
                tracing::warn!(%error, "a lease could not be renewed");
                return self.give_back().await;
            }
        }
        self.handle(handlers).await
    }

    /// Leaves the event as it was found.
    pub(super) async fn give_back(&self) -> Ended {
        let ready_at = self.claim.record.ready_at;
        self.end(End::Retry(ready_at, None), Ended::GivenBack).await
    }

    /// Runs the handlers in a task of their own and keeps the lease meanwhile. Unless it ended by itself it was cut off.
    async fn attend(&mut self, handlers: Handlers) -> Attended {
        let claim = Arc::clone(&self.claim);
        let work = async move { through(&handlers, &claim.record).await };
        let work = tracing::Instrument::in_current_span(work);
        let mut work = AbortOnDropHandle::new(tokio::spawn(work));
        let (cut, clock) = (self.cut.clone(), Arc::clone(self.social.clock()));
        let patience = self.settings.patience;
        let attended = tokio::select! {
            handled = &mut work => {
                return Attended::Handled(handled.unwrap_or_else(|_| Err(panicked())));
            }
            () = cut.cancelled() => Attended::Cut,
            () = self.beat() => Attended::TakenOver,
            () = clock.sleep(patience) => Attended::Handled(Err(overdue())),
        };
        work.abort();
        // Before anybody else begins it, this one has ended: by itself at last, or where it waited.
        match work.await {
            Ok(handled) => Attended::Handled(handled),
            Err(_) => attended,
        }
    }

    /// Renews the lease three times while it lasts. Ends when the event is somebody else's, or may be: a store that cannot
    /// be reached is no reason to stop before the lease is over.
    async fn beat(&mut self) {
        let clock = Arc::clone(self.social.clock());
        let (events, lease) = (&self.social.worker().stores().events, self.settings.lease);
        loop {
            clock.sleep(lease / 3).await;
            let asked = clock.moment();
            let renewed = tokio::select! {
                renewed = events.renew(&self.claim, lease) => renewed,
                () = clock.sleep(lease / 3) => Err(Error::storage("the store takes long to answer")),
            };
            match renewed {
                Ok(true) => self.since = asked,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "a lease could not be renewed");
                    if self.has_lapsed() {
                        return;
                    }
                }
            }
        }
    }

    fn has_lapsed(&self) -> bool {
        self.since.age(&**self.social.clock()) >= self.settings.lease
    }

    async fn later(&self, cause: Error) -> Ended {
        let failures = self.claim.record.failures;
        if failures.saturating_add(1) >= self.settings.tries {
            return self.park(cause).await;
        }
        let ready_at = self.after(Duration::from_secs(1 << failures.min(16)));
        let retry = End::Retry(ready_at, Some(cause));
        self.end(retry, Ended::Later).await
    }

    /// That far from now, and no further than the settings say.
    fn after(&self, wait: Duration) -> DateTime<Utc> {
        let wait = wait.min(self.settings.longest_wait);
        let wait = chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::days(1));
        self.social.clock().now() + wait
    }

    /// How long ago it came, a second at least: what is put off by this is looked at ever less often.
    fn age(&self) -> Duration {
        let age = self.social.clock().now() - self.claim.record.received_at;
        let second = Duration::from_secs(1);
        age.to_std().unwrap_or(second).max(second)
    }

    async fn park(&self, cause: Error) -> Ended {
        let kind = &self.claim.record.event.kind;
        tracing::error!(kind, %cause, "an event is a dead letter");
        self.end(End::Park(cause), Ended::Dead).await
    }

    /// Writes it down, again while the lease lasts, so that a store that is away for a moment costs nothing.
    async fn end(&self, end: End, ended: Ended) -> Ended {
        let mut failures = 0;
        loop {
            let error = match self.write(&end).await {
                Ok(true) => return ended,
                Ok(false) => return Ended::Lost,
                Err(error) => error,
            };
            if error.kind() == ErrorKind::Invalid && matches!(end, End::HandOver) {
                // A handler has taken it for what it is not; trying again does not change that.
                return Box::pin(self.park(error)).await;
            }
            if self.cut.is_cancelled() || self.has_lapsed() {
                tracing::error!(%error, "what became of an event could not be written down; it comes again");
                return Ended::Lost;
            }
            tracing::warn!(%error, "what became of an event could not be written down yet");
            failures += 1;
            let wait = journal::backoff(failures).min(self.settings.lease / 3);
            tokio::select! {
                () = self.social.clock().sleep(wait) => {}
                () = self.cut.cancelled() => {}
            }
        }
    }

    async fn write(&self, end: &End) -> Result<bool> {
        let (events, claim) = (&self.social.worker().stores().events, &*self.claim);
        let now = self.social.clock().now();
        match end {
            End::Defer(ready_at) => events.defer(claim, *ready_at).await,
            End::Done => {
                let written = events.complete(std::slice::from_ref(claim), now).await?;
                Ok(written.first().is_some_and(|written| *written))
            }
            End::HandOver => {
                let handed = events.hand_over(claim, now).await?;
                if handed == HandedOver::ToPost {
                    self.social.worker().wake();
                }
                Ok(handed != HandedOver::Lost)
            }
            End::Park(cause) => events.park(claim, now, cause).await,
            End::Retry(ready_at, cause) => events.retry(claim, *ready_at, cause.as_ref()).await,
        }
    }
}

/// The event goes to every handler, also when one before could not handle it. The first trouble is what is kept of it. It waits for
/// another process when one of them says so and none failed, and is handed over to its post once every handler is done with it.
async fn through(handlers: &Handlers, event: &EventRecord) -> Result<Handled> {
    let mut all = Ok(Handled::Done);
    for handler in handlers {
        let handled = handler.handle(event).await;
        all = match (all, handled) {
            (Err(first), _) => Err(first),
            (_, Err(error)) => Err(error),
            (Ok(before), Ok(now)) => Ok(later_of(before, now)),
        };
    }
    all
}

fn later_of(a: Handled, b: Handled) -> Handled {
    match (a, b) {
        (Handled::RetryLater, _) | (_, Handled::RetryLater) => Handled::RetryLater,
        (Handled::Elsewhere, _) | (_, Handled::Elsewhere) => Handled::Elsewhere,
        (Handled::HandOver, _) | (_, Handled::HandOver) => Handled::HandOver,
        (Handled::Done, Handled::Done) => Handled::Done,
    }
}

/// Why an event waits that nobody could handle.
fn unmatched() -> Error {
    let message = "what the event is about is not here, or cannot be changed yet";
    Error::new(ErrorKind::NotFound, message).with_code("event_unmatched")
}

fn kept_ending() -> Error {
    let message = "handling this event kept ending its process";
    Error::new(ErrorKind::Invalid, message).with_code("event_parked")
}

fn panicked() -> Error {
    let message =
        "the handler of this event panicked; the panic is on the process's standard error";
    Error::new(ErrorKind::Unavailable, message).with_code("event_panicked")
}

fn overdue() -> Error {
    let message = "the handler of this event took too long and was cut off";
    Error::new(ErrorKind::Timeout, message).with_code("event_overdue")
}
