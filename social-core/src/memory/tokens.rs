use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{AccountId, AccountKey, AccountStatus, AppKey, Connector, OwnerId, PrincipalId},
    store::{
        AccountPage, AccountPlace, ClaimDue, Epoch, Expect, Revision, Stored, TokenClaim,
        TokenClaimed, TokenRecord, TokenStore, Verdict,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    /// By [`AccountKey::row_id`].
    pub(super) rows: BTreeMap<String, Row>,
    /// The highest revision and epoch of any row that was removed.
    removed: (i64, i64),
    /// The last number that was given.
    number: i64,
}

pub(super) struct Row {
    pub(super) record: TokenRecord,
    revision: i64,
    epoch: i64,
    /// On the store's clock; the claim that holds it is the one of `epoch`.
    leased_until: Option<Duration>,
    unknown_attempts: u32,
}

impl Rows {
    /// After a restore what was claimed in the life that is over holds nothing.
    pub(super) fn jump(&mut self) {
        for row in self.rows.values_mut() {
            row.epoch += 1 << 32;
        }
        self.removed.1 += 1 << 32;
    }
}

impl Rows {
    fn save(&mut self, record: &TokenRecord, expect: Expect) -> Result<Revision> {
        let (revision, epoch) = self.removed;
        let id = record.key.row_id();
        match (expect, self.rows.get_mut(&id)) {
            (Expect::Absent, None) if record.status == AccountStatus::Unknown => Err(unknown()),
            (Expect::Absent, None) => {
                let row = Row {
                    record: record.clone(),
                    revision: revision + 1,
                    epoch,
                    leased_until: None,
                    unknown_attempts: 0,
                };
                self.rows.insert(id, row);
                Ok(Revision(revision + 1))
            }
            (expect, row) => {
                let row = is_as(expect, row)?;
                let before = std::mem::replace(&mut row.record, record.clone());
                if row.record.status == AccountStatus::Unknown {
                    row.record.status = before.status;
                }
                row.revision += 1;
                row.unknown_attempts = 0;
                Ok(Revision(row.revision))
            }
        }
    }

    /// Whether each of them is as expected and there once.
    fn are_as(&mut self, records: &[(TokenRecord, Expect)]) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (record, expect) in records {
            let id = record.key.row_id();
            match (expect, self.rows.get_mut(&id)) {
                (Expect::Absent, None) if record.status == AccountStatus::Unknown => {
                    return Err(unknown());
                }
                (Expect::Absent, None) => {}
                (expect, row) => {
                    is_as(*expect, row)?;
                }
            }
            if !seen.insert(id) {
                return Err(conflict("an account cannot be saved twice at once"));
            }
        }
        Ok(())
    }
}

fn unknown() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "a status that this release does not know is not written",
    )
}

/// The row that a save goes over.
fn is_as(expect: Expect, row: Option<&mut Row>) -> Result<&mut Row> {
    match (expect, row) {
        (Expect::Revision(revision), Some(row)) if row.revision == revision.0 => Ok(row),
        (Expect::Absent, _) => Err(conflict("this account is already kept")),
        (Expect::Revision(_), Some(_)) => Err(conflict("the account was saved since")),
        (Expect::Revision(_), None) => Err(conflict("the account was removed since")),
    }
}

impl Row {
    fn is_by(&self, connector: &Connector) -> bool {
        self.record.app_key() == connector.app && self.record.route == connector.route
    }

    fn is_connected(&self) -> bool {
        self.record.status == AccountStatus::Connected
    }

    fn busy_for(&self, elapsed: Duration) -> Option<Duration> {
        let left = self.leased_until?.saturating_sub(elapsed);
        (!left.is_zero()).then_some(left)
    }

    fn claim(&mut self, elapsed: Duration, lease: Duration) -> TokenClaim {
        self.epoch += 1;
        self.leased_until = Some(elapsed.saturating_add(lease));
        let earlier = self.unknown_attempts;
        self.unknown_attempts = earlier.saturating_add(1);
        TokenClaim::new(
            self.record.clone(),
            Revision(self.revision),
            Epoch(self.epoch),
            earlier,
        )
    }

    fn stored(&self) -> Stored<TokenRecord> {
        Stored {
            value: self.record.clone(),
            revision: Revision(self.revision),
        }
    }
}

fn of_owner<'a>(rows: &'a mut BTreeMap<String, Row>, key: &AccountKey) -> Option<&'a mut Row> {
    rows.get_mut(&key.row_id())
        .filter(|row| row.record.key.owner == key.owner)
}

fn conflict(message: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, message)
}

fn first<T>(mut found: Vec<(DateTime<Utc>, T)>, limit: u32) -> impl Iterator<Item = T> {
    found.sort_by_key(|(at, _)| *at);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    found.into_iter().take(limit).map(|(_, row)| row)
}

fn place(record: &TokenRecord) -> AccountPlace {
    AccountPlace::after(record.connected_at, record.key.account.clone())
}

impl MemoryStore {
    /// Connected accounts of which this time is before `before`, soonest first.
    fn ending_by(
        &self,
        time: impl Fn(&TokenRecord) -> Option<DateTime<Utc>>,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Vec<TokenRecord> {
        let tables = self.tables();
        let connected = tables.tokens.rows.values().filter(|row| row.is_connected());
        let ending = connected
            .filter_map(|row| Some((time(&row.record)?, row.record.clone())))
            .filter(|(ends_at, _)| *ends_at < before)
            .collect();
        first(ending, limit).collect()
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        Ok(of_owner(&mut self.tables().tokens.rows, key).map(|row| row.stored()))
    }

    async fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        Ok(self
            .tables()
            .tokens
            .rows
            .get(&key.row_id())
            .map(Row::stored))
    }

