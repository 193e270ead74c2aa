use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, OpenPost, Remedy, Social,
    model::{Account, TokenSet},
    publish::{
        Checkpoint, Note, Outcome, Step,
        journal::{self, Action, Asked, Facts, Standing, Written},
    },
    store::{HistoryEntry, HistoryKind, PostClaim, PostRecord, Revision, StartStep, Started},
    time::{Deadline, Moment},
};
use tokio_util::sync::CancellationToken;

use super::{
    Hands, PublishSettings,
    hear::Heard,
    heartbeat::TakenOver,
    progress::Teller,
    step::{Access, Past},
};

/// How work on a post ended, for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driven {
    /// It has an outcome.
    Settled,
    /// It goes on later.
    Waiting,
    /// Another worker has it, or nothing could be written down.
    Lost,
}

/// Work on one claimed post, step by step, until it has to wait.
#[derive(Debug)]
pub(crate) struct Drive {
    pub(super) hands: Hands,
    pub(super) stop: CancellationToken,
    pub(super) teller: Teller,
    pub(super) facts: Facts,
    pub(super) failures: u32,
    pub(super) failing_since: Option<DateTime<Utc>>,
    pub(super) known: Option<Outcome>,
    /// What is noted beside it.
    pub(super) notes: Vec<Note>,
    pub(super) taken_over: bool,
    /// This process ends: what needs an account is for another one.
    pub(super) closing: bool,
    pub(super) began_at: DateTime<Utc>,
    /// When its last `Once` step was started.
    pub(super) started_at: Option<DateTime<Utc>>,
    /// The connection and the revision of the account with which the present turn asked the platform.
    pub(super) asked_with: Option<(DateTime<Utc>, Revision)>,
    /// The reading of the clocks from which the lease counts.
    pub(super) since: Moment,
    /// What events have told, until it is written down.
    pub(super) heard: Heard,
}

impl Drive {
    pub(crate) fn new(
        social: Social,
        settings: PublishSettings,
        claim: PostClaim,
        since: Moment,
        stop: CancellationToken,
    ) -> Self {
        let post = &claim.post;
        let mut facts = Facts::new(post.checkpoint.next);
        facts.started = post.started;
        facts.settles_in = claim.settles_in.unwrap_or_default();
        facts.attempts = post.attempts;
        facts.cancel_requested = post.cancel_requested;
        facts.settled = post.outcome.is_some();
        facts.restored = post.restored_at.is_some();
        Self {
            teller: Teller::new(social.clone(), post.account.owner.clone(), post.id),
            facts,
            failures: post.failures,
            failing_since: post.failing_since,
            known: post.outcome.clone(),
            notes: post.notes.clone(),
            taken_over: post.attempts > 1,
            closing: false,
            began_at: post.began_at.unwrap_or_else(|| social.clock().now()),
            started_at: post.started_at,
            asked_with: None,
            hands: Hands {
                social,
                settings,
                claim: Arc::new(claim),
            },
            stop,
            since,
            heard: Heard::default(),
        }
    }

    pub(crate) async fn run(mut self) -> Driven {
        let mut post = match self
            .hands
            .social
            .worker()
            .open_post(&self.hands.claim.post)
            .await
        {
            Ok(post) => post,
            Err(error) => return self.unreadable(error).await,
        };
        loop {
            if let Some(driven) = self.turn(&mut post).await {
                return driven;
            }
        }
    }

