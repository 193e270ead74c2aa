//! One attempt: claim, refresh, keep or judge, release.

use std::{sync::Arc, time::Duration};

use super::{Tokens, errors, flight::Flown};
use crate::{
    error::{Error, Remedy, Result},
    model::{Account, AccountKey, AccountStatus, TokenSet},
    oauth::{CallContext, OAuthProvider, RefreshPlan},
    store::{Expect, Revision, TokenClaim, TokenClaimed, TokenRecord},
    time::{Deadline, Moment},
};

/// A claim, and until when something may be sent under it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) claim: TokenClaim,
    pub(super) row: String,
    pub(super) deadline: Deadline,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Attempt {
    /// New tokens are saved.
    Refreshed,
    /// Somebody else has changed the record since.
    Superseded,
    /// The deadline passed before anything was sent.
    Late,
    /// To be tried again.
    Failed(Error),
    /// The grant may be dead.
    Suspected(Error),
    /// The grant is dead.
    NeedsReauth(Error),
}

impl Attempt {
    pub(super) fn to_result(&self) -> Result<Flown> {
        match self {
            Self::Refreshed | Self::Superseded => Ok(Flown::Refreshed),
            Self::Late => Err(errors::late()),
            Self::Failed(e) | Self::Suspected(e) | Self::NeedsReauth(e) => Err(e.clone()),
        }
    }
}

/// What the platform answered, all in all.
enum Answer {
    Fresh(TokenSet),
    /// `lost`: an earlier request of this attempt may have been carried out.
    Dead {
        error: Error,
        lost: bool,
    },
    /// Certainly nothing was carried out.
    Unsent(Error),
    /// Nobody knows.
    Unknown(Error),
}

impl Tokens {
    /// Leads the refresh of revision `at`.
    pub(super) async fn fly(&self, account: &Account, at: Revision) -> Result<Flown> {
        self.may_send().await?;
        let Some((key, at)) = self.head(account, at).await? else {
            return Ok(Flown::Changed);
        };
        // Nothing is claimed of an account whose login this process does not have: its refresh is for another one.
        if let Some(stored) = self.inner.config.store.load(&key).await? {
            self.provider(&stored.value)?;
        }
        match self.acquire(&key, at).await? {
            Some(held) => self.attempt(&held).await.to_result(),
            // Of one that is refreshed for others too: it may have been saved with the tokens that it had.
            None if key != account.key => Ok(Flown::Changed),
            None => Ok(Flown::Refreshed),
        }
    }

    /// Which record is claimed to refresh this account: of those with one token set the first. Nothing when the account has
    /// changed.
    async fn head(
        &self,
        account: &Account,
        at: Revision,
    ) -> Result<Option<(AccountKey, Revision)>> {
        let own = Some((account.key.clone(), at));
        let family = self.family(&account.connector(), account.principal.as_ref());
        let Some(family) = family else {
            return Ok(own);
        };
        let members = family.align().await?;
        let mut mine = members.iter().filter(|it| it.record.key == account.key);
        match (
            mine.next(),
            members
                .first()
                .map(|head| (&head.record.key, head.expect())),
        ) {
            (Some(mine), _) if !mine.is_at(at) => Ok(None),
            (Some(_), Some((head, Expect::Revision(revision)))) => {
                let now = self.inner.config.clock.elapsed();
                match self.troubles().holds_back(&head.row_id(), revision, now) {
                    Some(tried) => Err(tried),
                    None => Ok(Some((head.clone(), revision))),
                }
            }
            _ => Ok(own),
        }
    }

