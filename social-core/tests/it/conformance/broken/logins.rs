use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Result,
    memory::MemoryStore,
    model::OwnerId,
    store::{LoginRecord, LoginStore, OfferRecord},
};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Looks instead of taking.
    TakesTwice,
    /// Looks, and takes a moment later.
    TakesInTwoSteps,
    /// Looks at ended logins too.
    ForgetsTheEnd,
}

#[derive(Debug)]
struct Broken(MemoryStore, Fault);

#[async_trait]
impl LoginStore for Broken {
    async fn put(&self, login: &LoginRecord) -> Result<()> {
        self.0.put(login).await
    }

    async fn peek(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        match self.1 {
            Fault::ForgetsTheEnd => self.0.peek(state, DateTime::UNIX_EPOCH).await,
            _ => self.0.peek(state, now).await,
        }
    }

    async fn take(&self, state: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>> {
        match self.1 {
            Fault::TakesTwice => self.0.peek(state, now).await,
            Fault::TakesInTwoSteps => {
                let login = self.0.peek(state, now).await?;
                tokio::task::yield_now().await;
                self.0.take(state, now).await?;
                Ok(login)
            }
            Fault::ForgetsTheEnd => self.0.take(state, now).await,
        }
    }

    async fn put_offer(&self, offer: &OfferRecord) -> Result<()> {
        self.0.put_offer(offer).await
    }

    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>> {
        self.0.offer(owner, id, now).await
    }

    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool> {
        self.0.remove_offer(owner, id).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64> {
        self.0.purge(now).await
    }
}

super::faults! { logins:
    a_login_is_taken_once finds |store| Broken(store, Fault::TakesTwice), "taken twice";
    of_many_takes_one_gets_it finds |store| Broken(store, Fault::TakesInTwoSteps),
        "one of many takes gets the login";
    an_ended_login_is_not_there finds |store| Broken(store, Fault::ForgetsTheEnd), "at 2026";
}