    /// One action. `None` goes on at once.
    async fn turn(&mut self, post: &mut OpenPost) -> Option<Driven> {
        if self.closing {
            return Some(self.give_back(journal::backoff(1)).await);
        }
        // The data may have begun another life since the claim.
        match self
            .hands
            .social
            .worker()
            .incarnation_guard()
            .is_held()
            .await
        {
            Ok(false) => {}
            Ok(true) => return Some(self.give_back(Duration::ZERO).await),
            Err(error) => {
                tracing::warn!(%error, "nobody can tell whether the post may be sent");
                return Some(self.give_back(journal::backoff(1)).await);
            }
        }
        if let Some(end) = self.hear(post).await {
            return end;
        }
        self.facts.effect = post.checkpoint.next;
        self.facts.exposed = post.checkpoint.post_may_exist();
        self.facts.expired = self.is_expired().await;
        let action = journal::next_action(&self.facts, self.hands.settings.patience);
        let asked = match action {
            Action::Wait(wait) => return Some(self.wait(wait).await),
            Action::Park => {
                let written = match &self.known {
                    Some(known) => Written::settled(known.clone()),
                    None => journal::parked(&self.standing(post), self.facts.started),
                };
                return self.record(Asked::Advance, post, written).await;
            }
            Action::Miss => {
                let missed = PostRecord::missed();
                let written = journal::given_up(&self.standing(post), false, &missed);
                return self.record(Asked::Advance, post, written).await;
            }
            Action::Cancel => Asked::Cancel,
            Action::Reconcile => Asked::Reconcile,
            Action::Look => Asked::Look,
            Action::Advance | Action::Start { .. } => Asked::Advance,
        };
        let written = match self.attempt(action, asked, post).await {
            Ok(Some(written)) => written,
            // A start that found a wish to cancel: the next turn cancels. Or data that have begun another life: the next
            // turn gives the post back.
            Ok(None) => return None,
            Err(TakenOver) => return Some(self.lost()),
        };
        self.record(asked, post, written).await
    }

