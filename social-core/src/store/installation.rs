use std::fmt::{self, Debug};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

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

/// Names one life of the data: a restored backup, a clone or a promoted replica has another one, though it is the same
/// installation. What it consists of is the store's own affair.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Incarnation(String);

impl Incarnation {
    /// For stores.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name, for stores and for people.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The present life of the data, and the one it was known to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Incarnations {
    /// What the data are now.
    pub present: Incarnation,
    /// What was accepted last: by the first migration, or by an operator.
    pub accepted: Incarnation,
}

impl Incarnations {
    /// Joins the parts.
    pub fn new(present: Incarnation, accepted: Incarnation) -> Self {
        Self { present, accepted }
    }

    /// Whether the data are still what they were.
    pub fn is_same(&self) -> bool {
        self.present == self.accepted
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

    /// Accepts the present incarnation.
    ///
    /// # Errors
    /// `Conflict` when it is no longer `seen`, `Storage` when the store fails.
    async fn accept_incarnation(&self, seen: &Incarnation) -> Result<()>;
}