    async fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision> {
        self.tables().tokens.save(record, expect)
    }

    async fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>> {
        let tokens = &mut self.tables().tokens;
        tokens.are_as(records)?;
        let saves = records.iter();
        saves
            .map(|(record, expect)| tokens.save(record, *expect))
            .collect()
    }

    async fn remove(&self, key: &AccountKey) -> Result<bool> {
        let Rows { rows, removed, .. } = &mut self.tables().tokens;
        let Some(row) = of_owner(rows, key) else {
            return Ok(false);
        };
        *removed = (removed.0.max(row.revision), removed.1.max(row.epoch));
        rows.remove(&key.row_id());
        Ok(true)
    }

    async fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>> {
        let tables = self.tables();
        let records = tables.tokens.rows.values().map(|row| &row.record);
        let mut found: Vec<_> = records.filter(|r| r.key.owner == *owner).cloned().collect();
        found.sort_by(|a, b| (&a.key.platform, &a.name).cmp(&(&b.key.platform, &b.name)));
        Ok(found)
    }

    async fn find(&self, app: &AppKey, id_or_alias: &AccountId) -> Result<Vec<AccountKey>> {
        let tables = self.tables();
        let records = tables.tokens.rows.values().map(|row| &row.record);
        let goes_by = |record: &&TokenRecord| {
            record.key.is_of(app)
                && (record.key.account == *id_or_alias
                    || record.aliases.iter().any(|alias| alias == id_or_alias))
        };
        Ok(records.filter(goes_by).map(|r| r.key.clone()).collect())
    }

    async fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>> {
        let tables = self.tables();
        let rows = tables.tokens.rows.values();
        let theirs = rows.filter(|row| {
            let record = &row.record;
            record.principal.as_ref() == Some(principal) && record.app_key() == *app
        });
        Ok(theirs.map(Row::stored).collect())
    }

    async fn next_number(&self) -> Result<i64> {
        let number = &mut self.tables().tokens.number;
        *number += 1;
        Ok(*number)
    }

    async fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed> {
        let elapsed = self.clock.elapsed();
        let rows = &mut self.tables().tokens.rows;
        let Some(row) = of_owner(rows, key).filter(|row| row.is_connected()) else {
            return Ok(TokenClaimed::Absent);
        };
        Ok(match row.busy_for(elapsed) {
            Some(left) => TokenClaimed::Busy(left),
            None => TokenClaimed::Taken(row.claim(elapsed, lease)),
        })
    }

    async fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>> {
        let elapsed = self.clock.elapsed();
        let rows = &mut self.tables().tokens.rows;
        let by_login = |row: &Row| (which.connector.as_ref()).is_none_or(|it| row.is_by(it));
        let due = rows
            .values_mut()
            .filter(|row| row.is_connected() && by_login(row))
            .filter(|row| row.busy_for(elapsed).is_none())
            .filter_map(|row| Some((row.record.refresh_due_at?, row)))
            .filter(|(due_at, _)| *due_at <= which.now)
            .collect();
        Ok(first(due, which.limit)
            .map(|row| row.claim(elapsed, which.lease))
            .collect())
    }

    async fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool> {
        let rows = &mut self.tables().tokens.rows;
        let row = rows.get_mut(&claim.record.key.row_id());
        let Some(row) = row.filter(|row| row.revision == claim.revision.0) else {
            return Ok(false);
        };
        match verdict {
            Verdict::Suspected(at) => {
                row.record.suspected_at.get_or_insert(at);
            }
            Verdict::Dead(why) => row.record.status = AccountStatus::NeedsReauth(why),
        }
        Ok(true)
    }

    async fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        outcome_known: bool,
    ) -> Result<()> {
        let rows = &mut self.tables().tokens.rows;
        let Some(row) = rows.get_mut(&claim.record.key.row_id()) else {
            return Ok(());
        };
        let is_holder = row.leased_until.is_some() && row.epoch == claim.epoch.0;
        let is_current = row.revision == claim.revision.0;
        if is_holder {
            row.leased_until = None;
        }
        if is_current {
            row.record.refresh_due_at = due_at;
        }
        if is_holder && is_current && outcome_known {
            row.unknown_attempts = row.unknown_attempts.saturating_sub(1);
        }
        Ok(())
    }

    async fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        Ok(self.ending_by(|record| record.expires_at, before, limit))
    }

    async fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        Ok(self.ending_by(|record| record.grant_ends_at, before, limit))
    }

    async fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage> {
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let tables = self.tables();
        let rows = tables.tokens.rows.values();
        let found = rows.filter(|row| row.is_connected() && row.record.key.is_of(app));
        let mut found: Vec<_> = found
            .map(|row| (place(&row.record), &row.record))
            .filter(|(place, _)| after.is_none_or(|after| place > after))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(|(place, _)| place.clone());
        let accounts = found
            .iter()
            .map(|(_, record)| record.to_account())
            .collect();
        Ok(AccountPage::new(accounts, next.filter(|_| more)))
    }

    async fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>> {
        let tables = self.tables();
        let by_login = |row: &&Row| connector.is_none_or(|it| row.is_by(it));
        let connected = (tables.tokens.rows.values()).filter(|row| row.is_connected());
        let connected = connected.filter(by_login);
        Ok(connected.filter_map(|row| row.record.refresh_due_at).min())
    }
}
