//! A consent to accounts that have one token set. Those that are connected get the new one at once: the set before may have
//! ended, and nobody may ever accept the offer.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};

use super::Logins;
use crate::{
    error::{ErrorKind, Result},
    model::{Connector, PrincipalId, TokenSet},
    oauth::{Grant, GrantScope, OAuthProvider},
    store::{Expect, TokenRecord},
    tokens::family::{Family, Means, Member, Set, latest},
};

/// How often saving the new set is tried: with the waits between, a few seconds.
const ATTEMPTS: u32 = 5;

/// Of one person's grants all get the last set: where tokens rotate, it is the living one.
/// A blank id is of nobody.
pub(super) fn with_one_set(provider: &dyn OAuthProvider, mut grants: Vec<Grant>) -> Vec<Grant> {
    for grant in &mut grants {
        let person = grant.principal.take();
        grant.principal = person.filter(|person| !person.as_str().trim().is_empty());
    }
    if provider.grant_scope() == GrantScope::OneTokenSet {
        let last = of_persons(&grants);
        for grant in &mut grants {
            let set = grant.principal.as_ref().and_then(|person| last.get(person));
            if let Some(set) = set {
                grant.tokens = set.tokens.clone();
                grant.keeps_refresh = set.keeps_refresh;
            }
        }
    }
    grants
}

fn of_persons(grants: &[Grant]) -> BTreeMap<PrincipalId, Grant> {
    let known = grants.iter();
    let known = known.filter_map(|grant| Some((grant.principal.clone()?, grant.clone())));
    known.collect()
}

impl Logins {
    pub(super) fn family<'a>(
        &'a self,
        provider: &'a dyn OAuthProvider,
        principal: Option<&PrincipalId>,
    ) -> Option<Family<'a>> {
        let config = &self.config;
        let means = Means {
            store: &*config.accounts,
            vault: &config.vault,
            clock: &*config.clock,
            random: &*config.random,
        };
        Family::of(means, provider, principal)
    }

    /// Saves the new sets for all accounts that are connected and share them.
    pub(super) async fn spread(
        &self,
        connector: &Connector,
        grants: &[Grant],
        given_at: DateTime<Utc>,
    ) -> Result<()> {
        let provider = &**self.provider(connector)?;
        for (person, grant) in of_persons(grants) {
            let Some(family) = self.family(provider, Some(&person)) else {
                return Ok(());
            };
            let new = new_set(connector, &grant, given_at);
            let mut failures = 0;
            while let Err(error) = give_all(&family, &new, grant.keeps_refresh).await {
                failures += 1;
                tracing::error!(%error, failures, "a new token set could not be saved for the accounts that share it");
                if failures >= ATTEMPTS || error.kind() == ErrorKind::Seal {
                    return Err(error);
                }
                let wait = Duration::from_millis(100) * 2_u32.saturating_pow(failures);
                self.config.clock.sleep(wait).await;
            }
        }
        Ok(())
    }

    /// What has to be saved to link an account that shares its tokens: of the set of this consent and that of the family the
    /// later. `record` has everything but the tokens.
    pub(super) async fn joining(
        &self,
        family: &Family<'_>,
        connector: &Connector,
        grant: &Grant,
        given_at: DateTime<Utc>,
        (record, expect): (TokenRecord, Expect),
    ) -> Result<Vec<(TokenRecord, Expect)>> {
        let row = record.key.row_id();
        let mut members = family.members().await?;
        let now = latest(&members);
        let set = match now {
            Some(now) if now.connected_at >= given_at => now,
            now => followed(
                now,
                new_set(connector, grant, given_at),
                grant.keeps_refresh,
            ),
        };
        members.retain(|member| member.record.key.row_id() != row);
        members.push(Member::new(record, expect));
        family.give(members, &set).await
    }
}

fn new_set(connector: &Connector, grant: &Grant, given_at: DateTime<Utc>) -> Set {
    Set {
        tokens: grant.tokens.clone(),
        route: connector.route.to_string(),
        connected_at: given_at,
    }
}

/// Gives the new set to all members, unless they have one of a later consent.
async fn give_all(family: &Family<'_>, new: &Set, keeps_refresh: bool) -> Result<()> {
    loop {
        let members = family.members().await?;
        let now = latest(&members);
        if now
            .as_ref()
            .is_none_or(|now| now.connected_at > new.connected_at)
        {
            return Ok(());
        }
        let set = followed(now, new.clone(), keeps_refresh);
        let saves = family.give(members, &set).await?;
        if saves.is_empty() || family.save(&saves).await? {
            return Ok(());
        }
    }
}

fn followed(before: Option<Set>, mut new: Set, keeps_refresh: bool) -> Set {
    if let Some(before) = before.filter(|_| keeps_refresh) {
        keep_refresh(&mut new.tokens, before.tokens);
    }
    new
}

/// The refresh token of before goes on, where the new consent brought none.
pub(super) fn keep_refresh(new: &mut TokenSet, before: TokenSet) {
    if new.refresh.is_none() {
        new.refresh = before.refresh;
        new.refresh_expires_at = new.refresh_expires_at.or(before.refresh_expires_at);
    }
}
