use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::MemoryStore;
use crate::{
    error::{Error, ErrorKind, Result},
    model::OwnerId,
    store::{LoginRecord, LoginStore, OfferRecord},
};

#[derive(Default)]
pub(super) struct Rows {
    pub(super) logins: BTreeMap<[u8; 32], LoginRecord>,
    pub(super) offers: BTreeMap<Uuid, OfferRecord>,
}

#[async_trait]
impl LoginStore for MemoryStore {
    async fn put(&self, login: &LoginRecord) -> Result<()> {
        let logins = &mut self.tables().logins.logins;
        if logins.contains_key(&login.state_hash) {
            let message = "a login with this state is already kept";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        logins.insert(login.state_hash, login.clone());
        Ok(())
    }

    async fn peek(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let logins = &self.tables().logins.logins;
        let login = logins.get(state_hash).cloned();
        Ok(login.filter(|login| now < login.expires_at))
    }

    async fn take(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        let logins = &mut self.tables().logins.logins;
        let counts = |login: &LoginRecord| now < login.expires_at;
        if !logins.get(state_hash).is_some_and(counts) {
            return Ok(None);
        }
        Ok(logins.remove(state_hash))
    }

    async fn put_offer(&self, offer: &OfferRecord) -> Result<()> {
        let offers = &mut self.tables().logins.offers;
        if offers.contains_key(&offer.id) {
            let message = "an offer with this id is already kept";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        offers.insert(offer.id, offer.clone());
        Ok(())
    }

    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>> {
        let offer = self.tables().logins.offers.get(&id).cloned();
        Ok(offer.filter(|offer| offer.owner == *owner && now < offer.expires_at))
    }

    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool> {
        let offers = &mut self.tables().logins.offers;
        let mine = offers.get(&id).is_some_and(|offer| offer.owner == *owner);
        if mine {
            offers.remove(&id);
        }
        Ok(mine)
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64> {
        let rows = &mut self.tables().logins;
        let before = rows.logins.len() + rows.offers.len();
        rows.logins.retain(|_, login| login.expires_at >= now);
        rows.offers.retain(|_, offer| offer.expires_at >= now);
        let removed = before - rows.logins.len() - rows.offers.len();
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}
