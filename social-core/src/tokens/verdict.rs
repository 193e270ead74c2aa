//! A dead grant: suspicion first where it may be a mistake, then the verdict.

use super::{
    Tokens,
    attempt::{Attempt, Held},
    errors,
    plan::digest,
};
use crate::{
    error::{Error, Result},
    model::{AccountStatus, NeedsReauth},
    oauth::RefreshPlan,
    store::{Epoch, Expect, TokenClaim, TokenRecord, Verdict},
};

impl Tokens {
    /// The platform named the grant dead. `lost`: an earlier request of this attempt may have been carried out.
    pub(super) async fn dead(
        &self,
        held: &Held,
        error: Error,
        lost: bool,
        plan: RefreshPlan,
    ) -> Attempt {
        let mass = self.note_answer(&held.claim.record, true);
        // The living token may be in the spool, or in the store by now.
        match self.settle_spooled(held).await {
            Ok(true) => {}
            Ok(false) => return self.supersede(held).await,
            Err(error) => return self.fail(held, error, !lost).await,
        }
        let stored = match self.still_stored(held).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return self.supersede(held).await,
            Err(error) => return self.fail(held, error, !lost).await,
        };
        let unknown = held.claim.unknown_attempts > 0;
        // Of a set that accounts share a new consent may be about to be saved.
        let record = &held.claim.record;
        let shares = (self.family(&record.connector(), record.principal.as_ref())).is_some();
        if mass || ((unknown || shares) && !self.has_matured(held, &stored)) {
            return self.suspect(held, error, lost).await;
        }
        let reason = if lost || unknown {
            NeedsReauth::AnswerLost
        } else if plan == RefreshPlan::Expired {
            NeedsReauth::Expired
        } else {
            NeedsReauth::Revoked
        };
        self.judge(held, reason, Some(error)).await
    }

    /// Its time ran out, and there is no refresh token to try.
    pub(super) async fn judge_expired(&self, held: &Held) -> Attempt {
        self.judge(held, NeedsReauth::Expired, None).await
    }

    /// The record, if nobody has changed it since the claim.
    async fn still_stored(&self, held: &Held) -> Result<Option<TokenRecord>> {
        let stored = self.inner.config.store.load(&held.claim.record.key).await?;
        Ok(stored
            .filter(|stored| stored.revision == held.claim.revision)
            .map(|stored| stored.value)
            .filter(|record| record.status == AccountStatus::Connected))
    }

    /// Writes the verdict on those that have the claimed record's tokens too.
    async fn judge_others(&self, held: &Held, verdict: Verdict) -> Result<()> {
        let record = &held.claim.record;
        let Some(family) = self.family(&record.connector(), record.principal.as_ref()) else {
            return Ok(());
        };
        let dead = digest(&self.open(record).await?)?;
        loop {
            let mut all_are = true;
            for member in family.members().await? {
                let (Some(tokens), Expect::Revision(at)) = (&member.tokens, member.expect()) else {
                    continue;
                };
                if member.record.key == record.key || digest(tokens)? != dead {
                    continue;
                }
                // Only the revision counts, nobody holds it.
                let claim = TokenClaim::new(member.record, at, Epoch(0), 0);
                all_are &= self.inner.config.store.judge(&claim, verdict).await?;
            }
            // One that was saved meanwhile, with the dead tokens or with others, is looked at again.
            if all_are {
                return Ok(());
            }
        }
    }

    /// Whether the suspicion is old enough: by this process's steady clock, or by the recorded time when the difference
    /// of the wall clocks cannot explain it.
    fn has_matured(&self, held: &Held, stored: &TokenRecord) -> bool {
        let Some(suspected_at) = stored.suspected_at else {
            return false;
        };
        let (clock, settings) = (&self.inner.config.clock, &self.inner.config.settings);
        let elapsed = clock.elapsed();
        let seen = self
            .troubles()
            .suspected(&held.row, held.claim.revision, elapsed);
        elapsed.saturating_sub(seen) >= settings.grace
            || clock.now() - settings.clock_difference - settings.grace >= suspected_at
    }

    /// Holds the verdict back for a grace time. An attempt whose own first answer was lost stays counted as unknown, so
    /// that the reason is not forgotten.
    async fn suspect(&self, held: &Held, cause: Error, lost: bool) -> Attempt {
        let config = &self.inner.config;
        let (now, elapsed, grace) = (
            config.clock.now(),
            config.clock.elapsed(),
            config.settings.grace,
        );
        let at = held.claim.revision;
        match config
            .store
            .judge(&held.claim, Verdict::Suspected(now))
            .await
        {
            Ok(true) => {}
            Ok(false) => return self.supersede(held).await,
            Err(error) => return self.fail(held, error, !lost).await,
        }
        let error = errors::suspected(grace).with_source(cause);
        {
            let mut troubles = self.troubles();
            troubles.suspected(&held.row, at, elapsed);
            troubles.hold(&held.row, at, elapsed + grace, error.clone());
        }
        self.release(held, Some(now + grace), !lost).await;
        Attempt::Suspected(error)
    }

    /// Writes the verdict, while the claimed revision is stored. Last on the claimed record: what ends before that is begun again.
    async fn judge(&self, held: &Held, reason: NeedsReauth, cause: Option<Error>) -> Attempt {
        let store = &self.inner.config.store;
        if let Err(error) = self.judge_others(held, Verdict::Dead(reason)).await {
            return self.fail(held, error, true).await;
        }
        match store.judge(&held.claim, Verdict::Dead(reason)).await {
            Ok(true) => {
                self.release(held, None, true).await;
                let error = errors::needs_reauth(reason);
                Attempt::NeedsReauth(match cause {
                    Some(cause) => error.with_source(cause),
                    None => error,
                })
            }
            Ok(false) => self.supersede(held).await,
            Err(error) => self.fail(held, error, true).await,
        }
    }
}
