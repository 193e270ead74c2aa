//! When to refresh next, and what the next token set is.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Tokens;
use crate::{
    error::{Error, Remedy, Result},
    model::TokenSet,
    oauth::{OAuthProvider, RefreshPlan},
    random::Random,
    store::TokenOrder,
    wish::{LONGEST_OF_TOKENS, heed},
};

/// From when on a token set is to be refreshed, used or not: a random moment in the first quarter of the provider's window, so
/// that accounts connected together do not stay together; of one that is refreshed on use, in the last tenth of the time
/// that it may go unused. One that can no longer be refreshed is due at its end.
pub(crate) fn due_at(
    provider: &dyn OAuthProvider,
    tokens: &TokenSet,
    now: DateTime<Utc>,
    random: &dyn Random,
) -> Option<DateTime<Utc>> {
    match provider.refresh_plan(tokens, now) {
        RefreshPlan::Never => None,
        RefreshPlan::Expired => Some(tokens.expires_at.map_or(now, |ends| ends.max(now))),
        RefreshPlan::OnUse { latest } => {
            Some(latest - part_of(latest - tokens.issued_at, 10, random))
        }
        RefreshPlan::Window { opens, closes } => Some(opens + part_of(closes - opens, 4, random)),
    }
}

/// A random part of the first `share`th of this time.
fn part_of(whole: TimeDelta, share: u32, random: &dyn Random) -> Duration {
    let part = (whole.to_std().unwrap_or_default() / share).mul_f64(unit(random));
    // Whole microseconds, as every store keeps them.
    Duration::from_micros(u64::try_from(part.as_micros()).unwrap_or(0))
}

/// A number from 0 to 1; 0 when there is no randomness.
fn unit(random: &dyn Random) -> f64 {
    let mut bytes = [0_u8; 4];
    match random.fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.0,
    }
}

/// The set that follows `old`: what the platform left out stays, and nothing is overwritten with a blank.
pub(super) fn succeed(old: &TokenSet, new: TokenSet) -> TokenSet {
    let mut next = new;
    if next.refresh.is_none() {
        next.refresh.clone_from(&old.refresh);
        next.refresh_expires_at = next.refresh_expires_at.or(old.refresh_expires_at);
    }
    if next.scopes.is_empty() {
        next.scopes = old.scopes.clone();
    }
    next.companions
        .retain(|_, token| !token.expose_secret().trim().is_empty());
    for (name, token) in &old.companions {
        next.companions
            .entry(name.clone())
            .or_insert_with(|| token.clone());
    }
    next
}

/// Tells token sets apart without keeping them.
pub(super) fn digest(tokens: &TokenSet) -> Result<[u8; 32]> {
    Ok(Sha256::digest(&*tokens.to_plain()?).into())
}

/// Whether a call with the one is a call with the other. What is kept beside the access token does not matter to it.
pub(super) fn is_same_access(one: &TokenSet, other: &TokenSet) -> bool {
    let (a, b) = (one.access.expose_secret(), other.access.expose_secret());
    one.issued_at == other.issued_at && bool::from(a.as_bytes().ct_eq(b.as_bytes()))
}

/// Tells refresh tokens apart without keeping them. Nothing where there is none.
pub(super) fn digest_of_refresh(tokens: &TokenSet) -> Option<[u8; 32]> {
    let refresh = tokens.refresh.as_ref()?;
    Some(Sha256::digest(refresh.expose_secret().as_bytes()).into())
}

impl Tokens {
    /// How long to wait after the failure number `failures`: doubling, with up to a quarter of jitter on top, and what the
    /// platform asks for, as far as it is [heeded](crate::wish::heed).
    pub(super) fn backoff(&self, failures: u32, error: &Error) -> Duration {
        let settings = &self.inner.config.settings;
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let usual = settings.backoff.saturating_mul(doubled);
        let usual = usual.min(settings.backoff_limit);
        let (usual, wish) = match error.remedy() {
            Remedy::After { wait, .. } => (usual, *wait),
            Remedy::Operator | Remedy::Never => (settings.backoff_limit, Duration::ZERO),
            _ => (usual, Duration::ZERO),
        };
        let jittered = |wait: Duration| {
            wait.saturating_add((wait / 4).mul_f64(unit(&*self.inner.config.random)))
        };
        let wish = jittered(wish.min(LONGEST_OF_TOKENS));
        heed(wish, jittered(usual), LONGEST_OF_TOKENS)
    }

    /// How long yet until these tokens are as old as that, when a refresh gave them a moment ago, not a consent. A time that lies
    /// ahead is of another clock.
    pub(super) fn too_soon(
        &self,
        tokens: &TokenSet,
        order: TokenOrder,
        distance: Duration,
    ) -> Option<Duration> {
        if order.refresh == 0 {
            return None;
        }
        let age = (self.inner.config.clock.now() - tokens.issued_at).abs();
        let left = distance.checked_sub(age.to_std().ok()?)?;
        (!left.is_zero()).then_some(left)
    }
}
