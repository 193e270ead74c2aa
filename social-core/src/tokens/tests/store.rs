//! A store that fails when told to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use crate::{
    error::{Error, Result},
    memory::MemoryStore,
    model::{AccountId, AccountKey, AccountStatus, AppKey, Connector, OwnerId, PrincipalId},
    store::{
        AccountPage, AccountPlace, ClaimDue, Expect, Revision, Stored, TokenClaim, TokenClaimed,
        TokenRecord, TokenStore, Verdict,
    },
};

#[derive(Debug)]
pub(crate) struct Flaky {
    pub(crate) inner: Arc<MemoryStore>,
    /// So many saves fail and change nothing.
    pub(crate) failing: AtomicU32,
    /// So many saves are carried out, but report a failure.
    pub(crate) unacknowledged: AtomicU32,
    /// So many saves wait for `gate`.
    pub(crate) held: AtomicU32,
    pub(crate) gate: Semaphore,
    /// A newer release has written a status that this one does not know: nobody may write over it.
    pub(crate) asleep: AtomicBool,
    /// A newer release has written such a status of this account.
    pub(crate) unknown: Mutex<Option<AccountKey>>,
    /// Before so many verdicts the row is saved under another name.
    pub(crate) renamed: AtomicU32,
}

impl Flaky {
    pub(crate) fn new(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            failing: AtomicU32::new(0),
            unacknowledged: AtomicU32::new(0),
            held: AtomicU32::new(0),
            gate: Semaphore::new(0),
            asleep: AtomicBool::new(false),
            unknown: Mutex::default(),
            renamed: AtomicU32::new(0),
        }
    }
}

impl Flaky {
    async fn begin(&self) -> Result<()> {
        if take(&self.held) {
            self.gate.acquire().await.unwrap().forget();
        }
        match take(&self.failing) {
            true => Err(Error::storage("the disk is full")),
            false => Ok(()),
        }
    }

    fn shown(&self, mut stored: Stored<TokenRecord>) -> Stored<TokenRecord> {
        let unknown = self.unknown.lock().unwrap();
        if self.asleep.load(Ordering::SeqCst) || unknown.as_ref() == Some(&stored.value.key) {
            stored.value.status = AccountStatus::Unknown;
        }
        stored
    }

    fn end(&self) -> Result<()> {
        match take(&self.unacknowledged) {
            true => Err(Error::storage("the connection broke")),
            false => Ok(()),
        }
    }
}

fn take(counter: &AtomicU32) -> bool {
    let less = |n: u32| n.checked_sub(1);
    counter
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

#[async_trait]
impl TokenStore for Flaky {
    async fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        let stored = self.inner.load(key).await?;
        Ok(stored.map(|stored| self.shown(stored)))
    }

    async fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        self.inner.holder(key).await
    }

    async fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision> {
        let is_known = record.status != AccountStatus::Unknown;
        assert!(
            !(is_known && self.asleep.load(Ordering::SeqCst)),
            "it writes over what it does not know"
        );
        self.begin().await?;
        let saved = self.inner.save(record, expect).await;
        self.end().and(saved)
    }

    async fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>> {
        self.begin().await?;
        let saved = self.inner.save_all(records).await;
        self.end().and(saved)
    }

    async fn remove(&self, key: &AccountKey) -> Result<bool> {
        self.inner.remove(key).await
    }

    async fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>> {
        self.inner.list(owner).await
    }

    async fn find(&self, app: &AppKey, id_or_alias: &AccountId) -> Result<Vec<AccountKey>> {
        self.inner.find(app, id_or_alias).await
    }

    async fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>> {
        let theirs = self.inner.of_principal(app, principal).await?;
        Ok(theirs.into_iter().map(|it| self.shown(it)).collect())
    }

    async fn next_number(&self) -> Result<i64> {
        self.inner.next_number().await
    }

    async fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed> {
        self.inner.claim(key, lease).await
    }

    async fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>> {
        self.inner.claim_due(which).await
    }

    async fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool> {
        let key = &claim.record.key;
        if take(&self.renamed)
            && let Some(stored) = self.inner.load(key).await?
        {
            let mut record = stored.value;
            record.name = "another".to_owned();
            let expect = Expect::Revision(stored.revision);
            self.inner.save(&record, expect).await?;
        }
        self.inner.judge(claim, verdict).await
    }

    async fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        outcome_known: bool,
    ) -> Result<()> {
        self.inner.release(claim, due_at, outcome_known).await
    }

    async fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        self.inner.expiring(before, limit).await
    }

    async fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        self.inner.ending(before, limit).await
    }

    async fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage> {
        self.inner.connected(app, after, limit).await
    }

    async fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>> {
        self.inner.next_due(connector).await
    }
}
