use std::fmt::Debug;

use crate::model::OwnerId;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{error::Result, model::Connector};

/// A login that was begun and has not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginRecord {
    /// SHA-256 of the state: the state itself is never stored.
    pub state_hash: [u8; 32],
    /// SHA-256 of the secret that the browser holds.
    pub browser_hash: [u8; 32],
    /// Who began it.
    pub owner: OwnerId,
    /// Through which route.
    pub connector: Connector,
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// The sealed rest: the verifier and the scopes asked for.
    pub sealed: Vec<u8>,
    /// After this it no longer counts.
    pub expires_at: DateTime<Utc>,
}

impl LoginRecord {
    /// A record of `owner` without its hashes and sealed part, to be filled in.
    pub fn new(owner: OwnerId, connector: Connector, expires_at: DateTime<Utc>) -> Self {
        Self {
            state_hash: [0; 32],
            browser_hash: [0; 32],
            owner,
            connector,
            redirect_uri: String::new(),
            sealed: Vec::new(),
            expires_at,
        }
    }
}

/// Granted accounts of which the owner has not yet accepted any.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferRecord {
    /// Names the offer.
    pub id: Uuid,
    /// To whom it was made.
    pub owner: OwnerId,
    /// Through which route.
    pub connector: Connector,
    /// The sealed grants.
    pub sealed: Vec<u8>,
    /// After this it no longer counts.
    pub expires_at: DateTime<Utc>,
}

impl OfferRecord {
    /// Joins the parts.
    pub fn new(
        id: Uuid,
        owner: OwnerId,
        connector: Connector,
        sealed: Vec<u8>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            owner,
            connector,
            sealed,
            expires_at,
        }
    }
}

/// Keeps logins and offers for a short while.
#[async_trait]
pub trait LoginStore: Debug + Send + Sync + 'static {
    /// Keeps a login.
    ///
    /// # Errors
    /// `Conflict` when the state is already there, `Storage` when the store fails.
    async fn put(&self, login: &LoginRecord) -> Result<()>;

    /// Looks at a login before `now` reaches its end, without taking it: a callback in another browser must not use
    /// it up.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn peek(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>>;

    /// Takes a login: of any number of callers one gets it, and only before `now` reaches its end. One that has ended is
    /// left for [`purge`](Self::purge).
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn take(&self, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRecord>>;

    /// Keeps an offer.
    ///
    /// # Errors
    /// `Conflict` when its id is already there, `Storage` when the store fails.
    async fn put_offer(&self, offer: &OfferRecord) -> Result<()>;

    /// The owner's offer, before `now` reaches its end.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn offer(
        &self,
        owner: &OwnerId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<OfferRecord>>;

    /// Removes an offer and says whether it was there: of any number of callers one hears yes.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn remove_offer(&self, owner: &OwnerId, id: Uuid) -> Result<bool>;

    /// Removes the logins and offers that ended before `now` and says how many.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn purge(&self, now: DateTime<Utc>) -> Result<u64>;
}
