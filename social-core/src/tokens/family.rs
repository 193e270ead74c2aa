//! Accounts that have one token set: the latest of one person's consents to one app.
//!
//! Each row keeps a copy, sealed for it. Of those that are connected the one with the lowest row id is due and claimed for all.
//! Whoever adds a row, takes one away or writes a set saves that row in the same step, by compare-and-swap: so nobody joins
//! with a set that a refresh has spent meanwhile, and no refresh leaves out who has just joined.

use chrono::{DateTime, Utc};

use super::{due_at, plan::digest, tokens_place};
use crate::{
    error::{ErrorKind, Result},
    model::{AccountStatus, AppKey, PrincipalId, TokenSet},
    oauth::{GrantScope, OAuthProvider},
    random::Random,
    store::{Expect, Revision, TokenOrder, TokenRecord, TokenStore},
    time::Clock,
    vault::Vault,
};

/// What rows are read and written with.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    pub(crate) store: &'a dyn TokenStore,
    pub(crate) vault: &'a Vault,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) random: &'a dyn Random,
}

pub(crate) struct Family<'a> {
    means: Means<'a>,
    provider: &'a dyn OAuthProvider,
    app: AppKey,
    principal: PrincipalId,
}

/// A connected account of the family, or one that is about to join.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) record: TokenRecord,
    expect: Expect,
    /// What it has now; nothing while it joins.
    pub(crate) tokens: Option<TokenSet>,
}

/// A set, and the consent that it comes from.
#[derive(Clone)]
pub(crate) struct Set {
    pub(crate) tokens: TokenSet,
    pub(crate) route: String,
    pub(crate) connected_at: DateTime<Utc>,
    pub(crate) order: TokenOrder,
}

impl Member {
    pub(crate) fn new(record: TokenRecord, expect: Expect) -> Self {
        Self {
            record,
            expect,
            tokens: None,
        }
    }

    pub(crate) fn is_at(&self, revision: Revision) -> bool {
        self.expect == Expect::Revision(revision)
    }

    pub(crate) fn expect(&self) -> Expect {
        self.expect
    }

    fn set(&self) -> Option<Set> {
        Some(Set {
            tokens: self.tokens.clone()?,
            route: self.record.route.clone(),
            connected_at: self.record.connected_at,
            order: self.record.order,
        })
    }
}

/// The set of the latest consent, as it was last refreshed: by its order. No two sets have the same, unless somebody saved one by
/// hand; of these the one that says that it is younger.
pub(crate) fn latest(members: &[Member]) -> Option<Set> {
    let sets = members.iter().filter_map(Member::set);
    sets.max_by_key(|set| (set.order, set.tokens.issued_at))
}

impl<'a> Family<'a> {
    /// Nothing where each account has tokens of its own, or nobody knows who consented.
    pub(crate) fn of(
        means: Means<'a>,
        provider: &'a dyn OAuthProvider,
        principal: Option<&PrincipalId>,
    ) -> Option<Self> {
        if provider.grant_scope() != GrantScope::OneTokenSet {
            return None;
        }
        Some(Self {
            means,
            provider,
            app: provider.connector().app,
            principal: principal?.clone(),
        })
    }

    /// The connected accounts, the lowest row first. One whose tokens cannot be opened is no member: nothing can be done with it.
    pub(crate) async fn members(&self) -> Result<Vec<Member>> {
        let means = &self.means;
        let mut members = Vec::new();
        for stored in means.store.of_principal(&self.app, &self.principal).await? {
            if stored.value.status != AccountStatus::Connected {
                continue;
            }
            match open(means.vault, &stored.value).await {
                Ok(tokens) => members.push(Member {
                    record: stored.value,
                    expect: Expect::Revision(stored.revision),
                    tokens: Some(tokens),
                }),
                Err(error) if error.kind() == ErrorKind::Seal => {
                    let account = stored.value.key.row_id();
                    tracing::warn!(account, %error, "an account does not get the tokens that it shares");
                }
                Err(error) => return Err(error),
            }
        }
        members.sort_by_key(|member| member.record.key.row_id());
        Ok(members)
    }

    /// Gives all the latest set where they differ, and one of them the time at which it is due. Answers the members as they are
    /// then.
    pub(crate) async fn align(&self) -> Result<Vec<Member>> {
        loop {
            let members = self.members().await?;
            let Some(latest) = latest(&members) else {
                return Ok(members);
            };
            let saves = self.give(members.clone(), &latest).await?;
            if saves.is_empty() {
                return Ok(members);
            }
            self.save(&saves).await?;
        }
    }

