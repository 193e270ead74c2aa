use std::fmt::Debug;

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::Result;

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
}
