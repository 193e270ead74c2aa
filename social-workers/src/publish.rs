mod drive;
mod hear;
mod heartbeat;
mod held;
mod lines;
mod progress;
mod step;
mod write;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::FuturesUnordered};
use social_core::{
    Result, Social,
    publish::journal::Patience,
    store::{ClaimPosts, PostClaim},
    time::Moment,
};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{batch::Batch, pace};
use drive::{Drive, Driven};
use held::Walk;

/// How a [`PublishWorker`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishSettings {
    /// How many posts it works on at once. 4.
    pub concurrency: u32,
    /// How long a claim lasts without being renewed. After a crash, posts that were being worked on wait this long. 15 s.
    /// With a minute or more, set [`SocialBuilder::restore_grace`](social_core::hub::SocialBuilder::restore_grace) longer as well.
    pub lease: Duration,
    /// How long before the end of the lease nothing is sent any more. 4 s.
    pub margin: Duration,
    /// How often to look for due posts at least. 1 s.
    pub idle: Duration,
    /// How often to look whether accounts that posts wait for are connected again, however that came about. 15 s.
    pub held: Duration,
    /// How long steps may go on after the end was asked for. 10 s.
    pub grace: Duration,
    /// How long one step may take. After that it is cut off: one that hangs must not keep its account and a place here for
    /// ever. Longer than the largest part of a file takes. 1 h.
    pub step: Duration,
    /// When to stop trying.
    pub patience: Patience,
}

impl Default for PublishSettings {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: Duration::from_secs(15),
            margin: Duration::from_secs(4),
            idle: Duration::from_secs(1),
            held: Duration::from_secs(15),
            grace: Duration::from_secs(10),
            step: Duration::from_secs(3_600),
            patience: Patience::default(),
        }
    }
}

/// What a round led to, in posts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishReport {
    /// Claimed.
    pub claimed: u64,
    /// Have an outcome now.
    pub settled: u64,
    /// Go on later.
    pub waiting: u64,
    /// Were taken over by another worker, or could not be written down.
    pub lost: u64,
    /// Nothing was claimed: the data have begun another life, and an operator has to accept it, see
    /// [`Social::accept_incarnation`]; or this machine's clock is too far from the store's, see
    /// [`ClockGuard`](social_core::hub::ClockGuard).
    pub held: bool,
}

/// Publishes stored posts.
#[derive(Clone, Debug)]
pub struct PublishWorker {
    social: Social,
    settings: PublishSettings,
}

/// What is under way.
#[derive(Debug, Default)]
struct Round {
    running: FuturesUnordered<JoinHandle<Driven>>,
    /// Claims that are asked for, and those that are given back.
    claims: TaskTracker,
}

impl Round {
    /// Lets what was begun end.
    async fn end(&mut self) {
        while self.running.next().await.is_some() {}
        self.claims.close();
        self.claims.wait().await;
    }
}