    /// Claims the record at revision `at`, or waits for whoever holds it. Nothing when the record has changed.
    async fn acquire(&self, key: &AccountKey, at: Revision) -> Result<Option<Held>> {
        let config = &self.inner.config;
        let begun = config.clock.elapsed();
        loop {
            let since = config.clock.moment();
            match config.store.claim(key, config.settings.lease).await? {
                TokenClaimed::Absent => return Ok(None),
                TokenClaimed::Taken(claim) => {
                    let held = self.held(claim, since);
                    // Somebody was faster: nothing is sent a second time.
                    let outcome = if held.claim.revision != at {
                        Ok(None)
                    } else if let Some(tried) =
                        (self.troubles()).holds_back(&held.row, at, config.clock.elapsed())
                    {
                        // A worker of this process, in vain.
                        Err(tried)
                    } else {
                        return Ok(Some(held));
                    };
                    self.release(&held, held.claim.record.refresh_due_at, true)
                        .await;
                    return outcome;
                }
                TokenClaimed::Busy(left) => {
                    // Nothing was sent yet: the end of the process need not wait for it.
                    config.tasks.check()?;
                    if config.clock.elapsed().saturating_sub(begun) >= config.settings.patience {
                        return Err(errors::busy());
                    }
                    let poll = config.settings.poll;
                    config.clock.sleep(left.clamp(poll / 10, poll)).await;
                    let stored = config.store.load(key).await?;
                    let same = stored.is_some_and(|stored| {
                        stored.revision == at && stored.value.status == AccountStatus::Connected
                    });
                    if !same {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// `since` is when the claim was asked for: the lease cannot have begun earlier.
    pub(super) fn held(&self, claim: TokenClaim, since: Moment) -> Held {
        let config = &self.inner.config;
        let within = config.settings.safe_deadline();
        Held {
            row: claim.record.key.row_id(),
            deadline: Deadline::since(Arc::clone(&config.clock), since, within),
            claim,
        }
    }

    /// Carries out an attempt and tells what came of it. Runs in a task that outlives whoever asked for it.
    pub(super) async fn attempt(&self, held: &Held) -> Attempt {
        let attempt = self.carry_out(held).await;
        let account = held.row.as_str();
        match &attempt {
            Attempt::Refreshed => {
                self.troubles().forget(account);
                tracing::info!(account, "tokens refreshed");
            }
            Attempt::Superseded => {
                self.troubles().forget(account);
                tracing::debug!(account, "somebody else changed the account meanwhile");
            }
            Attempt::Late => tracing::warn!(account, "the claim's deadline passed unused"),
            Attempt::Failed(error) => tracing::warn!(account, %error, "a refresh failed"),
            Attempt::Suspected(error) => {
                tracing::warn!(account, %error, "the grant may be dead; it is tried again");
            }
            Attempt::NeedsReauth(error) => {
                self.troubles().forget(account);
                tracing::warn!(account, %error, "the account must be connected again");
            }
        }
        attempt
    }

    async fn carry_out(&self, held: &Held) -> Attempt {
        // The data may have begun another life since the claim.
        if let Err(error) = self.may_send().await {
            return self.leave(held, error).await;
        }
        match self.is_head(held).await {
            Ok(true) => {}
            Ok(false) => return self.supersede(held).await,
            Err(error) => return self.fail(held, error, true).await,
        }
        // Tokens that wait in the spool are the only living ones: never send the old one past them.
        match self.settle_spooled(held).await {
            Ok(true) => {}
            Ok(false) => return self.supersede(held).await,
            Err(error) => return self.fail(held, error, true).await,
        }
        let (provider, tokens) = match self.prepare(held).await {
            Ok(prepared) => prepared,
            Err(error) => return self.fail(held, error, true).await,
        };
        let plan = provider.refresh_plan(&tokens, self.inner.config.clock.now());
        if plan == RefreshPlan::Expired && tokens.refresh.is_none() && !self.is_alive(&tokens) {
            // There is nothing that could be sent.
            return self.judge_expired(held).await;
        }
        let distance = self.inner.config.settings.refused_distance;
        if let Some(left) = self.too_soon(&tokens, held.claim.record.order, distance) {
            return self.put_off(held, left).await;
        }
        if held.deadline.has_passed() {
            let due = held.claim.record.refresh_due_at;
            self.release(held, due, true).await;
            return Attempt::Late;
        }
        if let Err(closing) = self.inner.config.tasks.check() {
            return self.leave(held, closing).await;
        }
        match self.ask(held, &*provider, &tokens).await {
            Answer::Fresh(new) => {
                self.note_answer(&held.claim.record, false);
                self.keep(held, &*provider, &tokens, new).await
            }
            Answer::Dead { error, lost } => self.dead(held, error, lost, plan).await,
            Answer::Unsent(error) => self.fail(held, error, true).await,
            Answer::Unknown(error) => self.fail(held, error, false).await,
        }
    }

    /// Whether the claimed record is the one that is refreshed for all that have its tokens. Who were not in order are then.
    async fn is_head(&self, held: &Held) -> Result<bool> {
        let record = &held.claim.record;
        let Some(family) = self.family(&record.connector(), record.principal.as_ref()) else {
            return Ok(true);
        };
        let members = family.align().await?;
        let place = (members.iter()).position(|member| member.record.key == record.key);
        Ok(match place {
            Some(0) => members[0].is_at(held.claim.revision),
            Some(_) => false,
            // It cannot be opened, which is found out and told as of any other.
            None => true,
        })
    }

    /// The provider that serves the record, and its tokens.
    async fn prepare(&self, held: &Held) -> Result<(Arc<dyn OAuthProvider>, TokenSet)> {
        let record = &held.claim.record;
        let provider = Arc::clone(self.provider(record)?);
        Ok((provider, self.open(record).await?))
    }

    /// The login by which an account was connected: another app's id would make a living grant look dead.
    pub(super) fn provider(&self, record: &TokenRecord) -> Result<&Arc<dyn OAuthProvider>> {
        let login = record.connector();
        let provider = self.inner.config.providers.get(&login);
        provider.ok_or_else(|| errors::no_provider(&login))
    }

    /// Sends the refresh, and once more with the same token when the answer is lost or holds no usable token: the
    /// platform may have spent the old one.
    async fn ask(&self, held: &Held, provider: &dyn OAuthProvider, tokens: &TokenSet) -> Answer {
        let mut lost: Option<Error> = None;
        for _ in 0..2 {
            if held.deadline.has_passed() {
                break;
            }
            let error = match self.send(held, provider, tokens).await {
                Ok(new) => match new.check() {
                    Ok(()) => return Answer::Fresh(new),
                    Err(blank) => blank.with_remedy(Remedy::Reconcile),
                },
                Err(error) => error,
            };
            match error.remedy() {
                Remedy::Reconcile => lost = Some(error),
                Remedy::Reauthorize => {
                    let lost = lost.is_some();
                    return Answer::Dead { error, lost };
                }
                _ => return lost.map_or(Answer::Unsent(error), Answer::Unknown),
            }
        }
        lost.map_or_else(|| Answer::Unsent(errors::late()), Answer::Unknown)
    }

    async fn send(
        &self,
        held: &Held,
        provider: &dyn OAuthProvider,
        tokens: &TokenSet,
    ) -> Result<TokenSet> {
        let config = &self.inner.config;
        let call = CallContext::new(config.clock.now(), &held.deadline);
        tokio::select! {
            answer = provider.refresh(tokens, &call) => answer,
            // A provider that hangs must not hold the account of this process for ever.
            () = config.clock.sleep(config.settings.answer) => Err(errors::answer_late()),
        }
    }

    /// Backs off. `known`: nothing was carried out, for certain.
    pub(super) async fn fail(&self, held: &Held, error: Error, known: bool) -> Attempt {
        let config = &self.inner.config;
        let at = held.claim.revision;
        let failures = self.troubles().failed(&held.row, at);
        let wait = self.backoff(failures, &error);
        let until = config.clock.elapsed() + wait;
        // To callers it is a refresh that may be asked for again, whatever its remedy says of one request.
        let error = match error.remedy() {
            Remedy::Reconcile | Remedy::Refresh | Remedy::Never | Remedy::FixInput { .. } => {
                error.with_remedy(Remedy::Backoff)
            }
            _ => error,
        };
        self.troubles().hold(&held.row, at, until, error.clone());
        self.release(held, Some(config.clock.now() + wait), known)
            .await;
        Attempt::Failed(error)
    }

    /// Gives the claim back until a refresh is allowed again: nothing was tried, and nothing failed.
    async fn put_off(&self, held: &Held, wait: Duration) -> Attempt {
        let config = &self.inner.config;
        let error = errors::too_soon(wait);
        let until = config.clock.elapsed() + wait;
        self.troubles()
            .hold(&held.row, held.claim.revision, until, error.clone());
        self.release(held, Some(config.clock.now() + wait), true)
            .await;
        Attempt::Failed(error)
    }

    /// Gives the claim back as it was found: nothing was tried.
    pub(super) async fn leave(&self, held: &Held, error: Error) -> Attempt {
        self.release(held, held.claim.record.refresh_due_at, true)
            .await;
        Attempt::Failed(error)
    }

    /// Gives way to whoever changed the record.
    pub(super) async fn supersede(&self, held: &Held) -> Attempt {
        self.release(held, held.claim.record.refresh_due_at, true)
            .await;
        Attempt::Superseded
    }

    /// Ends the lease. When that fails, the lease lapses by itself, and the attempt counts as unknown: the safe side.
    pub(super) async fn release(
        &self,
        held: &Held,
        due_at: Option<chrono::DateTime<chrono::Utc>>,
        outcome_known: bool,
    ) {
        let store = &self.inner.config.store;
        // Whole microseconds, as every store keeps them.
        let due_at = due_at.map(|due| chrono::SubsecRound::trunc_subsecs(due, 6));
        let released = store.release(&held.claim, due_at, outcome_known).await;
        if let Err(error) = released {
            tracing::warn!(account = held.row, %error, "a lease could not be ended; it lapses");
        }
    }
}
