mod failover;
mod life;

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use failover::Failover;
pub use life::{Incarnation, Incarnations, InstanceName, LastWrites};

use crate::{error::Result, vault::KeyId};

/// Which installation a store belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installation {
    /// A random id, made by the first migration and kept through restores. Bound to every sealed value.
    pub id: Uuid,
    /// A sealed known text. It tells a wrong key from a right one before anything else is opened.
    pub key_check: Option<Vec<u8>>,
}

impl Installation {
    /// Joins the parts.
    pub fn new(id: Uuid, key_check: Option<Vec<u8>>) -> Self {
        Self { id, key_check }
    }
}

/// Knows the installation.
#[async_trait]
pub trait InstallationStore: Debug + Send + Sync + 'static {
    /// The installation.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn installation(&self) -> Result<Installation>;

    /// Keeps the key check if there is none, or if the present one equals `replaces`. Answers the one now stored.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>>;

    /// Adds to the number of values that a key has sealed, in all processes, and answers the sum.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64>;

    /// Which life of the data this is. Asked before every round of work, so it is cheap.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn incarnations(&self) -> Result<Incarnations>;

    /// The store's own wall clock, which all machines on it share, for processes to compare theirs with. It is the one that
    /// leases are measured on. Nothing where there is none: the store is on this machine.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>>;

    /// Accepts the present incarnation. Where it was accepted already nothing changes. Otherwise it is written down when the
    /// last writes [may have been lost](LastWrites::MayBeLost), if they may.
    ///
    /// # Errors
    /// `Conflict` when it is no longer `seen`, `Storage` when the store fails.
    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()>;

    /// What a failover may cost, as things are set up now. Nothing, unless a store says more.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn failover(&self) -> Result<Failover> {
        Ok(Failover::None)
    }
}
