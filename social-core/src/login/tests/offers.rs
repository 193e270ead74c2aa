//! A store of logins that keeps no offer when told to.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    memory::MemoryStore,
    model::OwnerId,
    store::{LoginRecord, LoginStore, OfferRecord},
};

#[derive(Debug)]
pub(super) struct Offers {
    pub(super) inner: Arc<MemoryStore>,
    /// So many offers are not kept.
    pub(super) failing: AtomicU32,
    /// So many are kept, but a failure is reported.
    pub(super) unacknowledged: AtomicU32,
}

fn take(counter: &AtomicU32) -> Result<()> {
    let less = |n: u32| n.checked_sub(1);
    match counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
        Ok(_) => Err(Error::storage("the connection broke")),
        Err(_) => Ok(()),
    }
}

#[async_trait]
impl LoginStore for Offers {
    async fn put(&self, login: &LoginRecord) -> Result<()> {
        LoginStore::put(&*self.inner, login).await
    }

    async fn peek(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        self.inner.peek(state, now).await
    }

    async fn take(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        self.inner.take(state, now).await
    }

    async fn put_offer(&self, offer: &OfferRecord) -> Result<()> {
        take(&self.failing)?;
        self.inner.put_offer(offer).await?;
        take(&self.unacknowledged)
    }

    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>> {
        self.inner.offer(owner, id, now).await
    }

    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool> {
        self.inner.remove_offer(owner, id).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64> {
        LoginStore::purge(&*self.inner, now).await
    }
}
