use std::fmt::Debug;

use async_trait::async_trait;

use crate::{error::Result, vault::Place};

/// What is sealed in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SealedField {
    /// [`LoginRecord::sealed`](super::LoginRecord::sealed).
    Login,
    /// [`OfferRecord::sealed`](super::OfferRecord::sealed).
    Offer,
    /// [`PostRecord::request`](super::PostRecord::request).
    PostRequest,
    /// [`StoredCheckpoint::sealed`](super::StoredCheckpoint::sealed).
    PostState,
    /// [`TokenRecord::sealed`](super::TokenRecord::sealed).
    Tokens,
}

impl SealedField {
    /// Every field.
    pub const ALL: [Self; 5] = [
        Self::Login,
        Self::Offer,
        Self::PostRequest,
        Self::PostState,
        Self::Tokens,
    ];

    /// The place that a value of this field is bound to.
    pub fn place(self, row: &str) -> Place<'_> {
        match self {
            Self::Login => Place::new("logins", row, "pending"),
            Self::Offer => Place::new("logins", row, "offer"),
            Self::PostRequest => Place::new("posts", row, "request"),
            Self::PostState => Place::new("posts", row, "state"),
            Self::Tokens => Place::new("accounts", row, "tokens"),
        }
    }
}

/// A sealed value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealedValue {
    /// Which field.
    pub field: SealedField,
    /// The row, as in its [`Place`]: the hash of a login's state in lower-case hex digits, the id of an offer or post, an
    /// account's [row id](crate::model::AccountKey::row_id).
    pub row: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

impl SealedValue {
    /// Joins the parts.
    pub fn new(field: SealedField, row: impl Into<String>, sealed: Vec<u8>) -> Self {
        Self {
            field,
            row: row.into(),
            sealed,
        }
    }
}

/// Which sealed values to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SealedPage {
    /// Of this field.
    pub field: SealedField,
    /// Only those that do not begin with these bytes: the [prefix](crate::Vault::prefix) of what the current key sealed.
    pub not_under: Vec<u8>,
    /// Only of rows after this one, in the store's own order of rows.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl SealedPage {
    /// The first page.
    pub fn new(field: SealedField, not_under: Vec<u8>, limit: u32) -> Self {
        Self {
            field,
            not_under,
            after: None,
            limit,
        }
    }
}

/// A value to be replaced by the same value under another key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resealed {
    /// As it was read.
    pub old: SealedValue,
    /// The new sealed bytes.
    pub new: Vec<u8>,
}

impl Resealed {
    /// Joins the parts.
    pub fn new(old: SealedValue, new: Vec<u8>) -> Self {
        Self { old, new }
    }
}

/// Shows what is sealed, and replaces it by the same under another key.
#[async_trait]
pub trait SealedStore: Debug + Send + Sync + 'static {
    /// Sealed values in the store's own order of rows; fewer than asked for means that there are no more. A row that
    /// comes or changes while pages are read may be missed. An empty value marks that nothing is sealed there any more: a
    /// store may show it or leave it out, and whoever seals again passes it over.
    ///
    /// # Errors
    /// `Storage` when the store fails.
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>>;

    /// Replaces each value whose stored bytes still are the old ones, and says how many. Touches nothing else: no
    /// revision, lease, attempt or fence changes.
    ///
    /// # Errors
    /// `Storage` when the store fails: then none was replaced.
    async fn reseal(&self, values: &[Resealed]) -> Result<u64>;
}