impl PublishWorker {
    /// A worker with the usual settings.
    pub fn new(social: &Social) -> Self {
        Self {
            social: social.clone(),
            settings: PublishSettings::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, settings: PublishSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Works on posts that are due now, each until it has to wait. While the data are in a life that nobody accepted it
    /// does nothing, and the report says so.
    ///
    /// # Errors
    /// `Storage` when nothing could be claimed. What goes wrong with single posts is written to them.
    ///
    /// # Cancel safety
    /// Dropped, steps that were begun end by themselves, nothing new is begun, and what was claimed meanwhile is given back.
    pub async fn run_once(&self) -> Result<PublishReport> {
        let mut report = PublishReport::default();
        let mut round = Round::default();
        let stop = CancellationToken::new();
        let _stop_when_dropped = stop.clone().drop_guard();
        let mut walk = Walk::default();
        // All of them, a page at a time.
        while !self.is_held(&mut report).await? && self.look(&mut walk, Duration::ZERO).await {}
        loop {
            if let Err(error) = self.launch(&round, &stop, &mut report).await {
                round.claims.close();
                round.claims.wait().await;
                return Err(error);
            }
            match round.running.next().await {
                Some(driven) => report.count(driven.ok()),
                None => return Ok(report),
            }
        }
    }

    /// Publishes until `until` is done, and answers what it yields. Steps that were begun may end; what is not done
    /// after the grace time is left to its lease. While the data are in a life that nobody accepted it claims nothing; it
    /// goes on by itself afterwards.
    ///
    /// # Cancel safety
    /// As [`run_once`](Self::run_once).
    pub async fn run<F: Future + Send>(&self, until: F) -> F::Output
    where
        F::Output: Send,
    {
        let stop = CancellationToken::new();
        let _stop_when_dropped = stop.clone().drop_guard();
        let mut round = Round::default();
        let output = tokio::select! {
            output = until => output,
            never = self.forever(&mut round, &stop) => match never {},
        };
        stop.cancel();
        tokio::select! {
            () = round.end() => {}
            () = self.social.clock().sleep(self.settings.grace) => {
                tracing::warn!(posts = round.running.len(), "left to their leases at the end");
                round.running.iter().for_each(JoinHandle::abort);
            }
        }
        output
    }

    async fn forever(
        &self,
        round: &mut Round,
        stop: &CancellationToken,
    ) -> std::convert::Infallible {
        let mut failures = 0_u32;
        let (mut report, mut walk) = (PublishReport::default(), Walk::default());
        let mut wakes = self.social.worker().stores().posts.wakes();
        loop {
            failures = match self.launch(round, stop, &mut report).await {
                Ok(()) => 0,
                Err(error) => {
                    tracing::error!(%error, "the publish worker could not look for due posts");
                    failures.saturating_add(1)
                }
            };
            if !report.held {
                self.look(&mut walk, self.settings.held).await;
            }
            let full = round.running.len() >= self.concurrency();
            let next = self.next_ready().await.unwrap_or_default();
            let clock = self.social.clock();
            // While it is held, what is due is not looked at more often.
            let next = next.filter(|_| !report.held);
            let wait = pace::pause(clock.now(), next, failures, self.settings.idle);
            tokio::select! {
                Some(driven) = round.running.next() => report.count(driven.ok()),
                () = clock.sleep(wait), if !full => {}
                () = self.social.worker().woken(), if !full => {}
                () = wakes.next(), if !full => {}
            }
        }
    }

    /// When the next post of an app that this process publishes through is ready.
    async fn next_ready(&self) -> Result<Option<DateTime<Utc>>> {
        let mut next = None;
        for (app, publisher) in self.social.worker().publishers() {
            let ready = self
                .social
                .worker()
                .stores()
                .posts
                .next_ready(Some((app, publisher.checkpoint_version())))
                .await?;
            next = [next, ready].into_iter().flatten().min();
        }
        Ok(next)
    }

    fn concurrency(&self) -> usize {
        usize::try_from(self.settings.concurrency.max(1)).unwrap_or(usize::MAX)
    }

    /// Claims as much as there is room for.
    async fn launch(
        &self,
        round: &Round,
        stop: &CancellationToken,
        report: &mut PublishReport,
    ) -> Result<()> {
        let posts = &self.social.worker().stores().posts;
        let clock = self.social.clock();
        let room = self.concurrency().saturating_sub(round.running.len());
        if room == 0 {
            return Ok(());
        }
        if self.is_held(report).await? {
            return Ok(());
        }
        let publishers = self.social.worker().publishers();
        let versions: Vec<_> = publishers
            .map(|(app, publisher)| (app.clone(), publisher.checkpoint_version()))
            .collect();
        let served: Vec<_> = versions.iter().map(|(app, _)| app.clone()).collect();
        let agreed = self.social.worker().clock_guard().agreed();
        for missed in posts.expire_missed(&served, agreed, 100).await? {
            tracing::warn!(post = %missed.id, "its time passed before it could be posted");
            self.social
                .worker()
                .changed(&missed.account.owner, missed.id);
            step::refund_missed(&self.social, &missed).await;
        }
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        let which = ClaimPosts::new(clock.now(), self.settings.lease, limit, versions);
        let since = clock.moment();
        let store = Arc::clone(posts);
        let claim = async move { store.claim(&which).await };
        let mut batch = Batch::claim(&self.social, &round.claims, claim).await?;
        self.settle_honestly(batch.claims()).await?;
        for claim in batch.take() {
            report.claimed += 1;
            round.running.push(self.spawn(claim, since, stop.clone()));
        }
        Ok(())
    }

    /// A store's clock that was set forward ends settle times early: what it was set by is waited for.
    async fn settle_honestly(&self, claims: &mut [PostClaim]) -> Result<()> {
        if claims.iter().all(|claim| claim.settles_in.is_none()) {
            return Ok(());
        }
        let ahead = self.social.worker().clock_guard().ran_ahead().await?;
        for claim in claims {
            let more = ahead.saturating_sub(claim.settled_for);
            claim.settles_in = claim.settles_in.map(|wait| wait.saturating_add(more));
        }
        Ok(())
    }

    /// Lets posts go on whose accounts are connected again. Says whether there are more to look at.
    async fn look(&self, walk: &mut Walk, apart: Duration) -> bool {
        match walk.look(&self.social, apart).await {
            Ok(more) => more,
            Err(error) => {
                tracing::error!(%error, "the publish worker could not look for held accounts");
                false
            }
        }
    }

    /// Whether the data are in a life that nobody accepted.
    async fn is_held(&self, report: &mut PublishReport) -> Result<bool> {
        report.held = self.social.worker().is_held().await?;
        Ok(report.held)
    }

    fn spawn(
        &self,
        claim: PostClaim,
        since: Moment,
        stop: CancellationToken,
    ) -> JoinHandle<Driven> {
        let span = tracing::info_span!("publish", post = %claim.post.id);
        let drive = Drive::new(self.social.clone(), self.settings, claim, since, stop);
        tokio::spawn(tracing::Instrument::instrument(drive.run(), span))
    }
}

impl PublishReport {
    /// A task that panicked or was aborted counts as lost: its lease lapses and the post goes on.
    fn count(&mut self, driven: Option<Driven>) {
        *match driven {
            Some(Driven::Settled) => &mut self.settled,
            Some(Driven::Waiting) => &mut self.waiting,
            Some(Driven::Lost) | None => &mut self.lost,
        } += 1;
    }
}

/// What every part of the work on one post needs.
#[derive(Clone, Debug)]
pub(crate) struct Hands {
    pub(crate) social: Social,
    pub(crate) settings: PublishSettings,
    pub(crate) claim: Arc<PostClaim>,
}