    async fn attempt(
        &mut self,
        action: Action,
        asked: Asked,
        post: &OpenPost,
    ) -> Result<Option<Written>, TakenOver> {
        self.asked_with = None;
        let valid = match self.access().await? {
            Access::Valid(valid) => valid,
            Access::Held => return Ok(None),
            Access::Closing => {
                self.closing = true;
                return Ok(None);
            }
            Access::Refused(error, account) => {
                let stopped = self.stop_without_access(account.as_ref(), asked, post);
                let stopped = stopped.await?;
                return Ok(Some(
                    stopped.unwrap_or_else(|| self.written(asked, post, Err(error))),
                ));
            }
            Access::Disconnected(account) => {
                return self
                    .without_access(account.as_ref(), asked, post)
                    .await
                    .map(Some);
            }
        };
        let (account, tokens) = (&valid.account, &valid.tokens);
        self.asked_with = Some((account.connected_at, valid.revision));
        if !self.facts.expired && self.is_expired().await {
            // Its time passed while the account was waited for: the next turn decides anew.
            return Ok(None);
        }
        let mut deadline = self.deadline().await?;
        let once = if let Action::Start { settle } = action {
            deadline = match self.start(settle, deadline, &post.checkpoint.step).await? {
                Ok(Some(deadline)) => deadline,
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(self.written(asked, post, Err(error)))),
            };
            true
        } else {
            false
        };
        let result = self
            .ask(asked, (account, tokens), post, &deadline, once)
            .await?;
        let written = self.written(asked, post, result);
        if written.refresh {
            let refreshed = self.hands.social.worker().tokens().rejected(&valid).await;
            if let Err(error) = refreshed {
                tracing::warn!(%error, "a refused token could not be refreshed");
            }
        }
        Ok(Some(written))
    }

    /// The account, with the lease renewed beside it: whoever refreshes its tokens may take longer than a lease.
    async fn access(&mut self) -> Result<Access, TakenOver> {
        let (hands, since) = (&self.hands, &mut self.since);
        tokio::select! {
            access = hands.access() => Ok(access),
            lost = hands.beat(since, None) => Err(lost),
        }
    }

    /// What is not complete is stopped, which asks nothing of the platform, whatever stands in the way of the account.
    async fn stop_without_access(
        &mut self,
        account: Option<&Account>,
        asked: Asked,
        post: &OpenPost,
    ) -> Result<Option<Written>, TakenOver> {
        let (Some(account), Asked::Cancel) = (account, asked) else {
            return Ok(None);
        };
        let tokens = TokenSet::absent(self.now());
        let deadline = self.deadline().await?;
        let asked_for = (account, &tokens);
        let step = self.ask(asked, asked_for, post, &deadline, false).await?;
        Ok(match step {
            // Of a restored post nobody could be asked whether another was begun: it waits for the account.
            Ok(Step::Settled { .. }) if self.facts.restored => None,
            Ok(step @ Step::Settled { .. }) => Some(self.written(asked, post, Ok(step))),
            _ => None,
        })
    }

    /// The owner disconnected the account. Of what cannot be stopped without it nobody can be asked any more.
    async fn without_access(
        &mut self,
        account: Option<&Account>,
        asked: Asked,
        post: &OpenPost,
    ) -> Result<Written, TakenOver> {
        if let Some(stopped) = self.stop_without_access(account, asked, post).await? {
            return Ok(stopped);
        }
        Ok(match &self.known {
            Some(known) => Written::settled(known.clone()),
            None => journal::cut_off(&self.standing(post), self.facts.started),
        })
    }

    /// Until when something may be sent; renews a lease of which less than half is left.
    async fn deadline(&mut self) -> Result<Deadline, TakenOver> {
        let clock = self.hands.social.clock();
        let whole = self.hands.working_time();
        if self.since.age(&**clock) > whole / 2 {
            self.since = self.hands.renew(self.since).await?;
        }
        Ok(Deadline::since(Arc::clone(clock), self.since, whole))
    }

    /// Writes down that a step starts which must happen once. `None` when the owner wants to cancel.
    async fn start(
        &mut self,
        settle: Duration,
        deadline: Deadline,
        step: &str,
    ) -> Result<Result<Option<Deadline>, Error>, TakenOver> {
        let now = self.now();
        let line = HistoryEntry::new(now, HistoryKind::Started, step);
        let start = StartStep::new(deadline.remaining().saturating_add(settle), line);
        match self
            .hands
            .social
            .worker()
            .stores()
            .posts
            .start(&self.hands.claim, &start)
            .await
        {
            Ok(Started::Started) => {
                self.facts.started = true;
                self.started_at = Some(now);
                Ok(Ok(Some(deadline)))
            }
            Ok(Started::Cancelled) => {
                self.facts.cancel_requested = true;
                Ok(Ok(None))
            }
            Err(error) if error.kind() == ErrorKind::Conflict => Err(TakenOver),
            Err(error) => Ok(Err(error)),
        }
    }

    /// One remote step, with the lease renewed beside it.
    async fn ask(
        &mut self,
        asked: Asked,
        with: (&Account, &TokenSet),
        post: &OpenPost,
        deadline: &Deadline,
        once: bool,
    ) -> Result<Result<Step, Error>, TakenOver> {
        let moving = (!once).then_some(deadline);
        let past = Past {
            began_at: self.began_at,
            started_at: self.started_at,
            restored: self.facts.restored,
        };
        let (hands, since) = (&self.hands, &mut self.since);
        tokio::select! {
            result = hands.step(asked, with, post, past, deadline, &self.teller) => Ok(result),
            lost = hands.beat(since, moving) => Err(lost),
            () = hands.social.clock().sleep(hands.settings.step) => Ok(Err(endless(once))),
        }
    }

    fn standing<'p>(&'p self, post: &'p OpenPost) -> Standing<'p> {
        self.standing_at(&post.checkpoint)
    }

    pub(super) fn standing_at<'p>(&'p self, at: &'p Checkpoint) -> Standing<'p> {
        Standing::new(at, self.now())
            .failing(self.failures, self.failing_since)
            .restored(self.facts.restored)
            .noted(&self.notes)
    }

    fn written(&self, asked: Asked, post: &OpenPost, result: Result<Step, Error>) -> Written {
        let standing = self.standing(post);
        if let (Some(_), Err(error)) = (&self.known, &result) {
            // Not written down: the post has its outcome.
            tracing::warn!(%error, step = %post.checkpoint.step, "a post could not be looked at again");
        }
        match &self.known {
            Some(known) => journal::after_look(known, &standing, result),
            None => journal::after_step(asked, &standing, result, self.hands.settings.patience),
        }
    }

    async fn is_expired(&self) -> bool {
        let Some(expires_at) = self.hands.claim.post.expires_at else {
            return false;
        };
        expires_at < self.hands.agreed().await
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.hands.social.clock().now()
    }

    /// So long from now; a year is as good as never.
    pub(super) fn later(&self, wait: Duration) -> DateTime<Utc> {
        self.now() + chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::days(365))
    }
}

/// Why a step was cut off. Of one that happens once nobody knows whether it was carried out.
fn endless(once: bool) -> Error {
    let error = Error::new(ErrorKind::Timeout, "a step did not end, and was cut off");
    error.with_remedy(if once {
        Remedy::Reconcile
    } else {
        Remedy::Backoff
    })
}
