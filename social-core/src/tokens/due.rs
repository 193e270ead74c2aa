//! The building block of the refresh worker.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::task::JoinHandle;

use super::{
    Tokens,
    attempt::{Attempt, Held},
    errors,
    flight::Boarding,
};
use crate::{
    error::Result,
    store::{ClaimDue, TokenClaim},
    tasks::Place,
    time::Moment,
};

/// What a round of refreshes led to, in accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshReport {
    /// New tokens are saved.
    pub refreshed: u64,
    /// To be tried again later.
    pub failed: u64,
    /// The grant may be dead; to be tried again after the grace time.
    pub suspected: u64,
    /// Must be connected again.
    pub needs_reauth: u64,
    /// Somebody else was faster, or the claim's time was over.
    pub busy: u64,
    /// Nothing was claimed: the data have begun another life, and an operator has to accept it, see
    /// [`Social::accept_incarnation`](crate::Social::accept_incarnation); or this machine's clock is too far from the
    /// store's, see [`ClockGuard`](crate::hub::ClockGuard).
    pub held: bool,
}

impl RefreshReport {
    /// All accounts that were claimed.
    pub fn total(&self) -> u64 {
        self.refreshed + self.failed + self.suspected + self.needs_reauth + self.busy
    }

    fn count(&mut self, attempt: Option<&Attempt>) {
        *match attempt {
            Some(Attempt::Refreshed) => &mut self.refreshed,
            Some(Attempt::Suspected(_)) => &mut self.suspected,
            Some(Attempt::NeedsReauth(_)) => &mut self.needs_reauth,
            Some(Attempt::Superseded | Attempt::Late) => &mut self.busy,
            Some(Attempt::Failed(_)) | None => &mut self.failed,
        } += 1;
    }
}

type Running = FuturesUnordered<JoinHandle<Attempt>>;

impl Tokens {
    /// Refreshes accounts that are due, at most `limit`, [some](super::TokenSettings::concurrency) at a time; each is
    /// claimed only when it can start. Accounts that came by a login which this process does not have are left alone.
    /// Failures of single accounts are counted, logged and backed off; they end nothing. Replays the spool first while something is in it. While the data are in a life that nobody accepted, or
    /// this machine's clock is wrong, it does none of this, and the report says so.
    ///
    /// # Errors
    /// `Storage` when nothing could be claimed.
    ///
    /// # Cancel safety
    /// Safe. Refreshes that were begun go on; only the report is lost.
    pub async fn refresh_due(&self, limit: u32) -> Result<RefreshReport> {
        if self.is_held().await? {
            let held = true;
            return Ok(RefreshReport {
                held,
                ..RefreshReport::default()
            });
        }
        if let Err(error) = self.replay_spool().await {
            tracing::error!(%error, "the spool could not be replayed");
        }
        let concurrency = self.inner.config.settings.concurrency.max(1);
        let mut report = RefreshReport::default();
        let mut running = Running::new();
        let mut left = limit;
        loop {
            let busy = u32::try_from(running.len()).unwrap_or(u32::MAX);
            let want = left.min(concurrency.saturating_sub(busy));
            if want > 0 {
                left = match self.launch_due(want).await {
                    Ok(launched) => {
                        let count = u32::try_from(launched.len()).unwrap_or(u32::MAX);
                        running.extend(launched);
                        // Fewer than were asked for: nothing more is due.
                        if count < want { 0 } else { left - want }
                    }
                    Err(error) if running.is_empty() && report.total() == 0 => return Err(error),
                    Err(error) => {
                        tracing::error!(%error, "due accounts could not be claimed");
                        0
                    }
                };
            }
            match running.next().await {
                Some(attempt) => report.count(attempt.ok().as_ref()),
                None => return Ok(report),
            }
        }
    }

    async fn is_held(&self) -> Result<bool> {
        let config = &self.inner.config;
        let other_life = match &config.guard {
            Some(guard) => guard.is_held().await?,
            None => false,
        };
        match &config.clocks {
            Some(clocks) if !other_life => clocks.is_held().await,
            _ => Ok(other_life),
        }
    }

    /// Claims and begins in a task of its own: whoever goes away meanwhile leaves nothing claimed behind.
    async fn launch_due(&self, limit: u32) -> Result<Vec<JoinHandle<Attempt>>> {
        let this = self.clone();
        let claim = async move { this.claim_due(limit).await };
        let claim = (self.inner.config.tasks).spawn("the claim of due accounts", claim)?;
        claim.await.unwrap_or_else(|_| Err(errors::broken_off()))
    }

    async fn claim_due(&self, limit: u32) -> Result<Vec<JoinHandle<Attempt>>> {
        let config = &self.inner.config;
        let mut logins: Vec<_> = config.providers.keys().cloned().collect();
        if !logins.is_empty() {
            // None is always the last.
            let turn = self.inner.turn.fetch_add(1, Ordering::Relaxed);
            let middle = turn % logins.len();
            logins.rotate_left(middle);
        }
        let mut launched = Vec::new();
        for login in logins {
            let busy = u32::try_from(launched.len()).unwrap_or(u32::MAX);
            let want = limit.saturating_sub(busy);
            if want == 0 {
                break;
            }
            let since = config.clock.moment();
            let which = ClaimDue::new(config.clock.now(), config.settings.lease, want).of(login);
            match config.store.claim_due(&which).await {
                Ok(claims) => launched.extend(self.launch_all(claims, since).await),
                Err(error) if launched.is_empty() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "due accounts could not be claimed");
                    break;
                }
            }
        }
        Ok(launched)
    }

    async fn launch_all(&self, claims: Vec<TokenClaim>, since: Moment) -> Vec<JoinHandle<Attempt>> {
        let mut launched = Vec::with_capacity(claims.len());
        for claim in claims {
            let held = self.held(claim, since);
            let tasks = &self.inner.config.tasks;
            match tasks.begin(format!("the refresh of {}", held.row)) {
                Ok(place) => launched.push(self.launch(held, place)),
                Err(closing) => {
                    self.leave(&held, closing).await;
                }
            }
        }
        launched
    }

    /// When the next refresh of an account is due that this process can refresh, leases aside.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>> {
        let mut next = None;
        for login in self.inner.config.providers.keys() {
            let due = self.inner.config.store.next_due(Some(login)).await?;
            next = [next, due].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// A task of its own, which inline callers of this process can follow.
    fn launch(&self, held: Held, place: Place) -> JoinHandle<Attempt> {
        let this = self.clone();
        let boarding = self.inner.flights.board(&held.row, held.claim.revision);
        tokio::spawn(async move {
            let _place = place;
            let attempt = this.attempt(&held).await;
            if let Boarding::Lead(pilot, _) = boarding {
                pilot.land(attempt.to_result());
            }
            attempt
        })
    }
}