    /// What has to be saved so that all of these have this set, and the first is due. Where something is, the first of those that
    /// were there is among it: who changes the family meanwhile meets a conflict.
    pub(crate) async fn give(
        &self,
        mut members: Vec<Member>,
        set: &Set,
    ) -> Result<Vec<(TokenRecord, Expect)>> {
        members.sort_by_key(|member| member.record.key.row_id());
        let wanted = digest(&set.tokens)?;
        let mut has = Vec::with_capacity(members.len());
        for member in &members {
            let tokens = member.tokens.as_ref().map(digest).transpose()?;
            has.push(tokens == Some(wanted));
        }
        let due = self.due(&members, &has, set);
        let head = members.iter().position(|member| member.tokens.is_some());
        let mut saves = Vec::new();
        let mut guard = None;
        for (place, member) in members.into_iter().enumerate() {
            let due = due.filter(|_| place == 0);
            let same = has[place] && member.record.order == set.order;
            let is_right = same && member.record.refresh_due_at == due;
            if is_right && head != Some(place) {
                continue;
            }
            let mut record = member.record;
            record.refresh_due_at = due;
            if is_right {
                guard = Some((self.under_current_key(record).await?, member.expect));
                continue;
            }
            record = match same {
                true => self.under_current_key(record).await?,
                false => self.fill(record, set).await?,
            };
            saves.push((record, member.expect));
        }
        if !saves.is_empty() {
            saves.extend(guard);
        }
        Ok(saves)
    }

    /// The record with this set in it, sealed for its row; whether it is due is left as it is.
    async fn fill(&self, mut record: TokenRecord, set: &Set) -> Result<TokenRecord> {
        let tokens = &set.tokens;
        record.route.clone_from(&set.route);
        record.connected_at = set.connected_at;
        record.scopes = tokens.scopes.clone();
        record.status = AccountStatus::Connected;
        record.sealed = Some(seal(self.means.vault, &record, tokens).await?);
        record.expires_at = tokens.expires_at;
        record.grant_ends_at = self.provider.grant_ends_at(tokens);
        record.suspected_at = None;
        record.order = set.order;
        Ok(record)
    }

    /// When the set is due: as the one who has it already says.
    fn due(&self, members: &[Member], has: &[bool], set: &Set) -> Option<DateTime<Utc>> {
        let holders = members.iter().zip(has).filter(|(_, has)| **has);
        let mut known = holders.filter_map(|(member, _)| member.record.refresh_due_at);
        known.next().or_else(|| {
            let means = &self.means;
            due_at(self.provider, &set.tokens, means.clock.now(), means.random)
        })
    }

    /// Who is due from now on, when this record leaves the family.
    pub(crate) async fn heir(&self, leaves: &TokenRecord) -> Result<Option<(TokenRecord, Expect)>> {
        let Some(due) = leaves.refresh_due_at else {
            return Ok(None);
        };
        let row = leaves.key.row_id();
        let members = self.members().await?;
        let mut others = members
            .into_iter()
            .filter(|it| it.record.key.row_id() != row);
        let (mut record, expect) = match others.next() {
            Some(heir) => (self.under_current_key(heir.record).await?, heir.expect),
            None => match self.closed_heir(&row).await? {
                Some(heir) => heir,
                None => return Ok(None),
            },
        };
        record.refresh_due_at.get_or_insert(due);
        Ok(Some((record, expect)))
    }

    /// One whose tokens cannot be opened here: to be due it needs no key, and another process may have it.
    async fn closed_heir(&self, leaves: &str) -> Result<Option<(TokenRecord, Expect)>> {
        let theirs = self.means.store.of_principal(&self.app, &self.principal);
        let connected = theirs.await?.into_iter().filter(|stored| {
            let record = &stored.value;
            record.status == AccountStatus::Connected && record.key.row_id() != leaves
        });
        let first = connected.min_by_key(|stored| stored.value.key.row_id());
        Ok(first.map(|stored| (stored.value, Expect::Revision(stored.revision))))
    }

    /// As it was read, but sealed under the current key: whoever seals everything again moves no revision, and a save must not
    /// bring an old key back.
    async fn under_current_key(&self, mut record: TokenRecord) -> Result<TokenRecord> {
        let row = record.key.row_id();
        if let Some(sealed) = &record.sealed
            && let Some(anew) = (self.means.vault)
                .reseal(&tokens_place(&row), sealed)
                .await?
        {
            record.sealed = Some(anew);
        }
        Ok(record)
    }

    /// No, when somebody has changed one of them since.
    pub(crate) async fn save(&self, saves: &[(TokenRecord, Expect)]) -> Result<bool> {
        match self.means.store.save_all(saves).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}

pub(crate) async fn seal(
    vault: &Vault,
    record: &TokenRecord,
    tokens: &TokenSet,
) -> Result<Vec<u8>> {
    let (row, plain) = (record.key.row_id(), tokens.to_plain()?);
    vault.seal(&tokens_place(&row), &plain).await
}

pub(crate) async fn open(vault: &Vault, record: &TokenRecord) -> Result<TokenSet> {
    let sealed = record.sealed.as_deref().unwrap_or_default();
    let row = record.key.row_id();
    TokenSet::from_plain(&vault.open(&tokens_place(&row), sealed).await?)
}
