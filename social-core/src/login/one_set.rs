//! A consent to accounts that have one token set. Those that are connected get the new one at once: the set before may have
//! ended, and nobody may ever accept the offer.

use std::collections::BTreeMap;

use super::{Logins, offer::Given};
use crate::{
    error::Result,
    model::{Connector, PrincipalId, TokenSet},
    oauth::{Grant, GrantScope, OAuthProvider},
    store::{Expect, TokenRecord},
    tokens::family::{Family, Means, Member, Set, latest},
};

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
        given: Given,
    ) -> Result<()> {
        let provider = &**self.provider(connector)?;
        let mut spread = Ok(());
        for (person, grant) in of_persons(grants) {
            let Some(family) = self.family(provider, Some(&person)) else {
                continue;
            };
            let new = new_set(connector, &grant, given);
            let give = || give_all(&family, &new, grant.keeps_refresh);
            let saved = self
                .patiently("a token set that accounts share", give)
                .await;
            // The sets of the others are living ones too.
            spread = spread.and(saved);
        }
        spread
    }

    /// What has to be saved to link an account that shares its tokens: of the set of this consent and that of the family the
    /// later. `record` has everything but the tokens.
    pub(super) async fn joining(
        &self,
        family: &Family<'_>,
        connector: &Connector,
        grant: &Grant,
        given: Given,
        (record, expect): (TokenRecord, Expect),
    ) -> Result<Vec<(TokenRecord, Expect)>> {
        let row = record.key.row_id();
        let mut members = family.members().await?;
        let new = new_set(connector, grant, given);
        let set = later(latest(&members), &new, grant.keeps_refresh);
        members.retain(|member| member.record.key.row_id() != row);
        members.push(Member::new(record, expect));
        family.give(members, &set).await
    }
}

fn new_set(connector: &Connector, grant: &Grant, given: Given) -> Set {
    Set {
        tokens: grant.tokens.clone(),
        route: connector.route.to_string(),
        connected_at: given.at,
        order: given.order(),
    }
}

/// Gives the new set to all members, unless they have one of a later consent.
async fn give_all(family: &Family<'_>, new: &Set, keeps_refresh: bool) -> Result<()> {
    loop {
        let members = family.members().await?;
        if members.is_empty() {
            return Ok(());
        }
        let set = later(latest(&members), new, keeps_refresh);
        let saves = family.give(members, &set).await?;
        if saves.is_empty() || family.save(&saves).await? {
            return Ok(());
        }
    }
}

/// The set of the later consent, as it was last refreshed.
fn later(now: Option<Set>, new: &Set, keeps_refresh: bool) -> Set {
    match now {
        Some(now) if now.order >= new.order => now,
        Some(now) if keeps_refresh => {
            let mut new = new.clone();
            keep_refresh(&mut new.tokens, now.tokens);
            new
        }
        _ => new.clone(),
    }
}

/// The refresh token of before goes on, where the new consent brought none.
pub(super) fn keep_refresh(new: &mut TokenSet, before: TokenSet) {
    if new.refresh.is_none() {
        new.refresh = before.refresh;
        new.refresh_expires_at = new.refresh_expires_at.or(before.refresh_expires_at);
    }
}
